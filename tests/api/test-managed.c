/* tests/api/test-managed.c: att_secret_set and its sisters, and every reason why a secret is not kept. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <attache/attache.h>

#include "tests/api/canary.h"
#include "tests/unit/folder.h"

#define ORIGINS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A site with the keeper of tests/modules, and a caller whose answers to prompts are `answers`. */
struct bench {
    struct folder folder;
    const char *conf, *kept, *audit;
    att_engine *engine;
    att_client *client;
    att_error error;
    char log[4096];
    const att_pair *answers; /* by part; what is not there is not given */
    size_t answer_size;      /* of every answer, where it is not its text's */
    char asked[1024];        /* "part: prompt" of each, "*" before a hidden one */
    char told[2048];         /* what callbacks were told, a line each */
};

static const char head[] =
    "schema = 1;\n"
    "settings = { module_dir = \"%s/attache\"; module_paths = true; };\n"
    "policy = { default = \"permit\"; };\n"
    "audit = ( { module = \"audit_file.so\"; control = \"required\"; options = { path = \"%s\"; }; } );\n"
    "grants = ( { name = \"calendar\"; id = \"0b9f0a4e-5d0c-4c5e-9d6a-000000000001\"; stack = \"bound\"; },\n"
    "           { name = \"plain\"; stack = \"all\"; },\n"
    "           { name = \"elsewhere\"; stack = \"other\"; origins = [ \"https://e.example\" ]; } );\n"
    "stacks = ( { name = \"all\"; match = { default = true; };\n"
    "             fetch = ( { use = \"keeper\"; control = \"required\"; } ); },\n"
    "           { name = \"inner\"; fetch = ( { use = \"keeper\"; control = \"required\"; } ); },\n"
    "           { name = \"bound\"; origins = [ \"https://calendar.example\", \"https://*.mail.example\" ];\n"
    "             fetch = ( { substack = \"inner\"; control = \"required\"; } ); },\n"
    "           { name = \"other\"; fetch = ( { use = \"mock\"; control = \"required\"; } ); } );\n";
static const char mock[] = "{ name = \"mock\"; module = \"mock.so\"; options = { script = \"%s\"; }; }";
static const char keeper[] = "{ name = \"%s\"; module = \"%s/tests/modules/.libs/keeper.so\";\n"
                             "  options = { file = \"%s\";%s }; }";

static void take_line(void *context, int level, const char *line)
{
    struct bench *bench = context;
    size_t used = strlen(bench->log);

    if (level <= ATT_LOG_INFO && strncmp(line, "secret", 6) + strncmp(line, "grant", 5) != 0 &&
        (strncmp(line, "secret", 6) == 0 || strncmp(line, "grant", 5) == 0))
        snprintf(bench->log + used, sizeof bench->log - used, "%d %s\n", level, line);
}

/* Opens the site anew; `providers` follow the mock, `fail` is the keeper's option. */
static void configure(struct bench *bench, int keepers, const char *fail)
{
    FILE *file = fopen(bench->conf, "we");
    const char *script = folder_put(&bench->folder, "mock.json", "{ \"grants\": {} }");
    char option[256] = "";

    att_client_close(&bench->client);
    att_engine_close(&bench->engine);
    if (fail)
        snprintf(option, sizeof option, " fail = \"%s\";", fail);
    fprintf(file, head, secure_getenv("ATT_LIBDIR"), bench->audit);
    fprintf(file, "providers = ( ");
    fprintf(file, mock, script);
    for (int i = 0; i < keepers; i++) {
        fprintf(file, ", ");
        fprintf(file, keeper, i ? "second" : "keeper", secure_getenv("ATT_BUILD"), bench->kept, option);
    }
    if (keepers == 0)
        fprintf(file, ", { name = \"keeper\"; module = \"mock.so\"; options = { script = \"%s\"; }; }", script);
    fprintf(file, " );\n");
    fclose(file);
    assert_int_equal(chmod(bench->conf, 0600), 0);
    if (att_engine_open_with(ATT_ENGINE(.config = bench->conf, .log = take_line, .log_context = bench), &bench->engine,
                             &bench->error) != ATT_OK)
        fail_msg("%s", bench->error.message);
    assert_int_equal(att_client_open(bench->engine, ATT_CLIENT(.caller = "operator", .timeout_ms = 5000),
                                     &bench->client, &bench->error),
                     ATT_OK);
}

static int open_bench(void **state)
{
    struct bench *bench = test_calloc(1, sizeof *bench);

    folder_open(&bench->folder);
    bench->conf = folder_path(&bench->folder, "attache.conf");
    bench->kept = folder_path(&bench->folder, "kept");
    bench->audit = folder_path(&bench->folder, "audit.jsonl");
    bench->error = (att_error)ATT_ERROR_INIT;
    configure(bench, 1, NULL);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    att_client_close(&bench->client);
    att_engine_close(&bench->engine);
    att_error_clear(&bench->error);
    folder_close(&bench->folder);
    test_free(bench);
    return 0;
}

static size_t answer(void *context, const char *part, const char *prompt, int hidden, char *buffer, size_t capacity)
{
    struct bench *bench = context;
    size_t used = strlen(bench->asked), size;

    snprintf(bench->asked + used, sizeof bench->asked - used, "%s%s: %s\n", hidden ? "*" : "", part, prompt);
    for (const att_pair *pair = bench->answers; pair && pair->name; pair++) {
        if (strcmp(pair->name, part) != 0)
            continue;
        size = bench->answer_size ? bench->answer_size : strlen(pair->value);
        for (size_t i = 0; i < size && i < capacity; i++)
            buffer[i] = bench->answer_size ? 'x' : pair->value[i];
        return size;
    }
    return ATT_SECRET_NONE;
}

static void tell_list(char *text, size_t size, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i ? " " : "", list[i]);
}

static void take_secret(void *context, const att_secret_info *info)
{
    struct bench *bench = context;
    char *at = bench->told + strlen(bench->told);
    size_t size = sizeof bench->told - strlen(bench->told);

    assert_int_equal(info->size, sizeof *info);
    snprintf(at, size, "%s %s %s [%s] ", info->name, info->provider, info->type, info->inject);
    tell_list(at, size, info->origins);
    snprintf(at + strlen(at), size - strlen(at), " (");
    tell_list(at, size, info->parts);
    snprintf(at + strlen(at), size - strlen(at), ")%s%s%s%s\n", info->created ? " created" : "",
             info->rotated ? " rotated" : "", info->fingerprint ? " fingerprint" : "", info->fault ? " fault" : "");
}

static void take_grant(void *context, const att_secret_info *info)
{
    struct bench *bench = context;

    snprintf(bench->told, sizeof bench->told, "%s", info->grant);
}

#define SET_AS(bench, called, ...)                                                                                  \
    att_secret_set((bench)->client,                                                                                 \
                   ATT_SECRET(.name = (called), .read = answer, .read_context = (bench), __VA_ARGS__), take_secret, \
                   (bench), &(bench)->error)
#define SET(bench, ...) SET_AS(bench, "key", __VA_ARGS__)

static char *contents(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = test_calloc(1, 1 << 18);

    if (file) {
        assert_true(fread(text, 1, (1 << 18) - 1, file) < (1 << 18) - 1);
        fclose(file);
    }
    return text;
}

static int count_lines(const char *path, const char *first, const char *second)
{
    char *text = contents(path), *rest = NULL;
    int count = 0;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        count += strstr(line, first) && strstr(line, second);
    test_free(text);
    return count;
}

/* One column of the keeper's line of a secret, into `text`. */
static const char *kept(const struct bench *bench, const char *name, int column, char text[256])
{
    char *whole = contents(bench->kept), *rest = NULL;

    text[0] = '\0';
    for (char *line = strtok_r(whole, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, name, strlen(name)) != 0 || line[strlen(name)] != '\t')
            continue;
        for (int i = 0; i < column; i++)
            line = strchr(line, '\t') + 1;
        snprintf(text, 256, "%.*s", (int)strcspn(line, "\t"), line);
    }
    test_free(whole);
    return text;
}

enum { GRANT = 1, TYPE, INJECT, ORIGINS_KEPT, PARTS, EXPIRES = 8, VALUES };

/* ---- what is kept ------------------------------------------------------------------------------------------------ */

static void a_bearer_token_is_kept_under_a_fresh_grant(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"token", "s3cret"});
    assert_int_equal(SET(bench, .origins = ORIGINS("https://API.example.com:443")), ATT_OK);
    assert_string_equal(bench->asked, "*token: API key or token\n");
    assert_string_equal(bench->told, "key keeper bearer [{ header = \"Authorization\"; format = \"Bearer {token}\"; }] "
                                     "https://api.example.com (token) created fingerprint\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "token:s3cret");
    kept(bench, "key", GRANT, text);
    assert_int_equal(strlen(text), 36);
    assert_int_equal(strspn(text, "0123456789abcdef-"), 36);
    assert_int_equal(text[14], '4');
    assert_non_null(strchr("89ab", text[19]));
    assert_string_equal(bench->log, "");
}

static void a_template_asks_for_each_of_its_parts(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"api_key", "one"}, {"application_key", "two"});
    assert_int_equal(SET(bench, .type = "datadog", .grant = "dd"), ATT_OK);
    assert_string_equal(bench->asked, "*api_key: API key\n*application_key: Application key (leave empty for none)\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "api_key:one|application_key:two");
    assert_string_equal(kept(bench, "key", GRANT, text), "dd");
    assert_non_null(strstr(kept(bench, "key", ORIGINS_KEPT, text), "https://api.us5.datadoghq.com"));
}

static void what_is_optional_may_be_left_out_with_its_line(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"api_key", "one"}, {"application_key", "\n"});
    assert_int_equal(SET(bench, .type = "datadog"), ATT_OK);
    assert_string_equal(kept(bench, "key", INJECT, text), "{ header = \"DD-API-KEY\"; format = \"{api_key}\"; }");
    assert_string_equal(kept(bench, "key", PARTS, text), "api_key");
}

static void open_parts_may_stand_in_the_options(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"password", "p:w"});
    assert_int_equal(SET(bench, .type = "twilio", .parts = ATT_PAIRS({"username", "AC1"})), ATT_OK);
    assert_string_equal(bench->asked, "*password: Auth token or API key secret\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "username:AC1|password:p:w");
}

static void a_part_with_a_value_is_not_asked_for(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"password", "k"});
    assert_int_equal(SET(bench, .type = "mailgun"), ATT_OK);
    assert_string_equal(bench->asked, "*password: API key\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "username:api|password:k");
}

static void an_aws_key_has_up_to_five_parts(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"secret_key", "s/1"}, {"session_token", ""}, {"service", ""});
    assert_int_equal(SET(bench, .type = "aws", .parts = ATT_PAIRS({"token", "AKIA1"}, {"region", "eu-central-1"}),
                         .origins = ORIGINS("https://*.amazonaws.com")),
                     ATT_OK);
    assert_string_equal(bench->asked, "*secret_key: Secret access key\n"
                                      "*session_token: Session token (leave empty for none)\n"
                                      "service: Service, where the host does not tell (leave empty for none)\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "token:AKIA1|secret_key:s/1|region:eu-central-1");
    assert_string_equal(kept(bench, "key", INJECT, text), "{ kind = \"sigv4\"; }");
}

static void a_line_break_at_the_end_is_cut_off_and_said(void **state)
{
    static const char *const ends[] = {"s3cret\n", "s3cret\r\n"};
    struct bench *bench = *state;

    for (size_t i = 0; i < 2; i++) {
        char name[8], text[256];

        snprintf(name, sizeof name, "key%zu", i);
        bench->log[0] = '\0';
        bench->answers = (const att_pair[]){{"token", ends[i]}, {NULL, NULL}};
        assert_int_equal(SET_AS(bench, name, .origins = ORIGINS("https://a.example")), ATT_OK);
        assert_string_equal(kept(bench, name, VALUES, text), "token:s3cret");
        assert_string_equal(bench->log, att_pool_format(bench->folder.pool,
                                                        "2 secret \"%s\": a line break at the end of token was cut "
                                                        "off\n",
                                                        name));
    }
}

static void a_configured_grant_gives_its_id_and_its_origins(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, .grant = "calendar"), ATT_OK);
    assert_string_equal(kept(bench, "key", GRANT, text), "0b9f0a4e-5d0c-4c5e-9d6a-000000000001");
    assert_string_equal(kept(bench, "key", ORIGINS_KEPT, text), "https://calendar.example https://*.mail.example");
    assert_string_equal(bench->log, ""); /* the keeper is asked, by a stack within the stack */
    assert_int_equal(
        SET_AS(bench, "other", .grant = "plain", .origins = ORIGINS("http://localhost:8080"), .expires = 1900000000),
        ATT_OK);
    assert_string_equal(kept(bench, "other", GRANT, text), "plain");
    assert_string_equal(kept(bench, "other", EXPIRES, text), "1900000000");
}

static void a_placement_of_ones_own_replaces_that_of_the_type(void **state)
{
    struct bench *bench = *state;
    char text[256];

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(
        SET(bench, .type = "header", .inject = "{ header=\"X-API-Key\"; }", .origins = ORIGINS("https://a.example")),
        ATT_OK);
    assert_string_equal(kept(bench, "key", INJECT, text), "{ header = \"X-API-Key\"; }");
    assert_string_equal(kept(bench, "key", TYPE, text), "header");
}

static void a_template_of_the_site_stands_beside_its_configuration(void **state)
{
    struct bench *bench = *state;
    char text[256];

    folder_add(&bench->folder, "templates");
    folder_put(&bench->folder, "templates/ours.conf",
               "templates = ( { name = \"ours\"; origins = [ \"https://ours.example\" ];\n"
               "  inject = { cookie = \"session\"; }; } );");
    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, .type = "ours"), ATT_OK);
    assert_string_equal(kept(bench, "key", INJECT, text), "{ cookie = \"session\"; }");
}

static void a_grant_that_nothing_would_ask_for_is_warned_of(void **state)
{
    struct bench *bench = *state;

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, .grant = "elsewhere"), ATT_OK);
    assert_string_equal(bench->log,
                        "1 grant \"elsewhere\" is served by stack \"other\", which does not ask provider \"keeper\": "
                        "requests with it do not find this secret; add a step with use = \"keeper\"\n");
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

struct refusal {
    att_secret_options options;
    att_pair answer;
    size_t size;
    const char *field, *message;
};

#define AT .origins = ORIGINS("https://a.example")

static void every_refusal_says_why(void **state)
{
    static const char long_name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const struct refusal refusals[] = {
        {{.name = NULL}, {0}, 0, "name", "the secret has no name; give it one, such as \"billing-key\""},
        {{.name = "a b"},
         {0},
         0,
         "name",
         "the name of the secret is refused: it has 1 to 64 letters, digits, dots, underscores and hyphens; give it "
         "another"},
        {{.name = long_name},
         {0},
         0,
         "name",
         "the name of the secret is refused: it has 1 to 64 letters, digits, dots, underscores and hyphens; give it "
         "another"},
        {{.name = "taken", AT}, {0}, 0, "name", "a secret named \"taken\" exists; rotate it, or remove it first"},
        {{.name = "key", .grant = "taken-grant", AT},
         {0},
         0,
         "grant",
         "grant \"taken-grant\" has a secret: \"taken\"; rotate it, or remove it first"},
        {{.name = "key", .grant = "a b", AT},
         {0},
         0,
         "grant",
         "the grant is refused: it has 1 to 63 letters, digits, dots, underscores, hyphens and slashes, and begins "
         "with "
         "a letter or a digit; give another, or none for a new UUID"},
        {{.name = "key", .grant = "0B9F0A4E-5D0C-4C5E-9D6A-000000000001", AT},
         {0},
         0,
         "grant",
         "the grant is refused: its UUID has capital letters; write it in lower case"},
        {{.name = "key", .type = "nowhere-known"},
         {0},
         0,
         "type",
         "there is no type or template \"nowhere-known\"; see attache secret templates, or describe it in a file of "
         "the "
         "folder templates beside the configuration"},
        {{.name = "key", .type = "datadogg"},
         {0},
         0,
         "type",
         "there is no type or template \"datadogg\": did you mean \"datadog\"?"},
        {{.name = "key"}, {0}, 0, "origins", NULL},
        {{.name = "key", .origins = ORIGINS("api.example.com")},
         {0},
         0,
         "origins",
         "origin \"api.example.com\" does not begin with https:// or http://; write https://api.example.com"},
        {{.name = "key", .origins = ORIGINS("http://api.example.com")},
         {0},
         0,
         "origins",
         "origin \"http://api.example.com\" is refused: plain http is for this machine only; write https"},
        {{.name = "key",
          .origins = ORIGINS("https://a1.example", "https://a2.example", "https://a3.example", "https://a4.example",
                             "https://a5.example", "https://a6.example", "https://a7.example", "https://a8.example",
                             "https://a9.example", "https://b1.example", "https://b2.example", "https://b3.example",
                             "https://b4.example", "https://b5.example", "https://b6.example", "https://b7.example",
                             "https://b8.example")},
         {0},
         0,
         "origins",
         "secret \"key\" has more than 16 origins; leave some out"},
        {{.name = "key", .type = "header", AT},
         {0},
         0,
         "inject",
         "type \"header\" does not say which header: name it, as in { header = \"NAME\"; }"},
        {{.name = "key", .type = "query", .inject = "{ header = \"X\"; }", AT},
         {0},
         0,
         "inject",
         "type \"query\" does not say which query: name it, as in { query = \"NAME\"; }"},
        {{.name = "key", .inject = "{ header = \"X\"; format = \"{user}\"; }", AT},
         {0},
         0,
         "inject",
         "the placement names the part \"user\", which type \"bearer\" does not have; name one of its parts, or take "
         "another type"},
        {{.name = "key", .inject = "{ header = \"Host\"; }", AT},
         {0},
         0,
         "inject",
         "the placement is refused: header \"Host\" in the placement belongs to the connection and cannot carry "
         "a credential: name another"},
        {{.name = "key", AT},
         {"token", ""},
         0,
         "token",
         "token of secret \"key\" is empty: nothing was read; give it a value"},
        {{.name = "key", AT},
         {"token", "\n"},
         0,
         "token",
         "token of secret \"key\" is empty: nothing was read; give it a value"},
        {{.name = "key", AT},
         {"none", ""},
         0,
         "token",
         "token of secret \"key\" was not given: nothing was changed; run it again to give it"},
        {{.name = "key", AT},
         {"token", ""},
         1 << 20,
         "token",
         "token of secret \"key\" is larger than 48 KiB: no request can carry it; check what was read"},
        {{.name = "key", AT},
         {"token", ""},
         48 * 1024 + 1,
         "token",
         "token of secret \"key\" is larger than 48 KiB: no request can carry it; check what was read"},
        {{.name = "key", AT},
         {"token", "\x7f"
                   "ELF\x02\xff\xfe"},
         0,
         "token",
         "token of secret \"key\" is binary: a request carries text; encode it as its service wants it, for example in "
         "base64"},
        {{.name = "key", AT},
         {"token", "one\ntwo\n"},
         0,
         "token",
         "token of secret \"key\" has a line break in it: no header can carry one; give it as one line, or encode it"},
        {{.name = "key", AT},
         {"token", "one\n\n"},
         0,
         "token",
         "token of secret \"key\" has a line break in it: no header can carry one; give it as one line, or encode it"},
        {{.name = "key", AT},
         {"token", "s3\x1b[0m"},
         0,
         "token",
         "token of secret \"key\" has a control character in it: check what was read, and give plain text"},
        {{.name = "key", .parts = ATT_PAIRS({"token", "s3cret"}), AT},
         {0},
         0,
         "parts",
         "part \"token\" is a secret: it is read, never written on the command line; leave it out there, and give it "
         "when it is asked for"},
        {{.name = "key", .type = "twilio", .parts = ATT_PAIRS({"user", "AC1"})},
         {0},
         0,
         "parts",
         "part \"user\" is none of secret \"key\"; its parts are: username, password"},
        {{.name = "key", .type = "mailgun", .parts = ATT_PAIRS({"username", "me"})},
         {0},
         0,
         "parts",
         "part \"username\" has the value of its template, which is the same for everybody; leave it out"},
        {{.name = "key", .type = "twilio", .parts = ATT_PAIRS({"username", ""})},
         {0},
         0,
         "username",
         "username of secret \"key\" is empty: give it a value"},
        {{.name = "key", .type = "twilio", .parts = ATT_PAIRS({"username", "AC:1"})},
         {"password", "p"},
         0,
         "username",
         "username of secret \"key\" has a colon in it: Basic authentication cannot carry that; check which part is "
         "which"},
        {{.name = "key", .type = "datadog", .inject = "{ header = \"X\"; format = \"{application_key}\"; }"},
         {"api_key", "k"},
         0,
         "application_key",
         "application_key of secret \"key\" was not given: nothing was changed; run it again to give it"},
        {{.name = "key", .expires = -1, AT},
         {0},
         0,
         "expires",
         "expires is negative; give Unix seconds, or 0 for never"},
        {{.name = "key", .expires = 1700000000, AT},
         {"token", "t"},
         0,
         "expires",
         "expires is past: the secret would never be served; give a later time, or 0 for never"},
        {{.name = "key", .provider = "vault", AT},
         {0},
         0,
         "provider",
         "provider \"vault\" is not configured; secrets are kept by \"keeper\""},
    };
    struct bench *bench = *state;
    char *before, *after;

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET_AS(bench, "taken", .grant = "taken-grant", AT), ATT_OK);
    before = contents(bench->kept);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        const att_pair answers[] = {refusal->answer, {NULL, NULL}};
        att_secret_options options = refusal->options;

        options.size = sizeof options;
        options.read = answer;
        options.read_context = bench;
        bench->answers = answers;
        bench->answer_size = refusal->size;
        bench->told[0] = '\0';
        assert_int_equal(att_secret_set(bench->client, &options, take_secret, bench, &bench->error), ATT_INVALID);
        assert_string_equal(bench->error.field, refusal->field);
        if (refusal->message)
            assert_string_equal(bench->error.message, refusal->message);
        assert_string_equal(bench->told, "");
    }
    after = contents(bench->kept);
    assert_string_equal(before, after);
    test_free(before);
    test_free(after);
    assert_int_equal(count_lines(bench->audit, "secret_set", ""), 2); /* of what was kept, none of what was refused */
}

static void a_rotation_to_a_value_that_has_expired_is_refused(void **state)
{
    struct bench *bench = *state;
    char *before, *after;

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, AT), ATT_OK);
    before = contents(bench->kept);
    assert_int_equal(
        att_secret_rotate(bench->client,
                          ATT_SECRET(.name = "key", .read = answer, .read_context = bench, .expires = time(NULL)),
                          take_secret, bench, &bench->error),
        ATT_INVALID);
    assert_string_equal(bench->error.field, "expires");
    assert_string_equal(bench->error.message,
                        "expires is past: the secret would never be served; give a later time, or 0 for never");
    after = contents(bench->kept);
    assert_string_equal(before, after);
    test_free(before);
    test_free(after);
}

static void without_an_origin_the_advice_is_to_give_one(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(SET(bench, .grant = "ours", .type = "elasticsearch"), ATT_INVALID);
    assert_string_equal(bench->error.field, "origins");
    assert_string_equal(bench->error.message,
                        "secret \"key\" has no origin: neither it, its type \"elasticsearch\" nor grant \"ours\" says "
                        "where it may be sent; give one with --origin https://HOST");
    assert_string_equal(bench->asked, ""); /* nobody types a secret in vain */
}

static void a_call_without_a_reader_says_so(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(att_secret_set(bench->client, ATT_SECRET(.name = "key", AT), NULL, NULL, &bench->error),
                     ATT_INVALID);
    assert_string_equal(bench->error.field, "read");
    assert_string_equal(bench->error.message,
                        "token of secret \"key\" cannot be read: read is NULL; give a function that reads it");
}

static void the_largest_secret_that_a_request_can_carry_is_kept(void **state)
{
    struct bench *bench = *state;

    bench->answers = ATT_PAIRS({"token", ""});
    bench->answer_size = 48 * 1024;
    assert_int_equal(SET(bench, AT), ATT_OK);
}

static void a_broken_template_of_the_site_stops_who_wants_one(void **state)
{
    struct bench *bench = *state;
    const char *path;

    folder_add(&bench->folder, "templates");
    path = folder_put(&bench->folder, "templates/ours.conf", "templates = ( { nam = \"ours\"; } );");
    assert_int_equal(SET(bench, .type = "datadog", AT), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        att_pool_format(bench->folder.pool,
                                        "%s:1: key \"nam\" is not known in template 1: did you mean \"name\"? (and 2 "
                                        "more; see attache check)",
                                        path));
    assert_string_equal(bench->error.file, path);
    assert_int_equal(bench->error.line, 1);
    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, AT), ATT_OK); /* a type is built in */
}

/* ---- providers --------------------------------------------------------------------------------------------------- */

static void without_a_provider_that_keeps_secrets_the_advice_is_to_add_one(void **state)
{
    struct bench *bench = *state;

    configure(bench, 0, NULL);
    assert_int_equal(SET(bench, AT), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        "no provider of the configuration keeps secrets; add { name = \"secrets\"; module = "
                        "\"managed_secrets.so\"; } to its providers");
    assert_int_equal(SET(bench, .provider = "mock", AT), ATT_CONFIG);
    assert_string_equal(bench->error.message,
                        "provider \"mock\" keeps no secrets; name one that does, such as a provider with module = "
                        "\"managed_secrets.so\"");
    assert_string_equal(bench->error.provider, "mock");
}

static void of_several_providers_one_is_to_be_named(void **state)
{
    struct bench *bench = *state;

    configure(bench, 2, NULL);
    assert_int_equal(SET(bench, AT), ATT_INVALID);
    assert_string_equal(bench->error.field, "provider");
    assert_string_equal(
        bench->error.message,
        "several providers keep secrets: \"keeper\", \"second\"; say which one is meant, by --provider or in "
        "the options");
    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, .provider = "second", AT), ATT_OK);
    assert_non_null(strstr(bench->told, "key second bearer"));
}

static void every_failure_of_a_module_has_its_status(void **state)
{
    static const struct {
        const char *fail;
        att_status status;
        const char *message;
    } cases[] = {
        {"store 8 its store is busy; try again in a minute", ATT_BACKEND,
         "secret \"key\" could not be kept by provider \"keeper\": its store is busy; try again in a minute"},
        {"store 8 ", ATT_BACKEND,
         "secret \"key\" could not be kept by provider \"keeper\": its store cannot be used now; try again later"},
        {"store 4 its grant is another's", ATT_INVALID,
         "secret \"key\" could not be kept by provider \"keeper\": its grant is another's; rotate that secret, or "
         "remove "
         "it first"},
        {"store 11 the key file is gone", ATT_CONFIG,
         "secret \"key\" could not be kept by provider \"keeper\": the key file is gone; correct the options of the "
         "provider"},
        {"store 12 ", ATT_NOMEM,
         "secret \"key\" could not be kept by provider \"keeper\": memory is out; free some and try again"},
        {"store 99 ", ATT_MODULE,
         "secret \"key\" could not be kept by provider \"keeper\": its module answered 99, which is no result; see the "
         "log, and report it to the module's author"},
        {"list 8 the file is damaged", ATT_BACKEND,
         "secret \"key\" could not be kept by provider \"keeper\": the file is damaged; try again later"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        configure(bench, 1, cases[i].fail);
        bench->answers = ATT_PAIRS({"token", "t"});
        assert_int_equal(SET(bench, AT), cases[i].status);
        assert_string_equal(bench->error.message, cases[i].message);
        assert_string_equal(bench->error.provider, "keeper");
    }
    assert_int_equal(count_lines(bench->audit, "secret_set", "\"phase\":\"result\""), 6);
    assert_int_equal(count_lines(bench->audit, "secret_set", "\"outcome\":\"ATT_BACKEND\""), 2);
}

/* What is kept is looked up first; what could not be done is what was asked for. */
static void a_store_that_cannot_be_read_fails_what_was_asked_for(void **state)
{
    static const char why[] = " by provider \"keeper\": the file is damaged; put a copy back";
    struct bench *bench = *state;
    struct att_pool *pool = bench->folder.pool;

    configure(bench, 1, "list 13 the file is damaged; put a copy back");
    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(att_secret_rotate(bench->client, ATT_SECRET(.name = "key", .read = answer, .read_context = bench),
                                       take_secret, bench, &bench->error),
                     ATT_MODULE);
    assert_string_equal(bench->error.message, att_pool_format(pool, "secret \"key\" could not be rotated%s", why));
    assert_int_equal(att_secret_remove(bench->client, NULL, "key", &bench->error), ATT_MODULE);
    assert_string_equal(bench->error.message, att_pool_format(pool, "secret \"key\" could not be removed%s", why));
    assert_int_equal(att_secret_list(bench->client, NULL, take_secret, bench, &bench->error), ATT_MODULE);
    assert_string_equal(bench->error.message, att_pool_format(pool, "the secrets could not be listed%s", why));
}

static void a_module_that_hangs_ends_at_the_deadline(void **state)
{
    struct bench *bench = *state;

    configure(bench, 1, "store -1 ");
    att_client_close(&bench->client);
    assert_int_equal(att_client_open(bench->engine, ATT_CLIENT(.caller = "operator", .timeout_ms = 500), &bench->client,
                                     &bench->error),
                     ATT_OK);
    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, AT), ATT_TIMEOUT);
    assert_string_equal(bench->error.which, "provider keeper");
    assert_string_equal(bench->error.message,
                        "secret \"key\" could not be kept by provider \"keeper\": the deadline passed while it "
                        "was at it, and whether it was done is not known; see what is kept with attache secret list");
}

/* ---- the other calls --------------------------------------------------------------------------------------------- */

static void a_rotation_keeps_all_but_the_value(void **state)
{
    struct bench *bench = *state;
    char text[256], grant[256];

    bench->answers = ATT_PAIRS({"username", "AC1"}, {"password", "old"});
    assert_int_equal(SET(bench, .type = "twilio", .expires = 1900000000), ATT_OK);
    kept(bench, "key", GRANT, grant);
    bench->asked[0] = bench->told[0] = '\0';
    bench->answers = ATT_PAIRS({"username", "AC2"}, {"password", "new"});
    assert_int_equal(att_secret_rotate(bench->client,
                                       ATT_SECRET(.name = "key", .read = answer, .read_context = bench,
                                                  .parts = ATT_PAIRS({"username", "AC3"})),
                                       take_secret, bench, &bench->error),
                     ATT_OK);
    assert_string_equal(bench->asked, "*password: Auth token or API key secret\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "username:AC3|password:new");
    assert_string_equal(kept(bench, "key", GRANT, text), grant);
    assert_string_equal(kept(bench, "key", ORIGINS_KEPT, text), "https://api.twilio.com");
    assert_string_equal(kept(bench, "key", EXPIRES, text), "0");
    assert_string_equal(bench->told, "key keeper twilio [{ kind = \"basic\"; }] https://api.twilio.com (username "
                                     "password) created rotated fingerprint\n");
}

/* The template of a kept secret may be gone; then every part is a secret. */
static void a_rotation_needs_no_template(void **state)
{
    struct bench *bench = *state;
    char text[256];

    folder_put(&bench->folder, "kept",
               "key\tg\tgone\t{ header = \"X\"; format = \"{a}{b}\"; }\thttps://a.example\ta b\t1\t0\t0\ta:1|b:2\n");
    bench->answers = ATT_PAIRS({"a", "3"}, {"b", "4"});
    assert_int_equal(att_secret_rotate(bench->client, ATT_SECRET(.name = "key", .read = answer, .read_context = bench),
                                       NULL, NULL, &bench->error),
                     ATT_OK);
    assert_string_equal(bench->asked, "*a: a\n*b: b\n");
    assert_string_equal(kept(bench, "key", VALUES, text), "a:3|b:4");
    assert_string_equal(kept(bench, "key", TYPE, text), "gone");
}

static void what_is_not_kept_is_neither_rotated_nor_removed(void **state)
{
    static const char message[] =
        "no secret is named \"key\" at provider \"keeper\"; see which there are with attache secret list";
    struct bench *bench = *state;

    assert_int_equal(att_secret_rotate(bench->client, ATT_SECRET(.name = "key", .read = answer, .read_context = bench),
                                       NULL, NULL, &bench->error),
                     ATT_NOT_FOUND);
    assert_string_equal(bench->error.message, message);
    assert_string_equal(bench->asked, "");
    assert_int_equal(att_secret_remove(bench->client, NULL, "key", &bench->error), ATT_NOT_FOUND);
    assert_string_equal(bench->error.message, message);
    assert_int_equal(att_secret_remove(bench->client, NULL, NULL, &bench->error), ATT_INVALID);
    assert_string_equal(bench->error.field, "name");
    assert_int_equal(count_lines(bench->audit, "secret_", ""), 0);
}

static void a_listing_is_sorted_and_shows_faults(void **state)
{
    struct bench *bench = *state;

    folder_put(&bench->folder, "kept",
               "zoo\tg1\tbearer\t{}\thttps://a.example\ttoken\t1\t0\t0\ttoken:zoo-value\n"
               "damaged\tg2\tbearer\t{}\thttps://a.example\ttoken\t1\t2\t0\ttoken:damaged-value\n");
    assert_int_equal(att_secret_list(bench->client, NULL, take_secret, bench, &bench->error), ATT_OK);
    assert_string_equal(bench->told,
                        "damaged keeper bearer [{}] https://a.example (token) created rotated fingerprint fault\n"
                        "zoo keeper bearer [{}] https://a.example (token) created fingerprint\n");
    assert_int_equal(att_secret_list(bench->client, "keeper", NULL, NULL, NULL), ATT_OK);
    assert_int_equal(count_lines(bench->audit, "secret_", ""), 0); /* it changes nothing */
}

static void a_removed_secret_is_gone(void **state)
{
    struct bench *bench = *state;

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET(bench, .grant = "g", AT), ATT_OK);
    assert_int_equal(att_secret_remove(bench->client, NULL, "key", &bench->error), ATT_OK);
    bench->told[0] = '\0';
    assert_int_equal(att_secret_list(bench->client, NULL, take_secret, bench, &bench->error), ATT_OK);
    assert_string_equal(bench->told, "");
    assert_int_equal(SET(bench, .grant = "g", AT), ATT_OK);
}

static void a_new_key_is_fresh_or_in_a_file(void **state)
{
    struct bench *bench = *state;
    char *text;

    assert_int_equal(att_secret_rekey(bench->client, NULL, NULL, &bench->error), ATT_OK);
    text = contents(folder_path(&bench->folder, "kept.key"));
    assert_string_equal(text, "fresh");
    test_free(text);
    assert_int_equal(att_secret_rekey(bench->client, "keeper", "/etc/attache/new.key", &bench->error), ATT_OK);
    text = contents(folder_path(&bench->folder, "kept.key"));
    assert_string_equal(text, "/etc/attache/new.key");
    test_free(text);
    assert_int_equal(att_secret_rekey(bench->client, NULL, "new.key", &bench->error), ATT_INVALID);
    assert_string_equal(bench->error.field, "key_file");
    assert_string_equal(bench->error.message,
                        "the key file is refused: it is no absolute path; write one, such as /etc/attache/KEY");
    configure(bench, 1, "rekey 11 key is a reference; name a key file");
    assert_int_equal(att_secret_rekey(bench->client, NULL, NULL, &bench->error), ATT_CONFIG);
    assert_string_equal(bench->error.message, "the secrets could not be sealed anew by provider \"keeper\": key is a "
                                              "reference; name a key file");
}

static void a_closed_client_answers_so(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(att_secret_list(NULL, NULL, NULL, NULL, &bench->error), ATT_STATE);
    att_engine_close(&bench->engine);
    assert_int_equal(SET(bench, AT), ATT_STATE);
    assert_int_equal(att_secret_rekey(bench->client, NULL, NULL, NULL), ATT_STATE);
}

static void an_engine_that_only_plans_keeps_nothing(void **state)
{
    struct bench *bench = *state;

    att_client_close(&bench->client);
    att_engine_close(&bench->engine);
    assert_int_equal(att_engine_open_with(ATT_ENGINE(.config = bench->conf, .plan_only = 1), &bench->engine, NULL),
                     ATT_OK);
    assert_int_equal(att_client_open(bench->engine, ATT_CLIENT(.caller = "c"), &bench->client, NULL), ATT_OK);
    assert_int_equal(SET(bench, AT), ATT_STATE);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static void each_change_leaves_two_records_and_no_value(void **state)
{
    struct bench *bench = *state;
    static const char *const events[] = {"secret_set", "secret_rotated", "secret_removed", "secret_rekeyed"};
    char event[64];

    bench->answers = ATT_PAIRS({"token", "the-value-itself"});
    assert_int_equal(SET(bench, .grant = "billing", AT), ATT_OK);
    assert_int_equal(att_secret_rotate(bench->client, ATT_SECRET(.name = "key", .read = answer, .read_context = bench),
                                       NULL, NULL, NULL),
                     ATT_OK);
    assert_int_equal(att_secret_remove(bench->client, NULL, "key", NULL), ATT_OK);
    assert_int_equal(att_secret_rekey(bench->client, NULL, NULL, NULL), ATT_OK);
    for (size_t i = 0; i < 4; i++) {
        snprintf(event, sizeof event, "\"event\":\"%s\"", events[i]);
        assert_int_equal(count_lines(bench->audit, event, "\"phase\":\"decision\""), 1);
        assert_int_equal(count_lines(bench->audit, event, "\"phase\":\"result\""), 1);
        assert_int_equal(count_lines(bench->audit, event, "\"caller\":\"operator\""), 2);
        assert_int_equal(count_lines(bench->audit, event, "\"provider\":\"keeper\""), 2);
        assert_int_equal(count_lines(bench->audit, event, "\"grant\":\"billing\""), i < 3 ? 2 : 0);
        assert_int_equal(count_lines(bench->audit, event, "\"outcome\":\"ATT_OK\""), 1);
    }
    assert_int_equal(count_lines(bench->audit, "secret_set", "\"detail\":\"secret \\\"key\\\" of type bearer\""), 1);
    assert_int_equal(count_lines(bench->audit, "secret_set", "\"detail\":\"secret \\\"key\\\" was kept\""), 1);
    assert_int_equal(count_lines(bench->audit, "the-value-itself", ""), 0);
}

/* The next record is the last byte too many for the file. */
static void limit_files(const char *path, rlim_t more)
{
    struct stat facts;
    struct rlimit limit;

    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)facts.st_size + more;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_sink_that_takes_no_record_stops_the_change(void **state)
{
    struct bench *bench = *state;
    att_status status;
    char text[256];

    bench->answers = ATT_PAIRS({"token", "t"});
    signal(SIGXFSZ, SIG_IGN);
    limit_files(bench->audit, 0);
    status = SET(bench, AT);
    limit_files(bench->audit, RLIM_INFINITY);
    assert_int_equal(status, ATT_AUDIT);
    assert_string_equal(bench->error.sink, "audit_file.so");
    assert_memory_equal(bench->error.message, "audit sink \"audit_file.so\" did not take the record: ", 50);
    assert_string_equal(kept(bench, "key", VALUES, text), "");
    assert_string_equal(bench->told, "");
}

/* How long the last record of a decision is, with its newline. */
static rlim_t decision_size(const char *path)
{
    char *text = contents(path), *rest = NULL;
    rlim_t size = 0;

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, "\"phase\":\"decision\""))
            size = strlen(line) + 1;
    test_free(text);
    return size;
}

/* The first record has its room, the second does not: what was done is done, and its caller hears that. */
static void a_result_that_cannot_be_recorded_is_told(void **state)
{
    struct bench *bench = *state;
    att_status status;
    char text[256];

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(SET_AS(bench, "one", .grant = "g1", AT), ATT_OK);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(bench->audit, decision_size(bench->audit) + 10);
    status = SET_AS(bench, "two", .grant = "g2", AT);
    limit_files(bench->audit, RLIM_INFINITY);
    assert_int_equal(status, ATT_AUDIT);
    assert_memory_equal(bench->error.message, "secret \"two\" was kept, and that could not be recorded: ", 53);
    assert_string_equal(kept(bench, "two", VALUES, text), "token:t");
}

/* ---- residue ----------------------------------------------------------------------------------------------------- */

struct residue {
    struct canary canary;
};

static size_t answer_canary(void *context, const char *part, const char *prompt, int hidden, char *buffer,
                            size_t capacity)
{
    (void)part;
    (void)prompt;
    (void)hidden;
    assert_true(capacity > 65536);
    canary_put(&((struct residue *)context)->canary, buffer);
    return CANARY_SIZE;
}

static void no_copy_of_a_value_stays_in_memory(void **state)
{
    static struct residue residue;
    struct bench *bench = *state;
    struct canary_search search = {.canary = &residue.canary}, planted = search;
    char *copy;

    if (strcmp(secure_getenv("ATT_SANITIZER") ? secure_getenv("ATT_SANITIZER") : "no", "no") != 0)
        skip(); /* a sanitizer keeps what was freed */
    configure(bench, 1, "store 8 the disk is full");
    canary_make(&residue.canary);
    assert_int_equal(att_secret_set(bench->client,
                                    ATT_SECRET(.name = "key", .read = answer_canary, .read_context = &residue, AT),
                                    NULL, NULL, &bench->error),
                     ATT_BACKEND);
    assert_true(canary_search_process(&search, 0));
    assert_string_equal(search.where, "");
    assert_int_equal(search.copies, 0);
    assert_true(search.scanned > 100000);
    copy = malloc(CANARY_SIZE);
    canary_put(&residue.canary, copy);
    assert_true(canary_search_process(&planted, 0)); /* what is there is found */
    assert_true(planted.copies > 0);
    explicit_bzero(copy, CANARY_SIZE);
    free(copy);
    search = (struct canary_search){.canary = &residue.canary};
    assert_true(canary_search_file(&search, bench->audit));
    assert_int_equal(search.copies, 0);
}

/* ---- templates --------------------------------------------------------------------------------------------------- */

static void take_template(void *context, const att_template_info *info)
{
    struct bench *bench = context;
    size_t used = strlen(bench->told);

    assert_int_equal(info->size, sizeof *info);
    if (strcmp(info->name, "bearer") == 0 || strcmp(info->name, "header") == 0 || strcmp(info->name, "datadog") == 0 ||
        strcmp(info->name, "ours") == 0)
        snprintf(bench->told + used, sizeof bench->told - used, "%s, %s, %s, %s, %zu, %s\n", info->name, info->title,
                 info->inject, info->parts[0], (size_t)(info->origins[0] != NULL),
                 info->file ? strrchr(info->file, '/') : "-");
}

static void types_and_templates_are_listed(void **state)
{
    struct bench *bench = *state;

    folder_add(&bench->folder, "templates");
    folder_put(&bench->folder, "templates/ours.conf",
               "templates = ( { name = \"ours\"; inject = { cookie = \"session\"; }; } );");
    assert_int_equal(att_templates(bench->conf, take_template, bench, &bench->error), ATT_OK);
    assert_string_equal(
        bench->told,
        "bearer, Bearer token (RFC 6750), { header = \"Authorization\"; format = \"Bearer {token}\"; }, token, 0, -\n"
        "datadog, Datadog, ( { header = \"DD-API-KEY\"; format = \"{api_key}\"; }, { header = \"DD-APPLICATION-KEY\"; "
        "format = \"{application_key}\"; } ), api_key, 1, /observability.conf\n"
        "header, Header of a name of your own, , token, 0, -\n"
        "ours, ours, { cookie = \"session\"; }, token, 0, /ours.conf\n");
    assert_int_equal(att_templates(bench->conf, NULL, NULL, NULL), ATT_OK);
}

static void take_finding(void *context, const att_check_finding *finding)
{
    struct bench *bench = context;
    size_t used = strlen(bench->told);

    if (strstr(finding->text, "template"))
        snprintf(bench->told + used, sizeof bench->told - used, "%s:%d: %s\n",
                 finding->file ? strrchr(finding->file, '/') : "", finding->line, finding->text);
}

static void a_check_of_the_site_looks_at_its_templates(void **state)
{
    struct bench *bench = *state;

    folder_add(&bench->folder, "templates");
    folder_put(&bench->folder, "templates/ours.conf",
               "templates = (\n { name = \"ours\"; inject = { header = \"X\"; format = \"{key}\"; };\n"
               "   parts = ( { name = \"kee\"; } ); } );");
    assert_int_equal(att_check(bench->conf, take_finding, bench, &bench->error), ATT_CONFIG);
    assert_string_equal(bench->told,
                        "/ours.conf:2: inject of template \"ours\" names the part \"key\", which is not among its "
                        "parts: declare it, or correct the name\n"
                        "/ours.conf:2: part \"kee\" of template \"ours\" goes nowhere: name it in inject, or leave it "
                        "out\n");
}

static void the_grant_is_told(void **state)
{
    struct bench *bench = *state;

    bench->answers = ATT_PAIRS({"token", "t"});
    assert_int_equal(
        att_secret_set(bench->client,
                       ATT_SECRET(.name = "key", .grant = "calendar", .read = answer, .read_context = bench),
                       take_grant, bench, &bench->error),
        ATT_OK);
    assert_string_equal(bench->told, "0b9f0a4e-5d0c-4c5e-9d6a-000000000001");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        CASE(a_bearer_token_is_kept_under_a_fresh_grant),
        CASE(a_template_asks_for_each_of_its_parts),
        CASE(what_is_optional_may_be_left_out_with_its_line),
        CASE(open_parts_may_stand_in_the_options),
        CASE(a_part_with_a_value_is_not_asked_for),
        CASE(an_aws_key_has_up_to_five_parts),
        CASE(a_line_break_at_the_end_is_cut_off_and_said),
        CASE(a_configured_grant_gives_its_id_and_its_origins),
        CASE(a_placement_of_ones_own_replaces_that_of_the_type),
        CASE(a_template_of_the_site_stands_beside_its_configuration),
        CASE(a_grant_that_nothing_would_ask_for_is_warned_of),
        CASE(the_grant_is_told),
        CASE(every_refusal_says_why),
        CASE(a_rotation_to_a_value_that_has_expired_is_refused),
        CASE(without_an_origin_the_advice_is_to_give_one),
        CASE(a_call_without_a_reader_says_so),
        CASE(the_largest_secret_that_a_request_can_carry_is_kept),
        CASE(a_broken_template_of_the_site_stops_who_wants_one),
        CASE(without_a_provider_that_keeps_secrets_the_advice_is_to_add_one),
        CASE(of_several_providers_one_is_to_be_named),
        CASE(every_failure_of_a_module_has_its_status),
        CASE(a_store_that_cannot_be_read_fails_what_was_asked_for),
        CASE(a_module_that_hangs_ends_at_the_deadline),
        CASE(a_rotation_keeps_all_but_the_value),
        CASE(a_rotation_needs_no_template),
        CASE(what_is_not_kept_is_neither_rotated_nor_removed),
        CASE(a_listing_is_sorted_and_shows_faults),
        CASE(a_removed_secret_is_gone),
        CASE(a_new_key_is_fresh_or_in_a_file),
        CASE(a_closed_client_answers_so),
        CASE(an_engine_that_only_plans_keeps_nothing),
        CASE(each_change_leaves_two_records_and_no_value),
        CASE(a_sink_that_takes_no_record_stops_the_change),
        CASE(a_result_that_cannot_be_recorded_is_told),
        CASE(no_copy_of_a_value_stays_in_memory),
        CASE(types_and_templates_are_listed),
        CASE(a_check_of_the_site_looks_at_its_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
