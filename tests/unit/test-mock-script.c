/* tests/unit/test-mock-script.c: what is said about a script of the mock provider that is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "providers/mock/script.h"
#include "tests/unit/mock-host.h"
#include "tests/unit/unit.h"

static const struct {
    const char *script, *problem;
} wrong_scripts[] = {
    {"", "line 1 is no JSON: "},
    {"{\"grants\": {\"a\": {}, \"a\": {}}}", "line 1 is no JSON: duplicate object key"},
    {"[]", "must be an object with \"grants\", \"providers\" or \"default\""},
    {"{\"grant\": {}}",
     "grant: is no member of a script; there are grants, providers, default, list, connect and comment"},
    {"{\"grants\": []}", "grants: must be an object of named grants"},
    {"{\"grants\": {\"a\": \"t\"}}", "grants.a: must be an object"},
    {"{\"grants\": {\"a\": {}}}",
     "grants.a: has no credential to give; write a token, username and password or parts, another result, or "
     "\"garbage\": \"nothing\" to answer OK without a credential"},
    {"{\"grants\": {\"a\": {\"tokn\": \"t\"}}}",
     "grants.a.tokn: is no member of an answer; attache-mock(7) lists them"},
    {"{\"grants\": {\"a\": {\"token\": 5}}}", "grants.a.token: must be a text of at least one character"},
    {"{\"grants\": {\"a\": {\"token\": \"\"}}}", "grants.a.token: must be a text of at least one character"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"sequence\": []}}}",
     "grants.a.sequence: must be a list of at least one answer"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"sequence\": [{}, {\"latency\": \"5 s\"}]}}}",
     "grants.a.sequence[1].latency: must be a duration as a text with a unit: \"250ms\", \"30s\", \"5m\", \"2h\" "
     "or \"7d\""},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"sequence\": [{\"rotate\": true}]}}}",
     "grants.a.sequence[0].rotate: is no member of an answer; attache-mock(7) lists them"},
    {"{\"default\": {\"token\": \"t\", \"latency\": \"99999999999999999999d\"}}",
     "default.latency: must be a duration as a text with a unit: \"250ms\", \"30s\", \"5m\", \"2h\" or \"7d\""},
    {"{\"default\": {\"result\": \"maybe\"}}",
     "default.result: must be one of ok, none, not_found, ambiguous, denied, reauth, expired, revoked, "
     "unavailable, deadline, cancelled, config, nomem, fault, pending"},
    {"{\"default\": {\"garbage\": 1}}",
     "default.garbage: must be one of none, result, nul, crlf, huge, empty, nothing, both, sentence"},
    {"{\"default\": {\"token\": \"t\", \"hang\": \"61s\"}}",
     "default.hang: must be true, false or a duration of at most 60s"},
    {"{\"default\": {\"token\": \"t\", \"expires_in\": 1e300}}",
     "default.expires_in: must be a number of seconds, or a duration as \"1h\""},
    {"{\"default\": {\"token\": \"t\", \"expires_in\": 99999999999}}",
     "default.expires_in: must be within 2147483647 seconds of now"},
    {"{\"default\": {\"token\": \"t\", \"ends\": \"tomorrow\"}}",
     "default.ends: must be a time in UTC, as \"2026-01-31T12:00:00Z\""},
    {"{\"default\": {\"token\": \"t\", \"repeat\": \"never\"}}", "default.repeat: must be one of last, loop"},
    {"{\"default\": {\"token\": \"t\", \"next\": 1}}", "default.next: must be one of fetch, invalidate"},
    {"{\"default\": {\"token\": \"t\", \"scopes\": [1]}}",
     "default.scopes[0]: must be a text of at least one character"},
    {"{\"default\": {\"token\": \"t\", \"candidates\": []}}",
     "default.candidates: must be a list of at least one text"},
    {"{\"default\": {\"parts\": []}}", "default.parts: must be an object of named texts"},
    {"{\"default\": {\"parts\": {\"a\":\"1\",\"b\":\"1\",\"c\":\"1\",\"d\":\"1\",\"e\":\"1\",\"f\":\"1\","
     "\"g\":\"1\",\"h\":\"1\",\"i\":\"1\",\"j\":\"1\",\"k\":\"1\",\"l\":\"1\",\"m\":\"1\"}}}",
     "default.parts.m: is one part too many; a credential of the mock has at most 12"},
    {"{\"default\": {\"token\": \"t\", \"header\": \"A\", \"query\": \"b\"}}",
     "default: has both header and query; write a list \"place\" for several"},
    {"{\"default\": {\"token\": \"t\", \"format\": \"{token}\"}}",
     "default: places nothing; write header, query or cookie with a name, or \"basic\": true"},
    {"{\"default\": {\"token\": \"t\", \"basic\": false}}", "default.basic: is true and has no format, or is left out"},
    {"{\"default\": {\"token\": \"t\", \"place\": {}}}", "default.place: must be a list of at least one placement"},
    {"{\"default\": {\"token\": \"t\", \"place\": [{\"header\": \"A\", \"token\": \"t\"}]}}",
     "default.place[0].token: is no member of a placement; there are header, query, cookie, basic, format"},
    {"{\"default\": {\"token\": \"t\", \"place\": [1]}}", "default.place[0]: must be an object"},
    {"{\"default\": {\"result\": \"denied\", \"missing_scopes\": \"a\"}}",
     "default.missing_scopes: must be a list of at least one text"},
    {"{\"default\": {\"result\": \"denied\", \"http_status\": 1000}}",
     "default.http_status: must be a number from 0 to 999"},
    {"{\"default\": {\"result\": \"expired\", \"expired_at\": 5}}",
     "default.expired_at: must be a time in UTC, as \"2026-01-31T12:00:00Z\""},
    {"{\"default\": {\"result\": \"denied\", \"rule\": 1}}", "default.rule: must be a text of at least one character"},
    {"{\"default\": {\"token\": \"t\", \"comment\": 1, \"execute\": {\"comment\": 1, \"bdoy\": \"b\"}}}",
     "default.execute.bdoy: is no member of an answer that gives no credential; attache-mock(7) lists them"},
    {"{\"list\": []}", "list: must be an object"},
    {"{\"list\": {\"token\": \"t\"}}",
     "list.token: is no member of an answer that gives no credential; attache-mock(7) lists them"},
    {"{\"list\": {\"result\": \"maybe\"}}", "list.result: must be one of ok, none, not_found"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"revoke\": {\"garbage\": \"both\"}}}}",
     "grants.a.revoke.garbage: is no member of an answer that gives no credential; attache-mock(7) lists them"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"listed\": true}}}", "grants.a.listed: must be an object"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"listed\": {\"owner\": \"ann\"}}}}",
     "grants.a.listed.owner: is nothing that a listing tells of a grant; attache-mock(7) lists what is"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"listed\": {\"created\": \"now\"}}}}",
     "grants.a.listed.created: must be a time in UTC, as \"2026-01-31T12:00:00Z\""},
    {"{\"connect\": 1}", "connect: must be an object"},
    {"{\"connect\": {}}", "connect: ends well and has no grants; name them, or write another result"},
    {"{\"connect\": {\"grants\": []}}", "connect.grants: must be a list of at least one name of a grant"},
    {"{\"grants\": {\"a\": {\"token\": \"t\"}}, \"connect\": {\"grants\": [\"a\"]}}",
     "connect.grants[0]: must be the name of one of the grants that has a member \"listed\""},
    {"{\"connect\": {\"pending\": -1}}", "connect.pending: must be a number from 0 to 1000000"},
    {"{\"connect\": {\"polls\": 1}}",
     "connect.polls: is no member of an answer that gives no credential; attache-mock(7) lists them"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"status\": 600}}}}",
     "grants.a.execute.status: must be a number from 0 to 599"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"headers\": {\"a\": 1}}}}}",
     "grants.a.execute.headers.a: must be a text of at least one character"},
    {"{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"held\": {\"looks\": 1}}}}}",
     "grants.a.execute.held: has no \"id\"; write the one that the backend gives"},
};

static void what_is_wrong_is_named_with_file_and_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_scripts / sizeof *wrong_scripts; i++) {
        struct played played = {.host = {.allocations_left = -1}};
        const char *said;

        played_open(&played, wrong_scripts[i].script, "real");
        assert_int_equal(played.opened, ATT_RESULT_CONFIG);
        assert_string_equal(played.settings.option, "script");
        said = strstr(played.settings.problem, ": ");
        if (!said || strncmp(said + 2, wrong_scripts[i].problem, strlen(wrong_scripts[i].problem)) != 0)
            fail_msg("%s: %s", wrong_scripts[i].script, played.settings.problem);
        assert_int_equal(strncmp(played.settings.problem, "mock-script-", strlen("mock-script-")), 0);
        played_close(&played);
    }
}

static void a_script_that_is_no_readable_file_is_refused(void **state)
{
    struct played played = {.host = {.allocations_left = -1}};
    FILE *large = fopen("mock-large.json", "w");

    (void)state;
    played_open_file(&played, "mock-absent.json", "real");
    assert_string_equal(played.settings.problem, "mock-absent.json: cannot be read: No such file or directory");
    played_close(&played);

    played_open_file(&played, ".", "real");
    assert_string_equal(played.settings.problem, ".: is no regular file; name a JSON file");
    played_close(&played);

    assert_int_equal(mkfifo("mock-fifo.json", 0600), 0);
    played_open_file(&played, "mock-fifo.json", "real");
    unlink("mock-fifo.json");
    assert_string_equal(played.settings.problem, "mock-fifo.json: is no regular file; name a JSON file");
    played_close(&played);

    assert_non_null(large);
    assert_int_equal(ftruncate(fileno(large), MOCK_FILE_LIMIT + 1), 0);
    fclose(large);
    played_open_file(&played, "mock-large.json", "real");
    unlink("mock-large.json");
    assert_string_equal(played.settings.problem,
                        "mock-large.json: is larger than 1 MiB; split the script over several providers");
    played_close(&played);
}

static void deep_nesting_is_refused_and_does_not_exhaust_the_stack(void **state)
{
    struct played played = {.host = {.allocations_left = -1}};
    char *script = malloc(500001);

    (void)state;
    memset(script, '[', 500000);
    script[500000] = '\0';
    played_open(&played, script, "real");
    free(script);
    assert_non_null(strstr(played.settings.problem, "is no JSON: maximum parsing depth reached"));
    played_close(&played);
}

static void a_clock_that_is_no_time_is_refused(void **state)
{
    static const char *const clocks[] = {
        "", "now", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00Zx"};

    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct played played = {.host = {.allocations_left = -1}};
        played_open(&played, "{\"default\": {\"token\": \"t\"}}", clocks[i]);
        assert_int_equal(played.opened, ATT_RESULT_CONFIG);
        assert_string_equal(played.settings.option, "clock");
        assert_string_equal(played.settings.problem,
                            "is neither \"real\" nor a time in UTC, as \"2026-01-31T12:00:00Z\"");
        played_close(&played);
    }
}

static void a_comment_may_stand_anywhere(void **state)
{
    struct played played = {.host = {.allocations_left = -1}};

    (void)state;
    played_open(&played,
                "{\"comment\": \"test data\", \"default\": {\"comment\": \"c\", \"token\": \"t\", \"sequence\":"
                "[{\"comment\": \"d\"}]}}",
                "real");
    assert_int_equal(played.opened, ATT_RESULT_OK);
    played_close(&played);
}

static void every_allocation_that_fails_is_an_error_and_leaves_nothing(void **state)
{
    static const char script[] = "{\"grants\": {\"a\": {\"token\": \"t\", \"scopes\": [\"x\"], \"candidates\": [\"g\"],"
                                 "\"place\": [{\"query\": \"k\"}], \"sequence\": [{}, {\"cookie\": \"c\"}],"
                                 "\"listed\": {\"scopes\": [\"x\"]}, \"revoke\": {}, \"execute\": {}}},"
                                 "\"connect\": {\"grants\": [\"a\"]},"
                                 "\"default\": {\"token\": \"t\"}}";
    int failures = 0;
    att_result opened = ATT_RESULT_FAULT;

    (void)state;
    for (; opened != ATT_RESULT_OK; failures++) {
        struct played played = {.host = {.allocations_left = failures}};
        played_open(&played, script, "real");
        opened = played.opened;
        if (opened == ATT_RESULT_OK) {
            played.host.allocations_left = 0;
            assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_NOMEM);
        } else {
            assert_int_equal(opened, ATT_RESULT_NOMEM);
        }
        played_close(&played);
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named_with_file_and_member),
        cmocka_unit_test(a_script_that_is_no_readable_file_is_refused),
        cmocka_unit_test(deep_nesting_is_refused_and_does_not_exhaust_the_stack),
        cmocka_unit_test(a_clock_that_is_no_time_is_refused),
        cmocka_unit_test(a_comment_may_stand_anywhere),
        cmocka_unit_test(every_allocation_that_fails_is_an_error_and_leaves_nothing),
    };

    return cmocka_run_group_tests_name("mock-script", tests, NULL, NULL);
}
