/* tests/unit/test-data.c: unit tests of files of data that an option of a module names: core/provider/data.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/provider/instance.h"
#include "tests/unit/folder.h"
#include "tests/unit/unit.h"

/* ---- a module that writes down what it is handed, and finds fault with what a test says -----------------------------
 */

struct scene {
    struct folder folder;
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    const struct att_module *module;
    struct att_entry entry;
    const char *file;
};

static struct {
    char seen[4096];
    int faults, line;
    const char *sentence, *option;
    bool says_ok, checks;
    int opened;
} module;

static att_result look(const struct att_host *host, const struct att_settings *settings)
{
    const struct att_datum *data = host->setting_data(settings, "profile");
    size_t used = 0;

    module.seen[0] = '\0';
    for (; data->name; data++)
        used += (size_t)snprintf(module.seen + used, sizeof module.seen - used, "%d %u %s=%s\n", (int)data->line,
                                 data->type, data->name, data->text);
    for (int i = 0; i < module.faults; i++)
        host->data_failed(settings, module.option, module.line, module.sentence);
    return module.faults && !module.says_ok ? ATT_RESULT_CONFIG : ATT_RESULT_OK;
}

static att_result check_own(const struct att_host *host, const struct att_settings *settings)
{
    return module.checks ? look(host, settings) : ATT_RESULT_OK;
}

static att_result open_own(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    *instance = NULL;
    module.opened++;
    return look(host, settings);
}

static void close_own(void *instance)
{
    (void)instance;
    module.opened--;
}

static att_result fetch_own(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    (void)instance, (void)fetch, (void)credential;
    return ATT_RESULT_NONE;
}

static const struct att_option options[] = {
    {.name = "profile", .type = ATT_OPTION_DATA, .help = "a file"},
    {.name = "colour", .type = ATT_OPTION_TEXT, .help = "a text"},
    {0},
};

static const struct att_provider reader = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH,
    .needs = ATT_HOST_DATA,
    .name = "reader",
    .version = "1",
    .options = options,
    .option_size = sizeof(struct att_option),
    .open = open_own,
    .close = close_own,
    .fetch = fetch_own,
    .check = check_own,
};

static int scene_open(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct att_loader_rules rules = {.directory = "/nowhere"};
    struct att_buffer why;

    assert_non_null(scene);
    memset(&module, 0, sizeof module);
    module.option = "profile";
    module.sentence = "this is wrong; mend it";
    folder_open(&scene->folder);
    scene->pool = att_pool_create();
    att_findings_open(&scene->findings, scene->pool);
    scene->environment = (struct att_environment){att_arena_create(), NULL, NULL};
    att_host_table_fill(&scene->table, &scene->environment, NULL);
    rules.host = &scene->table.host;
    att_buffer_open(&why, 4096);
    scene->module = att_module_adopt(scene->pool, &rules, ATT_KIND_PROVIDER, &reader, &why);
    if (!scene->module)
        fail_msg("%s", why.data);
    att_buffer_close(&why);
    scene->entry = (struct att_entry){.name = "entry", .place = {"site.conf", 1}};
    *state = scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    att_arena_destroy(scene->environment.arena);
    att_findings_close(&scene->findings);
    att_pool_destroy(scene->pool);
    folder_close(&scene->folder);
    free(scene);
    return 0;
}

/* The site names this file; the option stands in line 3. */
static void name_file(struct scene *scene, const char *path)
{
    const char *text = att_pool_format(scene->pool, "options = {\n\n profile = \"%s\";\n};\n", path);
    const struct att_value *root = att_config_parse(scene->pool, "site.conf", text, &scene->findings);

    assert_non_null(root);
    scene->file = path;
    scene->entry.options = att_value_member(root, "options");
}

static void put(struct scene *scene, const char *text)
{
    name_file(scene, folder_put(&scene->folder, "profile.conf", text));
}

static bool check(struct scene *scene)
{
    att_findings_open(&scene->findings, scene->pool);
    return att_settings_check(&scene->environment, scene->module, &scene->entry, &scene->findings);
}

static struct att_instance *open_it(struct scene *scene)
{
    att_findings_open(&scene->findings, scene->pool);
    return att_instance_open(&scene->environment, scene->module, &scene->entry, &scene->findings);
}

static void expect_finding(const struct scene *scene, const char *file, int line, const char *text)
{
    assert_int_equal(scene->findings.errors, 1);
    if (!strstr(scene->findings.list[0].text, text))
        fail_msg("\"%s\" is not in: %s", text, scene->findings.list[0].text);
    assert_string_equal(scene->findings.list[0].place.file, file);
    assert_int_equal(scene->findings.list[0].place.line, line);
}

/* ---- tests ---------------------------------------------------------------------------------------------------------
 */

static void a_file_is_handed_over_in_its_order_with_names_types_and_lines(void **state)
{
    struct scene *scene = *state;
    struct att_instance *instance;

    put(scene, "# what is what\nname = \"one \\\"two\\\"\";\ncount = -12L;\n\ngroup = {\n  on = true; off = false;\n"
               "  inner = { deep = 0x10; };\n};\nlist = [ \"a\", \"b\" ];\nrows = ( { x = 1; },\n  [ 5 ] );\n"
               "empty = { };\nnothing = [ ];\n");
    instance = open_it(scene);
    if (!instance)
        fail_msg("%s", scene->findings.list[0].text);
    assert_string_equal(module.seen, "2 1 name=one \"two\"\n3 2 count=-12\n6 3 group.on=true\n6 3 group.off=false\n"
                                     "7 2 group.inner.deep=16\n9 1 list.0=a\n9 1 list.1=b\n10 2 rows.0.x=1\n"
                                     "11 2 rows.1.0=5\n");
    assert_true(att_instance_close(instance));
}

static void an_option_that_is_not_written_holds_nothing(void **state)
{
    struct scene *scene = *state;
    struct att_instance *instance = open_it(scene);

    assert_non_null(instance);
    assert_string_equal(module.seen, "");
    assert_true(att_instance_close(instance));
    /* There is no file to find fault with. */
    module.faults = 1;
    module.says_ok = true;
    instance = open_it(scene);
    assert_non_null(instance);
    assert_true(att_instance_close(instance));
}

static void what_is_wrong_with_the_file_is_found_where_it_stands(void **state)
{
    static const struct {
        const char *text, *sentence;
        int line;
    } cases[] = {
        {"a = 1;\nb = ;\n", "the text is no configuration here", 2},
        {"a = 1;\na = 2;\n", "the same key stands twice in one group", 2},
        {"a = 1;\nb = { c = 1.5; };\n", "\"b.c\" is a number with a fraction, which no module takes: write a whole", 2},
        {"@include \"/etc/passwd\"\n", "include", 1},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        put(scene, cases[i].text);
        assert_false(check(scene));
        expect_finding(scene, scene->file, cases[i].line, cases[i].sentence);
        assert_null(open_it(scene));
        expect_finding(scene, scene->file, cases[i].line, cases[i].sentence);
    }
    assert_int_equal(module.opened, 0);
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    struct scene *scene = *state;
    char text[2048];

    snprintf(text, sizeof text, "a = {\n %0*d = 1; };\n", 1100, 0);
    memset(strchr(text, '0'), 'n', 1100);
    put(scene, text);
    assert_false(check(scene));
    expect_finding(scene, scene->file, 2, "the name of a value, with those of the groups around it, is longer than");
}

static void a_file_that_others_may_write_or_that_is_none_is_refused(void **state)
{
    struct scene *scene = *state;
    const char *link = folder_path(&scene->folder, "link.conf");

    put(scene, "a = 1;\n");
    assert_true(check(scene));
    assert_int_equal(chmod(scene->file, 0666), 0);
    assert_false(check(scene));
    expect_finding(scene, scene->file, 0, "others may write to it (mode 0666); run chmod go-w on it");
    assert_null(open_it(scene));
    assert_int_equal(chmod(scene->file, 0600), 0);
    assert_int_equal(symlink(scene->file, link), 0);
    name_file(scene, link);
    assert_false(check(scene));
    expect_finding(scene, link, 0, "it is a symbolic link; name the file it points to");
    name_file(scene, "/nowhere/profile.conf");
    assert_false(check(scene));
    expect_finding(scene, scene->file, 0, "it does not exist; create it, or name another");
    name_file(scene, "profile.conf");
    assert_false(check(scene));
    expect_finding(scene, "site.conf", 3, "option \"profile\": \"profile.conf\" is no absolute path");
}

static void a_module_finds_fault_with_lines_of_its_file(void **state)
{
    struct scene *scene = *state;

    put(scene, "a = 1;\nb = 2;\n");
    module.faults = 1;
    module.line = 2;
    for (int i = 0; i < 4; i++) {
        module.checks = i % 2;
        module.says_ok = i / 2;
        assert_int_equal(check(scene), !module.checks);
        if (module.checks)
            expect_finding(scene, scene->file, 2, "this is wrong; mend it");
        assert_null(open_it(scene));
        expect_finding(scene, scene->file, 2, "this is wrong; mend it");
        assert_string_equal(scene->findings.list[0].module, "reader");
        module.opened = 0;
    }
}

static void a_fault_of_the_whole_file_is_told_where_it_is_named(void **state)
{
    struct scene *scene = *state;
    char wanted[512];

    put(scene, "a = 1;\n");
    module.checks = true;
    module.faults = 1;
    module.sentence = "it lacks\x1b \"b\"";
    assert_false(check(scene));
    snprintf(wanted, sizeof wanted, "option \"profile\": file \"%s\": it lacks\\x1b \"b\"", scene->file);
    expect_finding(scene, "site.conf", 3, wanted);
}

static void faults_without_an_end_are_cut(void **state)
{
    struct scene *scene = *state;

    put(scene, "a = 1;\n");
    module.checks = true;
    module.faults = 100000;
    module.line = 1;
    module.sentence = NULL;
    assert_false(check(scene));
    assert_int_equal(scene->findings.errors, 100);
}

static void a_fault_of_another_option_is_the_modules_mistake(void **state)
{
    struct scene *scene = *state;

    put(scene, "a = 1;\n");
    module.checks = true;
    module.faults = 1;
    module.option = "colour";
    assert_false(check(scene));
    expect_finding(scene, "site.conf", 1, "it asked for an option \"colour\" that it does not declare with that type");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_handed_over_in_its_order_with_names_types_and_lines),
        TEST(an_option_that_is_not_written_holds_nothing),
        TEST(what_is_wrong_with_the_file_is_found_where_it_stands),
        TEST(a_name_that_is_too_long_is_refused),
        TEST(a_file_that_others_may_write_or_that_is_none_is_refused),
        TEST(a_module_finds_fault_with_lines_of_its_file),
        TEST(a_fault_of_the_whole_file_is_told_where_it_is_named),
        TEST(faults_without_an_end_are_cut),
        TEST(a_fault_of_another_option_is_the_modules_mistake),
    };

    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
