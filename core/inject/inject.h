/* inject.h: from credentials and placements to the bytes that are sent. A module says what kind and where; the bytes
 * are built here, in secret memory, last of all. */
#ifndef ATT_INJECT_H
#define ATT_INJECT_H

#include "core/error/error.h"
#include "core/provider/provider.h"
#include "core/url/url.h"

#define ATT_INJECTION_LINES 8

struct att_injection {
    struct att_arena *arena;
    struct att_secret *lines[ATT_INJECTION_LINES]; /* "name: value" */
    size_t line_count;
    struct att_secret *cookie; /* the one cookie line, while it grows; then also in lines */
    struct att_secret *target; /* the URL with the credential's query parameters; NULL when it has none */
};

void att_injection_open(struct att_injection *injection, struct att_arena *arena);
void att_injection_close(struct att_injection *injection); /* wipes */

/* Places one credential wherever `injects` says. Two credentials in one header, a part that the credential lacks, and a
 * value that the place cannot hold are errors; `grant` is what messages call the credential. ATT_CONFIG, ATT_MODULE,
 * ATT_NOMEM. */
att_status att_inject(struct att_injection *injection, const struct att_credential *credential,
                      const struct att_config_inject *injects, size_t count, const struct att_url *url,
                      const char *grant, att_error *error);

/* Whether the injection sets this header, in whatever case. */
bool att_injection_occupies(const struct att_injection *injection, const char *name);

#endif
