/* day_key.h: the derived signing key of a day (AWS Signature Version 4), kept beside a cached credential. */
#ifndef ATT_DAY_KEY_H
#define ATT_DAY_KEY_H

#include "core/secret/secret.h"

#define ATT_DAY_KEY_BYTES 32
#define ATT_DAY_KEY_SCOPE 192 /* the longest scope that is kept, with its NUL */

/* Holds one key, in secret memory, with the secret it was derived from: a holder that is handed on to another
 * credential by mistake derives anew instead of signing with the key of the first. Thread-safe. */
struct att_day_key;

/* An empty holder; NULL when memory is out. `arena` outlives it. */
struct att_day_key *att_day_key_create(struct att_arena *arena);
void att_day_key_destroy(struct att_day_key *holder); /* wipes; NULL is allowed */

/* Copies the key that was kept for this scope ("20260302/eu-west-1/s3") and secret. False when it was another. */
bool att_day_key_get(struct att_day_key *holder, const char *scope, const struct att_secret *secret,
                     unsigned char key[ATT_DAY_KEY_BYTES]);
/* Keeps a key instead of the one before. What does not fit, or finds no memory, is not kept. */
void att_day_key_put(struct att_day_key *holder, const char *scope, const struct att_secret *secret,
                     const unsigned char key[ATT_DAY_KEY_BYTES]);

#endif
