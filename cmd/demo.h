/* cmd/demo.h: the parts of attache demo: its site in a temporary folder, and the programs that it starts. */
#ifndef ATT_CMD_DEMO_H
#define ATT_CMD_DEMO_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cmd/verb.h"

/* A path; what does not fit is refused where it is made. */
struct cmd_path {
    char text[PATH_MAX];
};

/* FOLDER/NAME. False when it is too long. */
bool cmd_path_join(struct cmd_path *path, const char *folder, const char *name);

/* The site of the demo. What fails prints its line, sets exit_status and gives false. */
struct demo_site {
    const struct cmd_call *call;
    int exit_status;
    struct cmd_path folder, config, audit, log, modules, replay;
    struct cmd_path root; /* what stands before the prefix of this installation where it is staged, else "" */
    char origin[64];      /* of the upstream */
    bool is_replayed;     /* no upstream: answers come from a file */
};

bool demo_site_create(struct demo_site *site, const struct cmd_call *call);
/* Copies the modules of this installation into the site's own folder. */
bool demo_site_take_modules(struct demo_site *site);
/* Writes what the mock provider answers, and with is_replayed what the upstream would. */
bool demo_site_write_answers(struct demo_site *site);
/* Writes attache.conf; `module` is the file of the added module, or NULL. */
bool demo_site_configure(struct demo_site *site, const char *module);
void demo_site_remove(struct demo_site *site);

/* The upstream while it runs. */
struct demo_upstream {
    pid_t process; /* 0: not started */
    int keep;      /* it ends when this descriptor is closed */
};

bool demo_upstream_start(struct demo_upstream *upstream, struct demo_site *site, const char *program);
void demo_upstream_stop(struct demo_upstream *upstream);

enum demo_build { DEMO_BUILT, DEMO_BUILD_MISSING, DEMO_BUILD_FAILED };

struct demo_module {
    char file[32];      /* in the site's modules */
    char command[4096]; /* the command line that made it */
    char why[PATH_MAX + 128];
};

/* Compiles the example module of the installation into the site's modules. MISSING: a tool or the example is not there;
 * FAILED: it does not compile. `why` says it. */
enum demo_build demo_module_build(struct demo_site *site, struct demo_module *module);

#endif
