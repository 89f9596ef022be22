/* cmd/modules.c: attache modules: what is installed, what would load, and why not. */
#include <stdio.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/options.h"
#include "cmd/table.h"

enum { COLUMN_KIND, COLUMN_NAME, COLUMN_VERSION, COLUMN_ABI, COLUMN_CAPABILITIES, COLUMN_REST, COLUMN_COUNT };

struct modules {
    struct cmd_table table;
    struct cmd_json json;
    bool as_json;
};

static void print_json(struct cmd_json *json, const att_module_info *module, const char *abi)
{
    cmd_json_open(json, NULL, '{');
    cmd_json_text(json, "kind", module->kind);
    cmd_json_text(json, "name", module->name);
    cmd_json_text(json, "version", module->version);
    cmd_json_text(json, "abi", *abi ? abi : NULL);
    cmd_json_text(json, "capabilities", module->capabilities);
    cmd_json_text(json, "path", module->path);
    cmd_json_text(json, "refusal", module->refusal);
    cmd_json_close(json, '}');
}

static void take_module(void *context, const att_module_info *module)
{
    struct modules *modules = context;
    char abi[32] = "", rest[4096];

    if (module->abi_major != 0)
        snprintf(abi, sizeof abi, "%u.%u", module->abi_major, module->abi_minor);
    if (modules->as_json) {
        print_json(&modules->json, module, abi);
        return;
    }
    if (module->refusal)
        snprintf(rest, sizeof rest, "refused: %s", module->refusal);
    else
        snprintf(rest, sizeof rest, "%s", module->path);
    cmd_table_add(&modules->table,
                  (const char *const[]){module->kind ? module->kind : "-", module->name ? module->name : "-",
                                        module->version ? module->version : "-", *abi ? abi : "-",
                                        module->capabilities && *module->capabilities ? module->capabilities : "-",
                                        rest});
}

static int tint(size_t row, size_t column, const char *cell)
{
    if (row == 0)
        return CMD_BOLD;
    return column == COLUMN_REST && strncmp(cell, "refused: ", 9) == 0 ? CMD_RED : -1;
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {0}};
    const struct cmd_options options = {.letters = ":", .table = table};
    struct modules modules = {.table = {.columns = COLUMN_COUNT}, .json = {.out = stdout}};
    att_error error = ATT_ERROR_INIT;
    att_status status;
    int exit_status = 0;

    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    modules.as_json = call->json;
    if (call->json) {
        cmd_json_open(&modules.json, NULL, '{');
        cmd_json_open(&modules.json, "modules", '[');
    } else {
        cmd_table_add(&modules.table, (const char *const[]){"KIND", "NAME", "VERSION", "ABI", "CAPABILITIES", "FILE"});
    }
    status = att_modules(call->config, take_module, &modules, &error);
    if (call->json) {
        cmd_json_close(&modules.json, ']');
        cmd_json_close(&modules.json, '}');
        putchar('\n');
    } else if (modules.table.rows > 1) {
        cmd_table_print(&modules.table, stdout, tint);
    }
    exit_status = modules.table.failed ? cmd_fail_memory(call) : cmd_output_finish(call);
    if (exit_status == 0 && status != ATT_OK)
        exit_status = cmd_fail(call, &error);
    cmd_table_close(&modules.table);
    att_error_clear(&error);
    return exit_status;
}

const struct cmd_verb cmd_verb_modules = {
    .name = "modules",
    .summary = "list the installed modules and why one would not load",
    .usage = "attache modules [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_JSON,
    .help = "Lists every file in the module directory of the site's configuration, or without a configuration\n"
            "in the directory of this installation: kind, name, version, ABI, capabilities and file, or why it\n"
            "would not be loaded.\n",
    .run = run,
};
