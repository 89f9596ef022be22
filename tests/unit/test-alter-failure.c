/* tests/unit/test-alter-failure.c: what errors of the Alter service mean, what is said of them, and what is asked again
 * (attacks C2, D4 to D6). */
#include <stdio.h>
#include <string.h>

#include "tests/unit/alter-host.h"

#define TOKEN "{\"~access_token~\":\"s3cret-token\"}"

/* ---- meanings ---------------------------------------------------------------------------------------------------- */

static void assert_means(int status, const char *body, att_result result, const char *sentence)
{
    att_result given;

    alter_forget_replies();
    alter_reply(status, body);
    given = alter_fetch_now();
    if (given != result)
        fail_msg("%d instead of %d: %d %s", given, result, status, body);
    assert_string_equal(the.call.sentence, alter_spell(sentence));
    alter_assert_silent();
}

static void d4_every_code_has_its_result_at_once(void **state)
{
    (void)state;
    assert_means(401, "{\"~error~\":\"~invalid_key~\",\"~message~\":\"Unknown key\"}", ATT_RESULT_BACKEND,
                 the.other
                     ? "its backend answered 401 \"~invalid_key~\": Unknown key"
                     : "its backend answered 401 \"invalid_key\": Unknown key; check the API key of the provider");
    assert_means(401, "{\"~error~\":\"user_token_invalid\"}", ATT_RESULT_REAUTH,
                 the.other ? "its backend answered 401 \"user_token_invalid\""
                           : "its backend answered 401 \"user_token_invalid\"; sign the user in again");
    assert_means(403, "{\"~error~\":\"~grant_expired~\",\"~details~\":{\"~expires_at~\":\"2026-03-02T07:00:00Z\"}}",
                 ATT_RESULT_EXPIRED, "its backend answered 403 \"~grant_expired~\"");
    assert_string_equal(the.call.numbers, "status 403\nexpires 1772434800\n");
    assert_means(403, "{\"~policy_error~\":\"rate_limit_exceeded\",\"~retry_after~\":7}", ATT_RESULT_LIMITED,
                 "its backend answered 403 (rate_limit_exceeded)");
    assert_int_equal(the.call.retry_after_ms, 7000);
    assert_means(403, "{\"~error~\":\"policy\",\"~details~\":{\"~policy_error~\":\"outside_business_hours\"}}",
                 ATT_RESULT_DENIED, "its backend answered 403 \"policy\" (outside_business_hours)");
    assert_string_equal(the.call.texts, "code policy\nrule outside_business_hours\n");
    assert_means(404, "{\"~error~\":\"grant_not_found\"}", ATT_RESULT_NOT_FOUND,
                 "its backend answered 404 \"grant_not_found\"");
    assert_means(418, "{\"~error~\":\"teapot\"}", ATT_RESULT_BACKEND, "its backend answered 418 \"teapot\"");
}

/* The page of another server says nothing of a grant, of a user or of a policy. */
static void an_error_without_the_word_of_the_service_is_no_verdict_of_it(void **state)
{
    static const char *const bodies[] = {"",   "<h1>Not Found</h1>",         "[]",
                                         "{}", "{\"detail\":\"Not Found\"}", "{\"~error~\":404}"};
    static const int statuses[] = {400, 401, 403, 404, 405, 409, 410};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(bodies) * ATT_COUNT(statuses); i++) {
        int status = statuses[i / ATT_COUNT(bodies)];

        assert_means(status, bodies[i % ATT_COUNT(bodies)], ATT_RESULT_BACKEND,
                     att_pool_format(the.pool, "its backend answered %d; check base_url, and the profile", status));
    }
    assert_means(429, "<h1>Slow down</h1>", ATT_RESULT_UNAVAILABLE, "its backend answered 429");
    alter_write_profile("error.code", "", ATT_OPTION_TEXT, 2);
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_means(404, "{}", ATT_RESULT_NOT_FOUND, "its backend answered 404");
    assert_means(404, "[]", ATT_RESULT_BACKEND, "its backend answered 404; check base_url, and the profile");
}

static void the_codes_of_alter_1_have_their_results(void **state)
{
    (void)state;
    assert_means(400, "{\"error\":\"credential_revoked\"}", ATT_RESULT_REVOKED,
                 "its backend answered 400 \"credential_revoked\"");
    assert_means(400, "{\"error\":\"grant_revoked\"}", ATT_RESULT_REVOKED,
                 "its backend answered 400 \"grant_revoked\"");
    assert_means(400, "{\"error\":\"hitl_grant_requires_proxy\"}", ATT_RESULT_BACKEND,
                 "its backend answered 400 \"hitl_grant_requires_proxy\"; send it with --by-backend, so that a human "
                 "can decide");
    assert_means(
        400, "{\"error\":\"restricted_grant_requires_proxy\"}", ATT_RESULT_BACKEND,
        "its backend answered 400 \"restricted_grant_requires_proxy\"; send it with --by-backend: its grant is "
        "restricted");
    assert_means(401, "{\"error\":\"key_revoked\"}", ATT_RESULT_BACKEND,
                 "its backend answered 401 \"key_revoked\"; put another API key in the place of this one");
    assert_means(401, "{\"error\":\"invalid_signature\"}", ATT_RESULT_BACKEND,
                 "its backend answered 401 \"invalid_signature\"; check the API key of the provider and its profile");
    assert_means(401, "{\"error\":\"clock_skew\"}", ATT_RESULT_BACKEND,
                 "its backend answered 401 \"clock_skew\"; set the clock of this machine");
    assert_means(401, "{\"error\":\"replayed\"}", ATT_RESULT_BACKEND, "its backend answered 401 \"replayed\"");
    assert_means(410, "{\"error\":\"gone\"}", ATT_RESULT_REVOKED, "its backend answered 410 \"gone\"");
    assert_means(400, "{\"error\":\"odd\"}", ATT_RESULT_BACKEND, "its backend answered 400 \"odd\"");
    assert_means(429, "{\"error\":\"slow_down\"}", ATT_RESULT_UNAVAILABLE, "its backend answered 429 \"slow_down\"");
}

static void scopes_that_are_missing_are_told(void **state)
{
    (void)state;
    assert_means(403, "{\"error\":\"insufficient_scope\",\"details\":{\"missing\":[\"tokens:retrieve\",7,\"a:b\"]}}",
                 ATT_RESULT_BACKEND,
                 "its backend answered 403 \"insufficient_scope\"; give the API key the scopes that are missing");
    assert_string_equal(the.call.texts, "missing tokens:retrieve\nmissing a:b\ncode insufficient_scope\n");
}

static void candidates_are_told_with_what_a_human_knows_them_by(void **state)
{
    (void)state;
    the.fetch.grant = NULL;
    the.fetch.provider = "google";
    assert_means(
        409,
        "{\"~error~\":\"~ambiguous_grant~\",\"~message~\":\"2 match\",\"~candidates~\":[{\"~grant_id~\":\"g1\","
        "\"~account_identifier~\":\"a@x.example\",\"~label~\":\"work\"},{\"~grant_id~\":\"g2\"},{},7]}",
        ATT_RESULT_AMBIGUOUS, "its backend answered 409 \"~ambiguous_grant~\": 2 match: g1 (a@x.example) \"work\", g2");
    assert_string_equal(the.call.candidates, "g1\ng2\n");
    assert_means(409, "{\"~error~\":\"~ambiguous_grant~\",\"~details~\":{\"~grant_ids~\":[\"g3\",\"g4\"]}}",
                 ATT_RESULT_AMBIGUOUS, "its backend answered 409 \"~ambiguous_grant~\": g3, g4");
    assert_string_equal(the.call.candidates, "g3\ng4\n");
    assert_means(404, "{\"~error~\":\"none\",\"~grant_id~\":\"g9\"}", ATT_RESULT_NOT_FOUND,
                 "its backend answered 404 \"none\" for grant g9");
}

static void no_more_candidates_are_told_than_the_host_takes(void **state)
{
    struct att_buffer body;

    (void)state;
    att_buffer_open(&body, 100000);
    att_buffer_text(&body, "{\"error\":\"ambiguous_grant\",\"grant_ids\":[\"g\"");
    for (int i = 0; i < 100; i++)
        att_buffer_text(&body, ",\"11111111-2222-3333-4444-555555555555\"");
    att_buffer_text(&body, "]}");
    alter_reply(409, att_pool_text(the.pool, body.data));
    att_buffer_close(&body);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_AMBIGUOUS);
    assert_int_equal(strlen(the.call.candidates), 2 + 7 * 37);
    assert_in_range(strlen(the.call.sentence), 1, 511);
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

static void c2_a_secret_that_comes_back_in_an_error_is_not_told(void **state)
{
    (void)state;
    alter_give_user_token();
    assert_means(400, "{\"~error~\":\"bad " ALTER_KEY "\",\"~message~\":\"no such key: " ALTER_KEY "\"}",
                 ATT_RESULT_BACKEND, "its backend answered 400");
    assert_string_equal(the.call.texts, "");
    assert_means(400, "{\"~error~\":\"x\",\"~message~\":\"token s3cret.us\\u0065r.token is none\"}", ATT_RESULT_BACKEND,
                 "its backend answered 400 \"x\"");
    assert_means(400,
                 att_pool_format(the.pool, "{\"~error~\":\"x\",\"~message~\":\"key %.*s...\"}",
                                 (int)sizeof ALTER_KEY - 2, ALTER_KEY),
                 ATT_RESULT_BACKEND, "its backend answered 400 \"x\"");
    assert_means(
        400,
        att_pool_format(the.pool, "{\"~error~\":\"x\",\"~message~\":\"key ...%s\"}", &ALTER_KEY[sizeof ALTER_KEY - 17]),
        ATT_RESULT_BACKEND, "its backend answered 400 \"x\"");
}

static void what_the_service_says_cannot_steer_a_terminal_or_forge_advice(void **state)
{
    (void)state;
    assert_means(400, "{\"~error~\":\"a\\nb\",\"~message~\":\"\\u001b[2J\\u0085\\u202eevil; run rm\"}",
                 ATT_RESULT_BACKEND, "its backend answered 400 \"a b\":  [2J  evil, run rm");
}

static void a_long_message_is_cut_at_a_character(void **state)
{
    struct att_buffer body;

    (void)state;
    att_buffer_open(&body, 100000);
    att_buffer_text(&body, "{\"~error~\":\"x\",\"~message~\":\"x");
    for (int i = 0; i < 5000; i++)
        att_buffer_text(&body, "\xc3\xa9");
    att_buffer_text(&body, "\"}");
    alter_reply(400, att_pool_text(the.pool, body.data));
    att_buffer_close(&body);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_BACKEND);
    assert_true(att_text_is_utf8(the.call.sentence, strlen(the.call.sentence)));
    assert_in_range(strlen(the.call.sentence), 150, 200);
}

static void d6_a_redirect_is_an_error(void **state)
{
    (void)state;
    assert_means(307, "", ATT_RESULT_BACKEND,
                 "its backend answered 307, a redirect, which is never followed; check base_url");
}

/* ---- again ------------------------------------------------------------------------------------------------------- */

static void d5_what_fails_for_a_while_is_tried_again_and_not_at_once(void **state)
{
    (void)state;
    alter_reply(503, "");
    alter_reply(0, "")->result = ATT_RESULT_UNAVAILABLE;
    alter_reply(0, "")->result = ATT_RESULT_DEADLINE;
    alter_reply(200, TOKEN);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_int_equal(the.asked_count, 4);
    assert_in_range(the.paused_ms, 0, 250 + 500 + 1000);
}

static void d5_the_pauses_differ_and_grow(void **state)
{
    int64_t longest = 0, shortest = INT64_MAX;

    (void)state;
    for (int i = 0; i < 200; i++) {
        the.now_ns = 0;
        alter_forget_replies();
        for (int j = 0; j < 4; j++)
            alter_reply(503, "");
        assert_int_equal(alter_fetch_now(), ATT_RESULT_UNAVAILABLE);
        assert_string_equal(the.call.sentence, "its backend answered 503");
        assert_int_equal(the.asked_count, 4);
        longest = the.paused_ms > longest ? the.paused_ms : longest;
        shortest = the.paused_ms < shortest ? the.paused_ms : shortest;
    }
    assert_in_range(longest, 1200, 1750);
    assert_in_range(shortest, 0, 500);
}

static void retry_after_is_honoured_where_there_is_time(void **state)
{
    (void)state;
    alter_reply(503, "")->retry_after_ms = 4000;
    alter_reply(200, TOKEN);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_int_equal(the.paused_ms, 4000);
    alter_forget_replies();
    alter_reply(503, "{\"~message~\":\"down\"}")->retry_after_ms = 40000;
    assert_int_equal(alter_fetch_now(), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(the.paused_ms, 0);
    assert_int_equal(the.call.retry_after_ms, 40000);
    assert_string_equal(the.call.sentence, "its backend answered 503: down");
}

static void what_will_not_change_is_not_asked_for_again(void **state)
{
    static const struct {
        att_result sent, result;
    } cases[] = {{ATT_RESULT_CONFIG, ATT_RESULT_CONFIG},
                 {ATT_RESULT_CANCELLED, ATT_RESULT_CANCELLED},
                 {ATT_RESULT_NOMEM, ATT_RESULT_NOMEM},
                 {ATT_RESULT_FAULT, ATT_RESULT_BACKEND}};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(0, "")->result = cases[i].sent;
        assert_int_equal(alter_fetch_now(), cases[i].result);
        assert_string_equal(the.call.sentence, "the host says why");
        assert_int_equal(the.asked_count, 1);
    }
    alter_forget_replies();
    alter_reply(429, "")->retry_after_ms = 1000;
    assert_int_equal(alter_fetch_now(), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(the.call.retry_after_ms, 1000);
}

static void the_deadline_bounds_all_attempts_together(void **state)
{
    (void)state;
    the.settings.timeout = 25000;
    for (int i = 0; i < 3; i++) {
        struct alter_reply *reply = alter_reply(0, "");

        reply->result = ATT_RESULT_DEADLINE;
        reply->takes_ms = i < 2 ? 10000 : 5000;
    }
    assert_int_equal(alter_fetch_now(), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(the.asked_count, 3);
    assert_int_equal(the.asked[0].timeout_ms, 10000);
    assert_in_range(the.asked[2].timeout_ms, 4000, 5000);
    assert_in_range(the.now_ns / 1000000, 25000, 26000);
}

static void a_call_that_is_past_its_own_deadline_is_over(void **state)
{
    struct alter_reply *reply = alter_reply(0, "");

    (void)state;
    the.fetch.deadline_ns = INT64_C(3000500000);
    reply->result = ATT_RESULT_DEADLINE;
    reply->takes_ms = 3000;
    assert_int_equal(alter_fetch_now(), ATT_RESULT_DEADLINE);
    assert_int_equal(the.asked[0].timeout_ms, 3000);
}

static void a_credential_that_is_being_refreshed_is_asked_for_again(void **state)
{
    (void)state;
    the.settings.retries = 0;
    for (int i = 0; i < 3; i++)
        alter_reply(409, "{\"~error~\":\"~token_refresh_in_progress~\"}");
    alter_reply(200, TOKEN);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_int_equal(the.asked[1].at_ms, 1000);
    assert_int_equal(the.asked[2].at_ms, 3000);
    assert_int_equal(the.asked[3].at_ms, 7000);
    alter_forget_replies();
    for (int i = 0; i < 4; i++)
        alter_reply(409, "{\"~error~\":\"~token_refresh_in_progress~\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_UNAVAILABLE);
    assert_string_equal(the.call.sentence, alter_spell("its backend answered 409 \"~token_refresh_in_progress~\""));
}

static void after_a_401_of_the_upstream_the_service_is_asked_again(void **state)
{
    (void)state;
    alter_open_module();
    assert_int_equal(the.module->invalidate(the.instance, &the.fetch), ATT_RESULT_OK);
    assert_true(the.module->offers & ATT_OFFERS_INVALIDATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALTER_TEST(d4_every_code_has_its_result_at_once),
        ALTER_TEST(an_error_without_the_word_of_the_service_is_no_verdict_of_it),
        cmocka_unit_test_setup_teardown(the_codes_of_alter_1_have_their_results, alter_host_open, alter_host_close),
        cmocka_unit_test_setup_teardown(scopes_that_are_missing_are_told, alter_host_open, alter_host_close),
        ALTER_TEST(candidates_are_told_with_what_a_human_knows_them_by),
        cmocka_unit_test_setup_teardown(no_more_candidates_are_told_than_the_host_takes, alter_host_open,
                                        alter_host_close),
        ALTER_TEST(c2_a_secret_that_comes_back_in_an_error_is_not_told),
        ALTER_TEST(what_the_service_says_cannot_steer_a_terminal_or_forge_advice),
        ALTER_TEST(a_long_message_is_cut_at_a_character),
        ALTER_TEST(d6_a_redirect_is_an_error),
        ALTER_TEST(d5_what_fails_for_a_while_is_tried_again_and_not_at_once),
        ALTER_TEST(d5_the_pauses_differ_and_grow),
        ALTER_TEST(retry_after_is_honoured_where_there_is_time),
        ALTER_TEST(what_will_not_change_is_not_asked_for_again),
        ALTER_TEST(the_deadline_bounds_all_attempts_together),
        ALTER_TEST(a_call_that_is_past_its_own_deadline_is_over),
        ALTER_TEST(a_credential_that_is_being_refreshed_is_asked_for_again),
        ALTER_TEST(after_a_401_of_the_upstream_the_service_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
