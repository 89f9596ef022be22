/* inside.h: what the files of core/cache share. */
#ifndef ATT_CACHE_INSIDE_H
#define ATT_CACHE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/cache/cache.h"

/* ---- keys -------------------------------------------------------------------------------------------------------- */

enum { ATT_KEY_GRANT, ATT_KEY_IDENTITY, ATT_KEY_ACCOUNT, ATT_KEY_CALLER, ATT_KEY_SCHEME, ATT_KEY_HOST, ATT_KEY_PARTS };

/* What requests that share a credential agree in. Points into the request; a copy of it belongs to what is kept. */
struct att_key {
    const char *texts[ATT_KEY_PARTS]; /* "" where the request has none, or the promise does not ask */
    size_t sizes[ATT_KEY_PARTS];
    uint32_t port;
    const struct att_secret *user_token; /* or NULL */
    uint64_t hash;
};

struct att_key att_key_of(const struct att_cache *cache, const struct att_fetch *fetch);
/* Whether what is under this key may be of the grant: under a provider identity it may be of any. */
bool att_key_may_be_of(const struct att_key *key, const char *grant);
bool att_key_equal(const struct att_key *left, const struct att_key *right);
/* A copy that owns its texts; att_key_free() in both cases. */
bool att_key_copy(struct att_key *copy, const struct att_key *key, struct att_arena *arena);
void att_key_free(struct att_key *copy);

/* ---- what is kept ------------------------------------------------------------------------------------------------ */

#define ATT_STRIPES 8
#define ATT_SETS 1024
#define ATT_WAYS 8

/* One credential. It is reached through the table without a lock, so its memory stays what it is until the cache goes;
 * between two uses it waits in the list of free ones. Users are counted in stripes, one cache line for each of the
 * processors, so that two threads do not fight over one counter. */
struct att_kept {
    struct {
        _Alignas(64) atomic_uint users;
    } stripes[ATT_STRIPES];
    struct att_cache *cache;
    struct att_kept *next; /* free, or waiting for its last user */
    struct att_key key;
    struct att_credential credential;
    uint64_t generation;        /* at the time the provider was asked */
    int64_t until_ns;           /* monotonic: not used from then on */
    _Atomic int64_t refresh_ns; /* monotonic: a look-up from then on starts a flight */
    atomic_bool touched;        /* since the hand of the clock passed */
    atomic_bool retired;        /* no longer in the table */
    unsigned failures;          /* of attempts to refresh it, one after the other; under the lock */
};

/* One way of a set: the hash tells most keys apart without touching what is kept. */
struct att_way {
    _Atomic uint64_t hash;
    _Atomic(struct att_kept *) kept;
};

struct att_cache {
    struct att_arena *arena;
    struct att_cache_promise promise;
    att_cache_launch launch;
    void *context;
    uint64_t seed;
    struct att_way (*sets)[ATT_WAYS];

    pthread_mutex_t lock; /* of all that follows, and of changes to the table */
    bool cancelled;
    struct att_kept *free, *leaving; /* leaving: retired, and somebody still uses it */
    unsigned hand;
    struct att_flight *flights;
    size_t flight_count;
    uint64_t random; /* for jitter */
};

/* How long a credential serves. */
struct att_term {
    uint64_t generation;
    int64_t until_ns, refresh_ns;
    bool listed; /* false: only for who has it on loan already */
};

/* Takes a credential over, into the table in place of what has its key, and lends it. Under the lock. False when memory
 * is out. */
bool att_kept_put(struct att_cache *cache, const struct att_key *key, struct att_credential *credential,
                  const struct att_term *term, struct att_loan *loan);
/* The end of a loan of what is kept; under the lock, and without it. */
void att_kept_leave(struct att_loan *loan);
void att_kept_give_back(struct att_loan *loan);
/* Takes it out of the table, if it is still there. Under the lock. */
void att_kept_remove(struct att_cache *cache, struct att_kept *kept);
/* The same with all that may be of a grant. Under the lock. */
void att_kept_forget(struct att_cache *cache, const char *grant);
/* What the table has for a key, or NULL. Under the lock. */
struct att_kept *att_kept_find(struct att_cache *cache, const struct att_key *key);
/* Whether it may still be used. */
bool att_kept_is_good(const struct att_kept *kept, int64_t now_ns);
/* One more use of it; it is in the table or used already. */
void att_kept_use(struct att_kept *kept, struct att_loan *loan);
void att_kept_destroy_all(struct att_cache *cache);

uint64_t att_cache_generation(const struct att_cache *cache);
int64_t att_cache_now(void); /* monotonic, to a few milliseconds */

/* ---- flights, under the lock ------------------------------------------------------------------------------------- */

#define SECONDS(number) ((number)*ATT_NS_PER_S)

/* A fetch in the air; after it, what is remembered of it. */
struct att_flight {
    struct att_flight *next;
    struct att_cache *cache;
    struct att_key key;
    bool in_the_air, detached; /* detached: out of the list; its last holder frees it */
    unsigned waiters;
    pthread_cond_t landed;
    int64_t deadline_ns;
    uint64_t generation;
    att_result result;
    struct att_call_report report;
    struct att_loan loan; /* of what it brought, while somebody waits */
    int64_t remembered_ns, refused_ns;
    unsigned failures;
};

void att_flight_free(struct att_flight *flight);
void att_flight_settle(struct att_flight *flight);
/* Whether a failure says that the provider could not be asked, not that the credential is none any more. */
bool att_result_is_passing(att_result result);

/* A credential is due to be refreshed: starts a flight in the background unless there is one. Takes the lock. */
void att_flight_refresh(struct att_cache *cache, const struct att_key *key, const struct att_fetch *fetch,
                        struct att_kept *kept);
void att_flights_destroy(struct att_cache *cache);

#endif
