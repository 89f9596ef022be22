/* tests/abi/test-abi.c: modules that were built against another minor of the ABI load and work. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/provider/grants.h"
#include "core/provider/provider.h"
#include "tests/unit/unit.h"

struct fixture {
    char directory[64];
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    struct att_credential credential;
    struct att_call_report report;
    struct att_placement placement;
    char line[1100];
};

static void keep_line(void *context, int level, const char *line)
{
    struct fixture *fixture = context;

    (void)level;
    snprintf(fixture->line, sizeof fixture->line, "%s", line);
}

static int fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/attache-abi-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    fixture->pool = att_pool_create();
    att_findings_open(&fixture->findings, fixture->pool);
    fixture->environment = (struct att_environment){att_arena_create(), keep_line, fixture};
    att_host_table_fill(&fixture->table, &fixture->environment, NULL);
    att_credential_open(&fixture->credential, fixture->environment.arena);
    *state = fixture;
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *fixture = *state;

    att_credential_close(&fixture->credential);
    att_arena_destroy(fixture->environment.arena);
    att_findings_close(&fixture->findings);
    att_pool_destroy(fixture->pool);
    assert_int_equal(rmdir(fixture->directory), 0);
    free(fixture);
    return 0;
}

/* Loads a copy that lies where only this user could have put it. */
static const struct att_module *load(struct fixture *fixture, const char *module, uint32_t kind)
{
    static char bytes[1 << 20];
    const char *build = secure_getenv("ATT_BUILD");
    const char *name = att_pool_format(fixture->pool, "%s.so", module);
    const char *from = att_pool_format(fixture->pool, "%s/tests/abi/.libs/%s", build ? build : ".", name);
    const char *to = att_pool_format(fixture->pool, "%s/%s", fixture->directory, name);
    struct att_loader_rules rules = {.directory = fixture->directory, .host = &fixture->table.host};
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const struct att_module *loaded;
    struct att_buffer why;
    ssize_t size;

    if (in < 0)
        fail_msg("%s is not built", from);
    size = read(in, bytes, sizeof bytes);
    assert_true(out >= 0 && size > 0 && write(out, bytes, (size_t)size) == size);
    assert_int_equal(fchmod(out, 0644), 0);
    close(in);
    close(out);
    att_buffer_open(&why, 4096);
    loaded = att_module_load(fixture->pool, &rules, name, kind, NULL, &why);
    if (!loaded)
        print_message("%s\n", why.data ? why.data : "out of memory");
    att_buffer_close(&why);
    assert_int_equal(unlink(to), 0);
    return loaded;
}

static struct att_instance *open_instance(struct fixture *fixture, const struct att_module *module, const char *options)
{
    struct att_place place = {"site.conf", 1};
    const struct att_value *root = att_config_parse(
        fixture->pool, "site.conf", att_pool_format(fixture->pool, "options = { %s };", options), &fixture->findings);
    struct att_instance *instance;

    assert_non_null(root);
    instance = att_instance_open(&fixture->environment, module,
                                 &(struct att_entry){"entry", att_value_member(root, "options"), place, "/state",
                                                     &(struct att_transport_options){0}},
                                 &fixture->findings);
    if (!instance)
        fail_msg("%s", fixture->findings.list[0].text);
    return instance;
}

static att_result fetch(struct fixture *fixture, struct att_instance *instance, const char *grant)
{
    struct att_fetch request = {.size = sizeof request,
                                .deadline_ns = att_clock_monotonic_ns() + 10 * ATT_NS_PER_S,
                                .caller = "tester",
                                .grant = grant};

    att_credential_close(&fixture->credential);
    return att_instance_fetch(instance, &request, &fixture->credential, &fixture->report);
}

static const char *part_of(const struct fixture *fixture, const char *part)
{
    const struct att_secret *secret = att_credential_part(&fixture->credential, part);

    return secret ? att_secret_bytes(secret) : "(none)";
}

static void a_provider_built_for_1_0_loads_and_gives_its_credential(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "mock10", ATT_KIND_PROVIDER);
    struct att_fetch stale = {.size = sizeof stale, .deadline_ns = att_clock_monotonic_ns() + 10 * ATT_NS_PER_S};
    struct att_instance *instance;

    assert_non_null(module);
    assert_int_equal(module->abi_minor, 0);
    assert_int_equal(setenv("ATT_TEST_KEY", "frozen-key", 1), 0);
    instance = open_instance(fixture, module, "key = { env = \"ATT_TEST_KEY\"; };");
    assert_string_equal(fixture->line, "entry: entry");
    assert_int_equal(fetch(fixture, instance, "billing"), ATT_RESULT_OK);
    assert_string_equal(part_of(fixture, "token"), "frozen-key");
    assert_string_equal(fixture->credential.kind, "oauth");
    assert_string_equal(fixture->credential.account, "tester");
    assert_true(fixture->credential.expires > att_clock_wall_us() / 1000000 + 3590);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &fixture->placement), ATT_RESULT_OK);
    assert_string_equal(fixture->placement.items[0].name, "x-mock-key");
    assert_string_equal(fixture->placement.items[0].format, "mock {token}");
    assert_int_equal(fetch(fixture, instance, "gone"), ATT_RESULT_REVOKED);
    assert_string_equal(fixture->report.sentence, "the mock has lost it");
    assert_int_equal(fetch(fixture, instance, NULL), ATT_RESULT_NONE);
    assert_int_equal(att_instance_invalidate(instance, &stale, &(struct att_loan){0}), ATT_RESULT_OK);
    assert_int_equal(fetch(fixture, instance, "billing"), ATT_RESULT_OK);
    assert_string_equal(fixture->credential.kind, "fresh");
    assert_true(att_instance_close(instance));
    unsetenv("ATT_TEST_KEY");
}

static void a_sink_built_for_1_0_loads_and_takes_records(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "sink10", ATT_KIND_AUDIT);
    struct att_record record = {
        .size = sizeof record, .json = "{\"n\":1}", .json_size = 7, .event = "request", .time_us = 5};
    struct att_instance *instance;

    assert_non_null(module);
    instance = open_instance(fixture, module, "");
    assert_int_equal(att_instance_append(instance, &record, &fixture->report), ATT_RESULT_OK);
    assert_string_equal(fixture->line, "entry: {\"n\":1}");
    record.event = NULL;
    assert_int_equal(att_instance_append(instance, &record, &fixture->report), ATT_RESULT_FAULT);
    assert_string_equal(fixture->report.sentence, "a record came broken");
    assert_true(att_instance_close(instance));
}

static void a_provider_built_for_1_1_is_kept_placed_and_read_again(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "lend11", ATT_KIND_PROVIDER);
    struct att_fetch request = {.size = sizeof request,
                                .deadline_ns = att_clock_monotonic_ns() + 5 * ATT_NS_PER_S,
                                .caller = "abi",
                                .grant = "count",
                                .request_id = "1"};
    struct att_instance *instance;
    struct att_loan loan;

    assert_non_null(module);
    assert_int_equal(setenv("ATT_TEST_KEY", "frozen-key", 1), 0);
    instance = open_instance(fixture, module, "parts = { token = { env = \"ATT_TEST_KEY\"; }; };");
    for (int i = 0; i < 2; i++) {
        att_loan_open(&loan, fixture->environment.arena);
        assert_int_equal(att_instance_borrow(instance, &request, &loan, &fixture->report), ATT_RESULT_OK);
        assert_string_equal(att_secret_bytes(att_credential_part(loan.credential, "token")), "1");
        if (i == 1)
            assert_int_equal(att_instance_invalidate(instance, &request, &loan), ATT_RESULT_OK);
        att_loan_close(&loan);
    }
    request.grant = "other";
    att_loan_open(&loan, fixture->environment.arena);
    assert_int_equal(att_instance_borrow(instance, &request, &loan, &fixture->report), ATT_RESULT_OK);
    assert_string_equal(att_secret_bytes(att_credential_part(loan.credential, "token")), "yek-nezorf");
    assert_string_equal(loan.credential->placement->items[0].name, "X-Lent");
    assert_string_equal(loan.credential->origins[0]->text, "https://api.example.com");
    att_loan_close(&loan);
    assert_true(att_instance_close(instance));
    unsetenv("ATT_TEST_KEY");
}

static void a_provider_built_for_1_2_is_handed_data_asks_lists_and_revokes(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "ask12", ATT_KIND_PROVIDER);
    const char *file = att_pool_format(fixture->pool, "%s/data.conf", fixture->directory);
    const struct att_grant_query query = {.size = sizeof query, .provider = "google", .limit = 10};
    struct att_fetch who = {.size = sizeof who, .caller = "abi", .grant = "g-12", .request_id = "1"};
    int data = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct att_grant_page page = {0};
    struct att_instance *instance;

    assert_non_null(module);
    assert_int_equal(write(data, "token = \"frozen\";\n", 18), 18);
    close(data);
    instance = open_instance(fixture, module, att_pool_format(fixture->pool, "data = \"%s\";", file));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(fetch(fixture, instance, "billing"), ATT_RESULT_OK);
    assert_string_equal(part_of(fixture, "token"), "frozen");
    assert_string_equal(fixture->credential.grant, "g-12");
    assert_true(fixture->credential.scopes_outdated);
    assert_int_equal(fetch(fixture, instance, "backend"), ATT_RESULT_CONFIG);
    assert_string_equal(fixture->report.sentence, "its backend http://backend.example may not be asked: plain http is "
                                                  "for this machine only; use https");
    assert_true(fixture->report.said_more);
    who.deadline_ns = att_clock_monotonic_ns() + 5 * ATT_NS_PER_S;
    assert_int_equal(att_instance_list(instance, &who, &query, &page, &fixture->report), ATT_RESULT_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.total, 7);
    assert_string_equal(page.list[0].provider, "google");
    assert_string_equal(page.list[0].account, "abi");
    assert_int_equal(page.list[0].scopes_outdated, 1);
    att_grant_page_close(&page);
    assert_int_equal(att_instance_revoke(instance, &who, &fixture->report), ATT_RESULT_OK);
    who.grant = "g-13";
    assert_int_equal(att_instance_revoke(instance, &who, &fixture->report), ATT_RESULT_NOT_FOUND);
    assert_true(att_instance_close(instance));
}

/* What a table of 1.1 has no room for is not there. */
static void a_provider_of_1_1_that_offers_what_1_2_brought_is_refused(void **state)
{
    static const uint64_t offers[] = {ATT_OFFERS_GRANTS, ATT_OFFERS_CONNECT, ATT_OFFERS_EXECUTE};
    static const char *const gaps[] = {"offers grants and lacks one of list and revoke",
                                       "offers to connect and lacks one of connect_begin and connect_poll",
                                       "offers to execute and lacks one of execute and approval"};
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "lend11", ATT_KIND_PROVIDER);
    struct att_loader_rules rules = {.directory = fixture->directory, .host = &fixture->table.host};
    struct att_buffer why;

    assert_non_null(module);
    assert_int_equal(module->abi_minor, 1);
    for (size_t i = 0; i < ATT_COUNT(offers); i++) {
        struct att_provider table = module->provider;
        table.offers |= offers[i];
        memset(&table.list, 0x5a, sizeof table - offsetof(struct att_provider, list)); /* behind its end */
        att_buffer_open(&why, 4096);
        assert_null(att_module_adopt(fixture->pool, &rules, ATT_KIND_PROVIDER, &table, &why));
        assert_string_equal(why.data,
                            att_pool_format(fixture->pool, "module (built in) %s; complete its table", gaps[i]));
        att_buffer_close(&why);
    }
}

static void a_provider_of_a_later_minor_loads_and_what_we_do_not_know_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "newer", ATT_KIND_PROVIDER);
    struct att_instance *instance;

    assert_non_null(module);
    assert_int_equal(module->abi_minor, ATT_ABI_MINOR + 7);
    assert_int_equal(module->option_count, 2);
    assert_string_equal(module->options[1].name, "part");
    instance = open_instance(fixture, module, "part = \"other\";");
    assert_int_equal(fetch(fixture, instance, "billing"), ATT_RESULT_OK);
    assert_string_equal(part_of(fixture, "other"), "from-newer");
    assert_true(att_instance_close(instance));
}

static void a_provider_whose_table_ends_early_has_none_of_the_rest(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = load(fixture, "shorter", ATT_KIND_PROVIDER);
    struct att_instance *instance;

    assert_non_null(module);
    assert_null(module->provider.inject);
    assert_null(module->provider.invalidate);
    instance = open_instance(fixture, module, "");
    assert_false(att_instance_can_renew(instance, &(struct att_loan){0}));
    assert_int_equal(fetch(fixture, instance, "billing"), ATT_RESULT_OK);
    assert_string_equal(part_of(fixture, "password"), "from-shorter");
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &fixture->placement), ATT_RESULT_OK);
    assert_int_equal(fixture->placement.items[0].kind, ATT_INJECT_BASIC);
    assert_true(att_instance_close(instance));
}

static att_result never_called(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    (void)instance;
    (void)credential;
    (void)placement;
    return ATT_RESULT_FAULT;
}

static void what_lies_behind_a_table_that_ends_early_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *shorter = load(fixture, "shorter", ATT_KIND_PROVIDER);
    struct att_loader_rules rules = {.directory = fixture->directory, .host = &fixture->table.host};
    struct att_provider table;
    struct att_buffer why;

    assert_non_null(shorter);
    att_buffer_open(&why, 4096);
    table = shorter->provider;
    table.inject = never_called;
    table.offers |= ATT_OFFERS_INJECT;
    assert_null(att_module_adopt(fixture->pool, &rules, ATT_KIND_PROVIDER, &table, &why));
    assert_string_equal(why.data, "module (built in) offers inject and has no such function; complete its table");
    table.size = sizeof table;
    assert_non_null(att_module_adopt(fixture->pool, &rules, ATT_KIND_PROVIDER, &table, &why));
    att_buffer_close(&why);
}

static void a_provider_sees_that_a_host_is_older_than_it_needs(void **state)
{
    struct fixture *fixture = *state;

    fixture->table.host.size = offsetof(struct att_host, place_cookie);
    assert_null(load(fixture, "mock10", ATT_KIND_PROVIDER));
    fixture->table.host.size = sizeof(struct att_host);
    assert_non_null(load(fixture, "mock10", ATT_KIND_PROVIDER));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_provider_built_for_1_0_loads_and_gives_its_credential),
        TEST(a_sink_built_for_1_0_loads_and_takes_records),
        TEST(a_provider_built_for_1_1_is_kept_placed_and_read_again),
        TEST(a_provider_built_for_1_2_is_handed_data_asks_lists_and_revokes),
        TEST(a_provider_of_1_1_that_offers_what_1_2_brought_is_refused),
        TEST(a_provider_of_a_later_minor_loads_and_what_we_do_not_know_is_left_alone),
        TEST(a_provider_whose_table_ends_early_has_none_of_the_rest),
        TEST(what_lies_behind_a_table_that_ends_early_is_not_read),
        TEST(a_provider_sees_that_a_host_is_older_than_it_needs),
    };

    return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
