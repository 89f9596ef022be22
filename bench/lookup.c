/* bench/lookup.c: how long finding a kept credential by its grant takes, its return included.
 *
 *     lookup THREADS      nanoseconds of each look-up, the least of the rounds
 *
 * All threads look for the same grant at once, each on a processor of its own where there are as many. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cache/inside.h"

enum { ROUNDS = 15, LOOKUPS = 2000000, MOST_THREADS = 16 };

struct bench {
    struct att_arena *arena;
    struct att_cache *cache;
    pthread_barrier_t barrier;
    int threads;
    int64_t least_ns;
};

struct looker {
    struct bench *bench;
    int number;
};

static struct att_arena *landing_arena;

static const struct att_fetch wanted = {.size = sizeof wanted,
                                        .deadline_ns = INT64_MAX / 2,
                                        .caller = "bench",
                                        .grant = "6f9f2a6e-1c52-4b7e-9a31-0d8f5a7c2e41",
                                        .scheme = "https",
                                        .host = "api.example.com",
                                        .port = 443};

static void *land(void *context)
{
    struct att_flight *flight = context;
    struct att_credential credential;
    struct att_call_report report = {0};

    att_credential_open(&credential, landing_arena);
    att_credential_set_material(&credential, "token", "kept", 4);
    att_cache_land(flight, ATT_RESULT_OK, &credential, &report);
    att_credential_close(&credential);
    return NULL;
}

/* A provider that answers at once. */
static const char *launch(void *context, const struct att_fetch *fetch, struct att_flight *flight)
{
    pthread_t thread;

    (void)fetch;
    landing_arena = context;
    return pthread_create(&thread, NULL, land, flight) == 0 && pthread_detach(thread) == 0 ? NULL : "no thread";
}

static bool fill(struct bench *bench)
{
    struct att_call_report report;
    struct att_loan loan;
    att_result result;

    att_loan_open(&loan, bench->arena);
    result = att_cache_borrow(bench->cache, &wanted, &loan, &report);
    att_loan_close(&loan);
    return result == ATT_RESULT_OK;
}

static bool look(struct bench *bench)
{
    struct att_loan loan;

    loan.kept = NULL;
    if (!att_cache_find(bench->cache, &wanted, &loan))
        return false;
    att_kept_give_back(&loan);
    return true;
}

static void *run(void *context)
{
    const struct looker *looker = context;
    struct bench *bench = looker->bench;
    cpu_set_t processors, one;
    int wanted_processor = looker->number, found = -1;

    sched_getaffinity(0, sizeof processors, &processors);
    for (int i = 0; i < CPU_SETSIZE && found < 0; i++)
        if (CPU_ISSET(i, &processors) && wanted_processor-- == 0)
            found = i;
    CPU_ZERO(&one);
    CPU_SET(found < 0 ? 0 : found, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start;

        pthread_barrier_wait(&bench->barrier);
        start = att_clock_monotonic_ns();
        for (int i = 0; i < LOOKUPS; i++)
            if (!look(bench))
                abort();
        start = att_clock_monotonic_ns() - start;
        pthread_barrier_wait(&bench->barrier);
        if (looker->number == 0 && start < bench->least_ns)
            bench->least_ns = start;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct att_cache_promise promise = {.size = sizeof promise,
                                              .shared =
                                                  ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS,
                                              .longest_ms = 3600000};
    struct bench bench = {.threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1, .least_ns = INT64_MAX};
    struct looker lookers[MOST_THREADS];
    pthread_t threads[MOST_THREADS];

    bench.arena = att_arena_create();
    bench.cache = bench.arena ? att_cache_create(bench.arena, &promise, launch, bench.arena) : NULL;
    if (!bench.cache || bench.threads < 1 || bench.threads > MOST_THREADS || !fill(&bench))
        return 1;
    pthread_barrier_init(&bench.barrier, NULL, (unsigned)bench.threads);
    for (int i = 0; i < bench.threads; i++) {
        lookers[i] = (struct looker){&bench, i};
        pthread_create(&threads[i], NULL, run, &lookers[i]);
    }
    for (int i = 0; i < bench.threads; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", (double)bench.least_ns / LOOKUPS);
    att_cache_destroy(bench.cache);
    att_arena_destroy(bench.arena);
    return 0;
}
