/* tests/api/test-results.c: what each answer of a provider and each way of a stack means to the application. */
#include <time.h>

#include "tests/api/world.h"

static int open_plain(void **state)
{
    return world_start(world_make(state, NULL, NULL));
}

/* The mock plays another script from now on. */
static void play(struct world *world, const char *script)
{
    site_write(&world->site, world->site.script, script);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
}

/* A request that a provider failed: nothing was sent, the decision and the result are on record, and why. */
static void assert_failed(struct world *world, const char *grant, att_status status, const char *message)
{
    att_response *response = NULL;
    char outcome[64];
    int before = upstream_count(&world->site);

    assert_int_equal(world_get(world, grant, "/", &response), status);
    assert_int_equal(world->error.status, status);
    assert_string_equal(world->error.message, message);
    assert_string_equal(world->error.grant, grant);
    assert_null(response);
    assert_int_equal(upstream_count(&world->site), before);
    snprintf(outcome, sizeof outcome, "\"outcome\":\"%s\"", att_status_name(status));
    assert_int_equal(world_records(world, "", ""), 2);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"permit\""), 1);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", outcome), 1);
    assert_int_equal(world_records(world, "\"phase\":\"result\"", "\"detail\":\""), 1);
}

static void each_failure_of_a_provider_has_its_status_and_advice(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *result, *code;
        att_status status;
        const char *what, *advice;
    } cases[] = {
        {"none", "NONE", ATT_NOT_FOUND, "does not know the grant", "check its name, and which stack serves it"},
        {"not_found", "NOT_FOUND", ATT_NOT_FOUND, "has no such grant", "check its name, or connect it"},
        {"ambiguous", "AMBIGUOUS", ATT_AMBIGUOUS, "has several that match", "name one of the candidates"},
        {"denied", "DENIED", ATT_DENIED, "denied it", "ask whoever keeps the backend's policy"},
        {"reauth", "REAUTH", ATT_REAUTH, "needs the user again", "have the user authorise it again"},
        {"expired", "EXPIRED", ATT_EXPIRED, "says that it has expired", "connect again"},
        {"revoked", "REVOKED", ATT_REVOKED, "says that it was revoked", "connect again"},
        {"unavailable", "UNAVAILABLE", ATT_BACKEND, "is unavailable", "try again later"},
        {"deadline", "DEADLINE", ATT_TIMEOUT, "did not answer before its deadline", "try again, or allow more time"},
        {"cancelled", "CANCELLED", ATT_STATE, "was cancelled", "open the engine again"},
        {"config", "CONFIG", ATT_CONFIG, "is not configured for it", "run attache check"},
        {"nomem", "NOMEM", ATT_NOMEM, "ran out of memory", "free some and try again"},
        {"fault", "FAULT", ATT_MODULE, "failed", "ask the module's author, with this message"},
        {"pending", "PENDING", ATT_APPROVAL, "waits for a human", "try again when it is approved"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[256], message[256];
        snprintf(script, sizeof script, "{ \"default\": { \"result\": \"%s\", \"say\": \"so it said\" } }",
                 cases[i].result);
        snprintf(message, sizeof message, "provider \"mock\", asked for grant \"calendar\", %s: so it said; %s",
                 cases[i].what, cases[i].advice);
        play(world, script);
        assert_failed(world, "calendar", cases[i].status, message);
        assert_string_equal(world->error.provider, "mock");
        assert_string_equal(world->error.code, cases[i].code);
        assert_string_equal(world->error.details, "so it said");
        assert_int_equal(world_records(world, "so it said", "\"phase\":\"result\""), 1);
    }
}

static void a_failure_has_the_fields_of_its_status(void **state)
{
    struct world *world = *state;

    play(world, "{ \"default\": { \"result\": \"unavailable\", \"retry_after\": \"2s\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_BACKEND);
    assert_int_equal(world->error.retry_after_ms, 2000);
    play(world, "{ \"default\": { \"result\": \"ambiguous\", \"candidates\": [ \"work\", \"home\" ] } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_AMBIGUOUS);
    assert_string_equal(world->error.candidates[0], "work");
    assert_string_equal(world->error.candidates[1], "home");
    assert_null(world->error.candidates[2]);
    play(world, "{ \"default\": { \"result\": \"deadline\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_TIMEOUT);
    assert_string_equal(world->error.which, "provider mock");
    play(world, "{ \"default\": { \"result\": \"config\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_CONFIG);
    assert_string_equal(world->error.file, world->site.conf);
    assert_int_equal(world->error.line, 6);
    play(world, "{ \"default\": { \"result\": \"fault\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_MODULE);
    assert_non_null(strstr(world->error.module, "/mock.so"));
    play(world, "{ \"default\": { \"result\": \"pending\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_APPROVAL);
    assert_string_equal(world->error.state, "pending");
}

/* D13 */
static void an_expired_credential_is_not_sent(void **state)
{
    struct world *world = *state;
    int64_t now = (int64_t)time(NULL);

    play(world, "{ \"default\": { \"token\": \"token-number-one\", \"expires_in\": -5 } }");
    assert_failed(
        world, "calendar", ATT_EXPIRED,
        "provider \"mock\", asked for grant \"calendar\", says that it has expired: it gave a credential that "
        "has expired; connect again");
    assert_in_range(world->error.expires_at, now - 7, now + 10);
}

/* B9, E2 */
static void garbage_of_a_provider_is_a_failure_and_nothing_is_sent(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *garbage, *message;
    } cases[] = {
        {"result", "its module answered 4711, which is no result"},
        {"nul", "the part \"token\" of the credential holds a NUL"},
        {"crlf", "the part \"token\" of the credential holds a line break"},
        {"huge", "the part \"token\" of the credential is longer than 1 MiB"},
        {"empty", "the part \"token\" of the credential is empty"},
        {"nothing", "its module answered OK and gave no credential"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[128], message[256];
        snprintf(script, sizeof script, "{ \"default\": { \"garbage\": \"%s\" } }", cases[i].garbage);
        snprintf(
            message, sizeof message,
            "provider \"mock\", asked for grant \"calendar\", failed: %s; ask the module's author, with this message",
            cases[i].message);
        play(world, script);
        assert_failed(world, "calendar", ATT_MODULE, message);
        assert_non_null(strstr(world->error.module, "/mock.so"));
    }
    play(world, "{ \"default\": { \"garbage\": \"both\" } }");
    assert_failed(world, "calendar", ATT_BACKEND,
                  "provider \"mock\", asked for grant \"calendar\", is unavailable; try again later");
    play(world, "{ \"default\": { \"garbage\": \"sentence\" } }");
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_BACKEND);
    for (const char *at = world->error.message; *at; at++)
        assert_in_range(*at, 0x20, 0x7e);
    assert_true(strlen(world->error.details) < 512);
    assert_int_equal(upstream_count(&world->site), 0);
}

/* B7 */
static void a_caller_may_not_set_the_query_parameter_of_the_credential(void **state)
{
    struct world *world = *state;
    static const char *const paths[] = {"/x?key=mine", "/x?a=1&%6Bey=mine", "/x?key"};

    play(world, "{ \"default\": { \"token\": \"token-number-one\", \"query\": \"key\" } }");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(world_get(world, "calendar", paths[i], NULL), ATT_INVALID);
        assert_string_equal(world->error.field, "query_params");
        assert_string_equal(
            world->error.message,
            "the query parameter key is refused: the credential of grant \"calendar\" goes there; leave "
            "it out");
    }
    assert_int_equal(upstream_count(&world->site), 0);
    assert_int_equal(world_get(world, "calendar", "/x?keys=1", NULL), ATT_OK);
    assert_string_equal(upstream_saw_query(&world->site), "keys=1&key=token-number-one");
}

static const char several_conf[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%MODULES%\"; };\n"
    "providers = ( { name = \"first\"; module = \"mock.so\"; options = { script = \"%FOLDER%/mock.json\"; }; },\n"
    "              { name = \"second\"; module = \"mock.so\"; options = { script = \"%FOLDER%/second.json\"; }; },\n"
    "              { name = \"third\"; module = \"mock.so\"; options = { script = \"%FOLDER%/third.json\"; }; } );\n"
    "stacks = (\n"
    " { name = \"sufficient\"; match = { grant = [ \"sufficient-*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"sufficient\"; }, { use = \"second\"; control = \"required\"; } ); },\n"
    " { name = \"optional\"; match = { grant = [ \"optional-*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"optional\"; }, { use = \"second\"; control = \"required\"; } ); },\n"
    " { name = \"required\"; match = { grant = [ \"required-*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"required\"; }, { use = \"second\"; control = \"required\"; } ); },\n"
    " { name = \"ignored\"; match = { grant = [ \"ignored-*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"required\"; on = { ok = \"ignore\"; }; },\n"
    "             { use = \"second\"; control = \"optional\"; } ); },\n"
    " { name = \"inner\"; fetch = ( { use = \"first\"; control = \"required\"; },\n"
    "                              { use = \"third\"; control = \"required\"; } ); },\n"
    " { name = \"outer\"; match = { grant = [ \"outer-*\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { substack = \"inner\"; control = \"optional\"; }, { use = \"second\"; control = \"required\"; } ); "
    "},\n"
    " { name = \"twice\"; match = { grant = [ \"twice\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { substack = \"inner\"; control = \"optional\"; },\n"
    "             { substack = \"inner\"; control = \"optional\"; } ); },\n"
    " { name = \"five\"; match = { grant = [ \"five\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"required\"; }, { use = \"first\"; control = \"required\"; },\n"
    "             { use = \"first\"; control = \"required\"; }, { use = \"first\"; control = \"required\"; },\n"
    "             { use = \"first\"; control = \"required\"; } ); },\n"
    " { name = \"hasty\"; match = { grant = [ \"hasty\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { use = \"first\"; control = \"sufficient\"; timeout = \"100ms\"; },\n"
    "             { use = \"second\"; control = \"required\"; } ); },\n"
    " { name = \"nobody\"; match = { grant = [ \"nobody\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( ); },\n"
    " { name = \"hollow\"; match = { grant = [ \"hollow\" ]; }; origins = [ \"http://127.0.0.1:%PORT%\" ];\n"
    "   fetch = ( { substack = \"nobody\"; control = \"required\"; } ); } );\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\";\n"
    "            options = { path = \"%FOLDER%/audit.jsonl\"; }; } );\n";

/* What the three providers say to each grant; where they say nothing, the grant is not theirs. */
static const char first_script[] =
    "{ \"grants\": {"
    " \"sufficient-ok\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"sufficient-expired\": { \"token\": \"token-of-first\", \"header\": \"x-first\", \"expires_in\": -1 },"
    " \"sufficient-denied\": { \"result\": \"denied\", \"say\": \"first words\" },"
    " \"optional-denied\": { \"result\": \"denied\", \"say\": \"first words\" },"
    " \"optional-reauth\": { \"result\": \"reauth\", \"say\": \"first words\" },"
    " \"optional-down\": { \"result\": \"unavailable\", \"retry_after\": \"9s\" },"
    " \"required-both\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"required-same\": { \"token\": \"token-of-first\" },"
    " \"required-first-bad\": { \"result\": \"revoked\", \"say\": \"first words\" },"
    " \"ignored-two\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"ignored-one\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"outer-ok\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"outer-half\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"outer-bad\": { \"result\": \"reauth\", \"say\": \"inner words\", \"retry_after\": \"5s\" },"
    " \"twice\": { \"token\": \"token-of-first\", \"header\": \"x-first\" },"
    " \"five\": { \"token\": \"token-of-first\" },"
    " \"hasty\": { \"hang\": true, \"token\": \"too-late\" } } }";
static const char second_script[] = "{ \"grants\": { \"sufficient-denied\": { \"token\": \"token-of-second\" },"
                                    " \"outer-bad\": { \"result\": \"revoked\", \"say\": \"outer words\" },"
                                    " \"optional-reauth\": { \"result\": \"revoked\" },"
                                    " \"required-same\": { \"token\": \"token-of-second\" },"
                                    " \"ignored-one\": { \"result\": \"none\" },"
                                    " \"optional-down\": { \"result\": \"not_found\" } },"
                                    " \"default\": { \"token\": \"token-of-second\", \"header\": \"x-second\" } }";
static const char third_script[] =
    "{ \"grants\": { \"outer-ok\": { \"token\": \"token-of-third\", \"header\": \"x-third\" },"
    " \"twice\": { \"token\": \"token-of-third\", \"header\": \"x-third\","
    "  \"sequence\": [ {}, { \"result\": \"none\" } ] } } }";

static int open_several(void **state)
{
    struct world *world = world_make(state, several_conf, first_script);

    world_add(world, "second.json", second_script);
    world_add(world, "third.json", third_script);
    return world_start(world);
}

/* Which of the three tokens arrive. */
static void assert_sent(struct world *world, const char *grant, const char *first, const char *second,
                        const char *third)
{
    att_status status = world_get(world, grant, "/", NULL);

    if (status != ATT_OK)
        print_error("%s\n", world->error.message);
    assert_int_equal(status, ATT_OK);
    assert_string_equal(upstream_saw(&world->site, "x-first"), first);
    assert_string_equal(upstream_saw(&world->site, "x-second"), second);
    assert_string_equal(upstream_saw(&world->site, "x-third"), third);
    assert_string_equal(upstream_saw(&world->site, "authorization"), "");
}

static void a_sufficient_step_ends_the_stack_or_is_passed_over(void **state)
{
    struct world *world = *state;

    assert_sent(world, "sufficient-ok", "token-of-first", "", "");
    assert_sent(world, "sufficient-unknown", "", "token-of-second", "");
    assert_sent(world, "sufficient-expired", "", "token-of-second", "");
    assert_failed(
        world, "sufficient-denied", ATT_DENIED,
        "provider \"first\", asked for grant \"sufficient-denied\", denied it: first words; ask whoever keeps "
        "the backend's policy");
}

static void an_optional_step_fails_the_stack_only_when_it_says_no(void **state)
{
    struct world *world = *state;

    assert_sent(world, "optional-unknown", "", "token-of-second", "");
    assert_failed(world, "optional-denied", ATT_DENIED,
                  "provider \"first\", asked for grant \"optional-denied\", denied it: first words; ask whoever keeps "
                  "the backend's policy");
}

static void the_most_telling_failure_is_told_in_its_own_words(void **state)
{
    struct world *world = *state;

    assert_failed(world, "optional-reauth", ATT_REVOKED,
                  "provider \"second\", asked for grant \"optional-reauth\", says that it was revoked: the mock script "
                  "answers so; connect again");
    assert_string_equal(world->error.details, "the mock script answers so");
    assert_failed(world, "optional-down", ATT_NOT_FOUND,
                  "provider \"second\", asked for grant \"optional-down\", has no such grant: the mock script answers "
                  "so; check its name, or connect "
                  "it");
    assert_int_equal(world->error.retry_after_ms, 0);
    assert_failed(world, "required-first-bad", ATT_REVOKED,
                  "provider \"first\", asked for grant \"required-first-bad\", says that it was revoked: first words; "
                  "connect again");
    assert_failed(world, "outer-bad", ATT_REVOKED,
                  "provider \"second\", asked for grant \"outer-bad\", says that it was revoked: outer words; connect "
                  "again");
    assert_int_equal(world->error.retry_after_ms, 0);
}

static void two_providers_each_add_their_credential(void **state)
{
    struct world *world = *state;

    assert_sent(world, "required-both", "token-of-first", "token-of-second", "");
    assert_sent(world, "outer-ok", "token-of-first", "token-of-second", "token-of-third");
    assert_failed(world, "required-same", ATT_CONFIG,
                  "grant \"required-same\" has two credentials for the header authorization; give each its own with "
                  "inject");
    assert_failed(world, "five", ATT_CONFIG,
                  "provider \"first\", asked for grant \"five\", is not configured for it: the stack gives more than "
                  "four credentials; run attache check");
}

static void a_step_that_does_not_grant_adds_no_credential(void **state)
{
    struct world *world = *state;

    assert_sent(world, "ignored-two", "", "token-of-second", "");
    assert_sent(world, "outer-half", "", "token-of-second", "");
    assert_failed(world, "ignored-one", ATT_NOT_FOUND,
                  "provider \"second\", asked for grant \"ignored-one\", does not know the grant: the mock script "
                  "answers so; check its name, and "
                  "which stack serves it");
}

/* The second round of the same stack fails and takes the credentials of the first along: then nothing is sent. */
static void a_request_without_any_credential_is_never_sent(void **state)
{
    assert_failed(*state, "twice", ATT_DENIED,
                  "grant \"twice\" is denied: no step of stack \"twice\" grants it; see what attache explain says of "
                  "each step");
}

static void a_stack_that_asks_nobody_denies(void **state)
{
    struct world *world = *state;

    assert_failed(
        world, "nobody", ATT_DENIED,
        "grant \"nobody\" is denied: stack \"nobody\" serves it and asks no provider; add a step to its fetch "
        "list, or match the grant in another stack");
    assert_failed(world, "hollow", ATT_DENIED,
                  "grant \"hollow\" is denied: no step of stack \"hollow\" grants it; see what attache explain says of "
                  "each step");
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void a_step_has_its_own_deadline_and_the_stack_goes_on(void **state)
{
    struct world *world = *state;
    int64_t start = now_ms(), took;

    assert_sent(world, "hasty", "", "token-of-second", "");
    took = now_ms() - start;
    assert_in_range(took, 100, 2000);
}

/* E2 */
static void a_provider_that_hangs_fails_its_request_at_the_deadline_and_nothing_else(void **state)
{
    struct world *world = *state;
    int64_t start, took;

    play(world, "{ \"grants\": { \"stuck\": { \"hang\": \"700ms\", \"token\": \"too-late\" },"
                " \"calendar\": { \"token\": \"token-number-one\" } } }");
    start = now_ms();
    assert_int_equal(att_request(world->client,
                                 ATT_REQUEST(.url = site_url(&world->site, "/"), .grant = "stuck", .timeout_ms = 300),
                                 NULL, &world->error),
                     ATT_TIMEOUT);
    took = now_ms() - start;
    assert_in_range(took, 300, 600);
    assert_string_equal(world->error.which, "provider mock");
    assert_int_equal(world_records(world, "\"outcome\":\"ATT_TIMEOUT\"", ""), 1);
    start = now_ms();
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 1);
    att_client_close(&world->client);
    att_engine_close(&world->engine);
    took = now_ms() - start;
    assert_true(took < 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_failure_of_a_provider_has_its_status_and_advice, open_plain, world_close),
        cmocka_unit_test_setup_teardown(a_failure_has_the_fields_of_its_status, open_plain, world_close),
        cmocka_unit_test_setup_teardown(an_expired_credential_is_not_sent, open_plain, world_close),
        cmocka_unit_test_setup_teardown(garbage_of_a_provider_is_a_failure_and_nothing_is_sent, open_plain,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_caller_may_not_set_the_query_parameter_of_the_credential, open_plain,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_sufficient_step_ends_the_stack_or_is_passed_over, open_several, world_close),
        cmocka_unit_test_setup_teardown(an_optional_step_fails_the_stack_only_when_it_says_no, open_several,
                                        world_close),
        cmocka_unit_test_setup_teardown(the_most_telling_failure_is_told_in_its_own_words, open_several, world_close),
        cmocka_unit_test_setup_teardown(two_providers_each_add_their_credential, open_several, world_close),
        cmocka_unit_test_setup_teardown(a_step_that_does_not_grant_adds_no_credential, open_several, world_close),
        cmocka_unit_test_setup_teardown(a_request_without_any_credential_is_never_sent, open_several, world_close),
        cmocka_unit_test_setup_teardown(a_stack_that_asks_nobody_denies, open_several, world_close),
        cmocka_unit_test_setup_teardown(a_step_has_its_own_deadline_and_the_stack_goes_on, open_several, world_close),
        cmocka_unit_test_setup_teardown(a_provider_that_hangs_fails_its_request_at_the_deadline_and_nothing_else,
                                        open_plain, world_close),
    };

    return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
