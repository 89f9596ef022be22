/* tests/api/test-failures.c: an engine whose configuration, modules or audit file are not as they should be. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/api/world.h"

static int open_plain(void **state)
{
    return world_start(world_make(state, NULL, NULL));
}

/* The plain configuration with one piece of it replaced. */
static const char *replaced(const char *from, const char *to)
{
    static char conf[4096];
    const char *at = strstr(plain_conf, from);

    assert_non_null(at);
    snprintf(conf, sizeof conf, "%.*s%s%s", (int)(at - plain_conf), plain_conf, to, at + strlen(from));
    return conf;
}

struct flaw {
    const char *from, *to; /* `to` is the whole file where `from` is NULL */
    att_status status;
    int line;
    const char *message;
};

static const struct flaw flaws[] = {
    {"%MODULES%\";", "%MODULES%\";\n ca_file = \"%FOLDER%/none.pem\";", ATT_CONFIG, 3,
     "/none.pem\" cannot be opened: it does not exist; create it, or name another"},
    {"%MODULES%\";", "%MODULES%\"; replay = \"%FOLDER%\";", ATT_CONFIG, 2, "it is a directory; name a regular file"},
    {"\"mock.so\"", "\"absent.so\"", ATT_MODULE, 3, "/absent.so is not there; install it"},
    {"\"mock.so\"", "\"audit_file.so\"", ATT_MODULE, 3, "is of kind \"audit\" (2), and one of kind \"provider\""},
    {"\"audit_file.so\"", "\"absent.so\"", ATT_MODULE, 9, "/absent.so is not there; install it"},
    {"mock.json\"; }", "mock.json\"; colour = \"red\"; }", ATT_MODULE, 4,
     "option \"colour\" is not known to module mock; it has script, clock"},
    {"{ script = \"%FOLDER%/mock.json\"; }", "{ }", ATT_MODULE, 3, "option \"script\": it is required by module mock"},
    {"%FOLDER%/mock.json", "%FOLDER%/none.json", ATT_MODULE, 4, "none.json: cannot be read: No such file or directory"},
    {"%FOLDER%/audit.jsonl", "%FOLDER%/none/audit.jsonl", ATT_MODULE, 10, "create its directory"},
    {"%FOLDER%/audit.jsonl", "/dev/full", ATT_MODULE, 10, "audit file /dev/full is not a regular file"},
    {"%PORT%", "%PORT%/path", ATT_CONFIG, 5, "more than scheme, host and port"},
    /* B11 */
    {"effect = \"forbid\"", "effect = \"forbit\"", ATT_CONFIG, 7, "must be one of \"permit\", \"forbid\""},
    {"path = \"/admin/**\"", "pth = \"/admin/**\"", ATT_CONFIG, 7, "did you mean \"path\"?"},
    {"name = \"all\"; effect", "name = \"no-admin\"; effect", ATT_CONFIG, 8, "rule \"no-admin\" is defined twice"},
    {"rules = (", "rules = ((", ATT_CONFIG, 8, "look for a missing semicolon, quote or bracket"},
    {NULL, "", ATT_CONFIG, 1, "\"schema\" is missing: the file is empty, cut off or no configuration"},
    {NULL, "schema = 1; policy = { rules = ( { name = \"a", ATT_CONFIG, 1, "has no closing quote on its line"},
};

static void assert_refused(const struct world *world, att_status status, const struct flaw *flaw)
{
    char begin[400];

    snprintf(begin, sizeof begin, "%s:%d: ", world->site.conf, flaw->line);
    if (status != flaw->status || world->error.line != flaw->line || !strstr(world->error.message, flaw->message))
        fail_msg("%s %d %s", att_status_name(status), world->error.line, world->error.message);
    assert_int_equal(world->error.status, status);
    assert_memory_equal(world->error.message, begin, strlen(begin));
    assert_string_equal(world->error.file, world->site.conf);
    assert_int_equal(world->error.module != NULL, status == ATT_MODULE);
}

static void an_engine_does_not_open_on_what_is_wrong_and_a_reload_leaves_the_old(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        att_engine *engine = NULL;
        site_write(&world->site, world->site.conf, flaws[i].from ? replaced(flaws[i].from, flaws[i].to) : flaws[i].to);
        assert_refused(world, att_engine_open(world->site.conf, &engine, &world->error), &flaws[i]);
        assert_null(engine);
        assert_refused(world, att_engine_reload(world->engine, &world->error), &flaws[i]);
        assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
        assert_int_equal(world_get(world, "calendar", "/admin/x", NULL), ATT_DENIED);
    }
    assert_int_equal(site_audit_lines(&world->site, "configuration_refused", world->site.conf),
                     sizeof flaws / sizeof *flaws);
}

static void note_errors(void *context, const att_check_finding *finding)
{
    char *text = context;
    size_t size = strlen(text);

    if (!finding->warning)
        snprintf(text + size, 4096 - size, "%d: %s\n", finding->line, finding->text);
}

/* Who may write either decides whom a client trusts, or what it is told. */
static void certificates_and_answers_that_others_may_write_are_refused_and_checked(void **state)
{
    struct world *world = *state;
    const char *file = world->site.script;
    char found[4096] = "", expected[4096];

    site_write(&world->site, world->site.conf,
               replaced("%MODULES%\";", "%MODULES%\"; ca_file = \"%FOLDER%/mock.json\";\n"
                                        "replay = \"%FOLDER%/mock.json\";"));
    assert_int_equal(att_check(world->site.conf, note_errors, found, &world->error), ATT_OK);
    assert_string_equal(found, "");
    assert_int_equal(chmod(file, 0622), 0);
    assert_int_equal(att_check(world->site.conf, note_errors, found, &world->error), ATT_CONFIG);
    snprintf(
        expected, sizeof expected,
        "2: \"ca_file\" in settings cannot be used: file \"%s\" is refused: others may write to it (mode 0622); run "
        "chmod go-w on it\n"
        "3: \"replay\" in settings cannot be used: file \"%s\" is refused: others may write to it (mode 0622); run "
        "chmod go-w on it\n",
        file, file);
    assert_string_equal(found, expected);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_CONFIG);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_OK);
}

/* B11 */
static void a_configuration_that_others_may_write_or_that_is_not_there_is_refused(void **state)
{
    struct world *world = *state;
    att_engine *engine = NULL;

    assert_int_equal(chmod(world->site.conf, 0666), 0);
    assert_int_equal(att_engine_open(world->site.conf, &engine, &world->error), ATT_CONFIG);
    assert_non_null(strstr(world->error.message, "others"));
    assert_string_equal(world->error.file, world->site.conf);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_CONFIG);
    assert_int_equal(unlink(world->site.conf), 0);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_CONFIG);
    assert_non_null(strstr(world->error.message, "it does not exist; create it"));
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
    assert_null(engine);
    site_write(&world->site, world->site.conf, plain_conf);
    if (geteuid() != 0) {
        assert_int_equal(chmod(world->site.conf, 0), 0);
        assert_int_equal(att_engine_open(world->site.conf, &engine, &world->error), ATT_CONFIG);
        assert_non_null(strstr(world->error.message, "cannot be opened"));
    }
}

/* ---- a full disk: no file of this process may grow beyond `bytes` --------------------------------------------------
 */

static void limit_files(size_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void free_files(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static size_t audit_size(const struct world *world)
{
    struct stat facts;

    assert_int_equal(stat(world->site.audit, &facts), 0);
    return (size_t)facts.st_size;
}

/* The first of two lines of the last request: its decision. */
static size_t decision_size(const struct world *world)
{
    char *text = site_read(world->site.audit), *result = strstr(text, "\"phase\":\"decision\""), *next;
    size_t size;

    assert_non_null(result);
    while ((next = strstr(result + 1, "\"phase\":\"decision\"")))
        result = next;
    while (result > text && result[-1] != '\n')
        result--;
    size = strcspn(result, "\n") + 1;
    free(text);
    return size;
}

static void assert_audit_failed(const struct world *world, const char *begin)
{
    assert_memory_equal(world->error.message, begin, strlen(begin));
    assert_non_null(strstr(world->error.message, "File too large"));
    assert_string_equal(world->error.sink, "audit_file.so");
    assert_int_equal(strlen(world->error.request_id), 32);
}

/* F1 */
static void nothing_is_sent_when_the_decision_cannot_be_recorded(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
    limit_files(audit_size(world));
    assert_int_equal(world_get(world, "calendar", "/", &response), ATT_AUDIT);
    assert_audit_failed(world, "audit sink \"audit_file.so\" did not take the record: ");
    assert_int_equal(world_get(world, "calendar", "/admin/x", &response), ATT_DENIED);
    assert_string_equal(world->error.rule, "no-admin");
    limit_files(audit_size(world) + 100);
    assert_int_equal(world_get(world, "calendar", "/", &response), ATT_AUDIT);
    free_files();
    assert_null(response);
    assert_int_equal(upstream_count(&world->site), 1);
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
    assert_int_equal(upstream_count(&world->site), 2);
}

static void a_result_that_cannot_be_recorded_is_told_though_the_request_was_sent(void **state)
{
    struct world *world = *state;
    att_response *response = NULL;

    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
    limit_files(audit_size(world) + decision_size(world) + 10);
    assert_int_equal(world_get(world, "calendar", "/", &response), ATT_AUDIT);
    free_files();
    assert_audit_failed(world, "the request was sent and its result (ATT_OK) could not be recorded: audit sink ");
    assert_int_equal(world->error.http_status, 200);
    assert_null(response);
    assert_int_equal(upstream_count(&world->site), 2);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"permit\""), 1);
}

static void a_failure_that_cannot_be_recorded_is_told_and_nothing_was_sent(void **state)
{
    struct world *world = *state;

    assert_int_equal(world_get(world, "unknown", "/", NULL), ATT_NOT_FOUND);
    limit_files(audit_size(world) + decision_size(world) + 10);
    assert_int_equal(world_get(world, "unknown", "/", NULL), ATT_AUDIT);
    free_files();
    assert_audit_failed(world, "the request failed with ATT_NOT_FOUND, which could not be recorded: audit sink ");
    assert_int_equal(world->error.http_status, 0);
    assert_int_equal(upstream_count(&world->site), 0);
}

static void an_engine_that_cannot_record_its_opening_does_not_open(void **state)
{
    struct world *world = *state;
    att_engine *engine = NULL;

    limit_files(audit_size(world));
    assert_int_equal(att_engine_open(world->site.conf, &engine, &world->error), ATT_AUDIT);
    assert_string_equal(world->error.sink, "audit_file.so");
    assert_null(engine);
    assert_int_equal(att_engine_reload(world->engine, &world->error), ATT_AUDIT);
    free_files();
    assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
}

static void count_warnings(void *context, int level, const char *line)
{
    int *count = context;

    *count += level == ATT_LOG_WARNING && strstr(line, "audit sink \"audit_file.so\" did not take a record");
}

/* A site may say that work goes on without records, or that one sink of several may fail. */
static void a_site_may_choose_to_go_on_without_records_and_is_warned(void **state)
{
    struct world *world = *state;
    static const char *const choices[][2] = {
        {"%MODULES%\";", "%MODULES%\"; audit_failure = \"warn\";"},
        {"\"audit_file.so\"; control = \"required\"", "\"audit_file.so\"; control = \"optional\""},
    };

    for (size_t i = 0; i < 2; i++) {
        int warnings = 0;
        att_client_close(&world->client);
        att_engine_close(&world->engine);
        site_write(&world->site, world->site.conf, replaced(choices[i][0], choices[i][1]));
        assert_int_equal(att_engine_open_with(
                             ATT_ENGINE(.config = world->site.conf, .log = count_warnings, .log_context = &warnings),
                             &world->engine, &world->error),
                         ATT_OK);
        assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &world->client, NULL), ATT_OK);
        limit_files(audit_size(world));
        assert_int_equal(world_get(world, "calendar", "/", NULL), ATT_OK);
        free_files();
        assert_int_equal(warnings, 2);
    }
}

/* Where a site goes on without records, a caller must not be able to choose which. */
static void no_request_is_so_long_that_its_records_are_lost(void **state)
{
    struct world *world = *state;
    static char url[50100], reason[4097];
    int warnings = 0, used;

    att_client_close(&world->client);
    att_engine_close(&world->engine);
    site_write(&world->site, world->site.conf, replaced("%MODULES%\";", "%MODULES%\"; audit_failure = \"warn\";"));
    assert_int_equal(
        att_engine_open_with(ATT_ENGINE(.config = world->site.conf, .log = count_warnings, .log_context = &warnings),
                             &world->engine, &world->error),
        ATT_OK);
    assert_int_equal(att_client_open(world->engine, ATT_CLIENT(.caller = "x"), &world->client, NULL), ATT_OK);
    used = snprintf(url, sizeof url, "%s", site_url(&world->site, "/admin/"));
    memset(url + used, 'p', 50000);
    memset(reason, 1, sizeof reason - 1);
    assert_int_equal(
        att_request(world->client, ATT_REQUEST(.url = url, .grant = "calendar", .reason = reason), NULL, &world->error),
        ATT_DENIED);
    assert_int_equal(warnings, 0);
    assert_int_equal(world_records(world, "\"phase\":\"decision\"", "\"decision\":\"forbid\""), 1);
    assert_int_equal(world_records(world, "ppp...\"", "\\u0001...\""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_engine_does_not_open_on_what_is_wrong_and_a_reload_leaves_the_old,
                                        open_plain, world_close),
        cmocka_unit_test_setup_teardown(certificates_and_answers_that_others_may_write_are_refused_and_checked,
                                        open_plain, world_close),
        cmocka_unit_test_setup_teardown(a_configuration_that_others_may_write_or_that_is_not_there_is_refused,
                                        open_plain, world_close),
        cmocka_unit_test_setup_teardown(nothing_is_sent_when_the_decision_cannot_be_recorded, open_plain, world_close),
        cmocka_unit_test_setup_teardown(a_result_that_cannot_be_recorded_is_told_though_the_request_was_sent,
                                        open_plain, world_close),
        cmocka_unit_test_setup_teardown(a_failure_that_cannot_be_recorded_is_told_and_nothing_was_sent, open_plain,
                                        world_close),
        cmocka_unit_test_setup_teardown(an_engine_that_cannot_record_its_opening_does_not_open, open_plain,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_site_may_choose_to_go_on_without_records_and_is_warned, open_plain,
                                        world_close),
        cmocka_unit_test_setup_teardown(no_request_is_so_long_that_its_records_are_lost, open_plain, world_close),
    };

    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests_name("failures", tests, NULL, NULL);
}
