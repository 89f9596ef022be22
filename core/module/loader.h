/* loader.h: from a name in the configuration to a checked table of functions, in the seven steps of module-abi.md. */
#ifndef ATT_LOADER_H
#define ATT_LOADER_H

#include <pthread.h>

#include <attache/module.h>

#include "core/config/config.h"

/* Whose turn it is in a module, or in one of its instances, that takes one call at a time. */
struct att_turn {
    pthread_mutex_t lock; /* not held during the call */
    pthread_cond_t given;
    bool taken;
};

bool att_turn_open(struct att_turn *turn);
void att_turn_close(struct att_turn *turn);
/* False at the deadline, absolute on the monotonic clock. */
bool att_turn_take(struct att_turn *turn, int64_t deadline_ns);
void att_turn_give(struct att_turn *turn);

/* What the table of an instance offers; a module that needs more is refused. The one that is lent to its entry offers
 * less. */
#define ATT_HOST_OFFERED                                                                                       \
    (ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_LOG | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_CACHE | \
     ATT_HOST_PLACING | ATT_HOST_KEEPING | ATT_HOST_PROCESS | ATT_HOST_HTTP | ATT_HOST_DATA | ATT_HOST_GRANTS)

/* A module that was loaded. Code is never unloaded, so this may be freed when its last instance is closed. An engine
 * keeps the one it has of a file over reloads: the turn of a serial module hangs on it. */
struct att_module {
    uint32_t kind;    /* ATT_KIND_* */
    const char *file; /* the resolved path */
    const char *name, *version;
    uint16_t abi_major, abi_minor;
    uint32_t threading;
    uint64_t offers, needs;
    const char *sha256; /* lower hex, or NULL where none is pinned */
    /* The table, copied by size into the host's own and validated: the one of `kind`. What is not offered is NULL. */
    struct att_provider provider;
    struct att_audit audit;
    /* The options, copied by option_size, ended by a NULL name. */
    const struct att_option *options;
    size_t option_count;
    struct att_turn *turn; /* of a serial module: taken by the one call that is in it; else NULL */
};

/* The directory of modules, kept open once it was checked, so that a load of many checks it once. */
struct att_module_folder {
    char *path;     /* resolved */
    int descriptor; /* -1: not checked yet */
};
void att_module_folder_close(struct att_module_folder *folder);

struct att_loader_rules {
    const char *directory;            /* where names without a slash are looked up */
    bool allow_paths;                 /* absolute paths are taken */
    struct att_module_folder *folder; /* of `directory`; or NULL: it is checked for each module */
    const struct att_host *host;      /* handed to the entry: version, memory and log work */
};

/* Loads `name` as a module of `kind`, provider or audit. Everything lives in `pool`. On refusal NULL, and `why` has one
 * sentence that names the file, the cause and the next step. `sha256` is the pinned hash or NULL. */
const struct att_module *att_module_load(struct att_pool *pool, const struct att_loader_rules *rules, const char *name,
                                         uint32_t kind, const char *sha256, struct att_buffer *why);

/* Step 6 alone, for a module that is linked into the program: `table` is what its entry returned. */
const struct att_module *att_module_adopt(struct att_pool *pool, const struct att_loader_rules *rules, uint32_t kind,
                                          const void *table, struct att_buffer *why);

/* What `attache modules` shows of one file without loading it: its note, or why it would be refused. */
struct att_module_note {
    uint32_t kind;
    uint16_t abi_major, abi_minor;
    uint32_t table_size;
    char name[48];
};

/* Steps 1 to 4: resolve, check, read the note; nothing of the file runs. Returns an open descriptor (close it), or -1
 * with a sentence in `why`. `path` gets the resolved path from `pool`. */
int att_module_inspect(struct att_pool *pool, const struct att_loader_rules *rules, const char *name,
                       struct att_module_note *note, const char **path, struct att_buffer *why);

/* The directory of modules that belongs to this library: <directory of libattache>/attache. From `pool`. */
const char *att_module_directory(struct att_pool *pool);

/* "provider", "audit", "policy", "unknown kind". */
const char *att_module_kind_name(uint32_t kind);

#endif
