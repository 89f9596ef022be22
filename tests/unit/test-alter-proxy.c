/* tests/unit/test-alter-proxy.c: requests that the Alter service performs, those that a human decides on, and what it
 * is told of the others (attacks C1 to C3). */
#include <stdio.h>
#include <string.h>

#include "tests/unit/alter-host.h"

#define BASE(path) (the.other ? "https://other.example/base/other" path : "https://api.alterauth.com" path)

static const struct att_fact none[] = {{NULL, NULL}};

static att_result execute_now(const struct att_fact *headers, const char *json)
{
    const struct att_execution execution = {.size = sizeof execution,
                                            .url = "https://api.example/v1/me?q=1",
                                            .headers = headers,
                                            .json = json,
                                            .json_size = json ? strlen(json) : 0};

    alter_ready();
    return the.module->execute(the.instance, &the.fetch, &execution, &the.answer);
}

static att_result approval_now(const char *id)
{
    alter_ready();
    return the.module->approval(the.instance, &the.fetch, id, &the.answer);
}

static void assert_said(att_result given, att_result result, const char *sentence)
{
    if (given != result)
        fail_msg("%d instead of %d: %s", given, result, the.call.sentence);
    assert_string_equal(the.call.sentence, alter_spell(sentence));
    alter_assert_silent();
}

#define DOUBT "see the upstream before it is sent again: the backend may have sent the request"
#define PERFORMED(what) "its backend answered 200 with what is no answer: " what "; " DOUBT
#define UNSOUND(what) "its backend answered 200 with what is no answer: " what "; check base_url, and the profile"

/* ---- performing -------------------------------------------------------------------------------------------------- */

static void a_request_is_performed_by_the_service(void **state)
{
    static const struct att_fact headers[] = {{"Accept", "text/plain"}, {"X-A", "b"}, {NULL, NULL}};
    static const struct att_fact context[] = {{"tool", "t"}, {NULL, NULL}};

    (void)state;
    alter_give_user_token();
    the.fetch.method = "PUT";
    the.fetch.reason = "why";
    the.fetch.context = context;
    alter_reply(200, "{\"~approval_id~\":null,\"~status_code~\":404,\"~headers~\":{\"content-type\":\"text/plain\","
                     "\"x-empty\":\"\"},\"~body_b64~\":\"aGVs\\u0062G8A\",\"~body_truncated~\":true}");
    assert_int_equal(execute_now(headers, " {\"a\": [1]} "), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].method, alter_spell("~POST~"));
    assert_string_equal(the.asked[0].url, BASE("/sdk/proxy"));
    assert_string_equal(
        the.asked[0].body,
        alter_spell(
            "{\"~grant_id~\":\"11111111-2222-3333-4444-555555555555\",\"~method~\":\"PUT\","
            "\"~url~\":\"https://api.example/v1/me?q=1\",\"~headers~\":{\"Accept\":\"text/plain\",\"X-A\":\"b\"},"
            "\"~json_body~\": {\"a\": [1]} ,\"~reason~\":\"why\",\"~context~\":{\"tool\":\"t\"},"
            "\"~user_token~\":\"s3cret.user.token\"}"));
    assert_int_equal(the.answer.status, 404);
    assert_int_equal(the.answer.cut, 1);
    assert_string_equal(the.answer.headers, "content-type: text/plain\n");
    assert_int_equal(the.answer.body_size, 6);
    assert_memory_equal(the.answer.body, "hello\0", 6);
}

static void bodies_of_every_size_are_decoded(void **state)
{
    static const char *const cases[][2] = {
        {"", ""}, {"YQ==", "a"}, {"YWI=", "ab"}, {"YWJj", "abc"}, {"+/8=", "\xfb\xff"}};
    static const char *const wrong[] = {"YQ", "YQ=", "Y===", "Y Q=", "YQ==YQ==", "Y\\u0051-_", "===="};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, att_pool_format(the.pool, "{\"~status_code~\":200,\"~body_b64~\":\"%s\"}", cases[i][0]));
        assert_int_equal(execute_now(none, NULL), ATT_RESULT_OK);
        assert_int_equal(the.answer.body_size, strlen(cases[i][1]));
        assert_memory_equal(the.answer.body, cases[i][1], the.answer.body_size);
    }
    for (size_t i = 0; i < ATT_COUNT(wrong); i++) {
        alter_forget_replies();
        alter_reply(200, att_pool_format(the.pool, "{\"~status_code~\":200,\"~body_b64~\":\"%s\"}", wrong[i]));
        assert_said(execute_now(none, NULL), ATT_RESULT_BACKEND, PERFORMED("\"~body_b64~\" is no base64"));
    }
}

static void a_request_is_performed_once_whatever_comes_of_it(void **state)
{
    static const struct {
        att_result sent;
        int status;
        const char *body;
        att_result result;
    } cases[] = {{ATT_RESULT_UNAVAILABLE, 0, "", ATT_RESULT_UNAVAILABLE},
                 {ATT_RESULT_DEADLINE, 0, "", ATT_RESULT_DEADLINE},
                 {ATT_RESULT_OK, 503, "", ATT_RESULT_UNAVAILABLE},
                 {ATT_RESULT_OK, 409, "{\"~error~\":\"~token_refresh_in_progress~\"}", ATT_RESULT_UNAVAILABLE},
                 {ATT_RESULT_OK, 200, "<html>", ATT_RESULT_BACKEND},
                 {ATT_RESULT_OK, 200, "{}", ATT_RESULT_BACKEND}};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(cases[i].status, cases[i].body)->result = cases[i].sent;
        assert_int_equal(execute_now(none, NULL), cases[i].result);
        assert_int_equal(the.asked_count, 1);
        assert_int_equal(the.asked[0].timeout_ms, 30000); /* attempt_timeout is for what is attempted again */
        assert_int_equal(the.paused_ms, 0);
    }
}

static void a_request_that_may_have_been_performed_is_not_said_to_be_repeatable(void **state)
{
    (void)state;
    alter_reply(502, "");
    assert_said(execute_now(none, NULL), ATT_RESULT_UNAVAILABLE, "its backend answered 502; " DOUBT);
    alter_reply(200, "<html>");
    assert_said(execute_now(none, NULL), ATT_RESULT_BACKEND,
                PERFORMED("it is no JSON: something stands there that is no value (byte 0)"));
}

static void what_the_service_cannot_be_told_is_not_sent(void **state)
{
    static const char *const names[] = {"Authorization", "COOKIE", "X-API-Key", "x-amz-security-token"};
    static const struct att_fact twice[] = {{"X-A", "1"}, {"x-a", "2"}, {NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(names); i++) {
        const struct att_fact headers[] = {{names[i], "s3cret"}, {NULL, NULL}};

        assert_said(execute_now(headers, NULL), ATT_RESULT_CONFIG,
                    att_pool_format(
                        the.pool, "the header \"%s\" carries credentials, and its backend sends its own; leave it out",
                        names[i]));
    }
    assert_said(execute_now(twice, NULL), ATT_RESULT_CONFIG,
                "the header \"x-a\" stands twice, which its backend cannot be told; write one");
    assert_said(execute_now(none, "{\"a\":1}, \"~grant_id~\": \"other\""), ATT_RESULT_CONFIG,
                "the request's JSON is none: something stands behind the value (byte 7); its backend is sent nothing: "
                "correct it");
}

static const char *text_of(size_t size)
{
    char *text = att_pool_take(the.pool, size + 3);

    memset(text, 'x', size + 2);
    text[0] = text[size + 1] = '"';
    text[size + 2] = '\0';
    return text;
}

static void a_request_may_have_one_mebibyte_and_no_more(void **state)
{
    static const char done[] = "{\"~status_code~\":204}";

    (void)state;
    the.fetch.reason = att_pool_format(the.pool, "%03000d", 0);
    alter_reply(200, done);
    assert_int_equal(execute_now(none, text_of(300000)), ATT_RESULT_OK);
    alter_reply(200, done);
    assert_int_equal(execute_now(none, text_of((1 << 20) - 4000)), ATT_RESULT_OK);
    assert_said(execute_now(none, text_of((1 << 20) - 3000)), ATT_RESULT_CONFIG,
                "its request would take more than 1 MiB, and so much cannot be sent to its backend; shorten it");
    the.allocations_left = 0;
    assert_said(execute_now(none, NULL), ATT_RESULT_NOMEM,
                "its request cannot be written: secret memory is out; raise the limit on locked memory");
    the.allocations_left = -1;
}

static void an_answer_of_the_upstream_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *body, *sentence;
    } cases[] = {
        {"{}", PERFORMED("\"~status_code~\" is no status")},
        {"{\"~status_code~\":\"200\"}", PERFORMED("\"~status_code~\" is no status")},
        {"{\"~status_code~\":99}", PERFORMED("\"~status_code~\" is no status")},
        {"{\"~status_code~\":200,\"~body_truncated~\":0}", PERFORMED("\"~body_truncated~\" is neither true nor false")},
        {"{\"~status_code~\":200,\"~headers~\":[]}", PERFORMED("\"~headers~\" is no object")},
        {"{\"~status_code~\":200,\"~body_b64~\":7}", PERFORMED("\"~body_b64~\" is no text")},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, cases[i].body);
        assert_said(execute_now(none, NULL), ATT_RESULT_BACKEND, cases[i].sentence);
    }
}

static void a_header_that_is_none_is_left_out_of_what_was_performed(void **state)
{
    char body[12000];

    (void)state;
    snprintf(body, sizeof body,
             "{\"~status_code~\":201,\"~headers~\":{\"a\":1,\"set-cookie\":[\"x=1\"],\"b\":\"c\\r\\nd: e\",\"no "
             "name\":\"x\","
             "\"empty\":\"\",\"long\":\"%09000d\",\"etag\":\"f\"},\"~body_b64~\":\"YQ==\"}",
             0);
    alter_reply(200, body);
    assert_int_equal(execute_now(none, NULL), ATT_RESULT_OK);
    assert_int_equal(the.answer.status, 201);
    assert_string_equal(the.answer.headers, "etag: f\n");
    assert_string_equal(the.answer.body, "a");
}

/* ---- humans ------------------------------------------------------------------------------------------------------ */

static void a_request_that_is_held_tells_what_is_to_be_decided(void **state)
{
    (void)state;
    alter_reply(202, "{\"~approval_id~\":\"ap-1\",\"status\":\"pending\",\"~expires_at~\":\"2026-03-02T08:10:00Z\","
                     "\"~approval_url~\":\"https://wallet.example/a?sig=1\"}");
    assert_said(execute_now(none, NULL), ATT_RESULT_PENDING,
                "its backend holds the request until somebody has decided on it");
    assert_string_equal(the.call.texts, "state pending\napproval ap-1\nurl https://wallet.example/a?sig=1\n");
    assert_string_equal(the.call.numbers, "expires 1772439000\n");
    alter_reply(202, "{}");
    assert_said(
        execute_now(none, NULL), ATT_RESULT_BACKEND,
        "its backend answered 202 with what is no answer: \"~approval_id~\" is no text of 1 to 127 characters; " DOUBT);
}

static void what_was_decided_is_told(void **state)
{
    static const struct {
        const char *body;
        att_result result;
        const char *sentence, *texts;
    } cases[] = {
        {"{\"~status~\":\"~pending~\",\"~expires_at~\":\"2026-03-02T08:10:00Z\"}", ATT_RESULT_PENDING,
         "nobody has decided on it yet", "state pending\n"},
        {"{\"~status~\":\"~approved~\"}", ATT_RESULT_PENDING, "it was allowed, and is about to be performed",
         "state pending\n"},
        {"{\"~status~\":\"~executing~\"}", ATT_RESULT_PENDING, "it was allowed, and is being performed",
         "state pending\n"},
        {"{\"~status~\":\"~denied~\",\"~decision_reason~\":\"not today\"}", ATT_RESULT_DENIED,
         "somebody decided against it: not today", "state denied\ndetails not today\n"},
        {"{\"~status~\":\"~expired~\"}", ATT_RESULT_EXPIRED, "nobody decided on it in time", "state expired\n"},
        {"{\"~status~\":\"~failed~\"}", ATT_RESULT_BACKEND, "it was allowed, and could not be performed",
         "state failed\n"},
        {"{\"~status~\":\"~executed~\",\"~has_result~\":false}", ATT_RESULT_BACKEND,
         "it was performed, and its answer is not kept any more", "state failed\n"},
        {"{\"~status~\":7}", ATT_RESULT_BACKEND, UNSOUND("\"~status~\" is no state that is known"), ""},
    };

    (void)state;
    alter_give_user_token();
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, cases[i].body);
        assert_said(approval_now("ap/1"), cases[i].result, cases[i].sentence);
        assert_string_equal(the.call.texts, cases[i].texts);
        assert_int_equal(the.asked_count, 1);
        assert_string_equal(the.asked[0].method, alter_spell("~GET~"));
        assert_string_equal(the.asked[0].url, BASE("/sdk/approvals/ap%2F1"));
        assert_string_equal(alter_header(&the.asked[0], "~x-alter-user-token~"), "s3cret.user.token");
    }
}

static void b9_an_answer_about_another_approval_is_not_used(void **state)
{
    static const char sentence[] = "its backend answered for another approval than it was asked for (\"other\"): the "
                                   "answer is not used; report it to "
                                   "whoever runs the backend";

    (void)state;
    alter_reply(200, "{\"~status~\":\"~executed~\",\"~approval_id~\":\"other\"}");
    assert_said(approval_now("ap-1"), ATT_RESULT_BACKEND, sentence);
    assert_int_equal(the.asked_count, 1);
    alter_reply(200, "{\"~status~\":\"~executed~\",\"~approval_id~\":\"ap-1\"}");
    alter_reply(200, "{\"~status_code~\":200,\"~approval_id~\":\"other\"}");
    assert_said(approval_now("ap-1"), ATT_RESULT_BACKEND, sentence);
    assert_int_equal(the.answer.status, 0);
}

static void what_was_performed_is_fetched(void **state)
{
    (void)state;
    alter_reply(200, "{\"~status~\":\"~executed~\",\"~has_result~\":true}");
    alter_reply(200, "{\"~status_code~\":201,\"~headers~\":{\"etag\":\"x\"},\"~body_b64~\":\"YQ==\"}");
    assert_int_equal(approval_now("ap-1"), ATT_RESULT_OK);
    assert_string_equal(the.asked[1].url, BASE("/sdk/approvals/ap-1/result"));
    assert_int_equal(the.answer.status, 201);
    assert_string_equal(the.answer.headers, "etag: x\n");
    assert_string_equal(the.answer.body, "a");
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static att_result report_now(const struct att_outcome *outcome)
{
    alter_ready();
    return the.module->report(the.instance, &the.fetch, &the.credential, outcome);
}

static const struct att_fact request_headers[] = {
    {"Accept", "a"}, {"accept", "b"}, {"X-Quote", "\"\\\n"}, {NULL, NULL}};
static const struct att_fact response_headers[] = {{"Server", "x"}, {NULL, NULL}};
static const struct att_outcome whole = {.size = sizeof whole,
                                         .status = "ATT_OK",
                                         .http_status = 200,
                                         .latency_us = 12999,
                                         .url = "https://api.example/v1/me?q=***",
                                         .request_headers = request_headers,
                                         .response_headers = response_headers,
                                         .request_body = "{\"a\":1}",
                                         .request_body_size = 7,
                                         .response_body = "\xffok",
                                         .response_body_size = 3};

static void c3_a_record_has_what_the_host_tells_and_no_token(void **state)
{
    static const struct att_fact context[] = {{"tool", "t"}, {NULL, NULL}};

    (void)state;
    the.fetch.reason = "why";
    the.fetch.context = context;
    alter_reply(200, "{\"~access_token~\":\"s3cret\",\"~provider_id~\":\"google\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_true(the.settings.reports);
    assert_int_equal(the.settings.exchange, 10240);
    alter_reply(204, "");
    assert_int_equal(report_now(&whole), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].url, BASE("/sdk/audit/api-call"));
    assert_string_equal(
        the.asked[0].body,
        alter_spell("{\"~grant_id~\":\"11111111-2222-3333-4444-555555555555\",\"~provider_id~\":\"google\","
                    "\"~method~\":\"GET\",\"~url~\":\"https://api.example/v1/me?q=***\",\"~response_status~\":200,"
                    "\"~latency_ms~\":12,\"~reason~\":\"why\",\"~context~\":{\"tool\":\"t\"},"
                    "\"~request_headers~\":{\"accept\":\"a, b\",\"x-quote\":\"\\\"\\\\\\u000a\"},"
                    "\"~request_body~\":\"{\\\"a\\\":1}\",\"~response_headers~\":{\"server\":\"x\"},"
                    "\"~response_body~\":\"\xef\xbf\xbdok\"}"));
    assert_null(strstr(the.asked[0].body, "s3cret"));
}

static void a_site_says_how_much_of_a_request_is_told(void **state)
{
    (void)state;
    the.settings.audit = "metadata";
    alter_open_module();
    assert_true(the.settings.reports);
    assert_int_equal(the.settings.exchange, -1);
    alter_reply(200, "{}");
    assert_int_equal(report_now(&whole), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].body,
                        alter_spell("{\"~grant_id~\":\"11111111-2222-3333-4444-555555555555\",\"~method~\":\"GET\","
                                    "\"~url~\":\"https://api.example/v1/me\",\"~response_status~\":200,"
                                    "\"~latency_ms~\":12}"));
    the.settings.audit = "off";
    alter_open_module();
    assert_false(the.settings.reports);
    assert_int_equal(the.settings.exchange, -1);
}

static void a_body_in_a_record_has_at_most_10_KiB_and_whole_characters(void **state)
{
    static const char *const units[] = {"a", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xff", "\""};
    char body[20001];

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(units); i++) {
        struct att_outcome outcome = whole;
        const char *at, *end;
        size_t size = 0;

        for (size_t used = 0; used + strlen(units[i]) < sizeof body; used += strlen(units[i]))
            memcpy(body + used, units[i], strlen(units[i]) + 1);
        outcome.request_body = NULL;
        outcome.response_body = body;
        outcome.response_body_size = 10240;
        outcome.response_body_cut = 1;
        alter_forget_replies();
        alter_reply(200, "{}");
        assert_int_equal(report_now(&outcome), ATT_RESULT_OK);
        at = strstr(the.asked[0].body, alter_spell("\"~response_body~\":\"")) +
             strlen(alter_spell("\"~response_body~\":\""));
        end = the.asked[0].body + the.asked[0].body_size - 2;
        assert_true(att_text_is_utf8(at, (size_t)(end - at)));
        assert_memory_equal(end - 3, "...", 3);
        for (; at < end; at++, size++)
            at += *at == '\\';
        assert_in_range(size, 10230, 10240);
    }
}

/* Whoever asked for it says so. */
static void a_record_that_is_lost_is_not_sent_again(void **state)
{
    (void)state;
    alter_reply(503, "");
    assert_int_equal(report_now(&whole), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(the.asked_count, 1);
    assert_string_equal(the.log, "");
}

/* A host of before 1.2 tells less of a request. */
static void what_the_host_does_not_know_is_left_out(void **state)
{
    struct att_outcome outcome = whole;

    (void)state;
    outcome.size = offsetof(struct att_outcome, url);
    alter_reply(200, "{}");
    assert_int_equal(report_now(&outcome), ATT_RESULT_OK);
    assert_null(strstr(the.asked[0].body, "headers"));
    assert_non_null(strstr(the.asked[0].body, "\"https://api.example/v1/me\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALTER_TEST(a_request_is_performed_by_the_service),
        ALTER_TEST(bodies_of_every_size_are_decoded),
        ALTER_TEST(a_request_is_performed_once_whatever_comes_of_it),
        ALTER_TEST(a_request_that_may_have_been_performed_is_not_said_to_be_repeatable),
        ALTER_TEST(what_the_service_cannot_be_told_is_not_sent),
        ALTER_TEST(a_request_may_have_one_mebibyte_and_no_more),
        ALTER_TEST(an_answer_of_the_upstream_that_is_none_is_refused),
        ALTER_TEST(a_header_that_is_none_is_left_out_of_what_was_performed),
        ALTER_TEST(a_request_that_is_held_tells_what_is_to_be_decided),
        ALTER_TEST(what_was_decided_is_told),
        ALTER_TEST(b9_an_answer_about_another_approval_is_not_used),
        ALTER_TEST(what_was_performed_is_fetched),
        ALTER_TEST(c3_a_record_has_what_the_host_tells_and_no_token),
        ALTER_TEST(a_site_says_how_much_of_a_request_is_told),
        ALTER_TEST(a_body_in_a_record_has_at_most_10_KiB_and_whole_characters),
        ALTER_TEST(a_record_that_is_lost_is_not_sent_again),
        ALTER_TEST(what_the_host_does_not_know_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
