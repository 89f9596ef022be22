/* core/sign/day_key.c: a key and what it is for, under a lock. */
#include "core/sign/day_key.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct att_day_key {
    struct att_arena *arena;
    pthread_mutex_t lock; /* all below */
    char scope[ATT_DAY_KEY_SCOPE];
    struct att_secret *key, *secret; /* NULL while there is none */
};

struct att_day_key *att_day_key_create(struct att_arena *arena)
{
    struct att_day_key *holder = calloc(1, sizeof *holder);

    if (!holder)
        return NULL;
    holder->arena = arena;
    pthread_mutex_init(&holder->lock, NULL);
    return holder;
}

static void forget(struct att_day_key *holder)
{
    holder->scope[0] = '\0';
    holder->key = att_secret_destroy(holder->key);
    holder->secret = att_secret_destroy(holder->secret);
}

void att_day_key_destroy(struct att_day_key *holder)
{
    if (!holder)
        return;
    forget(holder);
    pthread_mutex_destroy(&holder->lock);
    free(holder);
}

bool att_day_key_get(struct att_day_key *holder, const char *scope, const struct att_secret *secret,
                     unsigned char key[ATT_DAY_KEY_BYTES])
{
    bool kept;

    pthread_mutex_lock(&holder->lock);
    kept = holder->key && strcmp(holder->scope, scope) == 0 && att_secret_equal(holder->secret, secret);
    if (kept)
        memcpy(key, att_secret_bytes(holder->key), ATT_DAY_KEY_BYTES);
    pthread_mutex_unlock(&holder->lock);
    return kept;
}

void att_day_key_put(struct att_day_key *holder, const char *scope, const struct att_secret *secret,
                     const unsigned char key[ATT_DAY_KEY_BYTES])
{
    size_t size = strlen(scope);

    if (size >= ATT_DAY_KEY_SCOPE)
        return;
    pthread_mutex_lock(&holder->lock);
    forget(holder);
    holder->key = att_secret_from(holder->arena, key, ATT_DAY_KEY_BYTES);
    holder->secret = att_secret_from(holder->arena, att_secret_bytes(secret), att_secret_size(secret));
    if (holder->key && holder->secret)
        memcpy(holder->scope, scope, size + 1);
    else
        forget(holder);
    pthread_mutex_unlock(&holder->lock);
}
