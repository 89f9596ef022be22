/* tests/api/test-scopes.c: what a provider tells of the grant behind a credential, and answers of an upstream to which
 * the scopes of a credential do not suffice. */
#include "tests/api/world.h"

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; redirects = 1; };\n"
    "providers = ( { name = \"mock\"; module = \"mock.so\";\n"
    "                options = { script = \"%FOLDER%/mock.json\"; }; } );\n"
    "stacks = ( { name = \"all\"; match = { grant = [ \"*\" ]; provider = [ \"google\", \"plain\" ]; };\n"
    "             origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "             fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n"
    "policy = { rules = ( { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static const char script[] =
    "{ \"grants\": { \"calendar\": { \"token\": \"token-number-one\", \"kind\": \"oauth\", \"grant\": \"g-17\" },\n"
    "                \"same\": { \"token\": \"token-number-two\", \"grant\": \"same\" },\n"
    "                \"odd\": { \"token\": \"token-number-three\", \"grant\": \"g\\n17\" },\n"
    "                \"short\": { \"token\": \"token-number-four\", \"scopes_outdated\": true } },\n"
    "  \"providers\": { \"google\": { \"token\": \"token-number-five\", \"grant\": \"g-18\" },\n"
    "                   \"plain\": { \"token\": \"token-number-six\" } } }\n";

static int open_scopes(void **state)
{
    return world_start(world_make(state, conf, script));
}

static att_status get_by_provider(struct world *world, const char *provider, const char *path)
{
    return att_request(world->client, ATT_REQUEST(.url = site_url(&world->site, path), .provider = provider), NULL,
                       &world->error);
}

static void a_request_that_names_a_provider_tells_which_grant_served_it(void **state)
{
    struct world *world = *state;

    assert_int_equal(get_by_provider(world, "google", "/status/404"), ATT_UPSTREAM);
    assert_string_equal(world->error.grant, "g-18");
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"grant\":"), 0);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"grant\":\"g-18\",\"provider\":\"google\""), 1);
    assert_int_equal(get_by_provider(world, "plain", "/status/404"), ATT_UPSTREAM);
    assert_string_equal(world->error.grant, "plain");
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"grant\":"), 0);
}

static void a_grant_that_the_provider_calls_otherwise_is_recorded_by_both_names(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "calendar", "/status/404", NULL), ATT_UPSTREAM);
    assert_string_equal(world->error.grant, "calendar");
    assert_int_equal(world_records(world, "\"phase\":\"result\"",
                                   "\"grant\":\"calendar\",\"grant_id\":\"g-17\",\"grant_kind\":\"oauth\""),
                     1);
    assert_int_equal(world_get(world, "same", "/status/404", NULL), ATT_UPSTREAM);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"grant_id\""), 0);
    assert_int_equal(world_get(world, "odd", "/", NULL), ATT_MODULE);
    assert_int_equal(world_records(world, "", "g\\n17"), 0);
}

static void a_403_to_a_grant_with_outdated_scopes_wants_the_user(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "short", "/status/403", &response), ATT_SCOPE);
    assert_non_null(
        strstr(world->error.message, " wants scopes that grant \"short\" does not have; connect again with them"));
    assert_string_equal(world->error.grant, "short");
    assert_int_equal(world->error.http_status, 403);
    assert_null(world->error.missing_scopes);
    assert_int_equal(att_response_status(response), 403);
    att_response_free(&response);
    assert_int_equal(world_records(world, "\"outcome\":\"ATT_SCOPE\"", "\"http_status\":403"), 1);
    assert_int_equal(world_get(world, "short", "/status/404", NULL), ATT_UPSTREAM);
    assert_int_equal(world_get(world, "short", "/", NULL), ATT_OK);
    assert_int_equal(world_get(world, "calendar", "/status/403", NULL), ATT_UPSTREAM);
    /* What is missing is known where the upstream says so. */
    assert_int_equal(world_get(world, "short", "/scope", NULL), ATT_SCOPE);
    assert_string_equal(world->error.missing_scopes[1], "cal.write");
}

static void a_401_for_want_of_scopes_asks_for_no_other_credential(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "calendar", "/status/401", NULL), ATT_UPSTREAM);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_int_equal(world_get(world, "calendar", "/scope-401", NULL), ATT_SCOPE);
    assert_int_equal(upstream_count(&world->site), 3);
    assert_int_equal(world->error.http_status, 401);
    assert_string_equal(world->error.missing_scopes[0], "cal.read");
    assert_int_equal(world_records(world, "\"outcome\":\"ATT_SCOPE\"", "\"retries\":0"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_that_names_a_provider_tells_which_grant_served_it, open_scopes,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_grant_that_the_provider_calls_otherwise_is_recorded_by_both_names,
                                        open_scopes, world_close),
        cmocka_unit_test_setup_teardown(a_403_to_a_grant_with_outdated_scopes_wants_the_user, open_scopes, world_close),
        cmocka_unit_test_setup_teardown(a_401_for_want_of_scopes_asks_for_no_other_credential, open_scopes,
                                        world_close),
    };

    return cmocka_run_group_tests_name("scopes", tests, NULL, NULL);
}
