/* core/cache/cache.c: making a cache, closing it, and loans as a request holds them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cache/inside.h"

struct att_cache *att_cache_create(struct att_arena *arena, const struct att_cache_promise *promise,
                                   att_cache_launch launch, void *context)
{
    struct att_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->arena = arena;
    cache->promise = *promise;
    cache->launch = launch;
    cache->context = context;
    cache->sets = calloc(ATT_SETS, sizeof *cache->sets);
    if (!cache->sets || getentropy(&cache->seed, sizeof cache->seed) != 0 ||
        pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache->sets);
        free(cache);
        return NULL;
    }
    cache->random = cache->seed;
    return cache;
}

void att_cache_cancel(struct att_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->cancelled = true;
    for (struct att_flight *flight = cache->flights; flight; flight = flight->next)
        pthread_cond_broadcast(&flight->landed);
    pthread_mutex_unlock(&cache->lock);
}

void att_cache_destroy(struct att_cache *cache)
{
    if (!cache)
        return;
    att_flights_destroy(cache);
    att_kept_destroy_all(cache);
    pthread_mutex_destroy(&cache->lock);
    free(cache->sets);
    free(cache);
}

/* ---- loans ------------------------------------------------------------------------------------------------------- */

void att_loan_open(struct att_loan *loan, struct att_arena *arena)
{
    loan->credential = NULL;
    loan->fresh = false;
    loan->kept = NULL;
    att_credential_open(&loan->own, arena);
}

void att_loan_move(struct att_loan *to, struct att_loan *from)
{
    bool own = from->credential == &from->own;

    *to = *from;
    if (own)
        to->credential = &to->own;
    from->credential = NULL;
    from->kept = NULL;
    att_credential_open(&from->own, to->own.arena);
}

void att_loan_close(struct att_loan *loan)
{
    if (loan->kept)
        att_kept_give_back(loan);
    att_credential_close(&loan->own);
    loan->credential = NULL;
}
