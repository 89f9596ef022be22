/* tests/unit/test-mock-grants.c: what the mock provider plays beside credentials: lists, revocations, connects,
 * requests of the backend's own, and what there is to say of a failure. */
#include <stdio.h>
#include <string.h>

#include "providers/mock/script.h"
#include "tests/unit/mock-host.h"
#include "tests/unit/unit.h"

static void play(struct played *played, const char *script)
{
    played->host = (struct mock_host){.allocations_left = -1};
    played_open(played, script, "2026-01-31T12:00:00Z");
    if (played->opened != ATT_RESULT_OK)
        fail_msg("%s", played->settings.problem);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void a_failure_says_all_that_a_backend_can_say(void **state)
{
    struct played played;

    (void)state;
    play(
        &played,
        "{\"grants\": {\"a\": {\"result\": \"denied\", \"code\": \"policy\", \"rule\": \"no-mail\", \"details\": \"d\","
        "\"missing_scopes\": [\"r\", \"w\"], \"approval\": \"ap-1\", \"approval_url\": \"https://x\","
        "\"state\": \"pending\", \"http_status\": 403, \"expired_at\": \"2026-01-01T00:00:00Z\"}}}");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_DENIED);
    assert_string_equal(played.call.failure, "1=policy 2=no-mail 3=d 5=ap-1 6=https://x 7=pending 4=r 4=w 8=403 "
                                             "9=1767225600 ");
    played_close(&played);
}

static void a_host_that_knows_nothing_of_that_gets_the_sentence(void **state)
{
    struct played played = {.host = {.allocations_left = -1, .old = true}};

    (void)state;
    played_open(&played, "{\"default\": {\"result\": \"denied\", \"code\": \"policy\", \"say\": \"not you\"}}", "real");
    assert_int_equal(played.opened, ATT_RESULT_OK);
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_DENIED);
    assert_string_equal(played.call.sentence, "not you");
    assert_string_equal(played.call.failure, "");
    played_close(&played);
}

static void a_credential_says_whose_grant_it_is_and_that_its_scopes_are_old(void **state)
{
    struct att_fetch fetch = {.provider = "google"};
    struct played played;

    (void)state;
    play(&played, "{\"providers\": {\"google\": {\"token\": \"t\", \"grant\": \"g-1\", \"scopes_outdated\": true}}}");
    assert_int_equal(played_fetch_for(&played, &fetch, 1000), ATT_RESULT_OK);
    assert_string_equal(played.credential.grant, "g-1");
    assert_true(played.credential.scopes_outdated);
    played_close(&played);
}

/* ---- grants ------------------------------------------------------------------------------------------------------ */

static const char three_grants[] =
    "{\"grants\": {"
    "\"g-1\": {\"token\": \"t\", \"listed\": {\"provider\": \"google\", \"account\": \"ann\", \"account_name\": "
    "\"Ann\","
    "  \"label\": \"work\", \"scopes\": [\"read\", \"write\"], \"principal\": \"user\", \"scopes_outdated\": true,"
    "  \"created\": \"1970-01-01T00:00:01Z\", \"used\": \"1970-01-01T00:00:02Z\", \"expires\": "
    "\"1970-01-01T00:00:03Z\"}},"
    "\"g-2\": {\"token\": \"t\", \"listed\": {\"provider\": \"google\", \"account\": \"bob\", \"status\": "
    "\"expired\"}},"
    "\"hidden\": {\"token\": \"t\"},"
    "\"g-3\": {\"token\": \"t\", \"user\": \"ann's token\", \"listed\": {}, \"revoke\": {\"latency\": \"1ms\"}}}}";

static att_result list(struct played *played, struct att_grant_query query, struct att_secret *user,
                       struct att_grant_page *page)
{
    const struct att_fetch who = played_who(played, NULL, user);

    memset(page, 0, sizeof *page);
    query.size = sizeof query;
    query.limit = query.limit ? query.limit : 100;
    return played->module->list(played->instance, &who, &query, page);
}

static void grants_are_listed_with_what_the_script_says_of_them(void **state)
{
    struct att_grant_page page;
    struct played played;

    (void)state;
    play(&played, three_grants);
    assert_int_equal(list(&played, (struct att_grant_query){0}, NULL, &page), ATT_RESULT_OK);
    assert_string_equal(page.text, "g-1 google oauth ann Ann work active user 1 1 2 3 read write\n"
                                   "g-2 google oauth bob - - expired - 0 0 0 0\n");
    assert_int_equal(page.total, 2);
    assert_int_equal(page.more, 0);
    played_close(&played);
}

static void a_list_is_filtered_and_comes_in_pages(void **state)
{
    struct att_grant_page page;
    struct played played;

    (void)state;
    play(&played, three_grants);
    list(&played, (struct att_grant_query){.account = "bob"}, NULL, &page);
    assert_int_equal(strncmp(page.text, "g-2 ", 4), 0);
    assert_int_equal(page.total, 1);
    list(&played, (struct att_grant_query){.status = "active"}, NULL, &page);
    assert_int_equal(strncmp(page.text, "g-1 ", 4), 0);
    assert_int_equal(page.total, 1);
    list(&played, (struct att_grant_query){.provider = "github"}, NULL, &page);
    assert_string_equal(page.text, "");
    list(&played, (struct att_grant_query){.provider = "google", .limit = 1}, NULL, &page);
    assert_int_equal(strncmp(page.text, "g-1 ", 4), 0);
    assert_null(strstr(page.text, "g-2"));
    assert_int_equal(page.total, 2);
    assert_int_equal(page.more, 1);
    list(&played, (struct att_grant_query){.limit = 1, .offset = 1}, NULL, &page);
    assert_int_equal(strncmp(page.text, "g-2 ", 4), 0);
    assert_int_equal(page.more, 0);
    played_close(&played);
}

static void a_grant_of_one_user_is_as_if_it_were_not_there_for_others(void **state)
{
    struct att_grant_page page;
    struct att_secret *ann, *bob;
    struct att_fetch who;
    struct played played;

    (void)state;
    play(&played, three_grants);
    ann = played_secret(&played, "ann's token");
    bob = played_secret(&played, "bob's token");
    list(&played, (struct att_grant_query){.provider = "mock"}, ann, &page);
    assert_string_equal(page.text, "g-3 mock oauth - - - active - 0 0 0 0\n");
    list(&played, (struct att_grant_query){.provider = "mock"}, bob, &page);
    assert_string_equal(page.text, "");
    assert_int_equal(page.total, 0);

    assert_int_equal(played_fetch(&played, "g-3", 1000), ATT_RESULT_NONE);
    who = played_who(&played, "g-3", bob);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_NOT_FOUND);
    assert_string_equal(played.call.sentence, "the mock script has no such grant");
    who = played_who(&played, "g-3", ann);
    assert_int_equal(played_fetch_for(&played, &who, 1000), ATT_RESULT_OK);
    who = played_who(&played, "g-3", ann);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_OK);
    played.host.table.secret_destroy(ann);
    played.host.table.secret_destroy(bob);
    played_close(&played);
}

static void a_revoked_grant_is_over(void **state)
{
    struct att_grant_page page;
    struct played played;
    struct att_fetch who;

    (void)state;
    play(&played, three_grants);
    assert_int_equal(played_fetch(&played, "g-1", 1000), ATT_RESULT_OK);
    who = played_who(&played, "g-1", NULL);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_OK);
    assert_int_equal(played_fetch(&played, "g-1", 1000), ATT_RESULT_REVOKED);
    assert_string_equal(played.call.sentence, "the grant was revoked");
    assert_int_equal(played.credential.count, 0);
    list(&played, (struct att_grant_query){.status = "revoked"}, NULL, &page);
    assert_int_equal(strncmp(page.text, "g-1 ", 4), 0);
    assert_int_equal(page.total, 1);
    played_close(&played);
}

static void what_the_script_refuses_is_not_done(void **state)
{
    struct att_grant_page page;
    struct played played;
    struct att_fetch who;

    (void)state;
    play(&played, "{\"list\": {\"result\": \"limited\", \"retry_after\": \"7s\"},"
                  "\"grants\": {\"a\": {\"token\": \"t\", \"listed\": {},"
                  "\"revoke\": {\"result\": \"denied\", \"say\": \"only an owner may\", \"code\": \"no\"}}},"
                  "\"default\": {\"token\": \"u\"}}");
    assert_int_equal(list(&played, (struct att_grant_query){0}, NULL, &page), ATT_RESULT_LIMITED);
    assert_int_equal(played.call.retry_after_ms, 7000);
    assert_string_equal(page.text, "");
    who = played_who(&played, "a", NULL);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_DENIED);
    assert_string_equal(played.call.sentence, "only an owner may");
    assert_string_equal(played.call.failure, "1=no ");
    assert_int_equal(played_fetch(&played, "a", 1000), ATT_RESULT_OK);
    who = played_who(&played, "b", NULL);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_NOT_FOUND);
    assert_int_equal(played_fetch(&played, "b", 1000), ATT_RESULT_OK);
    played_close(&played);
}

/* ---- connect ----------------------------------------------------------------------------------------------------- */

static att_result begin(struct played *played, struct att_connect_wish wish, struct att_connection *connection)
{
    static const char *const google[] = {"google", NULL};
    const struct att_fetch who = played_who(played, NULL, NULL);

    memset(connection, 0, sizeof *connection);
    wish.size = sizeof wish;
    wish.providers = wish.providers ? wish.providers : google;
    return played->module->connect_begin(played->instance, &who, &wish, connection);
}

static att_result poll(struct played *played, const char *session, struct att_grant_page *page)
{
    const struct att_fetch who = played_who(played, NULL, NULL);
    struct att_secret *token = played_secret(played, session);
    att_result result;

    memset(page, 0, sizeof *page);
    result = played->module->connect_poll(played->instance, &who, token, page);
    played->host.table.secret_destroy(token);
    return result;
}

static void a_user_connects_after_so_many_polls_each_time_anew(void **state)
{
    struct att_connection connection;
    struct att_grant_page page;
    struct played played;

    (void)state;
    play(&played,
         "{\"grants\": {\"g-1\": {\"token\": \"t\", \"listed\": {}}, \"g-2\": {\"token\": \"t\", \"listed\": {}}},"
         "\"connect\": {\"session\": \"s-1\", \"pending\": 2, \"lasts\": \"5m\", \"grants\": [\"g-2\"]}}");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(begin(&played, (struct att_connect_wish){0}, &connection), ATT_RESULT_OK);
        assert_string_equal(connection.token, "s-1");
        assert_string_equal(connection.url, "https://connect.mock.example/?provider=google#session=s-1");
        assert_in_range(connection.expires, 1769860800 + 300, 1769860800 + 310);
        assert_int_equal(poll(&played, "s-1", &page), ATT_RESULT_PENDING);
        assert_int_equal(poll(&played, "s-1", &page), ATT_RESULT_PENDING);
        assert_string_equal(page.text, "");
        assert_int_equal(poll(&played, "s-1", &page), ATT_RESULT_OK);
        assert_string_equal(page.text, "g-2 mock oauth - - - active - 0 0 0 0\n");
        assert_int_equal(page.total, 1);
    }
    assert_int_equal(poll(&played, "s-2", &page), ATT_RESULT_EXPIRED);
    assert_string_equal(played.call.sentence, "the mock script has no such session");
    played_close(&played);
}

static void the_url_says_what_was_wished_for(void **state)
{
    static const char *const providers[] = {"google", "a b", NULL};
    const struct att_fact scopes[] = {{"google", "mail.read"}, {NULL, NULL}};
    const struct att_fact metadata[] = {{"team", "x&y"}, {NULL, NULL}};
    const struct att_connect_wish wish = {.providers = providers,
                                          .longest_s = 604800,
                                          .initial_s = 86400,
                                          .origin = "https://app.example",
                                          .return_url = "https://app.example/done?a=1",
                                          .scopes = scopes,
                                          .metadata = metadata};
    struct att_connect_wish long_wish = wish;
    struct att_connection connection;
    char long_text[9000];
    struct played played;

    (void)state;
    play(&played, "{\"connect\": {\"url\": \"http://127.0.0.1/c?v=1\", \"result\": \"denied\"}}");
    assert_int_equal(begin(&played, wish, &connection), ATT_RESULT_OK);
    assert_string_equal(connection.url,
                        "http://127.0.0.1/c?v=1&provider=google&provider=a%20b&max_ttl=604800&default_ttl=86400"
                        "&origin=https%3A%2F%2Fapp.example&return_url=https%3A%2F%2Fapp.example%2Fdone%3Fa%3D1"
                        "&scope=google:mail.read&team=x%26y#session=mock-session");
    assert_int_equal(connection.expires, 0);
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    long_wish.origin = long_text;
    assert_int_equal(begin(&played, long_wish, &connection), ATT_RESULT_FAULT);
    assert_string_equal(played.call.sentence, "what is wished for does not fit into the URL of the mock");
    played_close(&played);
}

static void a_flow_ends_or_does_not_begin_as_the_script_says(void **state)
{
    static const struct {
        const char *name;
        att_result result;
    } ends[] = {{"denied", ATT_RESULT_DENIED}, {"expired", ATT_RESULT_EXPIRED}, {"config", ATT_RESULT_CONFIG}};
    struct att_connection connection;
    struct att_grant_page page;
    struct played played;
    char script[300];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(script, sizeof script, "{\"connect\": {\"result\": \"%s\", \"say\": \"so\", \"details\": \"why\"}}",
                 ends[i].name);
        play(&played, script);
        assert_int_equal(begin(&played, (struct att_connect_wish){0}, &connection), ATT_RESULT_OK);
        assert_int_equal(poll(&played, "mock-session", &page), ends[i].result);
        assert_string_equal(played.call.sentence, "so");
        assert_string_equal(played.call.failure, "3=why ");
        assert_string_equal(page.text, "");
        played_close(&played);
    }
    play(&played, "{\"connect\": {\"result\": \"denied\", \"begin\": {\"result\": \"unavailable\"}}}");
    assert_int_equal(begin(&played, (struct att_connect_wish){0}, &connection), ATT_RESULT_UNAVAILABLE);
    assert_string_equal(connection.token, "");
    played_close(&played);
    play(&played, "{}");
    assert_int_equal(begin(&played, (struct att_connect_wish){0}, &connection), ATT_RESULT_CONFIG);
    assert_string_equal(played.call.sentence, "the mock script has no member \"connect\"");
    assert_int_equal(poll(&played, "mock-session", &page), ATT_RESULT_EXPIRED);
    played_close(&played);
}

/* ---- requests of the backend's own ------------------------------------------------------------------------------- */

static att_result execute(struct played *played, const char *grant, struct att_answer *answer)
{
    static const struct att_fact headers[] = {{"accept", "text/plain"}, {NULL, NULL}};
    const struct att_execution execution = {.size = sizeof execution,
                                            .url = "https://api.example/a?q=1",
                                            .headers = headers,
                                            .json = "{\"n\": 5}",
                                            .json_size = strlen("{\"n\": 5}")};
    struct att_fetch fetch = played_who(played, grant, NULL);

    memset(answer, 0, sizeof *answer);
    fetch.method = "POST";
    return played->module->execute(played->instance, &fetch, &execution, answer);
}

static att_result look(struct played *played, const char *approval, struct att_answer *answer)
{
    const struct att_fetch who = played_who(played, NULL, NULL);

    memset(answer, 0, sizeof *answer);
    return played->module->approval(played->instance, &who, approval, answer);
}

static void the_backend_answers_with_what_the_script_says_or_what_it_was_asked(void **state)
{
    struct att_answer answer;
    struct played played;
    struct att_fetch who;

    (void)state;
    play(&played,
         "{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"status\": 418, \"body\": \"tea\", \"cut\": true,"
         "\"headers\": {\"x-one\": \"1\", \"x-two\": \"2\"}}}, \"b\": {\"token\": \"t\", \"execute\": {}},"
         "\"c\": {\"token\": \"t\"}, \"d\": {\"token\": \"t\", \"execute\": {\"result\": \"denied\", \"rule\":"
         " \"r\"}}}}");
    assert_int_equal(execute(&played, "a", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.status, 418);
    assert_string_equal(answer.headers, "x-one: 1;x-two: 2;");
    assert_string_equal(answer.body, "tea");
    assert_int_equal(answer.cut, 1);
    assert_int_equal(execute(&played, "b", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.headers, "content-type: application/json;");
    assert_string_equal(answer.body, "{\"headers\": {\"accept\": \"text/plain\"}, \"json\": {\"n\": 5}, \"method\": "
                                     "\"POST\", \"url\": \"https://api.example/a?q=1\"}");
    assert_int_equal(answer.cut, 0);
    assert_int_equal(execute(&played, "c", &answer), ATT_RESULT_CONFIG);
    assert_string_equal(played.call.sentence, "the mock script has no member \"execute\" for this grant");
    assert_int_equal(execute(&played, "d", &answer), ATT_RESULT_DENIED);
    assert_string_equal(played.call.failure, "2=r ");
    assert_int_equal(execute(&played, "e", &answer), ATT_RESULT_NONE);
    who = played_who(&played, "b", NULL);
    assert_int_equal(played.module->revoke(played.instance, &who), ATT_RESULT_OK);
    assert_int_equal(execute(&played, "b", &answer), ATT_RESULT_REVOKED);
    played_close(&played);
}

static void a_held_request_is_decided_after_so_many_looks(void **state)
{
    struct att_answer answer;
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"body\": \"done\","
                  "\"held\": {\"id\": \"ap-1\", \"url\": \"https://decide.example/1\", \"looks\": 2}}}}}");
    assert_int_equal(execute(&played, "a", &answer), ATT_RESULT_PENDING);
    assert_string_equal(played.call.failure, "5=ap-1 7=pending 6=https://decide.example/1 ");
    assert_string_equal(answer.body, "");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(look(&played, "ap-1", &answer), ATT_RESULT_PENDING);
        assert_string_equal(played.call.failure, "5=ap-1 7=pending 6=https://decide.example/1 ");
    }
    assert_int_equal(look(&played, "ap-1", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "done");
    assert_int_equal(look(&played, "ap-2", &answer), ATT_RESULT_NOT_FOUND);
    assert_string_equal(played.call.sentence, "the mock script holds nothing of that id");
    played_close(&played);
}

static void what_a_human_refused_is_not_performed(void **state)
{
    static const struct {
        const char *decision;
        att_result result;
        const char *failure;
    } ends[] = {{"\"result\": \"denied\"", ATT_RESULT_DENIED, "5=ap-1 7=denied "},
                {"\"result\": \"expired\"", ATT_RESULT_EXPIRED, "5=ap-1 7=expired "},
                {"\"result\": \"backend\"", ATT_RESULT_BACKEND, "5=ap-1 7=failed "},
                {"\"result\": \"denied\", \"state\": \"withdrawn\"", ATT_RESULT_DENIED, "7=withdrawn 5=ap-1 "}};
    struct att_answer answer;
    struct played played;
    char script[300];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(script, sizeof script,
                 "{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"held\": {\"id\": \"ap-1\", %s}}}}}",
                 ends[i].decision);
        play(&played, script);
        assert_int_equal(execute(&played, "a", &answer), ATT_RESULT_PENDING);
        assert_int_equal(look(&played, "ap-1", &answer), ends[i].result);
        assert_string_equal(played.call.failure, ends[i].failure);
        assert_string_equal(answer.body, "");
        played_close(&played);
    }
}

static void an_approval_that_another_process_asked_for_is_answered(void **state)
{
    struct att_answer answer;
    struct played played;

    (void)state;
    play(&played,
         "{\"grants\": {\"a\": {\"token\": \"t\", \"execute\": {\"status\": 204, \"held\": {\"id\": \"ap-1\"}}}}}");
    assert_int_equal(look(&played, "ap-1", &answer), ATT_RESULT_OK);
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer.body, "");
    played_close(&played);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_says_all_that_a_backend_can_say),
        cmocka_unit_test(a_host_that_knows_nothing_of_that_gets_the_sentence),
        cmocka_unit_test(a_credential_says_whose_grant_it_is_and_that_its_scopes_are_old),
        cmocka_unit_test(grants_are_listed_with_what_the_script_says_of_them),
        cmocka_unit_test(a_list_is_filtered_and_comes_in_pages),
        cmocka_unit_test(a_grant_of_one_user_is_as_if_it_were_not_there_for_others),
        cmocka_unit_test(a_revoked_grant_is_over),
        cmocka_unit_test(what_the_script_refuses_is_not_done),
        cmocka_unit_test(a_user_connects_after_so_many_polls_each_time_anew),
        cmocka_unit_test(the_url_says_what_was_wished_for),
        cmocka_unit_test(a_flow_ends_or_does_not_begin_as_the_script_says),
        cmocka_unit_test(the_backend_answers_with_what_the_script_says_or_what_it_was_asked),
        cmocka_unit_test(a_held_request_is_decided_after_so_many_looks),
        cmocka_unit_test(what_a_human_refused_is_not_performed),
        cmocka_unit_test(an_approval_that_another_process_asked_for_is_answered),
    };

    return cmocka_run_group_tests_name("mock-grants", tests, NULL, NULL);
}
