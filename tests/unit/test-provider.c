/* tests/unit/test-provider.c: unit tests of core/provider: options, credentials, placements, and calls under a
 * deadline. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/provider/instance.h"
#include "tests/unit/unit.h"

/* ---- an engine in small -------------------------------------------------------------------------------------------
 */

struct fixture {
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    struct att_loader_rules rules;
    struct att_buffer why;
    struct att_credential credential;
    struct att_call_report report;
    atomic_int lines;
    char line[2048];
};

static void keep_line(void *context, int level, const char *line)
{
    struct fixture *fixture = context;

    (void)level;
    snprintf(fixture->line, sizeof fixture->line, "%s", line);
    atomic_fetch_add(&fixture->lines, 1);
}

static int fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->pool = att_pool_create();
    att_findings_open(&fixture->findings, fixture->pool);
    fixture->environment = (struct att_environment){att_arena_create(), keep_line, fixture};
    att_host_table_fill(&fixture->table, &fixture->environment, NULL);
    fixture->rules = (struct att_loader_rules){.directory = "/nowhere", .host = &fixture->table.host};
    att_buffer_open(&fixture->why, 4096);
    att_credential_open(&fixture->credential, fixture->environment.arena);
    *state = fixture;
    return 0;
}

/* Every secret is gone when all is closed. */
static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    struct att_arena_state memory;

    att_credential_close(&fixture->credential);
    att_arena_state(fixture->environment.arena, &memory);
    assert_int_equal(memory.in_use, 0);
    att_arena_destroy(fixture->environment.arena);
    att_buffer_close(&fixture->why);
    att_findings_close(&fixture->findings);
    att_pool_destroy(fixture->pool);
    free(fixture);
    return 0;
}

static const struct att_module *adopt(struct fixture *fixture, const struct att_provider *table)
{
    const struct att_module *module =
        att_module_adopt(fixture->pool, &fixture->rules, ATT_KIND_PROVIDER, table, &fixture->why);

    if (!module)
        fail_msg("%s", fixture->why.data);
    return module;
}

/* The text of `options = { ... }` as a value. */
static const struct att_value *options_of(struct fixture *fixture, const char *text)
{
    const struct att_value *root = att_config_parse(
        fixture->pool, "site.conf", att_pool_format(fixture->pool, "options = {\n%s\n};", text), &fixture->findings);

    assert_non_null(root);
    return att_value_member(root, "options");
}

static struct att_instance *open_module(struct fixture *fixture, const struct att_module *module, const char *options)
{
    const struct att_entry entry = {"entry", options_of(fixture, options), {"site.conf", 1}, "/state", NULL};

    return att_instance_open(&fixture->environment, module, &entry, &fixture->findings);
}

static struct att_instance *open_unruly(struct fixture *fixture, const char *act, int number, bool prompt)
{
    const struct att_module *module = adopt(fixture, attache_provider_v1(&fixture->table.host));
    struct att_instance *instance =
        open_module(fixture, module,
                    att_pool_format(fixture->pool, "act = \"%s\"; number = %d; prompt = %s;", act, number,
                                    prompt ? "true" : "false"));

    if (!instance)
        fail_msg("%s", fixture->findings.list[0].text);
    return instance;
}

static struct att_fetch request_until(int milliseconds)
{
    return (struct att_fetch){.size = sizeof(struct att_fetch),
                              .deadline_ns = att_clock_monotonic_ns() + milliseconds * ATT_NS_PER_MS,
                              .caller = "tester",
                              .grant = "billing",
                              .method = "GET",
                              .scheme = "https",
                              .host = "api.example",
                              .port = 443,
                              .path = "/",
                              .request_id = "r-1"};
}

static att_result fetch_with(struct fixture *fixture, struct att_instance *instance, int milliseconds)
{
    struct att_fetch request = request_until(milliseconds);

    return att_instance_fetch(instance, &request, &fixture->credential, &fixture->report);
}

static const char *token_of(const struct fixture *fixture)
{
    const struct att_secret *token = att_credential_part(&fixture->credential, "token");

    return token ? att_secret_bytes(token) : NULL;
}

static int64_t milliseconds_since(int64_t start_ns)
{
    return (att_clock_monotonic_ns() - start_ns) / ATT_NS_PER_MS;
}

/* ---- options ------------------------------------------------------------------------------------------------------
 */

static const char *const modes[] = {"fast", "safe", NULL};

static const struct att_option rich_options[] = {
    {.name = "url", .type = ATT_OPTION_TEXT, .flags = ATT_OPTION_REQUIRED, .help = "where the backend is"},
    {.name = "port", .type = ATT_OPTION_INTEGER, .minimum = 1, .maximum = 65535, .initial = "443"},
    {.name = "tls", .type = ATT_OPTION_BOOLEAN, .initial = "true"},
    {.name = "wait", .type = ATT_OPTION_DURATION, .minimum = 100, .maximum = 60000, .initial = "5s"},
    {.name = "cap", .type = ATT_OPTION_SIZE, .initial = "1MiB"},
    {.name = "file", .type = ATT_OPTION_PATH},
    {.name = "mode", .type = ATT_OPTION_CHOICE, .choices = modes, .initial = "safe"},
    {.name = "key", .type = ATT_OPTION_SECRET},
    {.name = "groups", .type = ATT_OPTION_TEXT_LIST},
    {0},
};

static char seen[1024]; /* what the rich module read; tests run one after the other */

static att_result rich_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct att_secret *key = host->setting_secret(settings, "key");
    const char *const *groups = host->setting_list(settings, "groups");
    const char *file = host->setting_text(settings, "file");
    size_t key_size = 0;

    (void)instance;
    if (key)
        host->secret_return(key, host->secret_borrow(key, &key_size));
    snprintf(seen, sizeof seen, "%s %s %lld %lld %lld %lld %s %s key %zu groups %s,%s", host->setting_entry(settings),
             host->setting_text(settings, "url"), (long long)host->setting_integer(settings, "port"),
             (long long)host->setting_integer(settings, "tls"), (long long)host->setting_integer(settings, "wait"),
             (long long)host->setting_integer(settings, "cap"), file ? file : "-", host->setting_text(settings, "mode"),
             key_size, groups[0] ? groups[0] : "-", groups[0] && groups[1] ? groups[1] : "-");
    return ATT_RESULT_OK;
}

static void ignore_close(void *instance)
{
    (void)instance;
}

static att_result find_nothing(void *instance, const struct att_fetch *request, struct att_credential *credential)
{
    (void)instance;
    (void)request;
    (void)credential;
    return ATT_RESULT_NONE;
}

static const struct att_provider rich_table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = 1,
    .offers = ATT_OFFERS_FETCH,
    .name = "rich",
    .version = "1",
    .options = rich_options,
    .option_size = sizeof(struct att_option),
    .open = rich_open,
    .close = ignore_close,
    .fetch = find_nothing,
};

static void options_are_handed_over_typed_with_their_initial_values(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt(fixture, &rich_table);
    struct att_instance *instance = open_module(fixture, module, "url = \"https://b\"; x_note = 1;");

    assert_non_null(instance);
    assert_string_equal(seen, "entry https://b 443 1 5000 1048576 - safe key 0 groups -,-");
    assert_string_equal(att_instance_name(instance), "entry");
    assert_ptr_equal(att_instance_module(instance), module);
    assert_true(att_instance_close(instance));

    assert_int_equal(setenv("ATT_TEST_KEY", "s3cret", 1), 0);
    instance = open_module(fixture, module,
                           "url = \"u\"; port = 1; tls = false; wait = \"1m\"; cap = \"2kB\"; file = \"/f\";"
                           "mode = \"fast\"; key = { env = \"ATT_TEST_KEY\"; }; groups = [ \"a\", \"b\" ];");
    assert_non_null(instance);
    assert_string_equal(seen, "entry u 1 0 60000 2000 /f fast key 6 groups a,b");
    assert_true(att_instance_close(instance));
    assert_int_equal(fixture->findings.count, 0);
    unsetenv("ATT_TEST_KEY");
}

static void each_wrong_option_is_a_finding_with_its_line(void **state)
{
    static const struct {
        const char *options, *sentence;
    } cases[] = {
        {"port = 0;", "option \"port\": 0 is out of range; write 1 to 65535"},
        {"port = \"80\";", "option \"port\": its value has the wrong type; write a number, as in 5"},
        {"tls = 1;", "option \"tls\": its value has the wrong type; write true or false"},
        {"wait = 5;", "option \"wait\": its value has the wrong type; write a duration in quotes, as in \"30s\""},
        {"wait = \"5\";", "option \"wait\": \"5\" is no duration; write a number and a unit, as in \"30s\""},
        {"wait = \"2h\";", "option \"wait\": 7200000ms is out of range; write 100ms to 60000ms"},
        {"cap = \"lots\";", "option \"cap\": \"lots\" is no size; write a number and a unit, as in \"10MiB\""},
        {"file = \"here\";", "option \"file\": \"here\" is no absolute path; begin it with a slash"},
        {"mode = \"slow\";", "option \"mode\": \"slow\" is none of its choices; write one of \"fast\", \"safe\""},
        {"groups = \"a\";",
         "option \"groups\": its value has the wrong type; write texts in brackets, as in [ \"one\", \"two\" ]"},
        {"groups = ( \"a\", 5 );", "option \"groups\": entry 2 is not text; write [ \"one\", \"two\" ]"},
        {"prot = 1;",
         "option \"prot\" is not known to module rich; it has url, port, tls, wait, cap, file, mode, key, groups"},
    };
    struct fixture *fixture = *state;
    const struct att_module *module = adopt(fixture, &rich_table);
    struct att_entry entry = {"entry", NULL, {"site.conf", 1}, NULL, NULL};

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        const char *text = att_pool_format(fixture->pool, "url = \"u\";\n%s", cases[i].options);
        att_findings_open(&fixture->findings, fixture->pool);
        entry.options = options_of(fixture, text);
        assert_false(att_settings_check(&fixture->environment, module, &entry, &fixture->findings));
        assert_int_equal(fixture->findings.errors, 1);
        assert_string_equal(fixture->findings.list[0].text, cases[i].sentence);
        assert_string_equal(fixture->findings.list[0].module, "rich");
        assert_int_equal(fixture->findings.list[0].place.line, 3);
    }
}

static void all_wrong_options_are_found_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt(fixture, &rich_table);
    struct att_entry entry = {"entry", NULL, {"site.conf", 7}, NULL, NULL};

    entry.options = options_of(fixture, "port = 0; tls = 3; key = \"literal\";");
    assert_false(att_settings_check(&fixture->environment, module, &entry, &fixture->findings));
    assert_int_equal(fixture->findings.errors, 4);
    assert_string_equal(fixture->findings.list[0].text,
                        "option \"url\": it is required by module rich (where the backend is); write it into options");
    assert_int_equal(fixture->findings.list[0].place.line, 7);
    assert_null(strstr(fixture->findings.list[3].text, "literal\""));
    att_findings_open(&fixture->findings, fixture->pool);
    entry.options = NULL;
    assert_null(att_instance_open(&fixture->environment, module, &entry, &fixture->findings));
    assert_int_equal(fixture->findings.errors, 1);
}

static void an_open_that_fails_says_why_and_where(void **state)
{
    static const struct {
        const char *act, *sentence;
        int line;
    } cases[] = {
        {"refuse-open", "\"entry\" cannot be opened with option \"act\": it does not want to\\x0d\\x0a\\x1b[2J", 2},
        {"fail-with-instance", "\"entry\" cannot be opened: it does not want to\\x0d\\x0a\\x1b[2J", 1},
        {"undeclared",
         "\"entry\" cannot be opened: it asked for an option \"colour\" that it does not declare with that type", 1},
        {"wrong-type",
         "\"entry\" cannot be opened: it asked for an option \"act\" that it does not declare with that type", 1},
    };
    struct fixture *fixture = *state;
    const struct att_module *module = adopt(fixture, attache_provider_v1(&fixture->table.host));

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        att_findings_open(&fixture->findings, fixture->pool);
        assert_null(open_module(fixture, module, att_pool_format(fixture->pool, "act = \"%s\";", cases[i].act)));
        assert_int_equal(fixture->findings.count, 1);
        assert_string_equal(fixture->findings.list[0].text, cases[i].sentence);
        assert_int_equal(fixture->findings.list[0].place.line, cases[i].line);
    }
}

/* ---- a module's own check ---------------------------------------------------------------------------------------- */

static size_t checks, opens;

/* What a site gave as a secret is there and empty, and nothing can be made a secret. */
static att_result picky_check(const struct att_host *host, const struct att_settings *settings)
{
    const char *mode = host->setting_text(settings, "mode");
    const struct att_secret *key = host->setting_secret(settings, "key");
    size_t size = 99;

    checks++;
    if (strcmp(host->setting_text(settings, "url"), "nothing") == 0)
        return ATT_RESULT_CONFIG;
    if (strcmp(host->setting_text(settings, "url"), "unasked") == 0)
        host->setting_text(settings, "colour");
    assert_null(host->secret_create(host, 1));
    assert_int_equal(host->features, ATT_HOST_OFFERED);
    host->release(host, host->allocate(host, 10));
    host->log(host, ATT_LEVEL_INFO, "looking");
    host->promise_prompt(settings);
    host->promise_cache(settings, NULL);
    if (!key || strcmp(mode, "safe") == 0)
        return ATT_RESULT_OK;
    assert_non_null(host->secret_borrow(key, &size));
    assert_int_equal(size, 0);
    host->open_failed(settings, "key", "it has no use with mode = \"fast\"; leave it\nout");
    return ATT_RESULT_CONFIG;
}

static att_result picky_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    opens++;
    return rich_open(host, settings, instance);
}

static const struct att_module *adopt_picky(struct fixture *fixture, size_t size)
{
    struct att_provider *table = att_pool_take(fixture->pool, sizeof *table);

    assert_non_null(table);
    *table = rich_table;
    table->size = (uint32_t)size;
    table->name = "picky";
    table->open = picky_open;
    table->check = picky_check;
    checks = opens = 0;
    return adopt(fixture, table);
}

static bool check_entry(struct fixture *fixture, const struct att_module *module, const char *options)
{
    const struct att_entry entry = {"entry", options_of(fixture, options), {"site.conf", 1}, "/state", NULL};

    att_findings_open(&fixture->findings, fixture->pool);
    return att_settings_check(&fixture->environment, module, &entry, &fixture->findings);
}

static void what_a_module_checks_is_a_finding_with_its_line_and_nothing_is_opened(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt_picky(fixture, sizeof(struct att_provider));
    const struct att_finding *finding;

    assert_false(check_entry(fixture, module, "url = \"u\";\nmode = \"fast\";\nkey = { file = \"/nowhere\"; };"));
    assert_int_equal(fixture->findings.count, 1);
    finding = &fixture->findings.list[0];
    assert_string_equal(finding->text, "\"entry\" cannot be opened with option \"key\": it has no use with mode = "
                                       "\"fast\"; leave it\\x0aout");
    assert_string_equal(finding->place.file, "site.conf");
    assert_int_equal(finding->place.line, 4);
    assert_string_equal(finding->module, "picky");
    assert_int_equal(finding->severity, ATT_SEVERITY_ERROR);
    assert_string_equal(fixture->line, "entry: looking");
    assert_int_equal(checks, 1);
    assert_int_equal(opens, 0);
}

static void a_check_that_is_content_reads_no_secret(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt_picky(fixture, sizeof(struct att_provider));

    assert_true(check_entry(fixture, module, "url = \"u\"; key = { file = \"/nowhere\"; };"));
    assert_true(check_entry(fixture, module, "url = \"u\"; mode = \"fast\";"));
    assert_int_equal(fixture->findings.count, 0);
    assert_int_equal(checks, 2);
    assert_int_equal(opens, 0);
}

static void a_check_without_a_reason_and_one_that_asks_for_what_it_did_not_declare_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt_picky(fixture, sizeof(struct att_provider));

    assert_false(check_entry(fixture, module, "url = \"nothing\";"));
    assert_string_equal(fixture->findings.list[0].text,
                        "\"entry\" cannot be opened: the module gave no reason; see the log");
    assert_int_equal(fixture->findings.list[0].place.line, 1);
    assert_false(check_entry(fixture, module, "url = \"unasked\";"));
    assert_string_equal(
        fixture->findings.list[0].text,
        "\"entry\" cannot be opened: it asked for an option \"colour\" that it does not declare with that type");
}

static void a_module_is_not_asked_about_options_that_do_not_hold(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt_picky(fixture, sizeof(struct att_provider));

    assert_false(check_entry(fixture, module, "url = \"u\"; port = 0;"));
    assert_int_equal(fixture->findings.count, 1);
    assert_int_equal(checks, 0);
}

static void a_module_of_before_the_check_is_not_asked(void **state)
{
    struct fixture *fixture = *state;
    const struct att_module *module = adopt_picky(fixture, offsetof(struct att_provider, check));

    assert_true(check_entry(fixture, module, "url = \"nothing\";"));
    assert_int_equal(checks, 0);
}

/* ---- answers ------------------------------------------------------------------------------------------------------
 */

static void e2_an_answer_outside_the_list_is_a_fault(void **state)
{
    static const int numbers[] = {ATT_RESULT_COUNT, 99, -1, INT32_MIN, INT32_MAX};
    struct fixture *fixture = *state;

    for (int on_worker = 0; on_worker < 2; on_worker++)
        for (size_t i = 0; i < ATT_COUNT(numbers); i++) {
            struct att_instance *instance = open_unruly(fixture, "result", numbers[i], !on_worker);
            assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_FAULT);
            assert_string_equal(
                fixture->report.sentence,
                att_pool_format(fixture->pool, "its module answered %d, which is no result", numbers[i]));
            assert_true(att_instance_close(instance));
        }
    for (int number = ATT_RESULT_NONE; number < ATT_RESULT_COUNT; number++) {
        struct att_instance *instance = open_unruly(fixture, "result", number, true);
        assert_int_equal(fetch_with(fixture, instance, 1000), number);
        assert_true(att_instance_close(instance));
    }
}

static void b9_values_that_no_credential_may_hold_are_refused(void **state)
{
    static const struct {
        const char *act, *sentence;
    } cases[] = {
        {"crlf", "the part \"token\" of the credential holds a line break"},
        {"nul", "the part \"token\" of the credential holds a NUL"},
        {"blank", "the part \"token\" of the credential is empty"},
        {"null", "the part \"token\" of the credential is empty"},
        {"huge", "the part \"token\" of the credential is longer than 1 MiB"},
        {"endless", "the part \"token\" of the credential is longer than 1 MiB"},
        {"part-name", "a part of the credential has a name that is not of a-z, 0-9 and _, up to 31 characters"},
        {"endless-name", "a part of the credential has a name that is not of a-z, 0-9 and _, up to 31 characters"},
        {"endless-kind", "the kind of the credential is not a word of 1 to 31 characters"},
        {"bad-scopes",
         "the list of scopes of the credential is missing, longer than 4096, or holds a control character"},
        {"bad-grant", "the grant of the credential is missing, longer than 256, or holds a control character"},
        {"bad-expiry", "the expiry of the credential is before 1970"},
        {"many", "the credential has more than 16 parts"},
        {"nothing", "its module answered OK and gave no credential"},
    };
    struct fixture *fixture = *state;

    for (int on_worker = 0; on_worker < 2; on_worker++)
        for (size_t i = 0; i < ATT_COUNT(cases); i++) {
            struct att_instance *instance = open_unruly(fixture, cases[i].act, 0, !on_worker);
            assert_int_equal(fetch_with(fixture, instance, 5000), ATT_RESULT_FAULT);
            assert_string_equal(fixture->report.sentence, cases[i].sentence);
            assert_int_equal(fixture->credential.part_count, 0);
            assert_true(att_instance_close(instance));
        }
}

static void a_mebibyte_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "mebibyte", 0, false);

    assert_int_equal(fetch_with(fixture, instance, 5000), ATT_RESULT_OK);
    assert_int_equal(att_secret_size(att_credential_part(&fixture->credential, "token")), 1 << 20);
    assert_true(att_instance_close(instance));
}

static void e2_an_error_with_data_leaves_no_data(void **state)
{
    struct fixture *fixture = *state;
    struct att_arena_state memory;

    for (int on_worker = 0; on_worker < 2; on_worker++) {
        struct att_instance *instance = open_unruly(fixture, "error-and-data", 0, !on_worker);
        assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_DENIED);
        assert_null(token_of(fixture));
        att_arena_state(fixture->environment.arena, &memory);
        assert_int_equal(memory.in_use, 0);
        assert_string_equal(fixture->report.sentence, "the backend said\\x09no\\x1b[31m\\xff \xc3\xa9\\xc3");
        assert_true(att_text_is_utf8(fixture->report.sentence, strlen(fixture->report.sentence)));
        assert_int_equal(fixture->report.retry_after_ms, 1500);
        assert_true(att_instance_close(instance));
    }
}

static void ok_with_a_sentence_is_ok(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "data-and-error", 0, true);

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_string_equal(token_of(fixture), "fine");
    assert_string_equal(fixture->report.sentence, "");
    assert_true(att_instance_close(instance));
}

static void e2_text_without_an_end_is_cut(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "endless-text", 0, false);

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(strlen(fixture->report.sentence), sizeof fixture->report.sentence - 1);
    assert_int_equal(strlen(fixture->line), 1024);
    assert_true(att_instance_close(instance));
    instance = open_unruly(fixture, "candidates", 0, false);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_AMBIGUOUS);
    assert_int_equal(fixture->report.candidate_count, 8);
    assert_string_equal(fixture->report.candidates[7], "grant-7");
    assert_true(att_instance_close(instance));
}

static void what_a_module_says_of_a_failure_reaches_the_error(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "facts", 0, false);
    att_error error = ATT_ERROR_INIT;

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_PENDING);
    assert_string_equal(att_call_report_approval(&fixture->report), "approval-1");
    att_fail(&error, ATT_APPROVAL, "held");
    att_call_report_tell(&fixture->report, &error);
    assert_string_equal(error.message, "held");
    assert_string_equal(error.code, "policy\\x1b[2J_error");
    assert_int_equal(strlen(error.rule), 127);
    assert_string_equal(error.details, "why\\x0anot");
    assert_int_equal(strlen(error.missing_scopes[0]), 127);
    assert_string_equal(error.missing_scopes[15], "read");
    assert_null(error.missing_scopes[16]);
    assert_string_equal(error.approval_id, "approval-1");
    assert_string_equal(error.approval_url, "https://a.example/1");
    assert_string_equal(error.state, "pending");
    assert_int_equal(error.http_status, 403);
    assert_int_equal(error.expires_at, 1700000000);
    att_error_clear(&error);
    assert_true(att_instance_close(instance));
}

static void an_address_that_no_browser_may_be_sent_to_is_none(void **state)
{
    static const char *const refused[] = {"javascript:alert(1)",   "data:text/html,x",      "file:///etc/passwd",
                                          "http://wallet.example", "https://u@a.example/",  "//a.example/1",
                                          "https://a.example/<b>", "HTTPS://a.example/a b", ""};
    static const char *const taken[] = {"https://a.example/1?b=2#c", "http://127.0.0.1:8080/a", "http://localhost/a"};
    struct att_call_report *report = calloc(1, sizeof *report);
    att_error error = ATT_ERROR_INIT;

    (void)state;
    assert_non_null(report);
    for (size_t i = 0; i < ATT_COUNT(refused); i++) {
        att_call_report_text(report, ATT_FAILURE_APPROVAL_URL, refused[i]);
        att_call_report_tell(report, &error);
        assert_null(error.approval_url);
    }
    for (size_t i = 0; i < ATT_COUNT(taken); i++) {
        att_call_report_text(report, ATT_FAILURE_APPROVAL_URL, taken[i]);
        att_call_report_tell(report, &error);
        assert_string_equal(error.approval_url, taken[i]);
    }
    att_error_clear(&error);
    free(report);
}

static void e2_an_approval_that_is_too_long_is_none_and_what_was_not_said_stays(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "bad-facts", 0, false);
    att_error error = ATT_ERROR_INIT;

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_PENDING);
    assert_null(att_call_report_approval(&fixture->report));
    att_fail(&error, ATT_APPROVAL, "held");
    error.expires_at = 7;
    att_call_report_tell(&fixture->report, &error);
    assert_null(error.approval_id);
    assert_null(error.approval_url);
    assert_int_equal(error.http_status, 0);
    assert_int_equal(error.expires_at, 7);
    assert_true(att_instance_close(instance));
    /* The next call begins with nothing said. */
    instance = open_unruly(fixture, "data-and-error", 0, true);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    att_fail(&error, ATT_DENIED, "denied");
    att_call_report_tell(&fixture->report, &error);
    assert_null(error.code);
    assert_null(error.missing_scopes);
    att_error_clear(&error);
    assert_true(att_instance_close(instance));
}

static void e2_host_functions_work_from_within_a_call_and_not_after(void **state)
{
    struct fixture *fixture = *state;
    struct att_placement placement;

    for (int on_worker = 0; on_worker < 2; on_worker++) {
        struct att_instance *instance = open_unruly(fixture, "reenter", 0, !on_worker);
        assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
        assert_string_equal(token_of(fixture), "again");
        assert_string_equal(fixture->credential.kind, "api_key");
        assert_int_equal(fixture->credential.expires, 4000000000);
        assert_string_equal(fixture->credential.scopes, "read write");
        assert_string_equal(fixture->credential.account, "me@example");
        assert_string_equal(fixture->line, "entry: one\\x0atwo");
        assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_OK);
        assert_int_equal(placement.count, 4);
        assert_string_equal(placement.items[1].name, "key");
        assert_string_equal(placement.items[1].format, "a{token}b");
        assert_string_equal(token_of(fixture), "again");
        assert_false(fixture->credential.failed);
        att_credential_close(&fixture->credential);
        assert_true(att_instance_close(instance));
    }
}

static void a_worker_gets_copies_of_all_texts_and_of_the_user_token(void **state)
{
    struct fixture *fixture = *state;
    struct att_fact context[] = {{"tool", "a"}, {"agent", "cursor"}, {NULL, NULL}};

    for (int on_worker = 0; on_worker < 2; on_worker++) {
        struct att_instance *instance = open_unruly(fixture, "echo", 0, !on_worker);
        struct att_secret *token = att_secret_from(fixture->environment.arena, "jwt", 3);
        struct att_fetch request = request_until(1000);
        request.user_token = token;
        request.context = context;
        assert_int_equal(att_instance_fetch(instance, &request, &fixture->credential, &fixture->report), ATT_RESULT_OK);
        assert_string_equal(token_of(fixture), "jwt");
        assert_string_equal(fixture->credential.account, "cursor");
        att_secret_destroy(token);
        att_credential_close(&fixture->credential);
        assert_true(att_instance_close(instance));
    }
}

/* ---- placements ---------------------------------------------------------------------------------------------------
 */

static void placements_are_checked(void **state)
{
    static const struct {
        enum att_inject_kind kind;
        const char *name, *format, *failure;
    } cases[] = {
        {ATT_INJECT_HEADER, "X-Key", "{token}", ""},
        {ATT_INJECT_HEADER, "Authorization", "AWS {access_key}:{secret_key}", ""},
        {ATT_INJECT_QUERY, "api key", "{token}", ""},
        {ATT_INJECT_COOKIE, "sid", "v1-{token}", ""},
        {ATT_INJECT_HEADER, "X Key", "{token}", "\"X Key\" is no name of a header field"},
        {ATT_INJECT_HEADER, "", "{token}", "the name of a placement has 1 to 127 characters"},
        {ATT_INJECT_HEADER, "X-Key\r\nEvil", "{token}", "\"X-Key\\x0d\\x0aEvil\" is no name of a header field"},
        {ATT_INJECT_COOKIE, "a=b", "{token}", "\"a=b\" is no name of a cookie"},
        {ATT_INJECT_QUERY, "a\nb", "{token}", "the query parameter's name holds a control character"},
        {ATT_INJECT_HEADER, "Host", "{token}", "the header field \"Host\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "content-LENGTH", "{token}",
         "the header field \"content-LENGTH\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "Transfer-Encoding", "{token}",
         "the header field \"Transfer-Encoding\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "Connection", "{token}", "the header field \"Connection\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "Proxy-Authorization", "{token}",
         "the header field \"Proxy-Authorization\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "HTTP2-Settings", "{token}",
         "the header field \"HTTP2-Settings\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "TE", "{token}", "the header field \"TE\" cannot carry a credential"},
        {ATT_INJECT_HEADER, "X-Key", "constant",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", "{Token}",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", "{token",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", "{}{token}",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", "{token}}",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", "{token}\r\n",
         "the format for \"X-Key\" is not text of up to 255 characters around {part}"},
        {ATT_INJECT_HEADER, "X-Key", NULL, "a placement has no name or no format"},
    };
    struct att_placement placement;

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        att_placement_open(&placement);
        assert_int_equal(att_placement_add(&placement, cases[i].kind, cases[i].name, cases[i].format),
                         !*cases[i].failure);
        assert_string_equal(placement.failure, cases[i].failure);
        assert_int_equal(placement.failed, *cases[i].failure != '\0');
        assert_int_equal(placement.count, !*cases[i].failure);
    }
    att_placement_open(&placement);
    for (int i = 0; i < ATT_INJECTS; i++)
        assert_true(att_placement_add(&placement, ATT_INJECT_BASIC, NULL, NULL));
    assert_false(att_placement_add(&placement, ATT_INJECT_BASIC, NULL, NULL));
    assert_string_equal(placement.failure, "the credential is placed more than 8 times");
}

static void a_credential_without_a_placement_goes_where_its_parts_say(void **state)
{
    struct fixture *fixture = *state;
    struct att_placement placement;
    struct att_instance *instance = open_unruly(fixture, "good", 0, true);

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_OK);
    assert_int_equal(placement.count, 1);
    assert_int_equal(placement.items[0].kind, ATT_INJECT_HEADER);
    assert_string_equal(placement.items[0].name, "authorization");
    assert_string_equal(placement.items[0].format, "Bearer {token}");
    att_credential_close(&fixture->credential);
    assert_true(att_instance_close(instance));

    instance = open_unruly(fixture, "basic", 0, true);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_OK);
    assert_int_equal(placement.items[0].kind, ATT_INJECT_BASIC);
    att_credential_close(&fixture->credential);
    assert_true(att_instance_close(instance));

    instance = open_unruly(fixture, "other", 0, true);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_FAULT);
    assert_string_equal(placement.failure,
                        "the credential has no \"token\" and no \"username\" with \"password\"; state inject");
    assert_true(att_instance_close(instance));
}

static void an_inject_that_fails_places_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct att_placement placement;
    struct att_instance *instance = open_unruly(fixture, "mebibyte", 0, true);

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_FAULT);
    assert_int_equal(placement.count, 0);
    assert_string_equal(placement.failure, "the header field \"Host\" cannot carry a credential");
    att_credential_close(&fixture->credential);
    assert_true(att_instance_close(instance));

    instance = open_unruly(fixture, "slow", 0, true);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_int_equal(att_instance_inject(instance, &fixture->credential, &placement), ATT_RESULT_FAULT);
    assert_string_equal(placement.failure, "its inject answered 77");
    assert_true(att_instance_close(instance));
}

/* ---- deadlines ----------------------------------------------------------------------------------------------------
 */

static void e2_a_call_that_hangs_ends_at_the_deadline_and_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "hang", 0, false);
    int64_t start = att_clock_monotonic_ns();

    assert_int_equal(fetch_with(fixture, instance, 30), ATT_RESULT_DEADLINE);
    assert_true(milliseconds_since(start) >= 30);
    assert_true(milliseconds_since(start) < 1000);
    assert_string_equal(fixture->report.sentence, "the deadline passed before it answered");
    assert_null(token_of(fixture));
    assert_true(att_instance_close(instance));
}

static void a_late_answer_is_thrown_away(void **state)
{
    struct fixture *fixture = *state;

    for (int on_worker = 0; on_worker < 2; on_worker++) {
        struct att_instance *instance = open_unruly(fixture, "slow", 60, !on_worker);
        assert_int_equal(fetch_with(fixture, instance, 20), ATT_RESULT_DEADLINE);
        assert_null(token_of(fixture));
        assert_int_equal(fetch_with(fixture, instance, -5), ATT_RESULT_DEADLINE);
        assert_int_equal(fetch_with(fixture, instance, 2000), ATT_RESULT_OK);
        assert_string_equal(token_of(fixture), "late");
        att_credential_close(&fixture->credential);
        assert_true(att_instance_close(instance));
    }
}

/* A module that is deaf until the test opens its gate. */
static atomic_int in_gate, gate_is_open;

static att_result wait_at_gate(void *instance, const struct att_fetch *request, struct att_credential *credential)
{
    (void)instance;
    (void)request;
    (void)credential;
    atomic_fetch_add(&in_gate, 1);
    while (!atomic_load(&gate_is_open))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return ATT_RESULT_NONE;
}

static att_result plain_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    (void)host;
    (void)settings;
    (void)instance;
    return ATT_RESULT_OK;
}

static struct att_provider table_with(uint32_t threading,
                                      att_result (*fetch)(void *, const struct att_fetch *, struct att_credential *))
{
    struct att_provider table = rich_table;

    table.threading = threading;
    table.options = NULL;
    table.open = plain_open;
    table.fetch = fetch;
    return table;
}

static void sixteen_calls_that_never_come_back_make_a_provider_unavailable(void **state)
{
    struct fixture *fixture = *state;
    struct att_provider table = table_with(ATT_THREADING_FREE, wait_at_gate);
    struct att_instance *instance = open_module(fixture, adopt(fixture, &table), "");
    int64_t start;

    while (atomic_load(&in_gate) < 16)
        fetch_with(fixture, instance, 5);
    start = att_clock_monotonic_ns();
    assert_int_equal(fetch_with(fixture, instance, 60000), ATT_RESULT_UNAVAILABLE);
    assert_true(milliseconds_since(start) < 10000);
    assert_string_equal(fixture->report.sentence,
                        "16 earlier calls into its module have not come back; see whether its backend hangs");
    atomic_store(&gate_is_open, 1);
    while (fetch_with(fixture, instance, 1000) != ATT_RESULT_NONE)
        continue;
    assert_int_equal(atomic_load(&in_gate), 17);
    assert_true(att_instance_close(instance));
}

static struct att_instance *volatile left_behind; /* still referred to, for the leak check */

static void e3_an_instance_whose_call_never_ends_is_left_behind(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "deaf", 1400, false);
    int64_t start = att_clock_monotonic_ns();

    assert_int_equal(fetch_with(fixture, instance, 5), ATT_RESULT_DEADLINE);
    left_behind = instance;
    assert_false(att_instance_close(left_behind));
    assert_true(milliseconds_since(start) >= 1000);
    assert_true(milliseconds_since(start) < 1400);
    nanosleep(&(struct timespec){1, 0}, NULL); /* it ends now; its answer is wiped by its own thread */
}

static int threads_of_this_process(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    assert_non_null(tasks);
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count - 2;
}

static void workers_are_reused_and_end_when_idle(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "good", 0, false);
    int before = threads_of_this_process();

    for (int i = 0; i < 50; i++) {
        assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
        att_credential_close(&fixture->credential);
    }
    assert_true(threads_of_this_process() <= before + 2);
    nanosleep(&(struct timespec){2, 500000000}, NULL);
    assert_int_equal(threads_of_this_process(), before);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    assert_true(att_instance_close(instance));
}

static void the_signal_mask_of_the_caller_stays(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "good", 0, false);
    sigset_t before, after;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
    assert_true(att_instance_close(instance));
}

static void a_forked_child_closes_without_waiting(void **state)
{
    struct fixture *fixture = *state;
    struct att_instance *instance = open_unruly(fixture, "good", 0, false);
    int status = 0;
    pid_t child;

    assert_int_equal(fetch_with(fixture, instance, 1000), ATT_RESULT_OK);
    child = fork();
    if (child == 0)
        _exit(att_instance_close(instance) ? 1 : 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(att_instance_close(instance));
}

static void invalidate_runs_under_a_deadline_too(void **state)
{
    struct fixture *fixture = *state;
    struct att_fetch request = request_until(1000);
    struct att_instance *instance = open_unruly(fixture, "good", 0, true);
    struct att_loan loan;

    att_loan_open(&loan, fixture->environment.arena);
    assert_true(att_instance_can_renew(instance, &loan));
    assert_int_equal(att_instance_invalidate(instance, &request, &loan), ATT_RESULT_OK);
    assert_true(att_instance_close(instance));
    instance = open_unruly(fixture, "hang", 0, true);
    request = request_until(20);
    assert_int_equal(att_instance_invalidate(instance, &request, &loan), ATT_RESULT_DEADLINE);
    assert_true(att_instance_close(instance));
    instance = open_unruly(fixture, "slow", 0, true);
    request = request_until(1000);
    assert_int_equal(att_instance_invalidate(instance, &request, &loan), ATT_RESULT_FAULT);
    assert_true(att_instance_close(instance));
}

/* ---- threads ------------------------------------------------------------------------------------------------------
 */

/* A module that counts how many calls are in it at once. */
static atomic_int inside, most_inside, worker_signals;

static att_result count_fetch(void *instance, const struct att_fetch *request, struct att_credential *credential)
{
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
    sigset_t mask;

    (void)instance;
    (void)request;
    (void)credential;
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        continue;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (!sigismember(&mask, SIGTERM))
        atomic_fetch_add(&worker_signals, 1);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    atomic_fetch_sub(&inside, 1);
    return ATT_RESULT_NONE;
}

struct crowd {
    struct fixture *fixture;
    struct att_instance *instances[2];
    int milliseconds;
    atomic_int results[ATT_RESULT_COUNT];
    atomic_int next;
};

static void *one_of_crowd(void *context)
{
    struct crowd *crowd = context;
    int number = atomic_fetch_add(&crowd->next, 1);

    for (int i = 0; i < 5; i++) {
        struct att_credential credential;
        struct att_call_report report;
        struct att_fetch request = request_until(crowd->milliseconds);
        att_result result;
        att_credential_open(&credential, crowd->fixture->environment.arena);
        result = att_instance_fetch(crowd->instances[number % 2], &request, &credential, &report);
        atomic_fetch_add(&crowd->results[result], 1);
        att_credential_close(&credential);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd)
{
    pthread_t threads[8];

    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_of_crowd, crowd), 0);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}

static void the_declared_threading_is_observed(void **state)
{
    static const struct {
        uint32_t threading;
        int least, most;
    } cases[] = {{ATT_THREADING_SERIAL, 1, 1}, {ATT_THREADING_INSTANCE, 1, 2}, {ATT_THREADING_FREE, 3, 8}};
    struct fixture *fixture = *state;

    atomic_store(&worker_signals, 0);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_provider table = table_with(cases[i].threading, count_fetch);
        const struct att_module *module = adopt(fixture, &table);
        struct crowd crowd = {.fixture = fixture, .milliseconds = 5000};
        crowd.instances[0] = open_module(fixture, module, "");
        crowd.instances[1] = open_module(fixture, module, "");
        atomic_store(&most_inside, 0);
        run_crowd(&crowd);
        assert_int_equal(atomic_load(&crowd.results[ATT_RESULT_NONE]), 40);
        assert_in_range(atomic_load(&most_inside), cases[i].least, cases[i].most);
        assert_true(att_instance_close(crowd.instances[0]));
        assert_true(att_instance_close(crowd.instances[1]));
    }
    assert_int_equal(atomic_load(&worker_signals), 0);
}

static void calls_race_with_their_deadlines(void **state)
{
    struct fixture *fixture = *state;

    for (int number = 1; number <= 3; number++) {
        struct crowd crowd = {.fixture = fixture, .milliseconds = 2};
        crowd.instances[0] = open_unruly(fixture, "slow", number, false);
        crowd.instances[1] = open_unruly(fixture, "hang", 0, false);
        run_crowd(&crowd);
        assert_true(att_instance_close(crowd.instances[0]));
        assert_true(att_instance_close(crowd.instances[1]));
        int all = 0;
        for (int i = 0; i < ATT_RESULT_COUNT; i++)
            all += atomic_load(&crowd.results[i]);
        assert_int_equal(all, 40);
        assert_true(atomic_load(&crowd.results[ATT_RESULT_DEADLINE]) +
                        atomic_load(&crowd.results[ATT_RESULT_UNAVAILABLE]) >=
                    20);
    }
}

static void who_waits_for_a_turn_waits_no_longer_than_the_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct att_provider table = *attache_provider_v1(&fixture->table.host);
    struct att_instance *slow, *quick;
    int64_t start = att_clock_monotonic_ns();

    table.threading = ATT_THREADING_SERIAL;
    const struct att_module *module = adopt(fixture, &table);
    slow = open_module(fixture, module, "act = \"deaf\"; number = 300;");
    quick = open_module(fixture, module, "act = \"good\"; prompt = true;");
    assert_int_equal(fetch_with(fixture, slow, 20), ATT_RESULT_DEADLINE);
    assert_int_equal(fetch_with(fixture, quick, 20), ATT_RESULT_DEADLINE);
    assert_true(milliseconds_since(start) < 290);
    assert_string_equal(fixture->report.sentence, "the deadline passed while another call was in its module");
    assert_int_equal(fetch_with(fixture, quick, 2000), ATT_RESULT_OK);
    assert_true(att_instance_close(slow));
    assert_true(att_instance_close(quick));
}

static void *fetch_long(void *context)
{
    struct crowd *crowd = context;
    struct att_credential credential;
    struct att_call_report report;
    struct att_fetch request = request_until(20000);
    att_result result;

    att_credential_open(&credential, crowd->fixture->environment.arena);
    result = att_instance_fetch(crowd->instances[0], &request, &credential, &report);
    atomic_fetch_add(&crowd->results[result], 1);
    att_credential_close(&credential);
    return NULL;
}

static void cancelling_an_instance_frees_who_waits_for_it(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {.fixture = fixture};
    int64_t start = att_clock_monotonic_ns();
    pthread_t threads[20];

    crowd.instances[0] = open_unruly(fixture, "hang", 0, false);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_long, &crowd), 0);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    att_instance_cancel(crowd.instances[0]);
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.results[ATT_RESULT_CANCELLED]), 20);
    assert_int_equal(fetch_with(fixture, crowd.instances[0], 1000), ATT_RESULT_CANCELLED);
    assert_true(milliseconds_since(start) < 10000);
    assert_true(att_instance_close(crowd.instances[0]));
}

/* ---- sinks and log ------------------------------------------------------------------------------------------------
 */

static char kept[256];

static att_result keep_record(void *instance, struct att_call *call, const struct att_record *record)
{
    (void)instance;
    (void)call;
    snprintf(kept, sizeof kept, "%.*s", (int)record->json_size, record->json);
    return record->json_size > 2 ? ATT_RESULT_OK : 4711;
}

static void a_sink_is_handed_records_on_this_thread(void **state)
{
    static const struct att_audit table = {
        .magic = ATT_MODULE_MAGIC,
        .size = sizeof(struct att_audit),
        .abi_major = 1,
        .name = "keeper",
        .version = "1",
        .open = plain_open,
        .close = ignore_close,
        .append = keep_record,
    };
    struct fixture *fixture = *state;
    const struct att_module *module =
        att_module_adopt(fixture->pool, &fixture->rules, ATT_KIND_AUDIT, &table, &fixture->why);
    struct att_record record = {.size = sizeof record, .json = "{\"a\":1}", .json_size = 7, .event = "request"};
    struct att_instance *instance;

    assert_non_null(module);
    instance = open_module(fixture, module, "");
    assert_non_null(instance);
    assert_int_equal(att_instance_append(instance, &record, &fixture->report), ATT_RESULT_OK);
    assert_string_equal(kept, "{\"a\":1}");
    record.json_size = 1;
    assert_int_equal(att_instance_append(instance, &record, &fixture->report), ATT_RESULT_FAULT);
    assert_string_equal(fixture->report.sentence, "its module answered 4711, which is no result");
    assert_true(att_instance_close(instance));
}

static void c4_a_line_of_log_cannot_forge_another(void **state)
{
    struct fixture *fixture = *state;
    struct att_environment silent = {fixture->environment.arena, NULL, NULL};

    att_log(&fixture->environment, ATT_LEVEL_INFO, "a%sb", "\r\n\x1b[0m\x7f\xc2\x9b\xc3\xa9");
    assert_string_equal(fixture->line, "a\\x0d\\x0a\\x1b[0m\\x7f\\xc2\\x9b\xc3\xa9"
                                       "b");
    att_log(&fixture->environment, ATT_LEVEL_INFO, "%2000d", 5);
    assert_int_equal(strlen(fixture->line), 1024);
    att_log(&silent, ATT_LEVEL_INFO, "nobody hears");
    assert_int_equal(atomic_load(&fixture->lines), 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_are_handed_over_typed_with_their_initial_values),
        TEST(each_wrong_option_is_a_finding_with_its_line),
        TEST(all_wrong_options_are_found_at_once),
        TEST(an_open_that_fails_says_why_and_where),
        TEST(what_a_module_checks_is_a_finding_with_its_line_and_nothing_is_opened),
        TEST(a_check_that_is_content_reads_no_secret),
        TEST(a_check_without_a_reason_and_one_that_asks_for_what_it_did_not_declare_are_refused),
        TEST(a_module_is_not_asked_about_options_that_do_not_hold),
        TEST(a_module_of_before_the_check_is_not_asked),
        TEST(e2_an_answer_outside_the_list_is_a_fault),
        TEST(b9_values_that_no_credential_may_hold_are_refused),
        TEST(a_mebibyte_is_taken),
        TEST(e2_an_error_with_data_leaves_no_data),
        TEST(ok_with_a_sentence_is_ok),
        TEST(e2_text_without_an_end_is_cut),
        TEST(what_a_module_says_of_a_failure_reaches_the_error),
        TEST(an_address_that_no_browser_may_be_sent_to_is_none),
        TEST(e2_an_approval_that_is_too_long_is_none_and_what_was_not_said_stays),
        TEST(e2_host_functions_work_from_within_a_call_and_not_after),
        TEST(a_worker_gets_copies_of_all_texts_and_of_the_user_token),
        TEST(placements_are_checked),
        TEST(a_credential_without_a_placement_goes_where_its_parts_say),
        TEST(an_inject_that_fails_places_nothing),
        TEST(e2_a_call_that_hangs_ends_at_the_deadline_and_leaves_nothing),
        TEST(a_late_answer_is_thrown_away),
        TEST(sixteen_calls_that_never_come_back_make_a_provider_unavailable),
        TEST(workers_are_reused_and_end_when_idle),
        TEST(the_signal_mask_of_the_caller_stays),
        TEST(a_forked_child_closes_without_waiting),
        TEST(invalidate_runs_under_a_deadline_too),
        TEST(the_declared_threading_is_observed),
        TEST(calls_race_with_their_deadlines),
        TEST(who_waits_for_a_turn_waits_no_longer_than_the_deadline),
        TEST(cancelling_an_instance_frees_who_waits_for_it),
        TEST(a_sink_is_handed_records_on_this_thread),
        TEST(c4_a_line_of_log_cannot_forge_another),
        TEST(e3_an_instance_whose_call_never_ends_is_left_behind),
    };

    return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
