/* core/cache/table.c: the table of what is kept: look-ups without a lock, changes under the cache's.
 *
 * A look-up finds a credential in the table, counts itself as its user, and then looks whether the table still has it:
 * if so, whoever takes it out later sees the count and leaves the credential alone until the last user has gone; if
 * not, the look-up takes its count back and has read nothing. All four steps are sequentially consistent, so one of the
 * two sees the other. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/cache/inside.h"
#include "core/sign/day_key.h"

int64_t att_cache_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * ATT_NS_PER_S + now.tv_nsec;
}

static int64_t wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
}

uint64_t att_cache_generation(const struct att_cache *cache)
{
    return cache->promise.generation ? __atomic_load_n(cache->promise.generation, __ATOMIC_ACQUIRE) : 0;
}

bool att_kept_is_good(const struct att_kept *kept, int64_t now_ns)
{
    /* By both clocks: one may have been set, the other stands still while the machine sleeps. */
    return now_ns < kept->until_ns && (kept->credential.expires == 0 || wall_now() < kept->credential.expires) &&
           kept->generation == att_cache_generation(kept->cache);
}

/* ---- users ------------------------------------------------------------------------------------------------------- */

static unsigned stripe_here(void)
{
    int processor = sched_getcpu();

    return processor < 0 ? 0 : (unsigned)processor % ATT_STRIPES;
}

static bool is_used(struct att_kept *kept)
{
    for (size_t i = 0; i < ATT_STRIPES; i++)
        if (atomic_load(&kept->stripes[i].users))
            return true;
    return false;
}

/* Under the lock: wipes what nobody uses any more, and keeps its memory for another. */
static void sweep(struct att_cache *cache)
{
    struct att_kept **at = &cache->leaving;

    while (*at) {
        struct att_kept *kept = *at;

        if (is_used(kept)) {
            at = &kept->next;
            continue;
        }
        *at = kept->next;
        att_credential_close(&kept->credential);
        att_key_free(&kept->key);
        kept->next = cache->free;
        cache->free = kept;
    }
}

void att_kept_leave(struct att_loan *loan)
{
    struct att_kept *kept = loan->kept;

    atomic_fetch_sub(&kept->stripes[loan->stripe].users, 1);
    if (atomic_load(&kept->retired))
        sweep(kept->cache);
    loan->kept = NULL;
    loan->credential = NULL;
}

void att_kept_use(struct att_kept *kept, struct att_loan *loan)
{
    loan->kept = kept;
    loan->stripe = stripe_here();
    loan->credential = &kept->credential;
    atomic_fetch_add(&kept->stripes[loan->stripe].users, 1);
}

void att_kept_give_back(struct att_loan *loan)
{
    struct att_kept *kept = loan->kept;
    struct att_cache *cache = kept->cache;

    if (atomic_fetch_sub(&kept->stripes[loan->stripe].users, 1) == 1 && atomic_load(&kept->retired)) {
        pthread_mutex_lock(&cache->lock);
        sweep(cache);
        pthread_mutex_unlock(&cache->lock);
    }
    loan->kept = NULL;
    loan->credential = NULL;
}

/* ---- look-up ----------------------------------------------------------------------------------------------------- */

static struct att_way *set_of(const struct att_cache *cache, uint64_t hash)
{
    return cache->sets[hash % ATT_SETS];
}

bool att_cache_find(struct att_cache *cache, const struct att_fetch *fetch, struct att_loan *loan)
{
    const struct att_key key = att_key_of(cache, fetch);
    struct att_way *set = set_of(cache, key.hash);
    int64_t now = att_cache_now();

    for (size_t i = 0; i < ATT_WAYS; i++) {
        struct att_kept *kept;

        if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) != key.hash)
            continue;
        kept = atomic_load_explicit(&set[i].kept, memory_order_acquire);
        if (!kept)
            continue;
        att_kept_use(kept, loan);
        if (atomic_load(&set[i].kept) == kept && att_key_equal(&kept->key, &key) && att_kept_is_good(kept, now)) {
            if (!atomic_load_explicit(&kept->touched, memory_order_relaxed))
                atomic_store_explicit(&kept->touched, true, memory_order_relaxed);
            if (now >= atomic_load_explicit(&kept->refresh_ns, memory_order_relaxed))
                att_flight_refresh(cache, &key, fetch, kept);
            return true;
        }
        att_kept_give_back(loan);
    }
    return false;
}

struct att_kept *att_kept_find(struct att_cache *cache, const struct att_key *key)
{
    struct att_way *set = set_of(cache, key->hash);

    for (size_t i = 0; i < ATT_WAYS; i++) {
        struct att_kept *kept = atomic_load(&set[i].kept);
        if (kept && att_key_equal(&kept->key, key))
            return kept;
    }
    return NULL;
}

/* ---- changes, under the lock ------------------------------------------------------------------------------------- */

static void retire(struct att_cache *cache, struct att_way *way)
{
    struct att_kept *kept = atomic_exchange(&way->kept, NULL);

    atomic_store(&kept->retired, true);
    kept->next = cache->leaving;
    cache->leaving = kept;
    sweep(cache);
}

void att_kept_remove(struct att_cache *cache, struct att_kept *kept)
{
    struct att_way *set = set_of(cache, kept->key.hash);

    for (size_t i = 0; i < ATT_WAYS; i++)
        if (atomic_load(&set[i].kept) == kept)
            retire(cache, &set[i]);
}

/* Where the provider told which grant it gave, that counts beside what was asked for. */
static bool is_of(const struct att_kept *kept, const char *grant)
{
    const char *told = kept->credential.grant;

    if (told && strcmp(told, grant) == 0)
        return true;
    return att_key_may_be_of(&kept->key, grant) && (!told || kept->key.sizes[ATT_KEY_GRANT]);
}

void att_kept_forget(struct att_cache *cache, const char *grant)
{
    for (size_t set = 0; set < ATT_SETS; set++)
        for (size_t i = 0; i < ATT_WAYS; i++) {
            struct att_way *way = &cache->sets[set][i];
            struct att_kept *kept = atomic_load(&way->kept);

            if (kept && is_of(kept, grant))
                retire(cache, way);
        }
}

/* The way of a set that a new credential takes: that of the old one with its key, a free one, or one that was not
 * used since the hand passed last. */
static struct att_way *way_for(struct att_cache *cache, const struct att_key *key)
{
    struct att_way *set = set_of(cache, key->hash), *open = NULL;

    for (size_t i = 0; i < ATT_WAYS; i++) {
        struct att_kept *kept = atomic_load(&set[i].kept);
        if (kept && att_key_equal(&kept->key, key))
            return &set[i];
        if (!kept && !open)
            open = &set[i];
    }
    while (!open) {
        struct att_way *way = &set[cache->hand++ % ATT_WAYS];
        if (!atomic_exchange_explicit(&atomic_load(&way->kept)->touched, false, memory_order_relaxed))
            open = way;
    }
    return open;
}

static struct att_kept *take_free(struct att_cache *cache)
{
    struct att_kept *kept = cache->free;

    if (kept) {
        cache->free = kept->next;
        return kept;
    }
    kept = aligned_alloc(_Alignof(struct att_kept), sizeof *kept);
    if (!kept)
        return NULL;
    memset(kept, 0, sizeof *kept);
    kept->cache = cache;
    return kept;
}

static void publish(struct att_cache *cache, struct att_kept *kept)
{
    struct att_way *way = way_for(cache, &kept->key);

    if (atomic_load(&way->kept))
        retire(cache, way);
    atomic_store_explicit(&way->hash, kept->key.hash, memory_order_relaxed);
    atomic_store(&way->kept, kept);
}

bool att_kept_put(struct att_cache *cache, const struct att_key *key, struct att_credential *credential,
                  const struct att_term *term, struct att_loan *loan)
{
    struct att_kept *kept = take_free(cache);

    if (!kept)
        return false;
    if (!att_key_copy(&kept->key, key, cache->arena)) {
        att_key_free(&kept->key);
        kept->next = cache->free;
        cache->free = kept;
        return false;
    }
    kept->credential = *credential;
    att_credential_open(credential, cache->arena);
    /* One that signs will do so again today. Without memory for it the key is derived each time. */
    if (att_credential_part(&kept->credential, "secret_key"))
        kept->credential.day_key = att_day_key_create(cache->arena);
    kept->generation = term->generation;
    kept->until_ns = term->until_ns;
    kept->failures = 0;
    atomic_store(&kept->refresh_ns, term->refresh_ns);
    atomic_store(&kept->touched, true);
    atomic_store(&kept->retired, !term->listed);
    att_kept_use(kept, loan);
    if (term->listed) {
        publish(cache, kept);
    } else {
        kept->next = cache->leaving;
        cache->leaving = kept;
    }
    return true;
}

void att_kept_destroy_all(struct att_cache *cache)
{
    for (size_t set = 0; cache->sets && set < ATT_SETS; set++)
        for (size_t i = 0; i < ATT_WAYS; i++)
            if (atomic_load(&cache->sets[set][i].kept))
                retire(cache, &cache->sets[set][i]);
    while (cache->free) {
        struct att_kept *kept = cache->free;
        cache->free = kept->next;
        free(kept);
    }
}
