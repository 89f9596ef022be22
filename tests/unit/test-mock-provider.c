/* tests/unit/test-mock-provider.c: the mock provider in the host of the engine: what a script plays arrives, and what
 * no module should do is survived (attacks B9 and E2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/provider/provider.h"
#include "tests/unit/unit.h"

struct played {
    struct att_pool *pool;
    struct att_environment environment;
    struct att_findings findings;
    struct att_module module;
    struct att_instance *instance;
    struct att_credential credential;
    struct att_call_report report;
};

/* The module is linked into this program: same source, no dlopen. */
static void take_table(struct att_module *module)
{
    static const struct att_host host = {.magic = ATT_HOST_MAGIC, .size = sizeof host, .abi_major = ATT_ABI_MAJOR};
    const struct att_provider *table = attache_provider_v1(&host);

    *module = (struct att_module){.kind = ATT_KIND_PROVIDER,
                                  .file = "mock.so",
                                  .name = table->name,
                                  .version = table->version,
                                  .abi_major = table->abi_major,
                                  .abi_minor = table->abi_minor,
                                  .threading = table->threading,
                                  .offers = table->offers,
                                  .needs = table->needs,
                                  .provider = *table,
                                  .options = table->options};
    while (module->options[module->option_count].name)
        module->option_count++;
}

static void play(struct played *played, const char *script)
{
    char file[] = "mock-provider-XXXXXX", folder[3000], text[4096];
    int descriptor = mkstemp(file);
    const struct att_value *options;

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, script, strlen(script)), strlen(script));
    close(descriptor);
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(text, sizeof text, "script = \"%s/%s\";", folder, file);

    memset(played, 0, sizeof *played);
    played->pool = att_pool_create();
    played->environment.arena = att_arena_create();
    att_findings_open(&played->findings, played->pool);
    take_table(&played->module);
    options = att_config_parse(played->pool, "site.conf", text, &played->findings);
    played->instance =
        att_instance_open(&played->environment, &played->module,
                          &(struct att_entry){"offline", options, {"site.conf", 1}, NULL, NULL}, &played->findings);
    unlink(file);
    att_credential_open(&played->credential, played->environment.arena);
}

static void end(struct played *played)
{
    att_credential_close(&played->credential);
    if (played->instance)
        att_instance_close(played->instance);
    att_findings_close(&played->findings);
    att_arena_destroy(played->environment.arena);
    att_pool_destroy(played->pool);
}

static att_result fetch(struct played *played, const char *grant, int64_t deadline_ms)
{
    const struct att_fetch wanted = {.size = sizeof wanted,
                                     .deadline_ns = att_clock_monotonic_ns() + deadline_ms * ATT_NS_PER_MS,
                                     .caller = "test",
                                     .grant = grant,
                                     .method = "GET",
                                     .scheme = "https",
                                     .host = "h.example",
                                     .port = 443,
                                     .path = "/",
                                     .request_id = "r"};

    att_credential_close(&played->credential);
    memset(&played->report, 0, sizeof played->report);
    return att_instance_fetch(played->instance, &wanted, &played->credential, &played->report);
}

static const char *part(const struct played *played, const char *name)
{
    const struct att_secret *secret = att_credential_part(&played->credential, name);

    return secret ? att_secret_bytes(secret) : NULL;
}

static void what_a_script_gives_arrives_in_secret_memory(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"kind\": \"oauth\", \"token\": \"t\", \"rotate\": true, \"scopes\": \"r w\","
                  "\"account\": \"ann\", \"header\": \"X-Key\", \"format\": \"k={token}\"}}}");
    assert_non_null(played.instance);
    assert_int_equal(fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_int_equal(fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_string_equal(part(&played, "token"), "t.1");
    assert_true(att_arena_contains(played.environment.arena, part(&played, "token")));
    assert_string_equal(played.credential.kind, "oauth");
    assert_string_equal(played.credential.scopes, "r w");
    assert_string_equal(played.credential.account, "ann");
    assert_int_equal(fetch(&played, "b", 1000), ATT_RESULT_NONE);
    end(&played);
}

static void placements_of_a_script_are_those_of_the_credential(void **state)
{
    struct att_placement placement;
    struct played played;

    (void)state;
    play(&played,
         "{\"grants\": {\"a\": {\"token\": \"t\", \"place\": [{\"header\": \"X-Key\", \"format\": \"k={token}\"},"
         "{\"query\": \"key\"}]}, \"b\": {\"token\": \"t\"}}}");
    memset(&placement, 0, sizeof placement);
    assert_int_equal(fetch(&played, "a", 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(played.instance, &played.credential, &placement), ATT_RESULT_OK);
    assert_int_equal(placement.count, 2);
    assert_int_equal(placement.items[0].kind, ATT_INJECT_HEADER);
    assert_string_equal(placement.items[0].name, "X-Key");
    assert_string_equal(placement.items[0].format, "k={token}");
    assert_int_equal(placement.items[1].kind, ATT_INJECT_QUERY);
    assert_string_equal(placement.items[1].name, "key");

    memset(&placement, 0, sizeof placement);
    assert_int_equal(fetch(&played, "b", 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(played.instance, &played.credential, &placement), ATT_RESULT_OK);
    assert_int_equal(placement.count, 1);
    assert_string_equal(placement.items[0].format, "Bearer {token}");
    end(&played);
}

static void failures_arrive_with_what_they_say(void **state)
{
    struct played played;

    (void)state;
    play(&played,
         "{\"grants\": {\"a\": {\"result\": \"unavailable\", \"say\": \"it restarts\", \"retry_after\": \"2s\"},"
         "\"b\": {\"result\": \"ambiguous\", \"candidates\": [\"g1\", \"g2\"]}}}");
    assert_int_equal(fetch(&played, "a", 1000), ATT_RESULT_UNAVAILABLE);
    assert_string_equal(played.report.sentence, "it restarts");
    assert_int_equal(played.report.retry_after_ms, 2000);
    assert_int_equal(fetch(&played, "b", 1000), ATT_RESULT_AMBIGUOUS);
    assert_int_equal(played.report.candidate_count, 2);
    assert_string_equal(played.report.candidates[1], "g2");
    end(&played);
}

static void garbage_never_becomes_a_credential(void **state)
{
    static const struct {
        const char *name;
        att_result result;
    } cases[] = {
        {"result", ATT_RESULT_FAULT},     {"nul", ATT_RESULT_FAULT},
        {"crlf", ATT_RESULT_FAULT},       {"huge", ATT_RESULT_FAULT},
        {"empty", ATT_RESULT_FAULT},      {"nothing", ATT_RESULT_FAULT},
        {"both", ATT_RESULT_UNAVAILABLE}, {"sentence", ATT_RESULT_UNAVAILABLE},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct played played;
        char script[100];

        snprintf(script, sizeof script, "{\"default\": {\"garbage\": \"%s\"}}", cases[i].name);
        play(&played, script);
        assert_non_null(played.instance);
        if (fetch(&played, "a", 1000) != cases[i].result)
            fail_msg("garbage %s", cases[i].name);
        assert_int_equal(played.credential.part_count, 0);
        assert_false(att_text_has_control(played.report.sentence));
        assert_true(att_text_is_utf8(played.report.sentence, strlen(played.report.sentence)));
        end(&played);
    }
}

static void a_hang_fails_at_the_deadline_and_does_not_stop_other_requests(void **state)
{
    struct played played;
    int64_t begun = att_clock_monotonic_ns();

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"token\": \"late\", \"hang\": true}, \"b\": {\"token\": \"t\"}}}");
    assert_int_equal(fetch(&played, "a", 50), ATT_RESULT_DEADLINE);
    assert_true(att_clock_monotonic_ns() - begun < 200 * ATT_NS_PER_MS);
    assert_null(part(&played, "token"));
    assert_int_equal(fetch(&played, "b", 1000), ATT_RESULT_OK);
    assert_string_equal(part(&played, "token"), "t");
    end(&played);
}

static void a_wrong_script_is_a_finding_that_names_file_and_member(void **state)
{
    struct played played;

    (void)state;
    play(&played, "{\"grants\": {\"a\": {\"tokn\": \"t\"}}}");
    assert_null(played.instance);
    assert_int_equal(played.findings.errors, 1);
    assert_non_null(strstr(played.findings.list[0].text, ": grants.a.tokn: is no member of an answer"));
    end(&played);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_script_gives_arrives_in_secret_memory),
        cmocka_unit_test(placements_of_a_script_are_those_of_the_credential),
        cmocka_unit_test(failures_arrive_with_what_they_say),
        cmocka_unit_test(garbage_never_becomes_a_credential),
        cmocka_unit_test(a_hang_fails_at_the_deadline_and_does_not_stop_other_requests),
        cmocka_unit_test(a_wrong_script_is_a_finding_that_names_file_and_member),
    };

    return cmocka_run_group_tests_name("mock-provider", tests, NULL, NULL);
}
