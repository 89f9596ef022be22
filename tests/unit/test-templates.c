/* tests/unit/test-templates.c: templates of managed secrets: what each service receives, and what is wrong with a file.
 */
#include <stdio.h>
#include <string.h>

#include "core/inject/inject.h"
#include "core/provider/instance.h"
#include "core/template/template.h"
#include "tests/unit/config.h"
#include "tests/unit/folder.h"

enum { TYPES = 8 }; /* that are built in */

struct bench {
    struct folder folder;
    struct att_pool *pool;
    struct att_findings findings;
    struct att_template_set set;
};

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);

    folder_open(&bench->folder);
    bench->pool = att_pool_create();
    att_findings_open(&bench->findings, bench->pool);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    att_findings_close(&bench->findings);
    att_pool_destroy(bench->pool);
    folder_close(&bench->folder);
    test_free(bench);
    return 0;
}

static bool load(struct bench *bench, const char *installed, const char *site)
{
    const struct att_template_roots roots = {installed, site};

    return att_templates_load(bench->pool, &roots, &bench->set, &bench->findings);
}

static void assert_findings(struct bench *bench, const char *expected)
{
    struct att_buffer text;

    att_buffer_open(&text, 1 << 16);
    att_buffer_text(&text, "");
    render_findings(&text, &bench->findings);
    assert_string_equal(text.data, expected);
    att_buffer_close(&text);
}

/* ---- the installed ones ------------------------------------------------------------------------------------------ */

static const char *source(struct bench *bench, const char *name)
{
    const char *folder = secure_getenv("ATT_SOURCE");

    return att_pool_format(bench->pool, "%s/%s", folder ? folder : ".", name);
}

static void load_installed(struct bench *bench)
{
    assert_true(load(bench, source(bench, "etc/templates"), NULL));
    assert_findings(bench, "");
}

/* A credential with "canary-PART" in each part, or the template's own value. */
static void fill(struct bench *bench, const struct att_template *template, struct att_credential *credential)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const char *value = template->parts[i].value;

        if (!value)
            value = att_pool_format(bench->pool, "canary-%s", template->parts[i].name);
        assert_true(att_credential_set_material(credential, template->parts[i].name, value, strlen(value)));
    }
}

/* Without the braces of JSON, which mean parts there. */
static void render_body(struct att_buffer *line, const char *body)
{
    att_buffer_text(line, "body ");
    for (; *body; body++)
        if (!strchr("{}", *body))
            att_buffer_char(line, *body);
}

/* The line of templates.expected for what the engine would send. */
static const char *render(struct bench *bench, const struct att_template *template)
{
    struct att_arena *arena = att_arena_create();
    const char *inject = att_template_inject_text(bench->pool, template->inject, NULL, NULL);
    struct att_config_inject *injects;
    size_t count;
    struct att_credential credential;
    struct att_injection injection;
    struct att_outgoing outgoing = {.grant = template->name, .method = "POST"};
    struct att_url *url = NULL;
    struct att_buffer line;
    const char *copy;

    att_credential_open(&credential, arena);
    att_injection_open(&injection, arena);
    att_buffer_open(&line, 8192);
    fill(bench, template, &credential);
    assert_true(att_config_inject_parse(bench->pool, inject, &injects, &count, &bench->findings));
    assert_int_equal(att_url_parse(bench->pool, "https://a.example/", &url, NULL), ATT_OK);
    outgoing.url = url;
    assert_int_equal(att_inject(&injection, &credential, injects, count, &outgoing, NULL), ATT_OK);
    att_buffer_format(&line, "%s | ", template->name);
    for (size_t i = 0; i < injection.line_count; i++)
        att_buffer_format(&line, "%s%s", i ? " ; " : "", att_secret_bytes(injection.lines[i]));
    if (injection.target)
        att_buffer_text(&line, strchr(att_secret_bytes(injection.target), '?'));
    if (injection.body)
        render_body(&line, att_secret_bytes(injection.body));
    att_buffer_text(&line, " |");
    for (size_t i = 0; template->origins[i]; i++)
        att_buffer_format(&line, " %s", template->origins[i]);
    copy = att_pool_text(bench->pool, line.data);
    att_buffer_close(&line);
    att_injection_close(&injection);
    att_credential_close(&credential);
    att_arena_destroy(arena);
    return copy;
}

/* "basic USER:PASSWORD" as it is sent. */
static void expect_basic(struct att_buffer *out, const char *text)
{
    size_t size = strcspn(text, " ");
    char encoded[512];

    assert_true(att_base64_size(size) <= sizeof encoded);
    att_base64_encode(encoded, text, size);
    att_buffer_format(out, "authorization: Basic %.*s%s", (int)att_base64_size(size), encoded, text + size);
}

/* A line of the file with the values for the parts in braces. */
static const char *expectation(struct bench *bench, const char *line)
{
    struct att_buffer filled, out;
    const char *basic, *copy;

    att_buffer_open(&filled, 8192);
    att_buffer_open(&out, 8192);
    for (; *line; line++) {
        if (*line == '{')
            att_buffer_text(&filled, "canary-");
        else if (*line != '}')
            att_buffer_char(&filled, *line);
    }
    basic = strstr(filled.data, "| basic ");
    if (basic) {
        att_buffer_add(&out, filled.data, (size_t)(basic - filled.data) + 2);
        expect_basic(&out, basic + 8);
    }
    copy = att_pool_text(bench->pool, basic ? out.data : filled.data);
    att_buffer_close(&filled);
    att_buffer_close(&out);
    return copy;
}

static void every_service_receives_what_it_documents(void **state)
{
    struct bench *bench = *state;
    FILE *file = fopen(source(bench, "tests/unit/templates.expected"), "re");
    char line[2048];
    size_t count = 0;

    load_installed(bench);
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        const struct att_template *template;

        line[strcspn(line, "\n")] = '\0';
        if (*line == '#')
            continue;
        template = att_template_find(&bench->set, att_pool_text_size(bench->pool, line, strcspn(line, " ")));
        if (!template)
            fail_msg("no template for: %s", line);
        assert_string_equal(render(bench, template), expectation(bench, line));
        count++;
    }
    fclose(file);
    assert_findings(bench, "");
    for (size_t i = 0; i < bench->set.count; i++)
        count -= bench->set.list[i].place.file != NULL;
    assert_int_equal(count, 0); /* no template without its line */
    assert_true(bench->set.count > 100);
}

/* The services that users of such a catalogue look for. */
static void the_services_of_the_catalogue_are_there(void **state)
{
    static const char *const names[] = {
        "assemblyai", "deepgram", "influxdb", "elasticsearch", "druid",      "couchdb",  "opensearch", "clickhouse",
        "snowflake",  "astra-db", "neon-sql", "browserbase",   "elevenlabs", "pinecone", "qdrant",     "typesense",
        "datadog",    "algolia",  "twilio",   "github",        "openai",     "stripe"};
    struct bench *bench = *state;

    load_installed(bench);
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (!att_template_find(&bench->set, names[i]))
            fail_msg("no template \"%s\"", names[i]);
}

static bool all_but_the_application_key(const void *context, const char *name, size_t size)
{
    (void)context;
    return size != strlen("application_key") || memcmp(name, "application_key", size) != 0;
}

static bool nothing(const void *context, const char *name, size_t size)
{
    (void)context;
    (void)name;
    (void)size;
    return false;
}

static void a_line_goes_with_the_optional_part_that_it_names(void **state)
{
    struct bench *bench = *state;
    const struct att_value *inject;

    load_installed(bench);
    inject = att_template_find(&bench->set, "datadog")->inject;
    assert_string_equal(att_template_inject_text(bench->pool, inject, NULL, NULL),
                        "( { header = \"DD-API-KEY\"; format = \"{api_key}\"; }, "
                        "{ header = \"DD-APPLICATION-KEY\"; format = \"{application_key}\"; } )");
    assert_string_equal(att_template_inject_text(bench->pool, inject, all_but_the_application_key, NULL),
                        "{ header = \"DD-API-KEY\"; format = \"{api_key}\"; }");
    assert_string_equal(att_template_inject_text(bench->pool, inject, nothing, NULL), "");
}

static void a_placement_survives_being_written_again(void **state)
{
    static const char text[] = "{ header = \"X-Key\"; format = \"\\\"\\\\ {token}\"; }";
    struct bench *bench = *state;
    const struct att_value *inject = att_template_inject_parse(bench->pool, text, &bench->findings);

    assert_findings(bench, "");
    assert_string_equal(att_template_inject_text(bench->pool, inject, NULL, NULL), text);
}

static void placements_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *text, *finding;
    } cases[] = {
        {"", "2: the text is no configuration here, or just before: look for a missing semicolon, quote or bracket\n"},
        {"{ header = \"X\"; }; origins = [ \"https://a.example\" ]",
         "the placement must be a group, or a list of groups: { header = NAME; }\n"},
        {"( )", "the placement is an empty list: write a group in it\n"},
        {"{ heder = \"X\"; }", "1: key \"heder\" is not known in the placement: did you mean \"header\"?\n"},
        {"{ header = \"Host\"; }",
         "1: header \"Host\" in the placement belongs to the connection and cannot carry a credential: name "
         "another\n"},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct bench *bench;

        open_bench((void **)&bench);
        assert_null(att_template_inject_parse(bench->pool, cases[i].text, &bench->findings));
        assert_findings(bench, cases[i].finding);
        close_bench((void **)&bench);
    }
    (void)state;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

#define ONE(members) "templates = ( { name = \"one\"; " members " } );"
#define HEADER "inject = { header = \"X-Key\"; };"

static void what_is_wrong_with_a_file_is_told(void **state)
{
    static const struct config_case cases[] = {
        {"", "1: \"templates\" is missing in a file of templates: write templates = ...;\n"},
        {"template = ( );", "1: key \"template\" is not known in a file of templates: did you mean \"templates\"?\n"
                            "1: \"templates\" is missing in a file of templates: write templates = ...;\n"},
        {"templates = { };",
         "1: \"templates\" must be a list of groups in round brackets: templates = ( { ... }, { ... } );\n"},
        {"templates = ( { inject = { header = \"X\"; }; } );",
         "1: \"name\" is missing in template 1: write name = ...;\n"},
        {ONE(""), "1: \"inject\" is missing in template \"one\": write inject = ...;\n"},
        {ONE("tite = \"x\"; " HEADER), "1: key \"tite\" is not known in template \"one\": did you mean \"title\"?\n"},
        {ONE("inject = { header = \"X-Key\"; format = \"{key}\"; };"),
         "1: inject of template \"one\" names the part \"key\", which is not among its parts: declare it, or correct "
         "the "
         "name\n1: part \"token\" of template \"one\" goes nowhere: name it in inject, or leave it out\n"},
        {ONE("parts = ( { name = \"token\"; }, { name = \"other\"; } );\n" HEADER),
         "1: part \"other\" of template \"one\" goes nowhere: name it in inject, or leave it out\n"},
        {ONE("parts = ( { name = \"token\"; },\n { name = \"token\"; } );" HEADER),
         "2: template \"one\" has two parts called \"token\": give each its own name\n"},
        {ONE("parts = ( { name = \"To-ken\"; } ); " HEADER),
         "1: the name of a part of template \"one\" is refused: it has 1 to 31 small letters, digits and "
         "underscores\n"},
        {ONE("parts = ( { prompt = \"Key\"; } ); " HEADER),
         "1: \"name\" is missing in a part of template \"one\": write name = ...;\n"},
        {ONE("parts = ( { name = \"token\"; hidden = false; } ); " HEADER),
         "1: template \"one\" has no hidden part: without one there is no secret to keep\n"},
        {ONE("parts = ( { name = \"token\"; }, { name = \"user\"; value = \"x\"; optional = true; } ); inject = { "
             "header "
             "= \"X\"; format = \"{user}{token}\"; };"),
         "1: part \"user\" of template \"one\" has a value, so nobody is asked for it: leave prompt, hidden and "
         "optional "
         "out\n"},
        {ONE("origins = [ \"api.example.com\" ]; " HEADER),
         "1: origin \"api.example.com\" does not begin with https:// or http://; write https://api.example.com\n"},
        {ONE("origins = [ \"https://a\tb\" ]; " HEADER),
         "1: an origin of template \"one\" has a control character in it: remove it\n"},
        {ONE("origins = [ \"http://api.example.com\" ]; " HEADER),
         "1: origin \"http://api.example.com\" of template \"one\" is plain http: write https\n"},
        {ONE("inject = { header = \"Content-Length\"; };"),
         "1: header \"Content-Length\" in inject of template \"one\" belongs to the connection and cannot carry a "
         "credential: name another\n"},
        {ONE("x_note = \"ours\"; origins = [ \"http://localhost:8080\" ]; " HEADER), ""},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct bench *bench;
        const char *path;

        open_bench((void **)&bench);
        path = folder_add(&bench->folder, "templates");
        folder_put(&bench->folder, "templates/site.conf", cases[i].text);
        assert_true(load(bench, NULL, path));
        assert_findings(bench, cases[i].findings);
        close_bench((void **)&bench);
    }
    (void)state;
}

static void too_many_parts_are_refused(void **state)
{
    struct bench *bench = *state;
    struct att_buffer text;

    att_buffer_open(&text, 8192);
    att_buffer_text(&text, "templates = ( { name = \"one\"; " HEADER " parts = ( { name = \"token\"; }");
    for (int i = 0; i < ATT_TEMPLATE_PARTS; i++)
        att_buffer_format(&text, ", { name = \"p%d\"; }", i);
    att_buffer_text(&text, " ); } );");
    folder_put(&bench->folder, "many.conf", text.data);
    assert_true(load(bench, NULL, bench->folder.path));
    assert_findings(bench, "1: template \"one\" has more than 16 parts: leave some out\n");
    att_buffer_close(&text);
}

static void a_placement_that_is_too_long_to_be_used_is_refused(void **state)
{
    struct bench *bench = *state;
    struct att_buffer text;

    att_buffer_open(&text, 16384);
    att_buffer_text(&text, "templates = ( { name = \"one\"; inject = ( ");
    for (int i = 0; i < ATT_INJECTS; i++) {
        att_buffer_format(&text, "%s{ query = \"q%d\"; format = \"{token}", i ? ", " : "", i);
        for (int j = 0; j < 247; j++)
            att_buffer_text(&text, "\\\"");
        att_buffer_text(&text, "\"; }");
    }
    att_buffer_text(&text, " ); } );");
    folder_put(&bench->folder, "long.conf", text.data);
    assert_true(load(bench, NULL, bench->folder.path));
    assert_findings(bench, "1: inject of template \"one\" is longer than 4096 bytes: say less\n");
    att_buffer_close(&text);
}

static void a_template_of_the_site_replaces_an_installed_one(void **state)
{
    struct bench *bench = *state;
    const char *installed = folder_add(&bench->folder, "installed"), *site = folder_add(&bench->folder, "site");
    const struct att_template *template;

    folder_put(&bench->folder, "installed/a.conf", ONE("title = \"theirs\"; " HEADER));
    folder_put(&bench->folder, "site/b.conf", ONE("title = \"ours\"; " HEADER));
    folder_put(&bench->folder, "site/notes.txt", "this is no configuration");
    assert_true(load(bench, installed, site));
    assert_findings(bench, "");
    template = att_template_find(&bench->set, "one");
    assert_string_equal(template->title, "ours");
    assert_string_equal(template->place.file, folder_path(&bench->folder, "site/b.conf"));
    assert_int_equal(bench->set.count, TYPES + 1);
    assert_null(att_template_find(&bench->set, "two"));
}

static void two_of_one_name_in_one_folder_are_refused_with_both_places(void **state)
{
    struct bench *bench = *state;

    folder_put(&bench->folder, "a.conf", "\n" ONE(HEADER));
    folder_put(&bench->folder, "b.conf", "\n\n" ONE(HEADER));
    assert_true(load(bench, NULL, bench->folder.path));
    assert_findings(bench, att_pool_format(bench->pool,
                                           "3: template \"one\" is there twice: here and at %s/a.conf:2; remove or "
                                           "rename one of the two\n",
                                           bench->folder.path));
    assert_string_equal(bench->findings.list[0].place.file, folder_path(&bench->folder, "b.conf"));
}

static void a_type_keeps_its_name(void **state)
{
    struct bench *bench = *state;

    folder_put(&bench->folder, "a.conf", "templates = ( { name = \"bearer\"; " HEADER " } );");
    assert_true(load(bench, NULL, bench->folder.path));
    assert_findings(bench, "1: template \"bearer\" has the name of a built-in type: rename it\n");
    assert_null(att_template_find(&bench->set, "bearer")->place.file);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    struct bench *bench = *state;
    const char *path = folder_put(&bench->folder, "a.conf", ONE(HEADER));

    assert_int_equal(chmod(path, 0666), 0);
    assert_true(load(bench, NULL, bench->folder.path));
    assert_findings(bench, att_pool_format(bench->pool,
                                           "file \"%s\" is refused: others may write to it (mode 0666); run chmod go-w "
                                           "on it\n",
                                           path));
    assert_null(att_template_find(&bench->set, "one"));
}

static void a_folder_that_is_not_there_is_empty(void **state)
{
    struct bench *bench = *state;

    assert_true(load(bench, "/nonexistent/templates", folder_put(&bench->folder, "file", "")));
    assert_findings(bench, "");
    assert_int_equal(bench->set.count, TYPES);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        CASE(every_service_receives_what_it_documents),
        CASE(the_services_of_the_catalogue_are_there),
        CASE(a_line_goes_with_the_optional_part_that_it_names),
        CASE(a_placement_survives_being_written_again),
        CASE(placements_that_are_none_are_refused),
        CASE(what_is_wrong_with_a_file_is_told),
        CASE(too_many_parts_are_refused),
        CASE(a_placement_that_is_too_long_to_be_used_is_refused),
        CASE(a_template_of_the_site_replaces_an_installed_one),
        CASE(two_of_one_name_in_one_folder_are_refused_with_both_places),
        CASE(a_type_keeps_its_name),
        CASE(a_file_that_others_may_write_is_refused),
        CASE(a_folder_that_is_not_there_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
