/* tests/unit/test-cache.c: unit tests of core/cache: what is kept and for whom, one fetch at a time, outages, 401. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cache/inside.h"
#include "core/provider/instance.h"
#include "tests/unit/unit.h"

/* ---- a provider in small: each flight answers on a thread of its own ----------------------------------------------
 */

struct world {
    struct att_arena *arena;
    struct att_cache *cache;
    volatile uint64_t generation;
    atomic_int flights, in_the_air;
    atomic_int delay_ms, life_s; /* life_s 0: never expires */
    atomic_int result, retry_after_ms;
    atomic_bool refuse_launch;
};

struct landing {
    struct world *world;
    struct att_flight *flight;
    char token[64];
};

static void pause_ms(int milliseconds)
{
    usleep((useconds_t)milliseconds * 1000);
}

static void *land(void *context)
{
    struct landing *landing = context;
    struct world *world = landing->world;
    struct att_credential credential;
    struct att_call_report report = {.retry_after_ms = atomic_load(&world->retry_after_ms)};
    att_result result = atomic_load(&world->result);
    int life = atomic_load(&world->life_s);

    att_credential_open(&credential, world->arena);
    if (atomic_load(&world->delay_ms))
        pause_ms(atomic_load(&world->delay_ms));
    if (result == ATT_RESULT_OK) {
        att_credential_set_material(&credential, "token", landing->token, strlen(landing->token));
        if (life)
            att_credential_set_expires(&credential, att_clock_wall_us() / 1000000 + life);
    } else {
        snprintf(report.sentence, sizeof report.sentence, "no answer %d", (int)result);
    }
    att_cache_land(landing->flight, result, &credential, &report);
    att_credential_close(&credential);
    atomic_fetch_sub(&world->in_the_air, 1);
    free(landing);
    return NULL;
}

static const char *launch(void *context, const struct att_fetch *fetch, struct att_flight *flight)
{
    struct world *world = context;
    struct landing *landing;
    pthread_attr_t attributes;
    pthread_t thread;

    if (atomic_load(&world->refuse_launch))
        return "no thread can be started for it";
    landing = malloc(sizeof *landing);
    assert_non_null(landing);
    *landing = (struct landing){.world = world, .flight = flight};
    snprintf(landing->token, sizeof landing->token, "token %d of %s", atomic_fetch_add(&world->flights, 1) + 1,
             fetch->grant);
    atomic_fetch_add(&world->in_the_air, 1);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    assert_int_equal(pthread_create(&thread, &attributes, land, landing), 0);
    pthread_attr_destroy(&attributes);
    return NULL;
}

static void world_open(struct world *world, uint32_t shared, int64_t longest_ms)
{
    const struct att_cache_promise promise = {
        .size = sizeof promise, .shared = shared, .longest_ms = longest_ms, .generation = &world->generation};

    memset(world, 0, sizeof *world);
    world->arena = att_arena_create();
    atomic_store(&world->life_s, 3600);
    world->cache = att_cache_create(world->arena, &promise, launch, world);
    assert_non_null(world->cache);
}

static void wait_for_landings(struct world *world)
{
    while (atomic_load(&world->in_the_air))
        pause_ms(1);
}

/* Nothing that was kept is left in secret memory. */
static void world_close(struct world *world)
{
    struct att_arena_state left;

    wait_for_landings(world);
    att_cache_destroy(world->cache);
    att_arena_state(world->arena, &left);
    assert_int_equal(left.in_use, 0);
    att_arena_destroy(world->arena);
}

static struct att_fetch fetch_of(const char *grant, int patience_ms)
{
    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .deadline_ns = att_clock_monotonic_ns() + patience_ms * ATT_NS_PER_MS,
                              .caller = "tester",
                              .grant = grant,
                              .scheme = "https",
                              .host = "api.example.com",
                              .port = 443};
}

static att_result borrow(struct world *world, const struct att_fetch *fetch, char token[64],
                         struct att_call_report *report)
{
    struct att_call_report unread;
    struct att_loan loan;
    att_result result;

    att_loan_open(&loan, world->arena);
    result = att_cache_borrow(world->cache, fetch, &loan, report ? report : &unread);
    if (result == ATT_RESULT_OK && token)
        snprintf(token, 64, "%s", att_secret_bytes(att_credential_part(loan.credential, "token")));
    att_loan_close(&loan);
    return result;
}

static void expect(struct world *world, const char *grant, const char *token)
{
    const struct att_fetch fetch = fetch_of(grant, 5000);
    char got[64] = "";

    assert_int_equal(borrow(world, &fetch, got, NULL), ATT_RESULT_OK);
    assert_string_equal(got, token);
}

/* The refresh of what is kept for a grant becomes due now. */
static void make_due(struct world *world, const char *grant)
{
    const struct att_fetch fetch = fetch_of(grant, 0);
    const struct att_key key = att_key_of(world->cache, &fetch);

    atomic_store(&att_kept_find(world->cache, &key)->refresh_ns, 0);
}

static int64_t due_in_ms(struct world *world, const char *grant)
{
    const struct att_fetch fetch = fetch_of(grant, 0);
    const struct att_key key = att_key_of(world->cache, &fetch);

    return (atomic_load(&att_kept_find(world->cache, &key)->refresh_ns) - att_clock_monotonic_ns()) / ATT_NS_PER_MS;
}

/* ---- many callers -------------------------------------------------------------------------------------------------
 */

struct caller {
    struct world *world;
    const char *grant;
    int patience_ms, rounds;
    atomic_int *good;
};

static void *call(void *context)
{
    const struct caller *caller = context;

    for (int i = 0; i < caller->rounds; i++) {
        const struct att_fetch fetch = fetch_of(caller->grant, caller->patience_ms);
        if (borrow(caller->world, &fetch, NULL, NULL) == ATT_RESULT_OK)
            atomic_fetch_add(caller->good, 1);
    }
    return NULL;
}

static int call_from_many(struct world *world, const char *grant, int threads, int rounds)
{
    pthread_t *list = calloc((size_t)threads, sizeof *list);
    pthread_attr_t attributes;
    atomic_int good = 0;
    const struct caller caller = {world, grant, 60000, rounds, &good};

    assert_non_null(list);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&list[i], &attributes, call, (void *)&caller), 0);
    for (int i = 0; i < threads; i++)
        pthread_join(list[i], NULL);
    pthread_attr_destroy(&attributes);
    free(list);
    return atomic_load(&good);
}

static void d8_a_thousand_threads_on_one_missing_credential_make_one_fetch(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.delay_ms, 300);
    assert_int_equal(call_from_many(&world, "g", 1000, 1), 1000);
    assert_int_equal(atomic_load(&world.flights), 1);
    world_close(&world);
}

static void d8_callers_on_an_expired_credential_make_one_fetch(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 1);
    expect(&world, "g", "token 1 of g");
    pause_ms(1100);
    atomic_store(&world.life_s, 3600);
    atomic_store(&world.delay_ms, 50);
    assert_int_equal(call_from_many(&world, "g", 256, 1), 256);
    assert_int_equal(atomic_load(&world.flights), 2);
    world_close(&world);
}

static void d8_a_caller_that_gives_up_does_not_end_the_fetch_for_the_others(void **state)
{
    struct att_call_report report;
    struct world world;
    pthread_t other;
    atomic_int good = 0;
    struct att_fetch hurried;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.delay_ms, 300);
    hurried = fetch_of("g", 20);
    assert_int_equal(borrow(&world, &hurried, NULL, &report), ATT_RESULT_DEADLINE);
    assert_string_equal(report.sentence, "the deadline passed before it answered");
    pthread_create(&other, NULL, call, &(struct caller){&world, "g", 5000, 1, &good});
    pthread_join(other, NULL);
    assert_int_equal(atomic_load(&good), 1);
    assert_int_equal(atomic_load(&world.flights), 1);
    world_close(&world);
}

/* ---- what is kept, and for whom -----------------------------------------------------------------------------------
 */

static void what_is_kept_serves_until_it_expires(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 2);
    expect(&world, "g", "token 1 of g");
    expect(&world, "g", "token 1 of g");
    assert_int_equal(atomic_load(&world.flights), 1);
    pause_ms(2100);
    expect(&world, "g", "token 2 of g");
    world_close(&world);
}

static void b10_requests_that_differ_in_anything_share_nothing(void **state)
{
    struct world world;
    struct att_secret *ann, *bob;
    struct att_fetch requests[10];
    char seen[10][64];

    (void)state;
    world_open(&world, 0, 0);
    ann = att_secret_from(world.arena, "token of ann", 12);
    bob = att_secret_from(world.arena, "token of bob", 12);
    for (size_t i = 0; i < 10; i++)
        requests[i] = fetch_of("g", 5000);
    requests[1].grant = "h";
    requests[2].provider = "google";
    requests[3].account = "ann@example.com";
    requests[4].caller = "somebody else";
    requests[5].scheme = "http";
    requests[6].host = "other.example.com";
    requests[7].port = 8443;
    requests[8].user_token = ann;
    requests[9].user_token = bob;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 10; i++) {
            char token[64];
            assert_int_equal(borrow(&world, &requests[i], round ? token : seen[i], NULL), ATT_RESULT_OK);
            if (round)
                assert_string_equal(token, seen[i]);
        }
    assert_int_equal(atomic_load(&world.flights), 10);
    att_secret_destroy(ann);
    att_secret_destroy(bob);
    world_close(&world);
}

static void of_a_revoked_grant_nothing_is_kept(void **state)
{
    struct att_fetch identity = fetch_of("g", 5000), hurried;
    struct att_call_report report;
    struct world world;
    char token[64];

    (void)state;
    world_open(&world, 0, 0);
    identity.grant = NULL;
    identity.provider = "google";
    expect(&world, "g", "token 1 of g");
    expect(&world, "h", "token 2 of h");
    assert_int_equal(borrow(&world, &identity, token, NULL), ATT_RESULT_OK);
    att_cache_forget(world.cache, "g");
    expect(&world, "h", "token 2 of h");
    expect(&world, "g", "token 4 of g");
    assert_int_equal(borrow(&world, &identity, token, NULL), ATT_RESULT_OK);
    assert_int_equal(atomic_load(&world.flights), 5);
    /* What is on its way when the grant ends is not kept either. */
    att_cache_forget(world.cache, "g");
    atomic_store(&world.delay_ms, 100);
    hurried = fetch_of("g", 10);
    assert_int_equal(borrow(&world, &hurried, NULL, &report), ATT_RESULT_DEADLINE);
    att_cache_forget(world.cache, "g");
    wait_for_landings(&world);
    atomic_store(&world.delay_ms, 0);
    expect(&world, "g", "token 7 of g");
    world_close(&world);
}

static void what_a_provider_says_does_not_matter_is_shared(void **state)
{
    struct world world;
    struct att_fetch other;

    (void)state;
    world_open(&world, ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS, 0);
    expect(&world, "g", "token 1 of g");
    other = fetch_of("g", 5000);
    other.caller = "somebody else";
    other.host = "other.example.com";
    other.user_token = att_secret_from(world.arena, "t", 1);
    assert_int_equal(borrow(&world, &other, NULL, NULL), ATT_RESULT_OK);
    assert_int_equal(atomic_load(&world.flights), 1);
    att_secret_destroy((struct att_secret *)other.user_token);
    world_close(&world);
}

static void what_never_expires_is_kept_as_long_as_was_promised(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 300);
    atomic_store(&world.life_s, 0);
    expect(&world, "g", "token 1 of g");
    expect(&world, "g", "token 1 of g");
    pause_ms(350);
    expect(&world, "g", "token 2 of g");
    world_close(&world);

    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 0);
    expect(&world, "g", "token 1 of g");
    expect(&world, "g", "token 2 of g");
    world_close(&world);
}

static void a_new_generation_is_seen_by_the_next_request(void **state)
{
    struct world world;
    struct att_fetch fetch;

    (void)state;
    world_open(&world, 0, 60000);
    expect(&world, "g", "token 1 of g");
    __atomic_fetch_add(&world.generation, 1, __ATOMIC_RELEASE);
    expect(&world, "g", "token 2 of g");
    expect(&world, "g", "token 2 of g");

    /* What is remembered of a failure is out of date, too. */
    atomic_store(&world.result, ATT_RESULT_NOT_FOUND);
    fetch = fetch_of("h", 5000);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_NOT_FOUND);
    atomic_store(&world.result, ATT_RESULT_OK);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_NOT_FOUND);
    __atomic_fetch_add(&world.generation, 1, __ATOMIC_RELEASE);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_OK);
    world_close(&world);
}

static void a_set_that_is_full_gives_up_what_was_not_used(void **state)
{
    struct world world;
    struct att_arena_state before, after;
    char grant[32];

    (void)state;
    world_open(&world, 0, 0);
    for (int i = 0; i < 3 * ATT_SETS * ATT_WAYS / 2; i += 64) {
        snprintf(grant, sizeof grant, "grant %d", i);
        const struct att_fetch fetch = fetch_of(grant, 5000);
        assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_OK);
    }
    att_arena_state(world.arena, &before);
    for (int i = 0; i < 4 * ATT_WAYS; i++) {
        struct att_fetch fetch = fetch_of("g", 5000);
        struct att_key key = att_key_of(world.cache, &fetch);
        struct att_credential credential;
        struct att_loan loan;
        const struct att_term term = {.until_ns = INT64_MAX, .refresh_ns = INT64_MAX, .listed = true};

        snprintf(grant, sizeof grant, "g%d", i);
        key.texts[ATT_KEY_GRANT] = grant;
        key.sizes[ATT_KEY_GRANT] = strlen(grant);
        key.hash = 7; /* all of one set */
        att_credential_open(&credential, world.arena);
        att_credential_set_material(&credential, "token", grant, strlen(grant));
        pthread_mutex_lock(&world.cache->lock);
        assert_true(att_kept_put(world.cache, &key, &credential, &term, &loan));
        att_kept_leave(&loan);
        pthread_mutex_unlock(&world.cache->lock);
    }
    att_arena_state(world.arena, &after);
    assert_true(after.in_use <= before.in_use + ATT_WAYS * 64);
    world_close(&world);
}

/* ---- outages ------------------------------------------------------------------------------------------------------
 */

static void a_credential_is_refreshed_in_the_background_before_it_expires(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    expect(&world, "g", "token 1 of g");
    assert_in_range(due_in_ms(&world, "g"), 3300 * 1000 - 1000, 3450 * 1000); /* the window is five minutes */
    make_due(&world, "g");
    atomic_store(&world.delay_ms, 100);
    expect(&world, "g", "token 1 of g"); /* nobody waits for it */
    expect(&world, "g", "token 1 of g");
    wait_for_landings(&world);
    expect(&world, "g", "token 2 of g");
    assert_int_equal(atomic_load(&world.flights), 2);
    world_close(&world);
}

static void d12_the_window_is_never_more_than_half_of_a_life(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 60);
    expect(&world, "g", "token 1 of g");
    assert_in_range(due_in_ms(&world, "g"), 28000, 45100);
    world_close(&world);
}

static void d7_while_the_backend_is_down_a_valid_credential_serves_on(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 60);
    expect(&world, "g", "token 1 of g");
    atomic_store(&world.result, ATT_RESULT_UNAVAILABLE);
    make_due(&world, "g");
    assert_int_equal(call_from_many(&world, "g", 32, 2000), 32 * 2000);
    wait_for_landings(&world);
    assert_int_equal(atomic_load(&world.flights), 2);
    assert_in_range(due_in_ms(&world, "g"), 29000, 45000); /* so there is at most one more in this minute */
    make_due(&world, "g");
    expect(&world, "g", "token 1 of g");
    wait_for_landings(&world);
    assert_in_range(due_in_ms(&world, "g"), 59000, 90000);
    world_close(&world);
}

static void d7_an_expired_credential_is_not_served_while_the_backend_is_down(void **state)
{
    struct world world;
    struct att_fetch fetch;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, 1);
    expect(&world, "g", "token 1 of g");
    atomic_store(&world.result, ATT_RESULT_UNAVAILABLE);
    pause_ms(1100);
    fetch = fetch_of("g", 5000);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_UNAVAILABLE);
    world_close(&world);
}

static void a_credential_that_is_none_any_more_is_dropped_before_it_expires(void **state)
{
    static const att_result ends[] = {ATT_RESULT_REVOKED,   ATT_RESULT_REAUTH, ATT_RESULT_DENIED,
                                      ATT_RESULT_NOT_FOUND, ATT_RESULT_NONE,   ATT_RESULT_EXPIRED};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(ends); i++) {
        struct world world;
        struct att_fetch fetch;

        world_open(&world, 0, 0);
        expect(&world, "g", "token 1 of g");
        atomic_store(&world.result, ends[i]);
        make_due(&world, "g");
        expect(&world, "g", "token 1 of g");
        wait_for_landings(&world);
        fetch = fetch_of("g", 5000);
        assert_int_equal(borrow(&world, &fetch, NULL, NULL), ends[i]);
        world_close(&world);
    }
}

static void d4_d5_a_failure_is_remembered_for_seconds(void **state)
{
    struct att_call_report report;
    struct world world;
    struct att_fetch fetch;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.result, ATT_RESULT_UNAVAILABLE);
    atomic_store(&world.retry_after_ms, 5000);
    fetch = fetch_of("g", 5000);
    assert_int_equal(borrow(&world, &fetch, NULL, &report), ATT_RESULT_UNAVAILABLE);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(borrow(&world, &fetch, NULL, &report), ATT_RESULT_UNAVAILABLE);
        assert_string_equal(report.sentence, "no answer 8");
        assert_in_range(report.retry_after_ms, 3000, 5001);
    }
    assert_int_equal(atomic_load(&world.flights), 1);
    world_close(&world);

    world_open(&world, 0, 0);
    atomic_store(&world.result, ATT_RESULT_REAUTH);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_REAUTH);
    atomic_store(&world.result, ATT_RESULT_OK);
    assert_int_equal(borrow(&world, &fetch, NULL, NULL), ATT_RESULT_REAUTH);
    pause_ms(2100);
    expect(&world, "g", "token 2 of g");
    world_close(&world);
}

static void d13_an_answer_that_has_expired_is_an_error_and_no_loop(void **state)
{
    struct att_call_report report;
    struct world world;
    struct att_fetch fetch;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.life_s, -5);
    fetch = fetch_of("g", 5000);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(borrow(&world, &fetch, NULL, &report), ATT_RESULT_EXPIRED);
        assert_string_equal(report.sentence, "it gave a credential that has expired");
    }
    assert_int_equal(atomic_load(&world.flights), 1);
    world_close(&world);
}

/* ---- 401 ----------------------------------------------------------------------------------------------------------
 */

static void d11_exactly_the_refused_credential_is_dropped_and_no_storm_follows(void **state)
{
    const struct att_fetch fetch = fetch_of("g", 60000);
    struct att_call_report report;
    struct att_loan first, second, third;
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    att_loan_open(&first, world.arena);
    att_loan_open(&second, world.arena);
    att_loan_open(&third, world.arena);
    assert_int_equal(att_cache_borrow(world.cache, &fetch, &first, &report), ATT_RESULT_OK);
    assert_int_equal(att_cache_borrow(world.cache, &fetch, &second, &report), ATT_RESULT_OK);
    assert_true(att_cache_may_refuse(world.cache, &first));
    att_cache_refuse(world.cache, &first);
    expect(&world, "g", "token 2 of g");
    /* The second 401 to the first credential does no harm to the one that took its place. */
    assert_true(att_cache_may_refuse(world.cache, &second));
    att_cache_refuse(world.cache, &second);
    expect(&world, "g", "token 2 of g");
    /* And one to its successor is the upstream's own. */
    assert_int_equal(att_cache_borrow(world.cache, &fetch, &third, &report), ATT_RESULT_OK);
    assert_false(att_cache_may_refuse(world.cache, &third));
    assert_string_equal(att_secret_bytes(att_credential_part(first.credential, "token")), "token 1 of g");
    att_loan_close(&first);
    att_loan_close(&second);
    att_loan_close(&third);
    assert_int_equal(atomic_load(&world.flights), 2);
    world_close(&world);
}

/* ---- faults -------------------------------------------------------------------------------------------------------
 */

static void a_fetch_that_cannot_be_begun_says_why(void **state)
{
    const struct att_fetch fetch = fetch_of("g", 5000);
    struct att_call_report report;
    struct world world;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.refuse_launch, true);
    assert_int_equal(borrow(&world, &fetch, NULL, &report), ATT_RESULT_UNAVAILABLE);
    assert_string_equal(report.sentence, "no thread can be started for it");
    atomic_store(&world.refuse_launch, false);
    expect(&world, "g", "token 1 of g");
    atomic_store(&world.refuse_launch, true);
    make_due(&world, "g");
    expect(&world, "g", "token 1 of g");
    assert_in_range(due_in_ms(&world, "g"), 4000, 5000);
    world_close(&world);
}

static void a_flight_that_never_lands_is_given_up_and_its_late_answer_serves_only_who_waits(void **state)
{
    struct world world;
    pthread_t waiter;
    atomic_int good = 0;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.delay_ms, 400);
    pthread_create(&waiter, NULL, call, &(struct caller){&world, "g", 5000, 1, &good});
    while (!atomic_load(&world.in_the_air))
        pause_ms(1);
    pthread_mutex_lock(&world.cache->lock);
    world.cache->flights->deadline_ns = 0;
    pthread_mutex_unlock(&world.cache->lock);
    atomic_store(&world.delay_ms, 0);
    expect(&world, "g", "token 2 of g");
    pthread_join(waiter, NULL);
    assert_int_equal(atomic_load(&good), 1);
    expect(&world, "g", "token 2 of g");
    world_close(&world);
}

static void who_waits_is_woken_when_the_engine_closes(void **state)
{
    const struct att_fetch fetch = fetch_of("g", 5000);
    struct att_call_report report;
    struct world world;
    pthread_t waiter;
    atomic_int good = 0;

    (void)state;
    world_open(&world, 0, 0);
    atomic_store(&world.delay_ms, 300);
    pthread_create(&waiter, NULL, call, &(struct caller){&world, "g", 60000, 1, &good});
    while (!atomic_load(&world.in_the_air))
        pause_ms(1);
    att_cache_cancel(world.cache);
    pthread_join(waiter, NULL);
    assert_int_equal(atomic_load(&good), 0);
    assert_int_equal(borrow(&world, &fetch, NULL, &report), ATT_RESULT_CANCELLED);
    assert_string_equal(report.sentence, "the engine is being closed");
    world_close(&world);
}

/* ---- all at once --------------------------------------------------------------------------------------------------
 */

struct storm {
    struct world *world;
    atomic_bool stop;
    atomic_int wrong, served;
};

static void *use(void *context)
{
    static const char *const grants[] = {"a", "b", "c"};
    struct storm *storm = context;

    for (int i = 0; !atomic_load(&storm->stop); i++) {
        const char *grant = grants[i % 3], *token;
        const struct att_fetch fetch = fetch_of(grant, 5000);
        struct att_call_report report;
        struct att_loan loan;

        att_loan_open(&loan, storm->world->arena);
        if (att_cache_borrow(storm->world->cache, &fetch, &loan, &report) == ATT_RESULT_OK) {
            token = att_secret_bytes(att_credential_part(loan.credential, "token"));
            if (strncmp(token, "token ", 6) != 0 || token[strlen(token) - 1] != grant[0])
                atomic_fetch_add(&storm->wrong, 1);
            atomic_fetch_add(&storm->served, 1);
            if (i % 50 == 0)
                att_cache_refuse(storm->world->cache, &loan);
        }
        att_loan_close(&loan);
    }
    return NULL;
}

static void users_refreshes_refusals_and_generations_do_not_meet(void **state)
{
    struct world world;
    struct storm storm = {.world = &world};
    pthread_t threads[6];

    (void)state;
    world_open(&world, 0, 60000);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &storm), 0);
    for (int i = 0; i < 100; i++) {
        pause_ms(5);
        __atomic_fetch_add(&world.generation, 1, __ATOMIC_RELEASE);
    }
    atomic_store(&storm.stop, true);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&storm.wrong), 0);
    assert_true(atomic_load(&storm.served) > 100);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d8_a_thousand_threads_on_one_missing_credential_make_one_fetch),
        cmocka_unit_test(d8_callers_on_an_expired_credential_make_one_fetch),
        cmocka_unit_test(d8_a_caller_that_gives_up_does_not_end_the_fetch_for_the_others),
        cmocka_unit_test(what_is_kept_serves_until_it_expires),
        cmocka_unit_test(b10_requests_that_differ_in_anything_share_nothing),
        cmocka_unit_test(of_a_revoked_grant_nothing_is_kept),
        cmocka_unit_test(what_a_provider_says_does_not_matter_is_shared),
        cmocka_unit_test(what_never_expires_is_kept_as_long_as_was_promised),
        cmocka_unit_test(a_new_generation_is_seen_by_the_next_request),
        cmocka_unit_test(a_set_that_is_full_gives_up_what_was_not_used),
        cmocka_unit_test(a_credential_is_refreshed_in_the_background_before_it_expires),
        cmocka_unit_test(d12_the_window_is_never_more_than_half_of_a_life),
        cmocka_unit_test(d7_while_the_backend_is_down_a_valid_credential_serves_on),
        cmocka_unit_test(d7_an_expired_credential_is_not_served_while_the_backend_is_down),
        cmocka_unit_test(a_credential_that_is_none_any_more_is_dropped_before_it_expires),
        cmocka_unit_test(d4_d5_a_failure_is_remembered_for_seconds),
        cmocka_unit_test(d13_an_answer_that_has_expired_is_an_error_and_no_loop),
        cmocka_unit_test(d11_exactly_the_refused_credential_is_dropped_and_no_storm_follows),
        cmocka_unit_test(a_fetch_that_cannot_be_begun_says_why),
        cmocka_unit_test(a_flight_that_never_lands_is_given_up_and_its_late_answer_serves_only_who_waits),
        cmocka_unit_test(who_waits_is_woken_when_the_engine_closes),
        cmocka_unit_test(users_refreshes_refusals_and_generations_do_not_meet),
    };

    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
