/* tests/unit/test-alter-profile.c: the wire profile: what is built in is what etc/alter-1.conf says, and what a site
 * may write over it. And the other options of the provider. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config.h"
#include "providers/alter/words.h"
#include "tests/unit/alter-host.h"

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static const char *read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = att_pool_take(the.pool, 65536);
    size_t size;

    assert_non_null(file);
    size = fread(text, 1, 65535, file);
    assert_in_range(size, 1, 65534);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* Hands the file's values to the module, as a host does. Only those whose name begins with `only`. */
static void take_values(const struct att_value *value, const char *name, const char *only)
{
    for (size_t i = 0; i < value->count; i++) {
        const struct att_value *item = value->items[i];
        const char *own = item->name ? item->name : att_pool_format(the.pool, "%zu", i);
        const char *path = *name ? att_pool_format(the.pool, "%s.%s", name, own) : own;

        if (item->type == ATT_VALUE_GROUP || item->type == ATT_VALUE_LIST)
            take_values(item, path, only);
        else if (strncmp(path, only, strlen(only)) == 0)
            alter_write_profile(path, att_pool_text(the.pool, item->text), ATT_OPTION_TEXT, item->place.line);
    }
}

static const struct att_value *shipped(void)
{
    struct att_findings findings;
    const struct att_value *root;

    att_findings_open(&findings, the.pool);
    root = att_config_parse(the.pool, "alter-1.conf",
                            read_text(att_pool_format(the.pool, "%s/etc/alter-1.conf", secure_getenv("ATT_SOURCE"))),
                            &findings);
    if (!root)
        fail_msg("%s", findings.list[0].text);
    att_findings_close(&findings);
    return root;
}

static void forget_profile(void)
{
    memset(the.settings.data, 0, sizeof the.settings.data);
}

/* Every answer to a fetch that shows what the profile is, as one text. */
static const char *behaviour(void)
{
    static const struct {
        int status;
        const char *body;
    } answers[] = {
        {400, "{\"error\":\"credential_revoked\"}"},
        {400, "{\"error\":\"grant_revoked\"}"},
        {400, "{\"error\":\"hitl_grant_requires_proxy\"}"},
        {400, "{\"error\":\"restricted_grant_requires_proxy\"}"},
        {400, "{\"error\":\"something\"}"},
        {401, "{\"error\":\"invalid_key\"}"},
        {401, "{\"error\":\"key_revoked\"}"},
        {401, "{\"error\":\"invalid_signature\"}"},
        {401, "{\"error\":\"clock_skew\"}"},
        {401, "{\"error\":\"replayed\"}"},
        {401, "{}"},
        {403, "{\"error\":\"grant_expired\"}"},
        {403, "{\"error\":\"insufficient_scope\"}"},
        {403, "{\"policy_error\":\"rate_limit_exceeded\"}"},
        {403, "{}"},
        {404, "{}"},
        {409, "{\"error\":\"ambiguous_grant\"}"},
        {409, "{\"error\":\"other\"}"},
        {410, "{}"},
        {429, "{}"},
        {599, "{}"},
        {418, "{}"},
    };
    const char *all = "";

    the.settings.retries = 0;
    for (size_t i = 0; i < ATT_COUNT(answers); i++) {
        att_result result;

        alter_forget_replies();
        alter_reply(answers[i].status, answers[i].body);
        result = alter_fetch_now();
        all = att_pool_format(the.pool, "%s%d %s\n", all, (int)result, the.call.sentence);
    }
    return all;
}

/* The words are compared one by one: each is what the file says, or one of the two lacks it. */
static void what_is_built_in_is_what_the_file_says(void **state)
{
    static const char *const built_in[][2] = {
#define ENTRY(id, key, initial, kind) {key, initial},
        ALTER_WORDS(ENTRY)
#undef ENTRY
    };
    const struct att_value *root = shipped();
    size_t words = 0;

    (void)state;
    take_values(root, "", "");
    for (const struct att_datum *datum = the.settings.data; datum->name; datum++) {
        size_t i = 0;

        if (strpbrk(datum->name, "0123456789"))
            continue;
        while (i < ATT_COUNT(built_in) && strcmp(built_in[i][0], datum->name) != 0)
            i++;
        if (i == ATT_COUNT(built_in))
            fail_msg("%s is in the file alone", datum->name);
        assert_string_equal(datum->text, built_in[i][1]);
        words++;
    }
    assert_int_equal(words, ATT_COUNT(built_in));
}

static void the_lists_that_are_built_in_are_those_of_the_file(void **state)
{
    const char *by_itself, *by_file;

    (void)state;
    by_itself = behaviour();
    take_values(shipped(), "", "errors.");
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    by_file = behaviour();
    assert_string_equal(by_itself, by_file);
    assert_non_null(strstr(by_itself, "send it with --by-backend, so that a human can decide"));
}

static void the_whole_file_is_a_profile(void **state)
{
    (void)state;
    take_values(shipped(), "", "");
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_string_equal(the.settings.wrong, "");
}

/* ---- what a site writes ------------------------------------------------------------------------------------------ */

static void what_is_wrong_with_a_profile_is_told_with_its_line(void **state)
{
    static const struct {
        const char *name, *text;
        uint32_t type;
        const char *sentence;
    } cases[] = {
        {"token.request.grnt", "x", ATT_OPTION_TEXT,
         "\"token.request.grnt\" is no word of a profile; correct it, attache-alter(7) has all of them"},
        {"token.method", "post", ATT_OPTION_TEXT,
         "token.method = \"post\" is no method; write one as in \"POST\", in capitals"},
        {"token.path", "sdk/token", ATT_OPTION_TEXT,
         "token.path = \"sdk/token\" is no path; begin it with \"/\", and write what is no letter or digit as %XX has "
         "it"},
        {"token.path", "", ATT_OPTION_TEXT,
         "token.path = \"\" is empty, and cannot be left out; write what the service calls it"},
        {"headers.key", "x key", ATT_OPTION_TEXT,
         "headers.key = \"x key\" is no name of a header; write letters, digits and hyphens"},
        {"headers.key", "", ATT_OPTION_TEXT,
         "headers.key = \"\" is empty, and cannot be left out; write what the service calls it"},
        {"token.answer.token", "a\"b", ATT_OPTION_TEXT,
         "token.answer.token = \"a\"b\" is no name of a member; write up to 64 printable characters without \" and \\"},
        {"token.answer.token", "", ATT_OPTION_TEXT,
         "token.answer.token = \"\" is empty, and cannot be left out; write what the service calls it"},
        {"token.answer.type", "7", ATT_OPTION_INTEGER, "token.answer.type = \"7\" must be text; write it in quotes"},
        {"token.request.url", "method", ATT_OPTION_TEXT,
         "token.request.method and token.request.url have the same name \"method\"; give each its own"},
        {"signing.encoding", "base32", ATT_OPTION_TEXT,
         "signing.encoding = \"base32\" is none; write \"hex\" or \"base64\""},
        {"signing.parts.0", "body", ATT_OPTION_TEXT,
         "signing.parts.0 = \"body\" is no part of what is signed; write method, target, timestamp, nonce, "
         "content_hash, "
         "caller, caller_type or actor"},
        {"key_prefixes.0", "", ATT_OPTION_TEXT,
         "key_prefixes.0 = \"\" is empty, and every text begins so; write what an API key begins with"},
        {"refresh_delays.0", "soon", ATT_OPTION_TEXT,
         "refresh_delays.0 = \"soon\" is no delay of up to a minute; write one as in \"2s\" or \"500ms\""},
        {"refresh_delays.0", "61s", ATT_OPTION_TEXT,
         "refresh_delays.0 = \"61s\" is no delay of up to a minute; write one as in \"2s\" or \"500ms\""},
        {"errors.0.status", "9xx", ATT_OPTION_TEXT,
         "errors.0.status = \"9xx\" is no status; write one as in \"403\", or a class as in \"5xx\""},
        {"errors.0.result", "gone", ATT_OPTION_TEXT,
         "errors.0.result = \"gone\" is no result; write revoked, expired, reauth, denied, limited, not_found, "
         "ambiguous, "
         "refreshing, unavailable, backend or pending"},
        {"errors.0.colour", "red", ATT_OPTION_TEXT,
         "errors.0.colour = \"red\" is nothing that an error has; write status, code, policy, result and advice"},
        {"errors.64.status", "404", ATT_OPTION_TEXT,
         "errors.64.status = \"404\" is in one row too many; 64 are the most"},
        {"errors.0.status", "404", ATT_OPTION_TEXT, "errors.0 lacks a status or a result; write both"},
        {"errors.0.code", "", ATT_OPTION_TEXT,
         "errors.0.code = \"\" is empty or longer than 128 bytes; leave it out, or shorten it"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        forget_profile();
        alter_write_profile(cases[i].name, cases[i].text, cases[i].type, 17);
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        if (!strstr(the.settings.wrong, att_pool_format(the.pool, "17: %s\n", cases[i].sentence)))
            fail_msg("%s = %s: %s", cases[i].name, cases[i].text, the.settings.wrong);
    }
}

static void every_fault_of_a_profile_is_told(void **state)
{
    (void)state;
    alter_write_profile("token.method", "post", ATT_OPTION_TEXT, 3);
    alter_write_profile("nothing", "x", ATT_OPTION_TEXT, 4);
    assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
    assert_non_null(strstr(the.settings.wrong, "3: token.method"));
    assert_non_null(strstr(the.settings.wrong, "4: \"nothing\""));
}

/* What a site leaves empty is not sent, and what it does not write stays. */
static void an_empty_name_leaves_a_field_or_a_header_out(void **state)
{
    (void)state;
    alter_write_profile("token.request.method", "", ATT_OPTION_TEXT, 1);
    alter_write_profile("headers.nonce", "", ATT_OPTION_TEXT, 2);
    alter_write_profile("token.answer.expires_in", "", ATT_OPTION_TEXT, 3);
    alter_reply(200, "{\"access_token\":\"s3cret\",\"expires_in\":\"is not looked at\"}");
    assert_int_equal(alter_fetch_now(), ATT_RESULT_OK);
    assert_string_equal(
        the.asked[0].body,
        "{\"grant_id\":\"11111111-2222-3333-4444-555555555555\",\"url\":\"https://api.example/v1/me\"}");
    assert_null(alter_header(&the.asked[0], "x-alter-nonce"));
    assert_non_null(alter_header(&the.asked[0], "x-alter-timestamp"));
}

/* ---- other options ----------------------------------------------------------------------------------------------- */

static void a_key_of_another_kind_is_not_sent_anywhere(void **state)
{
    static const struct {
        const char *key, *sentence;
    } cases[] = {
        {"sk_live_s3cret", "it is no API key of this service, which begin with one of alter_rk_, alter_ak_, alter_dk_, "
                           "alter_pk_, alter_key_; check what the reference leads to: it is not sent anywhere"},
        {"alter_rk_", "it is no API key of this service, which begin with one of alter_rk_, alter_ak_, alter_dk_, "
                      "alter_pk_, alter_key_; check what the reference leads to: it is not sent anywhere"},
        {"alter_rk_s3cret\n",
         "it is no API key: it is empty, longer than 512 bytes, or has characters that no key has; "
         "check what the reference leads to"},
        {"", "it is no API key: it is empty, longer than 512 bytes, or has characters that no key has; check what the "
             "reference leads to"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        the.settings.key = cases[i].key;
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(the.settings.option, "api_key");
        assert_string_equal(the.settings.problem, cases[i].sentence);
        alter_assert_silent();
    }
}

static void a_base_url_that_is_none_is_refused(void **state)
{
    static const char *const none[] = {"api.alterauth.com", "https://",      "https:///sdk",    "https://a.example/?x",
                                       "https://u@h",       "https://h/#f",  "ftp://a.example", "https://h\\@e",
                                       "https://h h",       "https://h/%61", "https://h/../x",  "https://h/a/."};
    static const char *const clear[] = {"http://api.example", "http://localhost.example", "http://127.0.0.1.example",
                                        "http://10.0.0.1"};
    static const char *const good[] = {"https://api.example", "http://127.0.0.1:8080", "http://localhost:1",
                                       "http://[::1]:9/x", "HTTPS://api.example/alter/"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(none); i++) {
        the.settings.base_url = none[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(the.settings.option, "base_url");
        assert_string_equal(the.settings.problem,
                            att_pool_format(the.pool,
                                            "\"%s\" is no URL of a service; write one as in "
                                            "\"https://api.alterauth.com\", without user, query, fragment, escapes, "
                                            "\".\" and \"..\"",
                                            none[i]));
    }
    for (size_t i = 0; i < ATT_COUNT(clear); i++) {
        the.settings.base_url = clear[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
        assert_string_equal(
            the.settings.problem,
            att_pool_format(the.pool,
                            "\"%s\" would send the API key in the clear; write https://, http:// is for "
                            "this machine alone",
                            clear[i]));
    }
    for (size_t i = 0; i < ATT_COUNT(good); i++) {
        the.settings.base_url = good[i];
        assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    }
}

static void a_base_url_is_asked_in_its_one_form(void **state)
{
    static const char *const cases[][2] = {{"HTTPS://API.Example:443/Alter//", "https://api.example/Alter/sdk/token"},
                                           {"http://LOCALHOST:80", "http://localhost/sdk/token"},
                                           {"https://api.example:80", "https://api.example:80/sdk/token"},
                                           {"http://[::1]:443", "http://[::1]:443/sdk/token"}};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        the.settings.base_url = cases[i][0];
        assert_int_equal(alter_open_module(), ATT_RESULT_OK);
        alter_forget_replies();
        alter_reply(404, "");
        assert_int_equal(alter_fetch_now(), ATT_RESULT_NOT_FOUND);
        assert_string_equal(the.asked[0].url, cases[i][1]);
    }
}

static void nothing_is_kept_unless_the_site_says_so(void **state)
{
    (void)state;
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_false(the.settings.cached);
    assert_true(the.settings.bounded);
    the.settings.cache = "on";
    assert_int_equal(alter_open_module(), ATT_RESULT_OK);
    assert_true(the.settings.cached);
    assert_int_equal(the.settings.promise.longest_ms, 60000);
    assert_int_equal(the.settings.promise.shared, 0);
}

static void every_allocation_of_an_open_fails_in_turn(void **state)
{
    bool opened = false;

    (void)state;
    alter_write_profile("token.path", "/x", ATT_OPTION_TEXT, 1);
    alter_write_profile("errors.0.status", "404", ATT_OPTION_TEXT, 2);
    alter_write_profile("errors.0.result", "denied", ATT_OPTION_TEXT, 2);
    alter_write_profile("errors.0.code", "x", ATT_OPTION_TEXT, 2);
    for (int left = 0; !opened && left < 200; left++) {
        the.allocations_left = left;
        opened = alter_open_module() == ATT_RESULT_OK;
    }
    assert_true(opened);
}

int main(void)
{
#define PLAIN(function) cmocka_unit_test_setup_teardown(function, alter_host_open, alter_host_close)
    const struct CMUnitTest tests[] = {
        PLAIN(what_is_built_in_is_what_the_file_says),
        PLAIN(the_lists_that_are_built_in_are_those_of_the_file),
        PLAIN(the_whole_file_is_a_profile),
        PLAIN(what_is_wrong_with_a_profile_is_told_with_its_line),
        PLAIN(every_fault_of_a_profile_is_told),
        PLAIN(an_empty_name_leaves_a_field_or_a_header_out),
        PLAIN(a_key_of_another_kind_is_not_sent_anywhere),
        PLAIN(a_base_url_that_is_none_is_refused),
        PLAIN(a_base_url_is_asked_in_its_one_form),
        PLAIN(nothing_is_kept_unless_the_site_says_so),
        PLAIN(every_allocation_of_an_open_fails_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
