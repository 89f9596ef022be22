/* tests/api/test-places.c: whose word on placement counts, and what an upstream gets of it. */
#include "tests/api/world.h"

#define PLACING "module = \"%TESTS%/placing.so\"; "
#define SAYS "says = \"{ header = \\\"X-Says\\\"; }\"; "
#define OWN "own = \"{ header = \\\"X-Own\\\"; }\"; "

static const char conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; module_paths = true; redirects = 1; };\n"
    "providers = (\n"
    "  { name = \"plain\"; " PLACING "},\n"
    "  { name = \"says\"; " PLACING "options = { " SAYS "}; },\n"
    "  { name = \"own\"; " PLACING "options = { " SAYS OWN "}; },\n"
    "  { name = \"entry\"; " PLACING "options = { " SAYS OWN "}; inject = { header = \"X-Entry\"; }; },\n"
    "  { name = \"gateway\"; " PLACING "inject = { header = \"X-Gateway\"; format = \"Key {key}\"; }; },\n"
    "  { name = \"first\"; " PLACING "inject = { query = \"k1\"; }; },\n"
    "  { name = \"second\"; " PLACING "inject = { query = \"k2\"; }; },\n"
    "  { name = \"unsound\"; " PLACING "options = { own = \"{ header = \\\"Host\\\"; }\"; }; },\n"
    "  { name = \"says-nothing\"; " PLACING "options = { says = \"{ headr = \\\"X-Key\\\"; }\"; }; } );\n"
    "grants = ( { name = \"of-grant\"; stack = \"stack\"; inject = { header = \"X-Grant\"; }; } );\n"
    "stacks = (\n"
    "  { name = \"stack\"; inject = { header = \"X-Stack\"; }; match = { grant = [ \"of-stack\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"entry\"; } ); },\n"
    "  { name = \"plain\"; match = { grant = [ \"plain\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"plain\"; } ); },\n"
    "  { name = \"says\"; match = { grant = [ \"says\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"says\"; } ); },\n"
    "  { name = \"own\"; match = { grant = [ \"own\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"own\"; } ); },\n"
    "  { name = \"entry\"; match = { grant = [ \"entry\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"entry\"; } ); },\n"
    "  { name = \"two\"; match = { grant = [ \"two\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"gateway\"; }, { use = \"plain\"; } ); },\n"
    "  { name = \"both\"; match = { grant = [ \"both\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"gateway\"; }, { substack = \"entry\"; } ); },\n"
    "  { name = \"keys\"; match = { grant = [ \"keys\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"first\"; }, { use = \"second\"; } ); },\n"
    "  { name = \"unsound\"; match = { grant = [ \"unsound\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"unsound\"; } ); },\n"
    "  { name = \"says-nothing\"; match = { grant = [ \"says-nothing\" ]; };\n"
    "    origins = [ \"http://127.0.0.1:%PORT%\" ]; fetch = ( { use = \"says-nothing\"; } ); } );\n"
    "policy = { rules = ( { name = \"all\"; effect = \"permit\"; } ); };\n"
    "audit = ( { module = \"audit_file.so\"; options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

static int open_world(void **state)
{
    return world_start(world_make(state, conf, NULL));
}

static const char *const headers[] = {"authorization", "x-says", "x-own", "x-entry", "x-stack", "x-grant", "x-gateway"};

/* The request carries the credential in this header and in no other of them. */
static void assert_carried(struct world *world, const char *grant, const char *header, const char *value)
{
    att_response *response = NULL;

    assert_int_equal(world_get(world, grant, "/x", &response), ATT_OK);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_string_equal(upstream_saw(&world->site, headers[i]), strcmp(headers[i], header) == 0 ? value : "");
    att_response_free(&response);
}

static void the_nearest_word_on_placement_counts(void **state)
{
    struct world *world = *state;

    assert_carried(world, "plain", "authorization", "Bearer token-of-plain");
    assert_carried(world, "says", "x-says", "token-of-says");
    assert_carried(world, "own", "x-own", "token-of-own");
    assert_carried(world, "entry", "x-entry", "token-of-entry");
    assert_carried(world, "of-stack", "x-stack", "token-of-entry");
    assert_carried(world, "of-grant", "x-grant", "token-of-entry");
}

/* A gateway's key beside the token of a user. */
static void the_credentials_of_a_stack_go_to_different_places(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "two", "/x", &response), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-gateway"), "Key key-of-gateway");
    assert_string_equal(upstream_saw(&world->site, "authorization"), "Bearer token-of-plain");
    att_response_free(&response);
    assert_int_equal(world_get(world, "both", "/x", &response), ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-gateway"), "Key key-of-gateway");
    assert_string_equal(upstream_saw(&world->site, "x-entry"), "token-of-entry");
    assert_string_equal(upstream_saw(&world->site, "authorization"), "");
    att_response_free(&response);
}

static void a_redirect_may_repeat_the_parameters_of_several_credentials(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "keys", "/go/302?to=/echo?k1=x%26n=1%26k2=y", NULL), ATT_OK);
    assert_string_equal(upstream_saw_query(&world->site), "n=1&k1=token-of-first&k2=token-of-second");
}

static void a_word_that_is_unsound_sends_nothing(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "unsound", "/x", &response), ATT_MODULE);
    assert_non_null(strstr(world->error.message,
                           "header \"Host\" in the placement belongs to the connection and cannot "
                           "carry a credential: name another"));
    assert_int_equal(world_get(world, "says-nothing", "/x", &response), ATT_MODULE);
    assert_string_equal(world->error.message,
                        "provider \"says-nothing\" does not say where the credential of grant \"says-nothing\" goes: "
                        "key \"headr\" is not known in the placement: did you mean \"header\"?; state it with inject "
                        "in the grant or stack");
    assert_int_equal(upstream_count(&world->site), 0);
}

static void note_step(void *context, const char *step, const char *outcome, const char *reason)
{
    char *text = context;
    size_t used = strlen(text);

    if (strcmp(step, "placement") == 0)
        snprintf(text + used, 1024 - used, "%s: %s\n", outcome, reason);
}

static void assert_explained(struct world *world, const char *grant, const char *placements)
{
    char text[1024] = "";

    assert_int_equal(att_explain(world->client, ATT_REQUEST(.url = site_url(&world->site, "/x"), .grant = grant), 0,
                                 note_step, text, &world->error),
                     ATT_OK);
    assert_string_equal(text, placements);
}

static void explain_names_the_places(void **state)
{
    struct world *world = *state;

    assert_explained(world, "own", "would ask: the provider says where its credential goes\n");
    assert_explained(world, "of-grant", "ok: header X-Grant, as the site states\n");
    assert_explained(world, "entry", "ok: header X-Entry for what provider entry gives, as the site states\n");
    assert_explained(world, "both",
                     "ok: header X-Gateway for what provider gateway gives, as the site states\n"
                     "ok: header X-Entry for what provider entry gives, as the site states\n");
    assert_explained(world, "two",
                     "ok: header X-Gateway for what provider gateway gives, as the site states\n"
                     "would ask: the provider says where its credential goes\n");
    assert_int_equal(upstream_count(&world->site), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_nearest_word_on_placement_counts, open_world, world_close),
        cmocka_unit_test_setup_teardown(the_credentials_of_a_stack_go_to_different_places, open_world, world_close),
        cmocka_unit_test_setup_teardown(a_redirect_may_repeat_the_parameters_of_several_credentials, open_world,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_word_that_is_unsound_sends_nothing, open_world, world_close),
        cmocka_unit_test_setup_teardown(explain_names_the_places, open_world, world_close),
    };

    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
