/* tests/unit/test-alter-token.c: what the provider of the Alter service asks for a credential, what it makes of the
 * answer, and what it refuses in it (attacks B9, C2, D1 to D3, D12, D13). */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "core/config/config.h"
#include "tests/unit/alter-host.h"

#define TOKEN "{\"~access_token~\":\"s3cret-token\""

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static void a_credential_is_asked_for_with_all_that_is_known(void **state)
{
    static const struct att_fact context[] = {{"tool", "read \"mail\""}, {"agent", "caf\xc3\xa9\n"}, {NULL, NULL}};

    (void)state;
    alter_give_user_token();
    the.fetch.reason = "weekly digest";
    the.fetch.context = context;
    the.fetch.method = "PATCH";
    the.fetch.port = 8443;
    alter_reply(200, TOKEN "}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].method, alter_spell("~POST~"));
    assert_string_equal(the.asked[0].url, the.other ? "https://other.example/base/other/sdk/token"
                                                    : "https://api.alterauth.com/sdk/token");
    assert_string_equal(the.asked[0].body,
                        alter_spell("{\"~grant_id~\":\"11111111-2222-3333-4444-555555555555\",\"~method~\":\"PATCH\","
                                    "\"~url~\":\"https://api.example:8443/v1/me\",\"~reason~\":\"weekly digest\","
                                    "\"~context~\":{\"tool\":\"read \\\"mail\\\"\",\"agent\":\"caf\xc3\xa9\\u000a\"},"
                                    "\"~user_token~\":\"s3cret.user.token\"}"));
    assert_string_equal(alter_header(&the.asked[0], "~x-api-key~"), ALTER_KEY);
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-caller~"), "mailer");
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-caller-type~"), alter_spell("~service~"));
    assert_string_equal(alter_header(&the.asked[0], "content-type"), "application/json");
    assert_null(alter_header(&the.asked[0], "~x-alter-user-token~"));
    assert_string_equal(alter_part("token"), "s3cret-token");
    assert_int_equal(the.credential.part_count, 1);
    assert_string_equal(the.credential.kind, "oauth");
    assert_string_equal(the.credential.placed, "");
    alter_assert_silent();
}

static void a_grant_is_found_by_provider_and_account(void **state)
{
    (void)state;
    the.fetch.grant = NULL;
    the.fetch.provider = "google";
    the.fetch.account = "alice@example.com";
    the.fetch.caller_type = 1;
    alter_reply(200, TOKEN ",\"~grant_id~\":\"g-7\",\"~provider_id~\":\"google\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(the.asked[0].body,
                        alter_spell("{\"~provider~\":\"google\",\"~account~\":\"alice@example.com\","
                                    "\"~method~\":\"GET\",\"~url~\":\"https://api.example/v1/me\"}"));
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-caller-type~"), alter_spell("~agent~"));
    assert_string_equal(the.credential.grant, "g-7");
}

static void a_body_of_any_size_is_written(void **state)
{
    char *long_path = att_pool_take(the.pool, 60001);

    (void)state;
    memset(long_path, 'x', 60000);
    long_path[0] = '/';
    long_path[60000] = '\0';
    the.fetch.path = long_path;
    alter_reply(200, TOKEN "}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_in_range(the.asked[0].body_size, 60000, 61000);
    assert_non_null(strstr(the.asked[0].body, "xxx\"}"));
}

/* ---- the signature ----------------------------------------------------------------------------------------------- */

static void hmac(const void *key, size_t key_size, const char *text, unsigned char digest[32])
{
    unsigned size = 32;

    assert_non_null(HMAC(EVP_sha256(), key, (int)key_size, (const unsigned char *)text, strlen(text), digest, &size));
}

static const char *spelled(const unsigned char digest[32])
{
    char *text = att_pool_take(the.pool, 80);

    if (the.other)
        EVP_EncodeBlock((unsigned char *)text, digest, 32);
    else
        for (int i = 0; i < 32; i++)
            snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

static const char *expected_signature(const struct alter_asked *asked, const char *actor)
{
    unsigned char key[32], digest[32];
    const char *content, *text, *target = strchr(asked->url + 8, '/');

    assert_int_equal(EVP_Digest(asked->body, asked->body_size, digest, NULL, EVP_sha256(), NULL), 1);
    content = spelled(digest);
    assert_string_equal(alter_header(asked, "~x-alter-content-sha256~"), content);
    hmac(ALTER_KEY, strlen(ALTER_KEY), alter_spell("~alter-signing-v1~"), key);
    if (the.other)
        text = att_pool_format(the.pool, "%s|%s|%s|%s|%s|%s|%s", actor, content, alter_header(asked, "~x-alter-nonce~"),
                               alter_header(asked, "~x-alter-timestamp~"), target, "mailer", asked->method);
    else
        text = att_pool_format(the.pool, "%s\n%s\n%s\n%s\n%s", asked->method, target,
                               alter_header(asked, "~x-alter-timestamp~"), alter_header(asked, "~x-alter-nonce~"),
                               content);
    hmac(key, 32, text, digest);
    return spelled(digest);
}

static void every_request_is_signed_by_the_recipe(void **state)
{
    char first[40];

    (void)state;
    alter_reply(200, TOKEN "}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-timestamp~"), "1772438400");
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-signature~"), expected_signature(&the.asked[0], ""));
    snprintf(first, sizeof first, "%s", alter_header(&the.asked[0], "~x-alter-nonce~"));
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    the.wall++;
    alter_reply(200, TOKEN "}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-timestamp~"), "1772438401");
    assert_string_not_equal(alter_header(&the.asked[0], "~x-alter-nonce~"), first);
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-signature~"), expected_signature(&the.asked[0], ""));
}

static void an_attempt_is_signed_anew(void **state)
{
    (void)state;
    alter_reply(503, "");
    alter_reply(200, TOKEN "}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_not_equal(alter_header(&the.asked[0], "~x-alter-nonce~"),
                            alter_header(&the.asked[1], "~x-alter-nonce~"));
    assert_string_equal(alter_header(&the.asked[1], "~x-alter-signature~"), expected_signature(&the.asked[1], ""));
}

static void what_the_service_calls_a_caller_is_sent_back_for_that_caller(void **state)
{
    (void)state;
    alter_reply(200, TOKEN "}")->actor = "actor-1";
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_null(alter_header(&the.asked[0], "~x-alter-actor-id~"));
    alter_reply(404, "{}");
    alter_fetch_now();
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-actor-id~"), "actor-1");
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-signature~"),
                        expected_signature(&the.asked[0], "actor-1"));
    the.fetch.caller_type = 1; /* an agent of the same name is another one */
    alter_reply(404, "{}");
    alter_fetch_now();
    assert_null(alter_header(&the.asked[0], "~x-alter-actor-id~"));
    the.fetch.caller_type = 0;
    the.fetch.caller = "another";
    alter_reply(404, "{}")->actor = "no actor\x1b";
    alter_fetch_now();
    assert_null(alter_header(&the.asked[0], "~x-alter-actor-id~"));
    alter_reply(404, "{}");
    alter_fetch_now();
    assert_null(alter_header(&the.asked[0], "~x-alter-actor-id~"));
}

/* The one that was noted first gives way. */
static void callers_without_number_take_no_memory_without_end(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        alter_forget_replies();
        the.fetch.caller = att_pool_format(the.pool, "caller-%d", i);
        alter_reply(404, "{}")->actor = att_pool_format(the.pool, "actor-%d", i);
        alter_fetch_now();
    }
    alter_forget_replies();
    alter_reply(404, "{}");
    alter_fetch_now();
    assert_string_equal(alter_header(&the.asked[0], "~x-alter-actor-id~"), "actor-39");
    the.fetch.caller = "caller-0";
    alter_reply(404, "{}");
    alter_fetch_now();
    assert_null(alter_header(&the.asked[0], "~x-alter-actor-id~"));
}

static void a_deprecated_key_is_told_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        alter_reply(200, TOKEN "}")->deprecated = i ? "true" : "false";
        assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    }
    assert_string_equal(the.log,
                        "1 the backend says that its API key is deprecated; put another one in its place while "
                        "this one still works\n");
}

/* ---- expiry ------------------------------------------------------------------------------------------------------ */

#define EXPIRED \
    "its backend gave a token that has expired already; check the clock of this machine, and that of the backend"

static void d2_d12_d13_the_expiry_of_a_token(void **state)
{
    static const struct {
        const char *members;
        int64_t expires;
        const char *sentence; /* of a refusal */
    } cases[] = {
        {"", 0, NULL},
        {",\"~expires_in~\":null,\"~expires_at~\":null", 0, NULL},
        {",\"~expires_in~\":3600", ALTER_NOW + 3600, NULL},
        {",\"~expires_in~\":3600.9", ALTER_NOW + 3600, NULL},
        {",\"~expires_in~\":36e2", ALTER_NOW + 3600, NULL},
        {",\"~expires_in~\":1e300", INT64_C(253402300799), NULL},
        {",\"~expires_in~\":99999999999999999999999999", INT64_C(253402300799), NULL},
        {",\"~expires_in~\":9223372036854775807", INT64_C(253402300799), NULL},
        {",\"~expires_at~\":\"2026-03-02T09:00:00Z\"", ALTER_NOW + 3600, NULL},
        {",\"~expires_at~\":\"2026-03-02T09:00:00\"", ALTER_NOW + 3600, NULL},
        {",\"~expires_at~\":\"2026-03-02T10:00:00.123+01:00\"", ALTER_NOW + 3600, NULL},
        {",\"~expires_at~\":\"9999-12-31T23:59:59Z\"", INT64_C(253402300799), NULL},
        {",\"~expires_in~\":60,\"~expires_at~\":\"2026-03-02T09:00:00Z\"", ALTER_NOW + 60, NULL},
        {",\"~expires_in~\":7200,\"~expires_at~\":\"2026-03-02T09:00:00Z\"", ALTER_NOW + 3600, NULL},
        {",\"~expires_in~\":60,\"~expires_at~\":\"2026-03-02T07:58:00Z\"", ALTER_NOW + 60, NULL},
        {",\"~expires_in~\":0", 0, EXPIRED},
        {",\"~expires_in~\":-5", 0, EXPIRED},
        {",\"~expires_in~\":-1e300", 0, EXPIRED},
        {",\"~expires_in~\":-9223372036854775808", 0, EXPIRED},
        {",\"~expires_at~\":\"2026-03-02T08:00:00Z\"", 0, EXPIRED},
        {",\"~expires_at~\":\"1969-01-01T00:00:00Z\"", 0, EXPIRED},
        {",\"~expires_in~\":3600,\"~expires_at~\":\"2026-03-01T08:00:00Z\"", 0, EXPIRED},
        {",\"~expires_in~\":\"3600\"", 0,
         "its backend answered 200 with what is no answer: \"~expires_in~\" is no number; check base_url, and the "
         "profile"},
        {",\"~expires_at~\":\"tomorrow\"", 0,
         "its backend answered 200 with what is no answer: \"~expires_at~\" is no time in RFC 3339; check base_url, "
         "and "
         "the profile"},
        {",\"~expires_at~\":[]", 0,
         "its backend answered 200 with what is no answer: \"~expires_at~\" is no time in RFC 3339; check base_url, "
         "and "
         "the profile"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        const char *body = att_pool_format(the.pool, TOKEN "%s}", cases[i].members);
        att_result result;

        alter_forget_replies();
        alter_reply(200, body);
        result = alter_fetch_now();
        if (result != (cases[i].sentence ? ATT_RESULT_BACKEND : ATT_RESULT_OK))
            fail_msg("%d: %s %s", (int)result, cases[i].members, the.call.sentence);
        if (cases[i].sentence)
            assert_string_equal(the.call.sentence, alter_spell(cases[i].sentence));
        else
            assert_int_equal(the.credential.expires, cases[i].expires);
        assert_int_equal(the.asked_count, 1);
    }
}

/* ---- scopes and facts -------------------------------------------------------------------------------------------- */

static void scopes_and_what_is_out_of_date_are_told(void **state)
{
    (void)state;
    alter_reply(200, TOKEN ",\"~scopes~\":[\"mail.read\",\"cal\\u0065ndar\",\"\"],\"~scope_mismatch~\":true,"
                           "\"~token_type~\":\"bearer\",\"unknown\":{\"deep\":[1,2,{}]}}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(the.credential.scopes, "mail.read calendar");
    assert_true(the.credential.outdated);
}

static void more_scopes_than_fit_are_cut_at_a_scope(void **state)
{
    struct att_buffer body;

    (void)state;
    att_buffer_open(&body, 100000);
    att_buffer_text(&body, TOKEN ",\"~scopes~\":[\"first\"");
    for (int i = 0; i < 1000; i++)
        att_buffer_text(&body, ",\"abcdefghi\"");
    att_buffer_text(&body, "]}");
    alter_reply(200, att_pool_text(the.pool, body.data));
    att_buffer_close(&body);
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_in_range(strlen(the.credential.scopes), 4080, 4096);
    assert_string_equal(the.credential.scopes + strlen(the.credential.scopes) - 10, " abcdefghi");
}

/* ---- answers to other questions, and none ------------------------------------------------------------------------ */

static void assert_refused(const char *body, const char *sentence)
{
    alter_forget_replies();
    alter_reply(200, body);
    if (alter_fetch_now() != ATT_RESULT_BACKEND)
        fail_msg("%s: %s", body, the.call.sentence);
    assert_string_equal(the.call.sentence, alter_spell(sentence));
    assert_int_equal(the.asked_count, 1);
    alter_assert_silent();
}

static void a_replayed_answer_is_not_used(void **state)
{
    (void)state;
    assert_refused(TOKEN ",\"~grant_id~\":\"99999999-2222-3333-4444-555555555555\"}",
                   "its backend answered for another grant than it was asked for "
                   "(\"99999999-2222-3333-4444-555555555555\"): the answer is not used; report it to whoever runs the "
                   "backend");
    assert_null(alter_part("token"));
    the.fetch.grant = NULL;
    the.fetch.provider = "google";
    assert_refused(TOKEN ",\"~provider_id~\":\"evil\\u001b[2J\"}",
                   "its backend answered for another provider than it was asked for (\"evil [2J\"): the answer is not "
                   "used; report it to whoever runs the backend");
    assert_null(alter_part("token"));
}

static void an_id_in_capitals_is_the_same_grant(void **state)
{
    (void)state;
    the.fetch.grant = "abcdef01-2222-3333-4444-555555555555";
    alter_reply(200, TOKEN ",\"~grant_id~\":\"ABCDEF01-2222-3333-4444-555555555555\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
}

static void a_token_of_a_type_that_is_not_known_is_not_sent_as_bearer(void **state)
{
    (void)state;
    assert_refused(TOKEN ",\"~token_type~\":\"DPoP\"}",
                   "its backend gave a token of the type \"DPoP\", and no \"~injection_format~\" that says how to send "
                   "it; set it for this grant at the backend");
    alter_reply(200, TOKEN ",\"~token_type~\":\"DPoP\",\"~injection_format~\":\"DPoP {token}\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(the.credential.placed, "({ header = \"Authorization\"; format = \"DPoP {token}\"; })");
}

static void b9_a_credential_with_a_line_break_is_not_sent(void **state)
{
    (void)state;
    assert_refused("{\"~access_token~\":\"s3cret\\r\\nX: y\"}",
                   "its backend gave a credential with a line break in it, which is not sent; store it anew at the "
                   "backend");
    assert_refused(TOKEN ",\"~additional_credentials~\":{\"a\":\"s3cret\\u000a\"}}",
                   "its backend gave a credential with a line break in it, which is not sent; store it anew at the "
                   "backend");
}

/* Transient, so asked again as often as the site says; then it is the backend's fault. */
static void d1_d3_what_is_no_answer_is_asked_for_again_and_refused(void **state)
{
    static const struct {
        const char *body, *what;
        size_t size;
    } cases[] = {
        {"", "it is empty", 0},
        {"<html>", "it is no JSON: something stands there that is no value (byte 0)", 0},
        {"{\"~access_token~\":\"s3cr", "it is no JSON: a text does not end", 0},
        {"[]", "it is JSON, and no object", 0},
        {"\"s3cret\"", "it is JSON, and no object", 0},
        {"{}", "\"~access_token~\" is missing", 0},
        {"{\"~access_token~\":null}", "\"~access_token~\" is missing", 0},
        {"{\"~access_token~\":7}", "\"~access_token~\" is no text", 0},
        {"{\"~access_token~\":\"\"}", "\"~access_token~\" is empty", 0},
        {TOKEN ",\"~token_type~\":7}", "\"~token_type~\" is no text", 0},
        {TOKEN ",\"~grant_id~\":7}", "\"~grant_id~\" is no text of 1 to 255 characters", 0},
        {"{\"a\":\"\xff\"}", "it is no JSON: a text is not UTF-8 (byte 6)", 0},
        {"{\"a\":1,\"a\":2}", "it is no JSON: a name stands twice in one object (byte 7)", 0},
        {"[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", "it is no JSON: it is nested deeper than 16 levels (byte 16)", 0},
        {"{\"a\":\"\0\"}", "it is no JSON: a text holds a control character that is not escaped (byte 6)", 9},
        {"\x1f\x8b\x08", "it is no JSON: something stands there that is no value (byte 0)", 0},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        alter_forget_replies();
        for (int j = 0; j < 4; j++) {
            struct alter_reply *reply = alter_reply(200, cases[i].size ? "" : cases[i].body);

            reply->body_size = cases[i].size;
            if (cases[i].size)
                reply->body = cases[i].body;
        }
        assert_int_equal(alter_fetch_now(), ATT_RESULT_BACKEND);
        if (!strstr(the.call.sentence,
                    alter_spell(att_pool_format(the.pool, "its backend answered 200 with what is no answer: %s",
                                                cases[i].what))))
            fail_msg("%s: %s", cases[i].body, the.call.sentence);
        assert_int_equal(the.asked_count, 4);
        assert_int_equal(the.credential.part_count, 0);
        alter_assert_silent();
    }
}

static void d1_an_answer_that_is_cut_off_at_any_byte_gives_no_credential(void **state)
{
    const char *whole = alter_spell(TOKEN ",\"~expires_in~\":3600,\"~scopes~\":[\"a\"],\"~additional_credentials~\":{"
                                          "\"app\":\"s3cret2\"}}");
    size_t size = strlen(whole);

    (void)state;
    the.settings.retries = 0;
    for (size_t i = 0; i < size; i++) {
        alter_forget_replies();
        alter_reply(200, att_pool_text_size(the.pool, whole, i));
        assert_int_equal(alter_fetch_now(), ATT_RESULT_BACKEND);
        assert_int_equal(the.credential.part_count, 0);
        alter_assert_silent();
    }
}

static void what_is_wrong_beside_the_token_is_refused(void **state)
{
    static const struct {
        const char *members, *what;
    } cases[] = {
        {"\"~scopes~\":\"a b\"", "\"~scopes~\" is no list"},
        {"\"~scopes~\":[1]", "\"~scopes~\" has something in it that is no text"},
        {"\"~scope_mismatch~\":\"true\"", "\"~scope_mismatch~\" is neither true nor false"},
        {"\"~injection_header~\":7", "\"~injection_header~\" is no text of up to 127 characters"},
        {"\"~injection_format~\":7", "\"~injection_format~\" is no text of up to 255 characters"},
        {"\"~additional_credentials~\":[]", "\"~additional_credentials~\" is no object"},
        {"\"~additional_credentials~\":{\"a\":7}",
         "\"~additional_credentials~\" has an entry that is no text, or empty"},
        {"\"~additional_credentials~\":{\"a\":\"\"}",
         "\"~additional_credentials~\" has an entry that is no text, or empty"},
        {"\"~additional_injections~\":{}", "\"~additional_injections~\" is no list"},
        {"\"~additional_injections~\":[7]", "\"~additional_injections~\" has something in it that is no object"},
        {"\"~additional_injections~\":[{}]", "\"~key~\" is no text of up to 127 characters"},
        {"\"~additional_injections~\":[{\"~key~\":\"X\",\"~value_source~\":\"elsewhere\",\"~target~\":\"~header~\"}]",
         "\"~value_source~\" names nothing that the answer has"},
        {"\"~additional_injections~\":[{\"~key~\":\"X\",\"~value_source~\":\"~additional_credentials.~x\","
         "\"~target~\":\"~header~\"}]",
         "\"~value_source~\" names nothing that the answer has"},
        {"\"~additional_injections~\":[{\"~key~\":\"X\",\"~value_source~\":\"~token~\",\"~target~\":\"body\"}]",
         "\"~target~\" is no place that is known"},
        {"\"~additional_injections~\":[{\"~key~\":\"a\\u0001\",\"~value_source~\":\"~token~\","
         "\"~target~\":\"~query_param~\"}]",
         "\"~key~\" is no name of a query parameter"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++)
        assert_refused(att_pool_format(the.pool, TOKEN ",%s}", cases[i].members),
                       att_pool_format(the.pool,
                                       "its backend answered 200 with what is no answer: %s; check base_url, and the "
                                       "profile",
                                       cases[i].what));
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static void assert_placed(const char *members, const char *placed, const char *kind)
{
    struct att_config_inject *injects;
    struct att_findings findings;
    size_t count = 0;

    alter_forget_replies();
    alter_reply(200, att_pool_format(the.pool, TOKEN ",%s}", members));
    if (alter_fetch_now() != ATT_RESULT_OK)
        fail_msg("%s: %s", members, the.call.sentence);
    assert_string_equal(the.credential.placed, placed);
    assert_string_equal(the.credential.kind, kind);
    if (!*placed)
        return;
    att_findings_open(&findings, the.pool);
    if (!att_config_inject_parse(the.pool, placed, &injects, &count, &findings))
        fail_msg("%s: %s", placed, findings.list[0].text);
    att_findings_close(&findings);
}

static void the_credential_goes_where_the_service_says(void **state)
{
    (void)state;
    assert_placed("\"~injection_header~\":\"authorization\",\"~injection_format~\":\"Bearer {token}\"", "", "oauth");
    assert_placed("\"~injection_header~\":\"X-Api-Key\",\"~injection_format~\":\"{token}\"",
                  "({ header = \"X-Api-Key\"; format = \"{token}\"; })", "api_key");
    assert_placed("\"~injection_format~\":\"Key \\\"{token}\\\" \\\\x41\"",
                  "({ header = \"Authorization\"; format = \"Key \\\"{token}\\\" \\\\x41\"; })", "api_key");
    assert_placed("\"~additional_credentials~\":{\"app_key\":\"s3cret2\",\"App-Id\":\"s3cret3\",\"gone\":null,"
                  "\"token\":\"s3cret4\"},"
                  "\"~additional_injections~\":[{\"~target~\":\"~header~\",\"~key~\":\"DD-APPLICATION-KEY\","
                  "\"~value_source~\":\"~additional_credentials.~app_key\"},{\"~target~\":\"~query_param~\","
                  "\"~key~\":\"app id\",\"~value_source~\":\"~additional_credentials.~App-Id\"},"
                  "{\"~target~\":\"~query_param~\",\"~key~\":\"t\",\"~value_source~\":\"~token~\"}]",
                  "({ header = \"Authorization\"; format = \"Bearer {token}\"; }, "
                  "{ header = \"DD-APPLICATION-KEY\"; format = \"{app_key}\"; }, "
                  "{ query = \"app id\"; format = \"{extra_1}\"; }, { query = \"t\"; format = \"{token}\"; })",
                  "oauth");
    assert_string_equal(alter_part("app_key"), "s3cret2");
    assert_string_equal(alter_part("extra_1"), "s3cret3");
    assert_string_equal(alter_part("extra_2"), "s3cret4");
    assert_string_equal(alter_part("token"), "s3cret-token");
}

/* With a user name and a password among its parts the host would send Basic by itself. */
static void additional_credentials_do_not_change_where_the_token_goes(void **state)
{
    (void)state;
    assert_placed("\"~additional_credentials~\":{\"username\":\"u\",\"password\":\"s3cret2\"}",
                  "({ header = \"Authorization\"; format = \"Bearer {token}\"; })", "oauth");
}

static void credentials_of_AWS_sign_the_request(void **state)
{
    (void)state;
    assert_placed("\"~injection_header~\":\"Authorization\",\"~injection_format~\":\"Bearer {token}\","
                  "\"~additional_credentials~\":{\"~secret_key~\":\"s3cret2\",\"~session_token~\":\"s3cret3\","
                  "\"~region~\":\"eu-west-1\",\"~service~\":\"s3\"}",
                  "({ kind = \"sigv4\"; })", "aws");
    assert_string_equal(alter_part("secret_key"), "s3cret2");
    assert_string_equal(alter_part("session_token"), "s3cret3");
    assert_string_equal(alter_part("region"), "eu-west-1");
    assert_string_equal(alter_part("service"), "s3");
    assert_refused(
        TOKEN ",\"~additional_credentials~\":{\"~secret_key~\":\"s3cret2\"},\"~additional_injections~\":[{"
              "\"~target~\":\"~header~\",\"~key~\":\"authorization\",\"~value_source~\":\"~token~\"}]}",
        "its backend wants two credentials in the header \"authorization\"; correct it for this grant at the "
        "backend");
}

/* Of a profile that calls them otherwise. */
static void an_entry_called_like_a_part_that_signs_does_not_sign(void **state)
{
    (void)state;
    assert_placed("\"~additional_credentials~\":{\"secret_key\":\"s3cret2\",\"access_key_id\":\"s3cret3\"}",
                  "({ header = \"Authorization\"; format = \"Bearer {token}\"; })", "oauth");
    assert_null(alter_part("secret_key"));
    assert_null(alter_part("access_key_id"));
    assert_string_equal(alter_part("extra_0"), "s3cret2");
}

static void b6_b7_a_header_that_is_dangerous_is_refused(void **state)
{
    static const char *const names[] = {"Host",
                                        "Content-Length",
                                        "Transfer-Encoding",
                                        "Connection",
                                        "Expect",
                                        "TE",
                                        "Upgrade",
                                        "Proxy-Authorization",
                                        "Set-Cookie",
                                        "Content-Type",
                                        "Content-Encoding",
                                        "Trailer",
                                        "X-HTTP-Method-Override",
                                        "X-Original-URL",
                                        "X-Original-URI",
                                        "Accept-Encoding",
                                        "Range",
                                        "Forwarded",
                                        "X-Forwarded-For",
                                        "Keep-Alive"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(names); i++) {
        static const char refusal[] =
            "its backend wants the credential in a place that cannot carry one (header %s\"%s\"); "
            "correct it for this grant at the backend";
        const char *sentence = att_pool_format(the.pool, refusal, "", names[i]);

        assert_refused(att_pool_format(the.pool, TOKEN ",\"~injection_header~\":\"%s\"}", names[i]), sentence);
        assert_refused(att_pool_format(the.pool,
                                       TOKEN
                                       ",\"~additional_injections~\":[{\"~target~\":\"~header~\",\"~key~\":\"%s\","
                                       "\"~value_source~\":\"~token~\"}]}",
                                       names[i]),
                       att_pool_format(the.pool, refusal, "\"Authorization\", ", names[i]));
    }
}

static void a_header_or_format_that_is_none_is_refused(void **state)
{
    static const char *const formats[] = {
        "", "Bearer", "{token", "{other}", "{token}}", "a\\r\\nb {token}", "{token} {secret_key}", "{to\\u0000ken}"};
    static const char *const headers[] = {"", "X Y", "X:Y", "X\\r\\nY", "X\\u00e9"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(headers); i++)
        assert_refused(att_pool_format(the.pool, TOKEN ",\"~injection_header~\":\"%s\"}", headers[i]),
                       "its backend wants the credential in a header whose name is none; correct it for this grant at "
                       "the backend");
    for (size_t i = 0; i + 1 < ATT_COUNT(formats); i++)
        assert_refused(att_pool_format(the.pool, TOKEN ",\"~injection_format~\":\"%s\"}", formats[i]),
                       "its backend gave a format (\"~injection_format~\") that is no text around {token}; correct it "
                       "for this grant at the backend");
}

static void a_cookie_needs_the_consent_of_the_site(void **state)
{
    (void)state;
    assert_refused(TOKEN ",\"~injection_header~\":\"Cookie\",\"~injection_format~\":\"session={token}\"}",
                   "its backend wants the credential in the header \"Cookie\", which this site does not let it; set "
                   "allow_cookie = true, or correct it for this grant at the backend");
    the.settings.allow_cookie = 1;
    alter_open_module();
    assert_placed("\"~injection_header~\":\"Cookie\",\"~injection_format~\":\"session={token}\"",
                  "({ header = \"Cookie\"; format = \"session={token}\"; })", "api_key");
}

static void f5_every_allocation_of_a_fetch_fails_in_turn(void **state)
{
    att_result result = ATT_RESULT_NOMEM;

    (void)state;
    alter_give_user_token();
    the.settings.retries = 0;
    alter_open_module();
    for (int left = 0; result != ATT_RESULT_OK && left < 50; left++) {
        alter_forget_replies();
        alter_reply(200, "{\"~access_token~\":\"s3cr\\u0065t\",\"~additional_credentials~\":{\"a\":\"\\u0062\"}}");
        the.allocations_left = left;
        result = alter_fetch_now();
        if (result != ATT_RESULT_OK)
            assert_int_equal(result, ATT_RESULT_NOMEM);
        the.replied = the.reply_count;
    }
    assert_int_equal(result, ATT_RESULT_OK);
    assert_string_equal(alter_part("a"), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALTER_TEST(a_credential_is_asked_for_with_all_that_is_known),
        ALTER_TEST(a_grant_is_found_by_provider_and_account),
        ALTER_TEST(a_body_of_any_size_is_written),
        ALTER_TEST(every_request_is_signed_by_the_recipe),
        ALTER_TEST(an_attempt_is_signed_anew),
        ALTER_TEST(what_the_service_calls_a_caller_is_sent_back_for_that_caller),
        ALTER_TEST(callers_without_number_take_no_memory_without_end),
        ALTER_TEST(a_deprecated_key_is_told_once),
        ALTER_TEST(d2_d12_d13_the_expiry_of_a_token),
        ALTER_TEST(scopes_and_what_is_out_of_date_are_told),
        ALTER_TEST(more_scopes_than_fit_are_cut_at_a_scope),
        ALTER_TEST(a_replayed_answer_is_not_used),
        ALTER_TEST(an_id_in_capitals_is_the_same_grant),
        ALTER_TEST(a_token_of_a_type_that_is_not_known_is_not_sent_as_bearer),
        ALTER_TEST(b9_a_credential_with_a_line_break_is_not_sent),
        ALTER_TEST(d1_d3_what_is_no_answer_is_asked_for_again_and_refused),
        ALTER_TEST(d1_an_answer_that_is_cut_off_at_any_byte_gives_no_credential),
        ALTER_TEST(what_is_wrong_beside_the_token_is_refused),
        ALTER_TEST(the_credential_goes_where_the_service_says),
        ALTER_TEST(additional_credentials_do_not_change_where_the_token_goes),
        ALTER_TEST(credentials_of_AWS_sign_the_request),
        cmocka_unit_test_setup_teardown(an_entry_called_like_a_part_that_signs_does_not_sign, alter_host_open_other,
                                        alter_host_close),
        ALTER_TEST(b6_b7_a_header_that_is_dangerous_is_refused),
        ALTER_TEST(a_header_or_format_that_is_none_is_refused),
        ALTER_TEST(a_cookie_needs_the_consent_of_the_site),
        ALTER_TEST(f5_every_allocation_of_a_fetch_fails_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
