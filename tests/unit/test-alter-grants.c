/* tests/unit/test-alter-grants.c: grants at the Alter service, listed and ended, and the session in which a user makes
 * them. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/alter-host.h"

#define BASE(path) (the.other ? "https://other.example/base/other" path : "https://api.alterauth.com" path)

static const char *const nothing[] = {NULL};

static att_result list_now(const char *provider, const char *account, int64_t limit, int64_t offset)
{
    struct att_grant_query query = {
        .size = sizeof query, .provider = provider, .account = account, .limit = limit, .offset = offset};

    alter_ready();
    return the.module->list(the.instance, &the.fetch, &query, &the.page);
}

static att_result revoke_now(void)
{
    alter_ready();
    return the.module->revoke(the.instance, &the.fetch);
}

static att_result begin_now(const struct att_connect_wish *wish)
{
    alter_ready();
    return the.module->connect_begin(the.instance, &the.fetch, wish, &the.connection);
}

static att_result poll_now(void)
{
    struct att_secret *token = att_secret_from(the.arena, "s3cret-session", 14);
    att_result result;

    alter_ready();
    result = the.module->connect_poll(the.instance, &the.fetch, token, &the.page);
    att_secret_destroy(token);
    return result;
}

static void assert_unsound(att_result result, const char *what)
{
    const char *sentence = att_pool_format(the.pool,
                                           "its backend answered 200 with what is no answer: %s; check base_url, and "
                                           "the profile",
                                           what);

    assert_string_equal(the.call.sentence, alter_spell(sentence));
    assert_int_equal(result, ATT_RESULT_BACKEND);
    alter_assert_silent();
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

static void grants_are_listed_with_what_is_known_of_them(void **state)
{
    (void)state;
    alter_give_user_token();
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g1\",\"~provider_id~\":\"google\",\"~grant_kind~\":\"oauth\","
                     "\"~account_identifier~\":\"a@x.example\",\"~account_display_name~\":\"Al\\u0069ce\","
                     "\"~status~\":\"active\",\"~scopes~\":[\"a\",\"b\"],\"~scope_mismatch~\":true,"
                     "\"~principal_type~\":\"user\",\"~created_at~\":\"2026-03-01T08:00:00Z\",\"~last_used_at~\":null,"
                     "\"~expires_at~\":\"2026-03-02T09:00:00Z\",\"later\":{}},"
                     "{\"~grant_id~\":\"g2\",\"~managed_secret_slug~\":\"billing\",\"~label~\":\"work\","
                     "\"~grant_policy~\":{\"~expires_at~\":1772442000}}],\"~total~\":7,\"~has_more~\":true}");
    assert_int_equal(list_now("goo gle&", "a+b@x", 2, 4), ATT_RESULT_OK);
    assert_string_equal(the.page.grants,
                        "g1 google oauth a@x.example Alice - active user a,b, 1 1772352000 0 1772442000\n"
                        "g2 billing - - - work - -  0 0 0 1772442000\n");
    assert_int_equal(the.page.total, 7);
    assert_int_equal(the.page.more, 1);
    assert_string_equal(the.asked[0].method, alter_spell("~GET~"));
    assert_string_equal(the.asked[0].url,
                        alter_spell(att_pool_format(the.pool,
                                                    "%s?~provider_id~=goo%%20gle%%26&~account~=a%%2Bb%%40x&~limit~=2&"
                                                    "~offset~=4",
                                                    BASE("/sdk/grants"))));
    assert_null(the.asked[0].body);
    assert_null(alter_header(&the.asked[0], "content-type"));
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-user-token~"), "s3cret.user.token");
}

static void without_a_word_on_it_the_total_tells_whether_more_follow(void **state)
{
    (void)state;
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g\"}],\"~total~\":6}");
    assert_int_equal(list_now(NULL, NULL, 1, 4), ATT_RESULT_OK);
    assert_int_equal(the.page.more, 1);
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g\"}],\"~total~\":5}");
    assert_int_equal(list_now(NULL, NULL, 1, 4), ATT_RESULT_OK);
    assert_int_equal(the.page.more, 0);
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g\"}],\"~total~\":6}");
    assert_int_equal(list_now(NULL, NULL, 1, INT64_MAX), ATT_RESULT_OK);
    assert_int_equal(the.page.more, 0);
    alter_reply(200, "{\"~grants~\":[]}");
    assert_int_equal(list_now(NULL, NULL, 1, 4), ATT_RESULT_OK);
    assert_int_equal(the.page.total, -1);
    assert_int_equal(the.page.more, 0);
}

static void a_list_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *body, *what;
    } cases[] = {
        {"{}", "\"~grants~\" is no list"},
        {"{\"~grants~\":{}}", "\"~grants~\" is no list"},
        {"{\"~grants~\":[],\"~total~\":\"7\"}", "\"~total~\" is no number of grants"},
        {"{\"~grants~\":[],\"~total~\":-1}", "\"~total~\" is no number of grants"},
        {"{\"~grants~\":[],\"~has_more~\":1}", "\"~has_more~\" is neither true nor false"},
        {"{\"~grants~\":[7]}", "\"~grant_id~\" of a grant is missing"},
        {"{\"~grants~\":[{\"~grant_id~\":\"\"}]}", "\"~grant_id~\" of a grant is missing"},
        {"{\"~grants~\":[{\"~grant_id~\":7}]}", "\"~grant_id~\" of a grant is no text"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~label~\":[]}]}", "\"~label~\" of a grant is no text"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~scopes~\":\"a\"}]}", "\"~scopes~\" of a grant is no list"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~scopes~\":[1]}]}",
         "\"~scopes~\" of a grant has something in it that is no text"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~scope_mismatch~\":1}]}",
         "\"~scope_mismatch~\" of a grant is neither true nor false"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~created_at~\":\"then\"}]}",
         "\"~created_at~\" of a grant is no time in RFC 3339"},
        {"{\"~grants~\":[{\"~grant_id~\":\"g\",\"~expires_at~\":-7}]}",
         "\"~expires_at~\" of a grant is no time in RFC 3339"},
    };

    (void)state;
    the.settings.retries = 0;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, cases[i].body);
        assert_unsound(list_now(NULL, NULL, 100, 0), cases[i].what);
    }
}

/* The first answer is asked for again, of the second there is a grant in the page already. */
static void a_page_is_made_of_one_answer(void **state)
{
    (void)state;
    alter_reply(200, "{\"~grants~\":[{}]}");
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g\"},{}]}");
    assert_int_equal(list_now(NULL, NULL, 100, 0), ATT_RESULT_BACKEND);
    assert_int_equal(the.asked_count, 2);
}

static void what_a_grant_is_called_cannot_steer_a_terminal(void **state)
{
    (void)state;
    alter_reply(200, "{\"~grants~\":[{\"~grant_id~\":\"g\",\"~label~\":\"\\u001b[2J\\u202e\"}]}");
    assert_int_equal(list_now(NULL, NULL, 100, 0), ATT_RESULT_OK);
    assert_string_equal(the.page.grants, "g - - - -  [2J  - -  0 0 0 0\n");
}

static void a_question_that_is_too_long_is_refused(void **state)
{
    char *account = att_pool_take(the.pool, 9001);

    (void)state;
    memset(account, 'a', 9000);
    account[9000] = '\0';
    assert_int_equal(list_now(NULL, account, 100, 0), ATT_RESULT_CONFIG);
    assert_string_equal(the.call.sentence,
                        "its request would have a URL of more than 8 KiB; shorten what it is asked for");
}

/* ---- ending ------------------------------------------------------------------------------------------------------ */

static void a_grant_is_revoked(void **state)
{
    (void)state;
    alter_give_user_token();
    the.fetch.grant = "a/../b c";
    the.fetch.reason = "gone";
    alter_reply(200, "{\"~success~\":true,\"message\":\"done\",\"~grant_id~\":\"a/../b c\"}");
    assert_int_equal(revoke_now(), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].method, alter_spell("~POST~"));
    assert_string_equal(the.asked[0].url, BASE("/sdk/grants/a%2F..%2Fb%20c/revoke"));
    assert_string_equal(the.asked[0].body,
                        alter_spell("{\"~reason~\":\"gone\",\"~user_token~\":\"s3cret.user.token\"}"));
}

static void what_was_not_revoked_is_told(void **state)
{
    (void)state;
    alter_reply(200, "{\"~success~\":false}");
    assert_int_equal(revoke_now(), ATT_RESULT_BACKEND);
    assert_string_equal(the.call.sentence,
                        "its backend answered that the grant was not revoked, and not why; try again, "
                        "and look at the grant there");
    alter_reply(200, "{}");
    assert_int_equal(revoke_now(), ATT_RESULT_BACKEND);
    assert_string_equal(the.call.sentence,
                        alter_spell("its backend answered 200 with what is no answer: \"~success~\" is neither true "
                                    "nor false; see attache grants: the grant may be revoked"));
    alter_reply(404, "{\"~error~\":\"none\"}");
    assert_int_equal(revoke_now(), ATT_RESULT_NOT_FOUND);
    alter_reply(503, "{}");
    assert_int_equal(revoke_now(), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(the.asked_count, 1);
}

static void b9_the_end_of_another_grant_is_not_told_as_the_end_of_this_one(void **state)
{
    (void)state;
    alter_reply(200, "{\"~success~\":true,\"~grant_id~\":\"other\"}");
    assert_int_equal(revoke_now(), ATT_RESULT_BACKEND);
    assert_string_equal(the.call.sentence,
                        "its backend answered for another grant than it was asked for (\"other\"): the answer is not "
                        "used; see attache grants: the grant may be revoked");
    alter_reply(200, att_pool_format(the.pool, "{\"~success~\":true,\"~grant_id~\":\"%s\"}", the.fetch.grant));
    assert_int_equal(revoke_now(), ATT_RESULT_OK);
}

static void an_id_that_leads_to_another_path_is_none(void **state)
{
    static const char *const ids[] = {"", ".", ".."};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(ids); i++) {
        the.fetch.grant = ids[i];
        assert_int_equal(revoke_now(), ATT_RESULT_NOT_FOUND);
        assert_string_equal(the.call.sentence,
                            att_pool_format(the.pool, "\"%s\" is no id that its backend can have given", ids[i]));
    }
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void a_session_is_made_of_what_is_wished(void **state)
{
    static const char *const providers[] = {"google", "git\"hub", NULL};
    static const struct att_fact scopes[] = {{"google", "a"}, {"github", "c"}, {"google", "b"}, {NULL, NULL}};
    static const struct att_fact metadata[] = {{"ip_address", "192.0.2.1"}, {NULL, NULL}};
    const struct att_connect_wish wish = {.size = sizeof wish,
                                          .providers = providers,
                                          .origin = "https://app.example",
                                          .return_url = "https://app.example/back",
                                          .longest_s = 604800,
                                          .initial_s = 86400,
                                          .scopes = scopes,
                                          .metadata = metadata};

    (void)state;
    alter_give_user_token();
    alter_reply(200, "{\"~session_token~\":\"s3cret+/=\",\"~connect_url~\":\"https://c.example/p#session=s3cret\","
                     "\"~expires_in~\":600,\"~expires_at~\":\"2026-03-02T08:10:00Z\"}");
    assert_int_equal(begin_now(&wish), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].url, BASE("/sdk/oauth/connect/session"));
    assert_string_equal(
        the.asked[0].body,
        alter_spell(
            "{\"~allowed_providers~\":[\"google\",\"git\\\"hub\"],\"~return_url~\":\"https://app.example/back\","
            "\"~allowed_origin~\":\"https://app.example\",\"~grant_policy~\":{\"~max_ttl_seconds~\":604800,"
            "\"~default_ttl_seconds~\":86400},\"~required_scopes~\":{\"google\":[\"a\",\"b\"],\"github\":[\"c\"]},"
            "\"~metadata~\":{\"ip_address\":\"192.0.2.1\"},\"~user_token~\":\"s3cret.user.token\"}"));
    assert_string_equal(the.connection.token, "s3cret+/=");
    assert_string_equal(the.connection.url, "https://c.example/p#session=s3cret");
    assert_int_equal(the.connection.expires, ALTER_NOW + 600);
}

static void without_a_page_in_the_answer_the_profile_has_one(void **state)
{
    static const char *const providers[] = {"google", NULL};
    const struct att_connect_wish wish = {.size = sizeof wish, .providers = providers};

    (void)state;
    alter_reply(201, "{\"~session_token~\":\"s3cret+/=\",\"~expires_at~\":\"2026-03-02T08:10:00Z\"}");
    assert_int_equal(begin_now(&wish), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].body, alter_spell("{\"~allowed_providers~\":[\"google\"]}"));
    assert_string_equal(the.connection.url, BASE("/sdk/oauth/connect#session=s3cret%2B%2F%3D"));
    assert_int_equal(the.connection.expires, ALTER_NOW + 600);
}

static void a_session_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *body, *what;
    } cases[] = {
        {"{}", "\"~session_token~\" is missing, or no text"},
        {"{\"~session_token~\":\"\"}", "\"~session_token~\" is missing, or no text"},
        {"{\"~session_token~\":\"s3cret\",\"~connect_url~\":7}", "\"~connect_url~\" is no text"},
        {"{\"~session_token~\":\"s3cret\",\"~expires_in~\":\"7\"}", "\"~expires_in~\" is no number of seconds"},
        {"{\"~session_token~\":\"s3cret\",\"~expires_in~\":-7}", "\"~expires_in~\" is no number of seconds"},
        {"{\"~session_token~\":\"s3cret\",\"~expires_in~\":1e300}", "\"~expires_in~\" is no number of seconds"},
        {"{\"~session_token~\":\"s3cret\",\"~expires_at~\":\"then\"}", "\"~expires_at~\" is no time in RFC 3339"},
    };
    static const char *const pages[] = {"javascript:alert(1)",          "http://evil.example/", "file:///etc/passwd",
                                        "https://c.example/\\u001b[2J", "https://c.example/ x", "",
                                        "https://c.example/\\\"x"};
    const struct att_connect_wish wish = {.size = sizeof wish, .providers = nothing};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, cases[i].body);
        assert_unsound(begin_now(&wish), cases[i].what);
    }
    for (size_t i = 0; i < ATT_COUNT(pages); i++) {
        alter_forget_replies();
        alter_reply(200,
                    att_pool_format(the.pool, "{\"~session_token~\":\"s3cret\",\"~connect_url~\":\"%s\"}", pages[i]));
        assert_int_equal(begin_now(&wish), ATT_RESULT_BACKEND);
        assert_string_equal(the.call.sentence, "its backend gave a connect page that is no https:// URL; it is not "
                                               "opened: report it to whoever runs the backend");
    }
}

static void how_a_session_stands_is_told(void **state)
{
    static const struct {
        const char *body;
        att_result result;
        const char *sentence;
    } cases[] = {
        {"{\"~status~\":\"~pending~\"}", ATT_RESULT_PENDING, "the user has not decided yet"},
        {"{\"~status~\":\"~denied~\",\"~message~\":\"no\\u0007 thanks\"}", ATT_RESULT_DENIED,
         "the user refused: no  thanks"},
        {"{\"~status~\":\"~expired~\"}", ATT_RESULT_EXPIRED, "the session is over"},
        {"{\"~status~\":\"~config_error~\",\"~message~\":\"no client\"}", ATT_RESULT_CONFIG,
         "it cannot work as the backend is set up: no client"},
        {"{\"~status~\":\"elsewhere\"}", ATT_RESULT_BACKEND,
         "its backend answered 200 with what is no answer: \"~status~\" is no state that is known; check base_url, and "
         "the profile"},
        {"{\"~status~\":\"~complete~\"}", ATT_RESULT_BACKEND,
         "its backend answered 200 with what is no answer: \"~grants~\" is no list; check base_url, and the profile"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        alter_reply(200, cases[i].body);
        assert_int_equal(poll_now(), cases[i].result);
        assert_string_equal(the.call.sentence, alter_spell(cases[i].sentence));
        assert_int_equal(the.asked_count, 1);
        alter_assert_silent();
    }
}

static void c2_a_session_token_that_comes_back_is_not_told(void **state)
{
    (void)state;
    alter_reply(400, "{\"~error~\":\"x\",\"~message~\":\"no session s3cret-session\"}");
    assert_int_equal(poll_now(), ATT_RESULT_BACKEND);
    assert_string_equal(the.call.sentence, "its backend answered 400 \"x\"");
    alter_assert_silent();
    alter_reply(200, "{\"~status~\":\"~denied~\",\"~message~\":\"s3cret-session is over\"}");
    assert_int_equal(poll_now(), ATT_RESULT_DENIED);
    assert_string_equal(the.call.sentence, "the user refused");
    alter_assert_silent();
}

static void the_grants_of_a_session_are_listed(void **state)
{
    (void)state;
    alter_give_user_token();
    alter_reply(200, "{\"~status~\":\"~complete~\",\"~grants~\":[{\"~grant_id~\":\"g1\",\"~provider_id~\":\"google\","
                     "\"~account_identifier~\":\"a@x\",\"~scopes~\":[\"a\"],\"~grant_policy~\":{\"~expires_at~\":"
                     "\"2026-03-02T09:00:00Z\",\"created_by\":\"end_user\"}}]}");
    assert_int_equal(poll_now(), ATT_RESULT_OK);
    assert_string_equal(the.page.grants, "g1 google - a@x - - - - a, 0 0 0 1772442000\n");
    assert_int_equal(the.page.total, 1);
    assert_string_equal(the.asked[0].url, BASE("/sdk/oauth/connect/session/poll"));
    assert_string_equal(the.asked[0].body,
                        alter_spell("{\"~session_token~\":\"s3cret-session\",\"~user_token~\":\"s3cret.user.token\"}"));
}

static void f5_every_allocation_fails_in_turn(void **state)
{
    const struct att_connect_wish wish = {.size = sizeof wish, .providers = nothing};
    static const char *const bodies[] = {"{\"grants\":[{\"grant_id\":\"g\"}]}",
                                         "{\"status\":\"complete\",\"grants\":[{\"grant_id\":\"g\"}]}",
                                         "{\"session_token\":\"t\"}"};

    (void)state;
    alter_ready();
    for (size_t i = 0; i < ATT_COUNT(bodies); i++) {
        att_result result = ATT_RESULT_NOMEM;

        for (int left = 0; result != ATT_RESULT_OK && left < 50; left++) {
            alter_forget_replies();
            alter_reply(200, bodies[i]);
            the.allocations_left = left;
            result = i == 0 ? list_now(NULL, NULL, 1, 0) : i == 1 ? poll_now() : begin_now(&wish);
            if (result != ATT_RESULT_OK)
                assert_int_equal(result, ATT_RESULT_NOMEM);
            the.replied = the.reply_count;
        }
        assert_int_equal(result, ATT_RESULT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALTER_TEST(grants_are_listed_with_what_is_known_of_them),
        ALTER_TEST(without_a_word_on_it_the_total_tells_whether_more_follow),
        ALTER_TEST(a_list_that_is_none_is_refused),
        ALTER_TEST(a_page_is_made_of_one_answer),
        ALTER_TEST(what_a_grant_is_called_cannot_steer_a_terminal),
        ALTER_TEST(a_question_that_is_too_long_is_refused),
        ALTER_TEST(a_grant_is_revoked),
        ALTER_TEST(what_was_not_revoked_is_told),
        ALTER_TEST(b9_the_end_of_another_grant_is_not_told_as_the_end_of_this_one),
        ALTER_TEST(an_id_that_leads_to_another_path_is_none),
        ALTER_TEST(a_session_is_made_of_what_is_wished),
        ALTER_TEST(without_a_page_in_the_answer_the_profile_has_one),
        ALTER_TEST(a_session_that_is_none_is_refused),
        ALTER_TEST(how_a_session_stands_is_told),
        ALTER_TEST(c2_a_session_token_that_comes_back_is_not_told),
        ALTER_TEST(the_grants_of_a_session_are_listed),
        cmocka_unit_test_setup_teardown(f5_every_allocation_fails_in_turn, alter_host_open, alter_host_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
