/* tests/unit/test-plan.c: which stack serves a grant, and what the grant has from it. */
#include <stdio.h>
#include <string.h>

#include "core/engine/plan.h"
#include "tests/unit/config.h"

struct bench {
    struct att_pool *pool;
    struct att_findings findings;
    struct att_plans plans;
    bool built;
    att_error error;
};

#define HEAD "schema = 1; providers = ( { name = \"p\"; module = \"m.so\"; }, { name = \"q\"; module = \"m.so\"; } ); "
#define FETCH "fetch = ( { use = \"p\"; control = \"required\"; } ); "

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);

    bench->pool = att_pool_create();
    bench->error = (att_error)ATT_ERROR_INIT;
    att_findings_open(&bench->findings, bench->pool);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    att_error_clear(&bench->error);
    att_findings_close(&bench->findings);
    att_pool_destroy(bench->pool);
    test_free(bench);
    return 0;
}

static void build(struct bench *bench, const char *text)
{
    struct att_config *config = read_config(bench->pool, text, &bench->findings);

    if (bench->findings.errors)
        print_error("%s\n", bench->findings.list[0].text);
    assert_int_equal(bench->findings.errors, 0);
    bench->built = att_plans_build(&bench->plans, bench->pool, config, NULL, NULL, &bench->findings);
}

/* The name of the stack that serves a grant or a provider, or the name of the error. */
static const char *served(struct bench *bench, const char *grant, const char *provider)
{
    struct att_resolution resolution;
    att_status status = att_plans_resolve(&bench->plans, grant, provider, NULL, &resolution, &bench->error);

    return status == ATT_OK ? resolution.plan->config->name : att_status_name(status);
}

/* Each stack is the best match of what its name says. */
static const char every_rank[] =
    HEAD "stacks = ( { name = \"default\"; match = { default = true; }; " FETCH "},"
         " { name = \"provider-glob\"; match = { provider = [ \"goo*\" ]; }; " FETCH "},"
         " { name = \"grant-glob\"; match = { grant = [ \"cal*\", \"mail*\" ]; }; " FETCH "},"
         " { name = \"provider-exact\"; match = { provider = [ \"google\", \"github\" ]; }; " FETCH "},"
         " { name = \"grant-exact\"; match = { grant = [ \"calendar\" ]; }; " FETCH "} );"
         "grants = ( { name = \"calendar\"; provider = \"google\"; },"
         " { name = \"call\"; provider = \"google\"; },"
         " { name = \"cal\"; provider = \"goofy\"; },"
         " { name = \"other\"; provider = \"goofy\"; },"
         " { name = \"plain\"; },"
         " { name = \"calm\"; provider = \"google\"; stack = \"default\"; } );";

static void exact_goes_before_glob_and_a_grant_before_its_provider(void **state)
{
    struct bench *bench = *state;

    build(bench, every_rank);
    assert_true(bench->built);
    assert_string_equal(served(bench, "calendar", NULL), "grant-exact");
    assert_string_equal(served(bench, "call", NULL), "provider-exact");
    assert_string_equal(served(bench, "cal", NULL), "grant-glob");
    assert_string_equal(served(bench, "other", NULL), "provider-glob");
    assert_string_equal(served(bench, "plain", NULL), "default");
    assert_string_equal(served(bench, "calm", NULL), "default");
}

static void grants_that_the_site_does_not_list_are_matched_by_name(void **state)
{
    struct bench *bench = *state;
    struct att_resolution resolution;

    build(bench, every_rank);
    assert_string_equal(served(bench, "mailbox", NULL), "grant-glob");
    assert_string_equal(served(bench, "google", NULL), "default");
    assert_int_equal(att_plans_resolve(&bench->plans, "mailbox", NULL, NULL, &resolution, &bench->error), ATT_OK);
    assert_string_equal(resolution.grant, "mailbox");
    assert_string_equal(resolution.grant_id, "mailbox");
    assert_null(resolution.provider);
    assert_null(resolution.account);
}

static void a_provider_identity_is_matched_as_a_provider_only(void **state)
{
    struct bench *bench = *state;
    struct att_resolution resolution;

    build(bench, every_rank);
    assert_string_equal(served(bench, NULL, "google"), "provider-exact");
    assert_string_equal(served(bench, NULL, "goose"), "provider-glob");
    assert_string_equal(served(bench, NULL, "calendar"), "default");
    assert_int_equal(att_plans_resolve(&bench->plans, NULL, "github", "ann", &resolution, &bench->error), ATT_OK);
    assert_null(resolution.grant);
    assert_null(resolution.grant_id);
    assert_string_equal(resolution.provider, "github");
    assert_string_equal(resolution.account, "ann");
}

static void a_grant_is_found_by_name_and_by_id(void **state)
{
    struct bench *bench = *state;
    struct att_resolution by_name, by_id;

    build(bench, HEAD "stacks = ( { name = \"s\"; " FETCH "} );"
                      "grants = ( { name = \"billing\"; id = \"6f9f2a6e\"; provider = \"stripe\"; account = \"a1\";"
                      " stack = \"s\"; }, { name = \"same\"; id = \"same\"; stack = \"s\"; } );");
    assert_true(bench->built);
    assert_int_equal(att_plans_resolve(&bench->plans, "billing", NULL, NULL, &by_name, NULL), ATT_OK);
    assert_int_equal(att_plans_resolve(&bench->plans, "6f9f2a6e", NULL, NULL, &by_id, NULL), ATT_OK);
    assert_string_equal(by_name.grant, "billing");
    assert_string_equal(by_id.grant, "billing");
    assert_string_equal(by_name.grant_id, "6f9f2a6e");
    assert_string_equal(by_id.grant_id, "6f9f2a6e");
    assert_string_equal(by_id.provider, "stripe");
    assert_string_equal(by_id.account, "a1");
    assert_ptr_equal(by_name.plan, by_id.plan);
    assert_string_equal(served(bench, "same", NULL), "s");
    assert_string_equal(served(bench, "6F9F2A6E", NULL), "ATT_NOT_FOUND");
}

/* The lines of what is said about origins; `severity` is all that is looked at. */
static const char *origin_lines(struct bench *bench, enum att_severity severity)
{
    const char *lines = "";

    for (size_t i = 0; i < bench->findings.count; i++)
        if (bench->findings.list[i].severity == severity && strncmp(bench->findings.list[i].text, "origin ", 7) == 0)
            lines = att_pool_format(bench->pool, "%s%d ", lines, bench->findings.list[i].place.line);
    return lines;
}

static void every_origin_that_is_none_is_told_and_one_that_no_request_can_go_to(void **state)
{
    struct bench *bench = *state;

    build(bench,
          HEAD "stacks = ( { name = \"s\"; " FETCH "origins = [ \"https://a.example\", \"http://localhost:8080\", "
               "\"http://127.0.0.9\", \"http://[::1]\", \"http://api.localhost\",\n\"http://10.0.0.1\" ]; } );");
    assert_true(bench->built);
    assert_string_equal(origin_lines(bench, ATT_SEVERITY_WARNING), "2 ");
    assert_string_equal(bench->findings.list[bench->findings.count - 1].text,
                        "origin \"http://10.0.0.1\" is of no use: plain http is for this machine only, and every "
                        "request there is refused; write https");
    build(bench, HEAD "stacks = ( { name = \"s\"; " FETCH "origins = [ \"https://a/b\",\n\"ftp://b\" ]; },\n"
                      "{ name = \"t\"; " FETCH "origins = \"c\"; } );\n"
                      "grants = ( { name = \"g\"; stack = \"s\"; origins = \"d\"; } );");
    assert_false(bench->built);
    assert_string_equal(origin_lines(bench, ATT_SEVERITY_ERROR), "1 2 3 4 ");
}

static void a_thousand_grants_are_all_found(void **state)
{
    struct bench *bench = *state;
    struct att_buffer text;
    struct att_resolution resolution;
    char name[32];

    att_buffer_open(&text, 1 << 20);
    att_buffer_text(&text, HEAD "stacks = ( { name = \"s\"; " FETCH "} ); grants = (");
    for (int i = 0; i < 1000; i++)
        att_buffer_format(&text, "%s { name = \"g%d\"; id = \"id-%d\"; stack = \"s\"; }", i ? "," : "", i, i);
    att_buffer_text(&text, " );");
    assert_true(att_buffer_ok(&text));
    build(bench, text.data);
    att_buffer_close(&text);
    assert_true(bench->built);
    for (int i = 0; i < 1000; i++) {
        for (int by_id = 0; by_id < 2; by_id++) {
            snprintf(name, sizeof name, by_id ? "id-%d" : "g%d", i);
            assert_int_equal(att_plans_resolve(&bench->plans, name, NULL, NULL, &resolution, NULL), ATT_OK);
            snprintf(name, sizeof name, "id-%d", i);
            assert_string_equal(resolution.grant_id, name);
            snprintf(name, sizeof name, "g%d", i);
            assert_string_equal(resolution.grant, name);
        }
    }
    assert_string_equal(served(bench, "g1000", NULL), "ATT_NOT_FOUND");
}

static void what_is_not_known_is_said_with_its_name(void **state)
{
    struct bench *bench = *state;

    build(bench,
          HEAD "stacks = ( { name = \"s\"; match = { grant = [ \"a*\" ]; provider = [ \"a*\" ]; }; " FETCH "} );");
    assert_string_equal(served(bench, "billing", NULL), "ATT_NOT_FOUND");
    assert_string_equal(bench->error.message,
                        "grant \"billing\" is not known: no grant of the configuration has that name or id, and no "
                        "stack matches it; check the spelling, or add it under grants or to a stack's match");
    assert_string_equal(bench->error.grant, "billing");
    assert_null(bench->error.provider);
    assert_string_equal(served(bench, NULL, "google"), "ATT_NOT_FOUND");
    assert_memory_equal(bench->error.message, "provider \"google\" is not known: ", 32);
    assert_string_equal(bench->error.provider, "google");
    assert_null(bench->error.grant);
}

static void two_globs_that_match_equally_are_an_error_when_the_grant_is_named(void **state)
{
    struct bench *bench = *state;

    build(bench, HEAD "stacks = ( { name = \"one\"; match = { grant = [ \"cal*\" ]; }; " FETCH "},"
                      " { name = \"two\"; match = { grant = [ \"*dar\" ]; }; " FETCH "},"
                      " { name = \"three\"; match = { grant = [ \"calendar-x\" ]; }; " FETCH "} );");
    assert_true(bench->built);
    assert_string_equal(served(bench, "calm", NULL), "one");
    assert_string_equal(served(bench, "radar", NULL), "two");
    assert_string_equal(served(bench, "calendar-x", NULL), "three");
    assert_string_equal(served(bench, "calendar", NULL), "ATT_CONFIG");
    assert_string_equal(bench->error.message,
                        "grant \"calendar\" is matched by stacks \"one\" and \"two\" equally well; make one of the "
                        "patterns narrower");
    assert_string_equal(bench->error.grant, "calendar");
}

static void two_globs_that_match_a_listed_grant_equally_are_an_error_at_load(void **state)
{
    struct bench *bench = *state;

    build(bench, HEAD "stacks = ( { name = \"one\"; match = { provider = [ \"goo*\" ]; }; " FETCH "},"
                      " { name = \"two\"; match = { provider = [ \"*gle\" ]; }; " FETCH "} );"
                      "grants = ( { name = \"g\"; provider = \"google\"; } );");
    assert_false(bench->built);
    assert_string_equal(
        bench->findings.list[bench->findings.count - 1].text,
        "grant \"g\" is matched by stacks \"one\" and \"two\" equally well; name one with stack = \"...\"");
    assert_int_equal(bench->findings.list[bench->findings.count - 1].place.line, 1);
}

static void a_listed_grant_that_no_stack_serves_is_an_error_at_load(void **state)
{
    struct bench *bench = *state;

    build(bench, HEAD "stacks = ( { name = \"s\"; match = { grant = [ \"id-*\" ]; }; " FETCH "} );"
                      "grants = ( { name = \"g\"; id = \"id-1\"; } );");
    assert_false(bench->built);
    assert_string_equal(bench->findings.list[bench->findings.count - 1].text,
                        "grant \"g\" is served by no stack; name one with stack = \"...\", or match it in one");
}

static void no_grant_has_the_name_or_id_of_another(void **state)
{
    static const char *const pairs[] = {
        "{ name = \"b\"; id = \"a\"; stack = \"s\"; }",
        "{ name = \"b\"; id = \"id-a\"; stack = \"s\"; }",
        "{ name = \"id-a\"; stack = \"s\"; }",
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        void *own = NULL;
        struct bench *bench;
        char text[1024], expected[128];
        open_bench(&own);
        bench = own;
        snprintf(text, sizeof text,
                 HEAD "stacks = ( { name = \"s\"; " FETCH "} );\n"
                      "grants = ( { name = \"a\"; id = \"id-a\"; stack = \"s\"; },\n%s );",
                 pairs[i]);
        snprintf(expected, sizeof expected,
                 "grant \"%s\" has the name or id of grant \"a\" (site.conf:2); give each its own",
                 i == 2 ? "id-a" : "b");
        build(bench, text);
        assert_false(bench->built);
        assert_string_equal(bench->findings.list[bench->findings.count - 1].text, expected);
        assert_int_equal(bench->findings.list[bench->findings.count - 1].place.line, 3);
        close_bench(&own);
    }
}

static const char bindings[] =
    HEAD "stacks = ( { name = \"s\"; match = { grant = [ \"free-*\" ]; }; origins = [ \"https://s.example\" ];"
         " inject = { header = \"x-s\"; format = \"{token}\"; }; " FETCH "},"
         " { name = \"bare\"; " FETCH "} );"
         "grants = ( { name = \"all-of-the-stack\"; stack = \"s\"; },"
         " { name = \"own-origins\"; stack = \"s\"; origins = [ \"https://g.example\", \"https://h.example\" ]; },"
         " { name = \"own-inject\"; stack = \"s\"; inject = ( { query = \"q\"; }, { kind = \"basic\"; } ); },"
         " { name = \"nothing\"; stack = \"bare\"; origins = [ ]; } );";

static const struct att_binding *binding_of(struct bench *bench, const char *grant, struct att_resolution *resolution)
{
    assert_int_equal(att_plans_resolve(&bench->plans, grant, NULL, NULL, resolution, &bench->error), ATT_OK);
    return &resolution->binding;
}

static void origins_and_placements_are_the_grants_own_or_else_its_stacks(void **state)
{
    struct bench *bench = *state;
    struct att_resolution resolution;
    const struct att_binding *binding;

    build(bench, bindings);
    assert_true(bench->built);
    for (int i = 0; i < 2; i++) {
        binding = binding_of(bench, i ? "free-lance" : "all-of-the-stack", &resolution);
        assert_int_equal(binding->origin_count, 1);
        assert_string_equal(binding->origins[0].text, "https://s.example");
        assert_int_equal(binding->inject_count, 1);
        assert_string_equal(binding->injects[0].name, "x-s");
    }
    binding = binding_of(bench, "own-origins", &resolution);
    assert_int_equal(binding->origin_count, 2);
    assert_string_equal(binding->origins[0].text, "https://g.example");
    assert_string_equal(binding->origins[1].text, "https://h.example");
    assert_string_equal(binding->injects[0].name, "x-s");
    binding = binding_of(bench, "own-inject", &resolution);
    assert_string_equal(binding->origins[0].text, "https://s.example");
    assert_int_equal(binding->inject_count, 2);
    assert_int_equal(binding->injects[0].kind, ATT_INJECT_QUERY);
    assert_int_equal(binding->injects[1].kind, ATT_INJECT_BASIC);
    binding = binding_of(bench, "nothing", &resolution);
    assert_int_equal(binding->origin_count, 0);
    assert_int_equal(binding->inject_count, 0);
}

static void an_origin_that_is_none_is_an_error_with_its_place(void **state)
{
    struct bench *bench = *state;

    build(bench, HEAD "stacks = ( { name = \"s\";\norigins = [ \"ftp://s.example\" ]; " FETCH "} );");
    assert_false(bench->built);
    assert_string_equal(bench->findings.list[bench->findings.count - 1].text,
                        "origin \"ftp://s.example\" does not begin with https:// or http://; write "
                        "https://api.example.com");
    assert_int_equal(bench->findings.list[bench->findings.count - 1].place.line, 2);
}

static void a_substack_is_run_in_its_place(void **state)
{
    struct bench *bench = *state;
    struct att_resolution resolution;

    build(bench, HEAD "stacks = ( { name = \"outer\"; match = { default = true; };"
                      " fetch = ( { substack = \"inner\"; control = \"optional\"; },"
                      " { use = \"q\"; control = \"required\"; } ); }, { name = \"inner\"; " FETCH "} );");
    assert_true(bench->built);
    assert_int_equal(att_plans_resolve(&bench->plans, "g", NULL, NULL, &resolution, NULL), ATT_OK);
    assert_int_equal(resolution.plan->stack.count, 2);
    assert_string_equal(resolution.plan->stack.steps[0].substack->name, "inner");
    assert_string_equal(resolution.plan->stack.steps[0].substack->steps[0].config->use, "p");
    assert_null(resolution.plan->stack.steps[1].substack);
    assert_string_equal(served(bench, "inner", NULL), "outer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exact_goes_before_glob_and_a_grant_before_its_provider, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(grants_that_the_site_does_not_list_are_matched_by_name, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_provider_identity_is_matched_as_a_provider_only, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_grant_is_found_by_name_and_by_id, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(every_origin_that_is_none_is_told_and_one_that_no_request_can_go_to, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_thousand_grants_are_all_found, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_said_with_its_name, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(two_globs_that_match_equally_are_an_error_when_the_grant_is_named, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(two_globs_that_match_a_listed_grant_equally_are_an_error_at_load, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(a_listed_grant_that_no_stack_serves_is_an_error_at_load, open_bench,
                                        close_bench),
        cmocka_unit_test(no_grant_has_the_name_or_id_of_another),
        cmocka_unit_test_setup_teardown(origins_and_placements_are_the_grants_own_or_else_its_stacks, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(an_origin_that_is_none_is_an_error_with_its_place, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(a_substack_is_run_in_its_place, open_bench, close_bench),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
