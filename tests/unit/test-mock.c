/* tests/unit/test-mock.c: what a script of the mock provider plays. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/mock/script.h"
#include "tests/unit/mock-host.h"
#include "tests/unit/unit.h"

static void play(struct played *played, const char *script)
{
    played->host = (struct mock_host){.allocations_left = -1};
    played_open(played, script, "real");
    assert_int_equal(played->opened, ATT_RESULT_OK);
}

static void a_grant_gives_what_the_script_says_through_secret_memory(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"calendar\": {\"kind\": \"oauth\", \"token\": \"t-1\", \"expires_in\": 3600,"
                  "\"scopes\": [\"read\", \"write\"], \"account\": \"ann@example.com\", \"parts\": {\"key\": \"k-1\"}},"
                  "\"billing\": {\"username\": \"u\", \"password\": \"p\", \"scopes\": \"a b\"}}}");
    assert_int_equal(played_fetch(&played, "calendar", 1000), ATT_RESULT_OK);
    assert_string_equal(played_part(&played, "token"), "t-1");
    assert_string_equal(played_part(&played, "key"), "k-1");
    assert_string_equal(played.credential.kind, "oauth");
    assert_string_equal(played.credential.scopes, "read write");
    assert_string_equal(played.credential.account, "ann@example.com");
    assert_int_equal(played.credential.expires, played.host.wall + 3600);
    for (size_t i = 0; i < played.credential.count; i++)
        assert_true(played.credential.parts[i].by_secret);
    assert_string_equal(played_inject(&played), "");

    assert_int_equal(played_fetch(&played, "billing", 1000), ATT_RESULT_OK);
    assert_string_equal(played_part(&played, "username"), "u");
    assert_string_equal(played_part(&played, "password"), "p");
    assert_string_equal(played.credential.scopes, "a b");
    assert_int_equal(played.credential.expires, 0);
    played_close(&played);
}

static void grants_are_found_by_name_by_provider_and_account_or_by_default(void **state)
{
    struct played played;
    struct att_fetch ann = {.provider = "google", .account = "ann"}, bob = {.provider = "google", .account = "bob"};
    struct att_fetch any = {.provider = "google"}, other = {.provider = "github"};

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"of a\"}},"
                  "\"providers\": {\"google\": {\"token\": \"any\"}, \"google/ann\": {\"token\": \"ann's\"}},"
                  "\"default\": {\"result\": \"not_found\"}}");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_string_equal(played_part(&played, "token"), "of a");
    assert_int_equal(played_fetch(&played, "google", 1000), ATT_RESULT_NOT_FOUND);
    assert_int_equal(played_fetch_for(&played, &ann, 1000), ATT_RESULT_OK);
    assert_string_equal(played_part(&played, "token"), "ann's");
    assert_int_equal(played_fetch_for(&played, &bob, 1000), ATT_RESULT_OK);
    assert_string_equal(played_part(&played, "token"), "any");
    assert_int_equal(played_fetch_for(&played, &any, 1000), ATT_RESULT_OK);
    assert_int_equal(played_fetch_for(&played, &other, 1000), ATT_RESULT_NOT_FOUND);
    played_close(&played);
}

static void a_grant_that_no_script_names_is_not_the_mocks(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {}}");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_NONE);
    played_close(&played);
}

static void every_result_can_be_played(void **state)
{
    static const char *const names[ATT_RESULT_COUNT] = {
        "ok",       "none",      "not_found", "ambiguous", "denied", "reauth",  "expired", "revoked", "unavailable",
        "deadline", "cancelled", "config",    "nomem",     "fault",  "pending", "limited", "backend"};

    (void)state;
    for (int result = 0; result < ATT_RESULT_COUNT; result++) {
        char script[200];
        struct played played;

        snprintf(script, sizeof script, "{\"default\": {\"token\": \"t\", \"result\": \"%s\"}}", names[result]);
        play(&played, script);
        assert_int_equal(played_fetch(&played, "x", 1000), result);
        assert_int_equal(played.credential.count, result == ATT_RESULT_OK);
        assert_string_equal(played.call.sentence, result == ATT_RESULT_OK ? "" : "the mock script answers so");
        played_close(&played);
    }
}

static void a_failure_says_why_when_to_try_again_and_what_would_match(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"result\": \"unavailable\", \"retry_after\": \"2s\", \"say\": \"come back\"},"
                  "\"b\": {\"result\": \"ambiguous\", \"candidates\": [\"g1\", \"g2\"]}}}");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_UNAVAILABLE);
    assert_string_equal(played.call.sentence, "come back");
    assert_int_equal(played.call.retry_after_ms, 2000);
    assert_int_equal(played_fetch(&played, "b", 1000), ATT_RESULT_AMBIGUOUS);
    assert_string_equal(played.call.candidates, "g1 g2 ");
    played_close(&played);
}

static void a_sequence_moves_on_with_each_fetch_and_stays_or_begins_again(void **state)
{
    static const char steps[] =
        "\"token\": \"t\", \"sequence\": [{\"result\": \"unavailable\"}, {}, {\"token\": \"u\"}]";
    char script[400];
    struct played played;

    (void)state;
    snprintf(script, sizeof script, "{\"grants\": {\"a\": {%s}, \"b\": {%s, \"repeat\": \"loop\"}}}", steps, steps);
    play(&played, script);
    for (int round = 0; round < 6; round++) {
        att_result first = round == 0 ? ATT_RESULT_UNAVAILABLE : ATT_RESULT_OK;

        assert_int_equal(played_fetch(&played, "a", 1000), first);
        if (round)
            assert_string_equal(played_part(&played, "token"), round == 1 ? "t" : "u");
        assert_int_equal(played_fetch(&played, "b", 1000), round % 3 ? ATT_RESULT_OK : ATT_RESULT_UNAVAILABLE);
        if (round % 3)
            assert_string_equal(played_part(&played, "token"), round % 3 == 1 ? "t" : "u");
    }
    played_close(&played);
}

static void a_rotating_token_changes_with_each_fetch_or_when_it_is_refused(void **state)
{
    struct played played;
    struct att_fetch fetch = {.size = sizeof fetch, .grant = "b"};

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"t\", \"rotate\": true},"
                  "\"b\": {\"username\": \"u\", \"password\": \"p\", \"rotate\": true, \"next\": \"invalidate\"}}}");
    played_fetch(&played, "a", 1000);
    assert_string_equal(played_part(&played, "token"), "t");
    played_fetch(&played, "a", 1000);
    assert_string_equal(played_part(&played, "token"), "t.1");
    fetch.grant = "a";
    assert_int_equal(played.module->invalidate(played.instance, &fetch), ATT_RESULT_OK);
    played_fetch(&played, "a", 1000);
    assert_string_equal(played_part(&played, "token"), "t.2");

    fetch.grant = "b";
    for (int i = 0; i < 2; i++) {
        played_fetch(&played, "b", 1000);
        assert_string_equal(played_part(&played, "password"), "p");
    }
    assert_int_equal(played.module->invalidate(played.instance, &fetch), ATT_RESULT_OK);
    played_fetch(&played, "b", 1000);
    assert_string_equal(played_part(&played, "password"), "p.1");
    assert_string_equal(played_part(&played, "username"), "u");
    played_close(&played);
}

static void the_clock_is_the_scripts_own_and_moves_as_it_says(void **state)
{
    struct played played = {.host = {.allocations_left = -1}};

    (void)state;
    played_open(&played,
                "{\"grants\": {\"a\": {\"token\": \"t\", \"expires_in\": \"1h\", \"ends\": \"2026-02-01T00:00:00Z\","
                "\"sequence\": [{}, {\"advance\": \"30d\"}, {\"advance\": \"1d\"}]}}}",
                "2026-01-01T00:00:00Z");
    assert_int_equal(played.opened, ATT_RESULT_OK);
    played_fetch(&played, "a", 1000);
    assert_in_range(played.credential.expires, 1767225600 + 3600, 1767225600 + 3700);
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_in_range(played.credential.expires, 1769817600 + 3600, 1769817600 + 3700);
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_EXPIRED);
    assert_string_equal(played.call.sentence, "the lifetime that the mock script gives this grant is over");
    played_close(&played);
}

static void a_credential_can_have_expired_before_it_is_given(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"default\": {\"token\": \"t\", \"expires_in\": -60}}");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_int_equal(played.credential.expires, played.host.wall - 60);
    played_close(&played);
}

static void each_answer_places_its_credential_where_the_script_says(void **state)
{
    struct played played;
    static const char *const placed[][2] = {
        {"a", "header X-API-Key {token};"},
        {"b", "header authorization token {token};"},
        {"c", "query key {token};"},
        {"d", "cookie sid {token};"},
        {"e", "basic  ;"},
        {"f", "header X-App {app};query key {token};"},
        {"g", "header X-One {token};"},
        {"g", "header X-Two {token};"},
    };

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"t\", \"header\": \"X-API-Key\"},"
                  "\"b\": {\"token\": \"t\", \"header\": \"authorization\", \"format\": \"token {token}\"},"
                  "\"c\": {\"token\": \"t\", \"query\": \"key\"}, \"d\": {\"token\": \"t\", \"cookie\": \"sid\"},"
                  "\"e\": {\"username\": \"u\", \"password\": \"p\", \"basic\": true},"
                  "\"f\": {\"token\": \"t\", \"parts\": {\"app\": \"x\"}, \"place\": [{\"header\": \"X-App\","
                  "\"format\": \"{app}\"}, {\"query\": \"key\"}]},"
                  "\"g\": {\"token\": \"t\", \"header\": \"X-One\", \"sequence\": [{}, {\"header\": \"X-Two\"}]}}}");
    for (size_t i = 0; i < sizeof placed / sizeof *placed; i++) {
        assert_int_equal(played_fetch(&played, placed[i][0], 1000), ATT_RESULT_OK);
        assert_string_equal(played_inject(&played), placed[i][1]);
    }
    played_close(&played);
}

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void a_latency_is_waited_for_and_ends_at_the_deadline(void **state)
{
    struct played played;
    int64_t begun = milliseconds();

    (void)state;
    play(&played, "{\"default\": {\"token\": \"t\", \"latency\": \"60ms\"}}");
    assert_false(played.settings.promised);
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_true(milliseconds() - begun >= 60);
    assert_int_equal(played_fetch(&played, "a", 10), ATT_RESULT_DEADLINE);
    played_close(&played);
}

static void a_hang_goes_past_the_deadline_and_comes_to_an_end(void **state)
{
    struct played played;
    int64_t begun = milliseconds();

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"t\", \"hang\": true}, \"b\": {\"token\": \"t\","
                  "\"hang\": \"50ms\"}}}");
    assert_false(played.settings.promised);
    assert_int_equal(played_fetch(&played, "a", 20), ATT_RESULT_OK);
    assert_true(milliseconds() - begun >= 200);
    begun = milliseconds();
    assert_int_equal(played_fetch(&played, "b", 1), ATT_RESULT_OK);
    assert_true(milliseconds() - begun >= 50);
    played_close(&played);
}

static void a_script_without_waiting_promises_to_be_prompt(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"default\": {\"token\": \"t\", \"hang\": false}}");
    assert_true(played.settings.promised);
    played_close(&played);
}

/* Attacks B9 and E2: what the host must survive, the mock can do. */
static void garbage_of_every_kind_can_be_played(void **state)
{
    static const struct {
        const char *name;
        att_result result;
        size_t parts, size;
    } cases[] = {
        {"none", ATT_RESULT_OK, 1, 1},
        {"result", 4711, 0, 0},
        {"nul", ATT_RESULT_OK, 1, 8},
        {"crlf", ATT_RESULT_OK, 1, 21},
        {"huge", ATT_RESULT_OK, 1, 1048577},
        {"empty", ATT_RESULT_OK, 1, 0},
        {"nothing", ATT_RESULT_OK, 0, 0},
        {"both", ATT_RESULT_UNAVAILABLE, 1, 9},
        {"sentence", ATT_RESULT_UNAVAILABLE, 0, 0},
    };

    (void)state;
    assert_int_equal(sizeof cases / sizeof *cases, MOCK_GARBAGE_COUNT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[200];
        struct played played;

        snprintf(script, sizeof script, "{\"default\": {\"token\": \"t\", \"garbage\": \"%s\"}}", cases[i].name);
        play(&played, script);
        assert_int_equal(played_fetch(&played, "a", 1000), cases[i].result);
        assert_int_equal(played.credential.count, cases[i].parts);
        if (cases[i].parts)
            assert_int_equal(played.credential.parts[0].size, cases[i].size);
        if (strcmp(cases[i].name, "sentence") == 0)
            assert_true(strlen(played.call.sentence) > 4000 && strchr(played.call.sentence, '\n'));
        played_close(&played);
    }
}

#define THREADS 8
#define ROUNDS 500

struct share {
    struct played *played;
    pthread_t thread;
    unsigned char seen[THREADS * ROUNDS];
};

static void *take_tokens(void *argument)
{
    struct share *share = argument;
    struct att_fetch fetch = {.size = sizeof fetch, .grant = "a"};

    for (int i = 0; i < ROUNDS; i++) {
        struct att_credential credential = {.count = 0};
        struct att_call call = {.deadline_ns = INT64_MAX};
        const char *dot;

        fetch.call = &call;
        share->played->module->fetch(share->played->instance, &fetch, &credential);
        dot = strchr(credential.parts[0].value, '.');
        share->seen[dot ? strtoul(dot + 1, NULL, 10) : 0]++;
    }
    return NULL;
}

static void threads_get_each_answer_of_a_sequence_once(void **state)
{
    static struct share shares[THREADS];
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"t\", \"rotate\": true}}}");
    for (int i = 0; i < THREADS; i++) {
        shares[i].played = &played;
        assert_int_equal(pthread_create(&shares[i].thread, NULL, take_tokens, &shares[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(shares[i].thread, NULL);
    for (int position = 0; position < THREADS * ROUNDS; position++) {
        int seen = 0;
        for (int i = 0; i < THREADS; i++)
            seen += shares[i].seen[position];
        assert_int_equal(seen, 1);
    }
    played_close(&played);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grant_gives_what_the_script_says_through_secret_memory),
        cmocka_unit_test(grants_are_found_by_name_by_provider_and_account_or_by_default),
        cmocka_unit_test(a_grant_that_no_script_names_is_not_the_mocks),
        cmocka_unit_test(every_result_can_be_played),
        cmocka_unit_test(a_failure_says_why_when_to_try_again_and_what_would_match),
        cmocka_unit_test(a_sequence_moves_on_with_each_fetch_and_stays_or_begins_again),
        cmocka_unit_test(a_rotating_token_changes_with_each_fetch_or_when_it_is_refused),
        cmocka_unit_test(the_clock_is_the_scripts_own_and_moves_as_it_says),
        cmocka_unit_test(a_credential_can_have_expired_before_it_is_given),
        cmocka_unit_test(each_answer_places_its_credential_where_the_script_says),
        cmocka_unit_test(a_latency_is_waited_for_and_ends_at_the_deadline),
        cmocka_unit_test(a_hang_goes_past_the_deadline_and_comes_to_an_end),
        cmocka_unit_test(a_script_without_waiting_promises_to_be_prompt),
        cmocka_unit_test(garbage_of_every_kind_can_be_played),
        cmocka_unit_test(threads_get_each_answer_of_a_sequence_once),
    };

    return cmocka_run_group_tests_name("mock", tests, NULL, NULL);
}
