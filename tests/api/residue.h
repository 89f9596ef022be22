/* residue.h: a site whose one secret is a canary, and an nginx that repeats what it is sent. */
#ifndef ATT_TEST_RESIDUE_H
#define ATT_TEST_RESIDUE_H

#include "tests/api/canary.h"
#include "tests/unit/unit.h"

/* `decoy` is a second canary that is left lying about, to see that a search finds what there is. */
struct world {
    char folder[64], conf[96], secret[96], audit[96], tape[96], log[96];
    char authority[256]; /* the certificate of nginx's authority */
    int http, https;     /* ports; 0 where there is no nginx */
    int input;           /* of the server: it ends when this is closed */
    pid_t server;
    struct canary canary, decoy;
};

void world_make(struct world *world);
void world_remove(struct world *world);
/* Writes the configuration; `promise` is what the module promises: "none", "prompt" or "keep"; `tape` is "record" or
 * "replay". Grants are named after the place of the credential: bearer, key, basic, query, cookie, aws, hmac; the
 * provider fails for "failing". */
void world_configure(const struct world *world, const char *promise, const char *tape);
/* Skips the running test where a sanitizer keeps freed memory or nginx is missing. */
void world_require(const struct world *world);

#endif
