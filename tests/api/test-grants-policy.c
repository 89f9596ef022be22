/* tests/api/test-grants-policy.c: what policy says of calls about grants, where there is no request. */
#include "tests/api/mocked.h"

/* g-1 is "calendar" for the site; of g-3 the backend does not say whose it is. */
static const char script[] =
    "{ \"grants\": {"
    "  \"g-1\": { \"token\": \"t-1\", \"execute\": { \"status\": 201, \"body\": \"mail of alice\","
    "             \"held\": { \"id\": \"a-1\", \"looks\": 0 } }, \"listed\": { \"provider\": \"google\", \"account\": "
    "\"ann@a.example\" } },"
    "  \"g-2\": { \"token\": \"t-2\", \"listed\": { \"provider\": \"bank\", \"account\": \"ann@a.example\" } },"
    "  \"g-3\": { \"token\": \"t-3\", \"listed\": { \"provider\": \"github\" } } },"
    "  \"connect\": { \"grants\": [\"g-1\"], \"session\": \"s3ss10n\" } }";

#define RULE(name, effect, rest) "{ name = \"" name "\"; effect = \"" effect "\"; " rest " }"
#define READS RULE("reads", "permit", "when = { grant = \"calendar\"; method = \"GET\"; path = \"/v1/**\"; };")
#define NO_BANK RULE("no-bank", "forbid", "when = { provider = \"bank\"; };")

#define LIST(mocked, page, ...) \
    att_grants_list((mocked)->client, ATT_GRANTS(__VA_ARGS__), mocked_take_grant, mocked, page, &(mocked)->error)
#define REVOKE(mocked, id) att_grant_revoke((mocked)->client, ATT_REVOKE(.grant = (id)), &(mocked)->error)
#define SESSION(mocked, ...)                                                                                         \
    att_connect_session_create((mocked)->client, ATT_CONNECT(.providers = (const char *const[]){__VA_ARGS__, NULL}), \
                               take_session, mocked, &(mocked)->error)
#define AWAIT(mocked, response) att_approval_await((mocked)->client, ATT_HELD(.id = "a-1"), response, &(mocked)->error)

static void take_session(void *context, const att_connect_session *session)
{
    mocked_tell(context, session->token);
}

static int take_url(void *context, const char *url)
{
    mocked_tell(context, url);
    return 0;
}

static void open_site(struct mocked *mocked, const char *policy)
{
    mocked->told[0] = '\0';
    mocked_open_as(mocked, script, MOCKED_PROVIDERS, policy);
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

static void a_list_leaves_out_what_policy_forbids(void **state)
{
    struct mocked *mocked = *state;
    att_grants_page page = {.size = sizeof page};

    open_site(mocked, "default = \"permit\"; rules = ( " NO_BANK " );");
    assert_int_equal(LIST(mocked, &page, .limit = 2), ATT_OK);
    assert_string_equal(mocked->told, "g-1 google oauth ann@a.example active []\n");
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_listed\"", "1 grants were listed, 1 left out by policy"),
                     1);
    /* The next page begins behind what was left out, and nobody is told how much that is in all. */
    assert_int_equal(page.count, 2);
    assert_int_equal(page.total, -1);
    assert_true(page.has_more);
    assert_int_equal(LIST(mocked, &page, .limit = 2, .offset = page.count), ATT_OK);
    assert_non_null(strstr(mocked->told, "g-3"));
    assert_int_equal(page.total, 3);
    assert_int_equal(LIST(mocked, NULL, .provider = "bank"), ATT_DENIED);
    assert_string_equal(mocked->error.rule, "no-bank");
}

static void what_a_rule_asks_for_and_a_listed_grant_does_not_say_is_forbidden(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked, "rules = ( " RULE("all", "permit", "") ", " RULE("bobs", "forbid",
                                                                       "when = { account = \"bob@*\"; };") " );");
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_OK);
    assert_string_equal(mocked->told, "g-1 google oauth ann@a.example active []\n"
                                      "g-2 bank oauth ann@a.example active []\n");
}

static void a_rule_about_an_alias_holds_for_the_listed_id(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked,
              "default = \"permit\"; rules = ( " RULE("not-this", "forbid", "when = { grant = \"calendar\"; };") " );");
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_OK);
    assert_null(strstr(mocked->told, "g-1"));
    assert_non_null(strstr(mocked->told, "g-2"));
}

static void who_is_forbidden_for_sure_or_permitted_nothing_lists_nothing(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked,
              "default = \"permit\"; rules = ( " RULE("not-them", "forbid", "when = { caller = \"oper*\"; };") " );");
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_DENIED);
    assert_string_equal(mocked->error.rule, "not-them");
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_listed\"", "\"rule\":\"not-them\""), 1);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_listed\"", "\"phase\":\"result\""), 0);
    open_site(mocked, "rules = ( " RULE("others", "permit", "when = { caller = \"others\"; };") " );");
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_DENIED);
    assert_string_equal(mocked->error.message,
                        "policy does not let caller \"operator\" list grants: no permit rule is about this caller and "
                        "this grant; add one for it to the policy");
}

/* ---- revoking ---------------------------------------------------------------------------------------------------- */

static void who_may_use_a_grant_in_some_requests_sees_it_and_cannot_revoke_it(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked, "rules = ( " READS ", " RULE("no-deletes", "forbid", "when = { method = \"DELETE\"; };") " );");
    assert_int_equal(LIST(mocked, NULL, .limit = 0), ATT_OK);
    assert_string_equal(mocked->told, "g-1 google oauth ann@a.example active []\n");
    assert_int_equal(REVOKE(mocked, "calendar"), ATT_DENIED);
    assert_string_equal(mocked->error.message,
                        "policy does not let caller \"operator\" revoke grant \"calendar\": what permits requests with "
                        "a certain method, origin, host or path does not permit this; add a permit rule for this "
                        "caller without them to the policy");
    assert_int_equal(REVOKE(mocked, "g-2"), ATT_DENIED);
    assert_int_equal(
        mocked_records(mocked, "\"event\":\"grant_revoked\",\"phase\":\"decision\"",
                       "\"grant\":\"g-2\",\"provider\":\"mock\",\"decision\":\"forbid\",\"outcome\":\"ATT_DENIED\""),
        1);
    open_site(mocked, "rules = ( " RULE("owns", "permit", "when = { grant = \"calendar\"; };") ", " RULE(
                          "uses-nothing", "forbid", "when = { path = \"/**\"; };") " );");
    assert_int_equal(REVOKE(mocked, "calendar"), ATT_OK);
    /* An exception for some requests lets nobody revoke. */
    open_site(mocked,
              "default = \"permit\"; rules = ( " RULE("reads-only", "forbid", "unless = { method = \"GET\"; };") " );");
    assert_int_equal(REVOKE(mocked, "calendar"), ATT_DENIED);
    assert_string_equal(mocked->error.rule, "reads-only");
}

static void a_grant_whose_provider_is_not_known_is_revoked_by_nobody_whom_that_might_be_forbidden(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked, "default = \"permit\"; rules = ( " NO_BANK " );");
    assert_int_equal(REVOKE(mocked, "g-2"), ATT_DENIED);
    assert_non_null(strstr(mocked->error.message, "revoke grant \"g-2\": rule \"no-bank\" ("));
    assert_non_null(strstr(mocked->error.message, "forbids this: the provider is not known, and the rule asks for "
                                                  "\"bank\"; state the provider in the request or on the grant"));
    assert_int_equal(LIST(mocked, NULL, .provider = "github"), ATT_OK);
    assert_int_equal(mocked_records(mocked, "\"event\":\"grant_revoked\"", "\"phase\":\"result\""), 0);
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void each_provider_of_a_session_has_to_be_permitted(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked, "default = \"permit\"; rules = ( " NO_BANK " );");
    assert_int_equal(SESSION(mocked, "google", "bank"), ATT_DENIED);
    assert_string_equal(mocked->error.rule, "no-bank");
    assert_int_equal(SESSION(mocked, "bank", "google"), ATT_DENIED);
    assert_int_equal(att_connect(mocked->client,
                                 ATT_CONNECT(.providers = (const char *const[]){"google", "bank", NULL},
                                             .show = take_url, .callback_context = mocked),
                                 NULL, NULL, &mocked->error),
                     ATT_DENIED);
    assert_non_null(strstr(mocked->error.message, "policy does not let caller \"operator\" connect a user: rule "));
    assert_string_equal(mocked->told, "");
    assert_int_equal(SESSION(mocked, "google", "github"), ATT_OK);
    assert_string_equal(mocked->told, "s3ss10n");
}

static void a_rule_about_a_grant_is_not_about_one_that_is_yet_to_come(void **state)
{
    struct mocked *mocked = *state;

    open_site(mocked, "rules = ( " RULE("this", "permit", "when = { grant = \"calendar\"; };") " );");
    assert_int_equal(SESSION(mocked, "google"), ATT_DENIED);
    assert_non_null(strstr(mocked->error.message, "no permit rule is about this caller and this grant"));
    open_site(mocked,
              "default = \"permit\"; rules = ( " RULE("not-this", "forbid", "when = { grant = \"calendar\"; };") " );");
    assert_int_equal(SESSION(mocked, "google"), ATT_OK);
    open_site(mocked,
              "default = \"permit\"; rules = ( " RULE("not-hers", "forbid", "when = { account = \"ann@*\"; };") " );");
    assert_int_equal(SESSION(mocked, "google"), ATT_DENIED);
    assert_non_null(strstr(mocked->error.message, "the account is not known, and the rule asks for \"ann@*\""));
}

/* ---- what is held ------------------------------------------------------------------------------------------------ */

static void what_is_held_is_told_to_nobody_whom_it_might_be_forbidden(void **state)
{
    struct mocked *mocked = *state;
    att_response *response = NULL;

    open_site(mocked, "default = \"permit\"; rules = ( " NO_BANK " );");
    assert_int_equal(att_request(mocked->client,
                                 ATT_REQUEST(.method = "GET", .grant = "calendar", .url = "https://api.example/v1/x",
                                             .by_backend = 1),
                                 &response, &mocked->error),
                     ATT_DENIED);
    assert_int_equal(AWAIT(mocked, &response), ATT_DENIED);
    assert_null(response);
    assert_string_equal(mocked->error.rule, "no-bank");
    assert_non_null(strstr(mocked->error.message, "policy does not let caller \"operator\" look at an approval: rule "
                                                  "\"no-bank\" ("));
    assert_int_equal(mocked_records(mocked, "\"event\":\"approval_awaited\"", "\"phase\":\"result\""), 0);
    /* Any permit may be the one that the request was sent by. */
    open_site(mocked, "rules = ( " READS ", " RULE("no-deletes", "forbid", "when = { method = \"DELETE\"; };") " );");
    assert_int_equal(att_request(mocked->client,
                                 ATT_REQUEST(.method = "GET", .grant = "calendar", .url = "https://api.example/v1/x",
                                             .by_backend = 1),
                                 &response, &mocked->error),
                     ATT_APPROVAL);
    assert_int_equal(AWAIT(mocked, &response), ATT_OK);
    assert_string_equal(att_response_body(response, NULL), "mail of alice");
    att_response_free(&response);
    open_site(mocked, "rules = ( " RULE("others", "permit", "when = { caller = \"others\"; };") " );");
    assert_int_equal(AWAIT(mocked, &response), ATT_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mocked_make, mocked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_leaves_out_what_policy_forbids),
        TEST(what_a_rule_asks_for_and_a_listed_grant_does_not_say_is_forbidden),
        TEST(a_rule_about_an_alias_holds_for_the_listed_id),
        TEST(who_is_forbidden_for_sure_or_permitted_nothing_lists_nothing),
        TEST(who_may_use_a_grant_in_some_requests_sees_it_and_cannot_revoke_it),
        TEST(a_grant_whose_provider_is_not_known_is_revoked_by_nobody_whom_that_might_be_forbidden),
        TEST(each_provider_of_a_session_has_to_be_permitted),
        TEST(a_rule_about_a_grant_is_not_about_one_that_is_yet_to_come),
        TEST(what_is_held_is_told_to_nobody_whom_it_might_be_forbidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
