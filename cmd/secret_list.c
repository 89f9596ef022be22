/* cmd/secret_list.c: attache secret list and templates: what is kept, but for the values, and what can be kept. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/fail.h"
#include "cmd/options.h"
#include "cmd/secret.h"
#include "cmd/table.h"

enum { OPTION_PROVIDER = CMD_OPTION_OWN };
enum {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_GRANT,
    COLUMN_ORIGINS,
    COLUMN_AGE,
    COLUMN_USE,
    COLUMN_FINGERPRINT,
    COLUMN_COUNT
};
enum { TEMPLATE_NAME, TEMPLATE_TITLE, TEMPLATE_PARTS, TEMPLATE_ORIGINS, TEMPLATE_COUNT };

/* What the callbacks of both verbs fill. */
struct listing {
    struct cmd_table table;
    struct cmd_json json;
    bool as_json;
    const char *provider;
    int64_t now;
};

void secret_print_json(struct cmd_json *json, const char *name, const att_secret_info *info)
{
    cmd_json_open(json, name, '{');
    cmd_json_text(json, "name", info->name);
    cmd_json_text(json, "grant", info->grant);
    cmd_json_text(json, "provider", info->provider);
    cmd_json_text(json, "type", info->type);
    cmd_json_text(json, "inject", info->inject);
    cmd_json_list(json, "origins", info->origins);
    cmd_json_list(json, "parts", info->parts);
    cmd_json_number(json, "created", info->created);
    cmd_json_number(json, "rotated", info->rotated);
    cmd_json_number(json, "used", info->used);
    cmd_json_number(json, "expires", info->expires);
    cmd_json_text(json, "fingerprint", info->fingerprint);
    cmd_json_text(json, "fault", info->fault);
    cmd_json_close(json, '}');
}

/* "3d": how long ago a time is, in the largest unit of which there is one. */
static void write_age(char text[32], int64_t now, int64_t time)
{
    static const struct {
        int64_t seconds;
        char name;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t age = now > time ? now - time : 0;
    size_t unit = 0;

    while (unit < 3 && age < units[unit].seconds)
        unit++;
    snprintf(text, 32, "%" PRId64 "%c", age / units[unit].seconds, units[unit].name);
}

static void join(char *text, size_t size, const char *const *list)
{
    text[0] = '\0';
    for (size_t i = 0; list[i] && strlen(text) + strlen(list[i]) + 2 < size; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i ? " " : "", list[i]);
}

/* The first of a list and how many more there are, for one column among others. */
static void abridge(char *text, size_t size, const char *const *list)
{
    size_t count = 0;

    while (list[count])
        count++;
    if (count > 1)
        snprintf(text, size, "%s +%zu", list[0], count - 1);
    else
        snprintf(text, size, "%s", count ? list[0] : "");
}

static void take_secret(void *context, const att_secret_info *info)
{
    struct listing *listing = context;
    char age[32] = "-", use[32] = "never", origins[512], last[512];

    if (listing->as_json) {
        secret_print_json(&listing->json, NULL, info);
        return;
    }
    if (info->created || info->rotated)
        write_age(age, listing->now, info->rotated > info->created ? info->rotated : info->created);
    if (info->used)
        write_age(use, listing->now, info->used);
    abridge(origins, sizeof origins, info->origins);
    if (info->fault)
        snprintf(last, sizeof last, "fault: %s", info->fault);
    else if (info->expires && info->expires <= listing->now)
        snprintf(last, sizeof last, "fault: it has expired; rotate it");
    else
        snprintf(last, sizeof last, "%s", info->fingerprint ? info->fingerprint : "-");
    cmd_table_add(&listing->table, (const char *const[]){info->name, info->type, info->grant, origins, age, use, last});
}

static int tint(size_t row, size_t column, const char *cell)
{
    if (row == 0)
        return CMD_BOLD;
    return column == COLUMN_FINGERPRINT && strncmp(cell, "fault: ", 7) == 0 ? CMD_RED : -1;
}

static int tint_head(size_t row, size_t column, const char *cell)
{
    (void)column;
    (void)cell;
    return row == 0 ? CMD_BOLD : -1;
}

static void begin(struct listing *listing, const struct cmd_call *call, const char *name, const char *const *heads)
{
    listing->as_json = call->json;
    if (!call->json) {
        cmd_table_add(&listing->table, heads);
        return;
    }
    cmd_json_open(&listing->json, NULL, '{');
    cmd_json_open(&listing->json, name, '[');
}

static int finish(struct listing *listing, const struct cmd_call *call, att_status status, const att_error *error,
                  int (*colour)(size_t row, size_t column, const char *cell))
{
    int exit_status;

    if (call->json) {
        cmd_json_close(&listing->json, ']');
        cmd_json_close(&listing->json, '}');
        putchar('\n');
    } else if (listing->table.rows > 1) {
        cmd_table_print(&listing->table, stdout, colour);
    }
    exit_status = listing->table.failed ? cmd_fail_memory(call) : cmd_output_finish(call);
    if (exit_status == 0 && status != ATT_OK)
        exit_status = cmd_fail(call, error);
    cmd_table_close(&listing->table);
    return exit_status;
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    (void)call;
    (void)option;
    ((struct listing *)context)->provider = value;
}

static int run_list(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {
        CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {"provider", required_argument, NULL, OPTION_PROVIDER}, {0}};
    static const char *const heads[] = {"NAME", "TYPE", "GRANT", "ORIGINS", "AGE", "LAST USE", "FINGERPRINT"};
    struct listing listing = {.table = {.columns = COLUMN_COUNT}, .json = {.out = stdout}, .now = time(NULL)};
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = &listing};
    struct cmd_session session = CMD_SESSION_INIT;
    att_status status;
    int exit_status = 0;

    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    begin(&listing, call, "secrets", heads);
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_secret_list(session.client, listing.provider, take_secret, &listing, &session.error);
    exit_status = finish(&listing, call, status, &session.error, tint);
    cmd_session_close(&session);
    return exit_status;
}

static void take_template(void *context, const att_template_info *info)
{
    struct listing *listing = context;
    char parts[256], origins[512];

    if (listing->as_json) {
        cmd_json_open(&listing->json, NULL, '{');
        cmd_json_text(&listing->json, "name", info->name);
        cmd_json_text(&listing->json, "title", info->title);
        cmd_json_text(&listing->json, "inject", *info->inject ? info->inject : NULL);
        cmd_json_list(&listing->json, "origins", info->origins);
        cmd_json_list(&listing->json, "parts", info->parts);
        cmd_json_text(&listing->json, "file", info->file);
        cmd_json_number(&listing->json, "line", info->line);
        cmd_json_close(&listing->json, '}');
        return;
    }
    join(parts, sizeof parts, info->parts);
    abridge(origins, sizeof origins, info->origins);
    cmd_table_add(&listing->table,
                  (const char *const[]){info->name, info->title, parts, *origins ? origins : "- (give --origin)"});
}

static int run_templates(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {0}};
    static const char *const heads[] = {"NAME", "TITLE", "PARTS", "ORIGINS"};
    const struct cmd_options options = {.letters = ":", .table = table};
    struct listing listing = {.table = {.columns = TEMPLATE_COUNT}, .json = {.out = stdout}};
    att_error error = ATT_ERROR_INIT;
    att_status status;
    int exit_status = 0;

    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    begin(&listing, call, "templates", heads);
    status = att_templates(call->config, take_template, &listing, &error);
    exit_status = finish(&listing, call, status, &error, tint_head);
    att_error_clear(&error);
    return exit_status;
}

const struct cmd_verb cmd_verb_secret_list = {
    .name = "secret list",
    .summary = "list the secrets, without their values",
    .usage = "attache secret list [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Lists the secrets that are kept: name, type or template, grant, origins, how long ago the value was\n"
            "given, when it was last used, and a keyed fingerprint, which is the same for equal values of one\n"
            "store; or why a secret cannot be served. No value is shown.\n"
            "\n"
            "  --provider NAME       the provider that keeps them, where there are several",
    .run = run_list,
};

const struct cmd_verb cmd_verb_secret_templates = {
    .name = "secret templates",
    .summary = "list the types and services that secrets can be for",
    .usage = "attache secret templates [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_JSON,
    .help = "Lists the types that are built in and the templates: those that are installed, and those of the\n"
            "site in the folder templates beside its configuration. See attache-templates(5).\n",
    .run = run_templates,
};
