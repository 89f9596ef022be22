/* tests/api/test-grants.c: att_grants_list and att_grant_revoke on a scripted backend. */
#include "tests/api/mocked.h"

/* Three grants, of which one is another user's. */
static const char three[] =
    "{ \"grants\": {"
    "  \"g-1\": { \"token\": \"t-1\", \"listed\": { \"provider\": \"google\", \"account\": \"ann@a.example\","
    "              \"scopes\": [\"read\", \"write\"], \"scopes_outdated\": true,"
    "              \"created\": \"2026-01-01T00:00:00Z\", \"expires\": \"2030-01-01T00:00:00Z\" } },"
    "  \"g-2\": { \"token\": \"t-2\", \"listed\": { \"provider\": \"github\" } },"
    "  \"g-3\": { \"token\": \"t-3\", \"user\": \"token-of-bob\", \"listed\": { \"provider\": \"google\" } } } }";

#define LIST(mocked, page, ...)                                                                                     \
    att_grants_list((mocked)->client, ATT_GRANTS(.reason = "a look", __VA_ARGS__), mocked_take_grant, mocked, page, \
                    &(mocked)->error)
#define REVOKE(mocked, ...) att_grant_revoke((mocked)->client, ATT_REVOKE(__VA_ARGS__), &(mocked)->error)

/* ---- listing ----------------------------------------------------------------------------------------------------- */

static void the_grants_of_the_only_backend_are_listed(void **state)
{
    struct mocked *mocked = *state;
    att_grants_page page = {.size = sizeof page};

    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, &page, .limit = 0), ATT_OK);
    assert_string_equal(mocked->told, "g-1 google oauth ann@a.example active [read write]\n"
                                      "g-2 github oauth - active []\n");
    assert_int_equal(page.count, 2);
    assert_int_equal(page.total, 2);
    assert_false(page.has_more);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_listed\",\"phase\":\"decision\"",
                                    "\"reason\":\"a look\",\"decision\":\"permit\",\"rule\":\"default\""),
                     1);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_listed\",\"phase\":\"result\"",
                                    "\"outcome\":\"ATT_OK\",\"detail\":\"2 grants were listed\""),
                     1);
}

static void a_list_comes_in_pages_and_through_filters(void **state)
{
    struct mocked *mocked = *state;
    att_grants_page page = {.size = sizeof page};

    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, &page, .limit = 1), ATT_OK);
    assert_int_equal(page.count, 1);
    assert_true(page.has_more);
    assert_int_equal(LIST(mocked, &page, .limit = 1, .offset = 1), ATT_OK);
    assert_false(page.has_more);
    assert_string_equal(mocked->told, "g-1 google oauth ann@a.example active [read write]\n"
                                      "g-2 github oauth - active []\n");
    mocked->told[0] = '\0';
    assert_int_equal(LIST(mocked, NULL, .provider = "github", .backend = "mock"), ATT_OK);
    assert_string_equal(mocked->told, "g-2 github oauth - active []\n");
    assert_int_equal(LIST(mocked, &page, .status = "expired"), ATT_OK);
    assert_int_equal(page.count, 0);
}

static void an_older_caller_gets_the_page_that_it_knows(void **state)
{
    struct mocked *mocked = *state;
    struct {
        att_grants_page page;
        char after;
    } own = {.page = {.size = offsetof(att_grants_page, total), .total = 77}};

    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, &own.page, .limit = 0), ATT_OK);
    assert_int_equal(own.page.count, 2);
    assert_int_equal(own.page.total, 77);
}

static void a_user_sees_what_is_of_that_user(void **state)
{
    struct mocked *mocked = *state;

    mocked->user_token = "token-of-bob";
    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, NULL, .provider = "google"), ATT_OK);
    assert_non_null(strstr(mocked->told, "g-3"));
    mocked->told[0] = '\0';
    assert_int_equal(LIST(mocked, NULL, .provider = "google", .user_token = "token-of-ann"), ATT_OK);
    assert_null(strstr(mocked->told, "g-3"));
    assert_int_equal(mocked_records(mocked, "token-of-", ""), 0);
}

static void without_the_token_that_the_callback_owes_nothing_is_asked(void **state)
{
    struct mocked *mocked = *state;

    mocked->user_token = "";
    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_STATE);
    assert_string_equal(mocked->error.message,
                        "there is no user token: the callback of the client gave none; sign the user in again");
    assert_int_equal(REVOKE(mocked, .grant = "g-1"), ATT_STATE);
    mocked->user_token = "token-of\r\nx-evil: 1";
    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_INVALID);
    assert_string_equal(mocked->error.message, "the user token is refused: it has a control character; give it without "
                                               "line ends and the like");
    assert_string_equal(mocked->error.field, "user_token");
    assert_int_equal(mocked_records(mocked, "grant_", ""), 0);
}

static void what_is_wrong_with_a_list_is_told_before_anything_happens(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, three);
    assert_int_equal(LIST(mocked, NULL, .limit = 1001), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "the limit 1001 is refused: a page has 1 to 1000 grants; go on with offset");
    assert_string_equal(mocked->error.field, "limit");
    assert_int_equal(LIST(mocked, NULL, .limit = -1), ATT_INVALID);
    assert_int_equal(LIST(mocked, NULL, .offset = -1), ATT_INVALID);
    assert_string_equal(mocked->error.message, "the offset is negative; give 0 for the first page");
    assert_int_equal(LIST(mocked, NULL, .account = "a\nb"), ATT_INVALID);
    assert_string_equal(mocked->error.field, "account");
    assert_int_equal(LIST(mocked, NULL, .timeout_ms = -1), ATT_INVALID);
    assert_string_equal(mocked->error.message, "timeout_ms is negative; give milliseconds, or 0 for the usual time");
    assert_int_equal(LIST(mocked, NULL, .user_token = ""), ATT_INVALID);
    assert_int_equal(LIST(mocked, NULL, .context = ATT_PAIRS({"", "x"})), ATT_INVALID);
    assert_int_equal(att_grants_list(NULL, NULL, NULL, NULL, NULL, &mocked->error), ATT_STATE);
    assert_int_equal(mocked_records(mocked, "grant_listed", ""), 0);
    assert_int_equal(att_grants_list(mocked->client, NULL, NULL, NULL, NULL, NULL), ATT_OK);
}

/* ---- which backend ----------------------------------------------------------------------------------------------- */

static void of_several_backends_one_has_to_be_named(void **state)
{
    struct mocked *mocked = *state;

    mocked_open_as(mocked, three,
                   MOCKED_PROVIDERS ", { name = \"other\"; module = \"mock.so\"; options = { script = \"@\"; }; }",
                   MOCKED_POLICY);
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "several providers have a backend with grants: \"mock\", \"other\"; say which one is meant, by "
                        "--backend or in the options");
    assert_string_equal(mocked->error.field, "backend");
    assert_int_equal(LIST(mocked, NULL, .backend = "other"), ATT_OK);
    assert_int_equal(mocked_records(mocked, "grant_listed", "\"provider\":\"other\""), 2);
    assert_int_equal(LIST(mocked, NULL, .backend = "third"), ATT_INVALID);
    assert_string_equal(mocked->error.message,
                        "provider \"third\" is not configured; grants are kept by \"mock\", \"other\"");
    /* A grant is revoked where its stack gets it from. */
    assert_int_equal(REVOKE(mocked, .grant = "calendar"), ATT_OK);
    assert_int_equal(mocked_records(mocked, "grant_revoked", "\"provider\":\"mock\""), 2);
    assert_int_equal(REVOKE(mocked, .grant = "g-2", .backend = "other"), ATT_OK);
    assert_int_equal(mocked_records(mocked, "grant_revoked", "\"provider\":\"other\""), 2);
}

static void a_provider_without_grants_is_none(void **state)
{
    struct mocked *mocked = *state;

    mocked_open_as(mocked, three,
                   "{ name = \"mock\"; module = \"exec.so\"; options = { command = [ \"/bin/true\" ]; "
                   "protocol = \"plain\"; }; }",
                   MOCKED_POLICY);
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_CONFIG);
    assert_string_equal(mocked->error.message,
                        "no provider of the configuration has a backend with grants; add { name = \"alter\"; module = "
                        "\"alter_connect.so\"; } to its providers");
    assert_int_equal(LIST(mocked, NULL, .backend = "mock"), ATT_CONFIG);
    assert_string_equal(mocked->error.message,
                        "provider \"mock\" has no backend with grants; name one that has, such as a provider with "
                        "module = \"alter_connect.so\"");
}

/* ---- revoking ---------------------------------------------------------------------------------------------------- */

static void a_grant_is_revoked_by_alias_or_id(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, three);
    assert_int_equal(REVOKE(mocked, .grant = "calendar", .reason = "lost laptop"), ATT_OK);
    assert_int_equal(
        mocked_records(mocked, "\"event\":\"grant_revoked\",\"phase\":\"decision\"", "\"reason\":\"lost laptop\""), 1);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_revoked\",\"phase\":\"result\"",
                                    "\"detail\":\"grant \\\"calendar\\\" was revoked\""),
                     1);
    assert_int_equal(
        mocked_records(mocked, "\"event\":\"grant_revoked\"", "\"grant\":\"calendar\",\"grant_id\":\"g-1\""), 2);
    assert_int_equal(LIST(mocked, NULL, .provider = "google"), ATT_OK);
    assert_non_null(strstr(mocked->told, "g-1 google oauth ann@a.example revoked"));
    assert_int_equal(REVOKE(mocked, .grant = "g-2"), ATT_OK);
}

static void what_is_not_there_or_is_another_users_cannot_be_revoked(void **state)
{
    struct mocked *mocked = *state;

    mocked->user_token = "token-of-ann";
    mocked_open(mocked, three);
    assert_int_equal(REVOKE(mocked, .grant = "g-3"), ATT_NOT_FOUND);
    assert_string_equal(mocked->error.grant, "g-3");
    assert_string_equal(mocked->error.provider, "mock");
    assert_int_equal(REVOKE(mocked, .grant = "g-9"), ATT_NOT_FOUND);
    assert_int_equal(REVOKE(mocked, .user_token = "token-of-bob", .grant = "g-3"), ATT_OK);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_revoked\"", "\"outcome\":\"ATT_NOT_FOUND\""), 2);
}

static void what_is_wrong_with_a_revocation_is_told(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, three);
    assert_int_equal(REVOKE(mocked, .reason = "none named"), ATT_INVALID);
    assert_string_equal(mocked->error.message, "no grant is named; give the alias or the id of the one to revoke");
    assert_int_equal(REVOKE(mocked, .grant = "0B9F0A4E-5D0C-4C5E-9D6A-000000000001"), ATT_INVALID);
    assert_string_equal(
        mocked->error.message,
        "the grant is refused: its UUID has capital letters; write it in lower case, as the site's rules "
        "do");
    assert_int_equal(REVOKE(mocked, .grant = ""), ATT_INVALID);
    assert_int_equal(att_grant_revoke(NULL, NULL, &mocked->error), ATT_STATE);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void every_failure_of_the_backend_has_its_status_and_fields(void **state)
{
    static const struct {
        const char *list;
        att_status status;
        const char *message;
    } cases[] = {
        {"\"result\": \"denied\", \"rule\": \"hours\", \"code\": \"policy_error\"", ATT_DENIED,
         "the grants could not be listed by provider \"mock\": the mock script answers so; ask whoever keeps the "
         "backend's "
         "policy"},
        {"\"result\": \"reauth\"", ATT_REAUTH,
         "the grants could not be listed by provider \"mock\": the mock script answers so; sign the user in "
         "again"},
        {"\"result\": \"limited\", \"retry_after\": \"3s\"", ATT_RATE_LIMITED,
         "the grants could not be listed by provider \"mock\": the mock script answers so; try again later"},
        {"\"result\": \"backend\", \"http_status\": 401, \"code\": \"invalid_key\"", ATT_BACKEND,
         "the grants could not be listed by provider \"mock\": the mock script answers so; see the options of the "
         "provider"},
        {"\"result\": \"unavailable\", \"say\": \"it answers 503; wait\"", ATT_BACKEND,
         "the grants could not be listed by provider \"mock\": it answers 503; wait"},
        {"\"result\": \"fault\"", ATT_MODULE,
         "the grants could not be listed by provider \"mock\": the mock script answers so; see the log, and report it "
         "to the "
         "module's author"},
        {"\"result\": \"config\"", ATT_CONFIG,
         "the grants could not be listed by provider \"mock\": the mock script answers so; correct the "
         "options "
         "of the provider"},
    };
    struct mocked *mocked = *state;
    char script[256];

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        snprintf(script, sizeof script, "{ \"grants\": {}, \"list\": { %s } }", cases[i].list);
        mocked_open(mocked, script);
        assert_int_equal(LIST(mocked, NULL, .limit = 0), cases[i].status);
        assert_string_equal(mocked->error.message, cases[i].message);
        assert_string_equal(mocked->error.provider, "mock");
        if (cases[i].status == ATT_DENIED) {
            assert_string_equal(mocked->error.rule, "hours");
            assert_string_equal(mocked->error.code, "policy_error");
            assert_int_equal(mocked_records(mocked, "\"phase\":\"result\"", "\"rule\":\"hours\""), 1);
        }
        if (cases[i].status == ATT_RATE_LIMITED)
            assert_int_equal(mocked->error.retry_after_ms, 3000);
        if (i == 3) {
            assert_int_equal(mocked->error.http_status, 401);
            assert_string_equal(mocked->error.code, "invalid_key");
        }
    }
}

static void a_backend_that_hangs_fails_at_the_deadline(void **state)
{
    struct mocked *mocked = *state;

    mocked_open(mocked, "{ \"grants\": { \"g-1\": { \"token\": \"t\", \"revoke\": { \"hang\": true } } }, \"list\": { "
                        "\"hang\": true } }");
    assert_int_equal(LIST(mocked, NULL, .timeout_ms = 50), ATT_TIMEOUT);
    assert_string_equal(mocked->error.which, "provider mock");
    assert_int_equal(REVOKE(mocked, .grant = "g-1", .timeout_ms = 50), ATT_TIMEOUT);
    assert_string_equal(
        mocked->error.message,
        "grant \"calendar\" could not be revoked by provider \"mock\": the deadline passed while it was at "
        "it, and whether it was done is not known; see attache grants");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mocked_make, mocked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_grants_of_the_only_backend_are_listed),
        TEST(a_list_comes_in_pages_and_through_filters),
        TEST(an_older_caller_gets_the_page_that_it_knows),
        TEST(a_user_sees_what_is_of_that_user),
        TEST(without_the_token_that_the_callback_owes_nothing_is_asked),
        TEST(what_is_wrong_with_a_list_is_told_before_anything_happens),
        TEST(of_several_backends_one_has_to_be_named),
        TEST(a_provider_without_grants_is_none),
        TEST(a_grant_is_revoked_by_alias_or_id),
        TEST(what_is_not_there_or_is_another_users_cannot_be_revoked),
        TEST(what_is_wrong_with_a_revocation_is_told),
        TEST(every_failure_of_the_backend_has_its_status_and_fields),
        TEST(a_backend_that_hangs_fails_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
