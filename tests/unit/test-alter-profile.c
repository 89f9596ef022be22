/* tests/unit/test-alter-profile.c: the wire profile: what is built in is what etc/alter-1.conf says, and what a site
 * may write over it. */
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
         "\"token.request.grnt\" is no word of a profile; correct it, alter-1.conf among the documentation has all of "
         "them"},
        {"token", "x", ATT_OPTION_TEXT, "\"token\" must be a group; write its words in { }"},
        {"token.path.0", "/x", ATT_OPTION_TEXT, "\"token.path\" must be text; write it in quotes"},
        {"errors", "x", ATT_OPTION_TEXT,
         "\"errors\" must be a list; write one as alter-1.conf among the documentation has it"},
        {"errors.status", "403", ATT_OPTION_TEXT,
         "\"errors\" must be a list; write one as alter-1.conf among the documentation has it"},
        {"key_prefixes.a", "x", ATT_OPTION_TEXT,
         "\"key_prefixes\" must be a list; write one as alter-1.conf among the documentation has it"},
        {"token.method", "post", ATT_OPTION_TEXT,
         "token.method = \"post\" is no method; write one as in \"POST\", in capitals"},
        {"token.path", "sdk/token", ATT_OPTION_TEXT,
         "token.path = \"sdk/token\" is no path; begin it with \"/\", and write letters, digits and "
         "-._~/=?&:@ alone"},
        {"grants.path", "/x#y", ATT_OPTION_TEXT,
         "grants.path = \"/x#y\" is no path; begin it with \"/\", and write letters, digits and -._~/=?&:@ alone"},
        {"token.path", "/x/{grant_id}", ATT_OPTION_TEXT,
         "token.path = \"/x/{grant_id}\" has braces, and nothing is replaced in it; leave them out"},
        {"revoke.path", "/sdk/revoke", ATT_OPTION_TEXT,
         "revoke.path = \"/sdk/revoke\" must have {grant_id} once, and no other braces; write it as in "
         "\"/sdk/grants/{grant_id}/revoke\""},
        {"approval.path", "/x/{grant_id}", ATT_OPTION_TEXT,
         "approval.path = \"/x/{grant_id}\" must have {approval_id} once, and no other braces; write it as in "
         "\"/sdk/approvals/{approval_id}\""},
        {"approval_result.path", "/{approval_id}/{approval_id}", ATT_OPTION_TEXT,
         "approval_result.path = \"/{approval_id}/{approval_id}\" must have {approval_id} once, and no other braces; "
         "write it as in \"/sdk/approvals/{approval_id}/result\""},
        {"connect_page", "/x", ATT_OPTION_TEXT,
         "connect_page = \"/x\" must have {session_token} once, and no other braces; write it as in "
         "\"/sdk/oauth/connect#session={session_token}\""},
        {"token.path", "", ATT_OPTION_TEXT,
         "token.path = \"\" is empty, and cannot be left out; write what the service calls it"},
        {"headers.key", "x key", ATT_OPTION_TEXT,
         "headers.key = \"x key\" is no name of a header; write letters, digits and hyphens"},
        {"headers.key", "Host", ATT_OPTION_TEXT,
         "headers.key = \"Host\" is a header that HTTP or this program sets itself; write another"},
        {"headers.nonce", "Proxy-X", ATT_OPTION_TEXT,
         "headers.nonce = \"Proxy-X\" is a header that HTTP or this program sets itself; write another"},
        {"headers.caller", "X-API-key", ATT_OPTION_TEXT,
         "headers.key and headers.caller have the same name \"x-api-key\"; give each its own"},
        {"headers.key", "X-Alter-Nonce", ATT_OPTION_TEXT,
         "headers.key and headers.nonce have the same name \"X-Alter-Nonce\"; give each its own"},
        {"headers.deprecated", "x-alter-actor-id", ATT_OPTION_TEXT,
         "headers.actor_given and headers.deprecated have the same name \"x-alter-actor-id\"; give each its own"},
        {"base_url", "https://ann:s3cret@h.example", ATT_OPTION_TEXT,
         "base_url is no URL of a service; write one as in \"https://api.alterauth.com\", without user, query, "
         "fragment, escapes, \".\" and \"..\""},
        {"base_url", "http://s3cret.example", ATT_OPTION_TEXT,
         "base_url would send the API key in the clear; write https://, http:// is for this machine alone"},
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
        assert_null(strstr(the.settings.wrong, "s3cret"));
        assert_string_equal(the.settings.problem, "");
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
    forget_profile();
    alter_write_profile("errors.0.status", "9xx", ATT_OPTION_TEXT, 5);
    alter_write_profile("errors.0.result", "gone", ATT_OPTION_TEXT, 6);
    assert_int_equal(alter_open_module(), ATT_RESULT_CONFIG);
    assert_non_null(strstr(the.settings.wrong, "5: errors.0.status = \"9xx\" is no status"));
    assert_null(strstr(the.settings.wrong, "lacks"));
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
        PLAIN(every_allocation_of_an_open_fails_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
