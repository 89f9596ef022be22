/* cmd/grant_table.c: grants as they are listed, for a human or for a program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/fail.h"
#include "cmd/grant_table.h"

enum { COLUMN_GRANT, COLUMN_PROVIDER, COLUMN_ACCOUNT, COLUMN_STATUS, COLUMN_EXPIRES, COLUMN_SCOPES, COLUMN_COUNT };

void grant_table_open(struct grant_table *grants, bool as_json)
{
    *grants = (struct grant_table){.table = {.columns = COLUMN_COUNT}, .json = {.out = stdout}, .as_json = as_json};
}

static void begin(struct grant_table *grants)
{
    static const char *const heads[] = {"GRANT", "PROVIDER", "ACCOUNT", "STATUS", "EXPIRES", "SCOPES"};

    if (!grants->begun && grants->as_json) {
        cmd_json_open(&grants->json, NULL, '{');
        cmd_json_open(&grants->json, "grants", '[');
    } else if (!grants->begun) {
        cmd_table_add(&grants->table, heads);
    }
    grants->begun = true;
}

static void print_json(struct cmd_json *json, const att_grant_info *info)
{
    cmd_json_open(json, NULL, '{');
    cmd_json_text(json, "grant", info->grant);
    cmd_json_text(json, "provider", info->provider);
    cmd_json_text(json, "kind", info->kind);
    cmd_json_text(json, "account", info->account);
    cmd_json_text(json, "account_name", info->account_name);
    cmd_json_text(json, "label", info->label);
    cmd_json_text(json, "status", info->status);
    cmd_json_list(json, "scopes", info->scopes);
    cmd_json_boolean(json, "scopes_outdated", info->scopes_outdated);
    cmd_json_text(json, "principal", info->principal);
    cmd_json_number(json, "created", info->created);
    cmd_json_number(json, "used", info->used);
    cmd_json_number(json, "expires", info->expires);
    cmd_json_close(json, '}');
}

static const char *shown(const char *text)
{
    return text && *text ? text : "-";
}

/* To the minute, in UTC. */
static void write_time(char text[32], int64_t seconds)
{
    const time_t time = (time_t)seconds;
    struct tm parts;

    snprintf(text, 32, "-");
    if (seconds && gmtime_r(&time, &parts) && strftime(text, 32, "%Y-%m-%d %H:%MZ", &parts) == 0)
        snprintf(text, 32, "-");
}

/* The scopes with blanks between them; to be freed. NULL when memory is out. */
static char *join(const char *const *scopes)
{
    size_t size = 2;
    char *text;

    for (size_t i = 0; scopes && scopes[i]; i++)
        size += strlen(scopes[i]) + 1;
    text = malloc(size);
    if (!text)
        return NULL;
    snprintf(text, size, "%s", scopes && scopes[0] ? "" : "-");
    for (size_t i = 0, used = 0; scopes && scopes[i]; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", scopes[i]);
    return text;
}

void grant_table_take(void *context, const att_grant_info *info)
{
    struct grant_table *grants = context;
    char expires[32], status[128], *scopes;

    begin(grants);
    if (grants->as_json) {
        print_json(&grants->json, info);
        return;
    }
    scopes = join(info->scopes);
    write_time(expires, info->expires);
    snprintf(status, sizeof status, "%s%s", shown(info->status), info->scopes_outdated ? " (scopes outdated)" : "");
    if (scopes)
        cmd_table_add(&grants->table, (const char *const[]){info->grant, shown(info->provider), shown(info->account),
                                                            status, expires, scopes});
    else
        grants->table.failed = true;
    free(scopes);
}

static int tint(size_t row, size_t column, const char *cell)
{
    if (row == 0)
        return CMD_BOLD;
    return column == COLUMN_STATUS && strcmp(cell, "active") != 0 ? CMD_YELLOW : -1;
}

void grant_table_print(struct grant_table *grants)
{
    begin(grants);
    if (grants->as_json)
        cmd_json_close(&grants->json, ']');
    else if (grants->table.rows > 1)
        cmd_table_print(&grants->table, stdout, tint);
}

int grant_table_finish(struct grant_table *grants, const struct cmd_call *call)
{
    if (grants->as_json) {
        cmd_json_close(&grants->json, '}');
        putchar('\n');
    }
    return grants->table.failed ? cmd_fail_memory(call) : cmd_output_finish(call);
}

void grant_table_close(struct grant_table *grants)
{
    cmd_table_close(&grants->table);
}
