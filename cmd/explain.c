/* cmd/explain.c: attache explain: every step that a request would take, without taking it. */
#include <stdio.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/input.h"
#include "cmd/options.h"
#include "cmd/table.h"

enum { OPTION_ACCOUNT = CMD_OPTION_OWN, OPTION_AT, OPTION_PROVIDER };
enum { COLUMN_STEP, COLUMN_OUTCOME, COLUMN_REASON, COLUMN_COUNT };

struct explain {
    att_request_options request;
    int64_t at; /* 0: now */
    struct cmd_table steps;
    struct cmd_json json;
    bool as_json, told; /* told: a step says why the request would fail */
};

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct explain *explain = context;

    if (option == OPTION_ACCOUNT)
        explain->request.account = value;
    else if (option == OPTION_PROVIDER)
        explain->request.provider = value;
    else
        cmd_take_time(call, "--at", value, &explain->at);
}

static void take_step(void *context, const char *step, const char *outcome, const char *reason)
{
    struct explain *explain = context;

    explain->told = strcmp(outcome, "deny") == 0 || strcmp(outcome, "fail") == 0;
    if (!explain->as_json) {
        cmd_table_add(&explain->steps, (const char *const[]){step, outcome, reason});
        return;
    }
    cmd_json_open(&explain->json, NULL, '{');
    cmd_json_text(&explain->json, "step", step);
    cmd_json_text(&explain->json, "outcome", outcome);
    cmd_json_text(&explain->json, "reason", reason);
    cmd_json_close(&explain->json, '}');
}

static int tint(size_t row, size_t column, const char *cell)
{
    (void)row;
    if (column != COLUMN_OUTCOME)
        return -1;
    if (strcmp(cell, "ok") == 0)
        return CMD_GREEN;
    return strcmp(cell, "deny") == 0 || strcmp(cell, "fail") == 0 ? CMD_RED : -1;
}

/* The steps are shown also where they end in a failure. A person who reads there why is not told twice. */
static int show(const struct cmd_call *call, struct explain *explain, att_status status, const att_error *error)
{
    int printed;

    if (explain->steps.failed)
        return cmd_fail_memory(call);
    if (call->json) {
        cmd_json_close(&explain->json, ']');
        cmd_json_text(&explain->json, "status", att_status_name(status));
        cmd_json_close(&explain->json, '}');
        putchar('\n');
    } else {
        cmd_table_print(&explain->steps, stdout, tint);
    }
    printed = cmd_output_finish(call);
    if (printed != 0 || status == ATT_OK)
        return printed;
    return explain->told && !call->json ? cmd_exit_status(status) : cmd_fail(call, error);
}

static int perform(const struct cmd_call *call, struct explain *explain)
{
    att_engine_options engine_options = {.size = sizeof engine_options, .config = call->config, .plan_only = 1};
    att_client_options client_options = {
        .size = sizeof client_options, .caller = cmd_caller(call), .caller_type = call->caller_type};
    att_error error = ATT_ERROR_INIT;
    att_engine *engine = NULL;
    att_client *client = NULL;
    att_status status;
    int exit_status;

    if (call->json) {
        cmd_json_open(&explain->json, NULL, '{');
        cmd_json_open(&explain->json, "steps", '[');
    }
    status = att_engine_open_with(&engine_options, &engine, &error);
    if (status == ATT_OK)
        status = att_client_open(engine, &client_options, &client, &error);
    if (status == ATT_OK)
        status = att_explain(client, &explain->request, explain->at, take_step, explain, &error);
    exit_status = show(call, explain, status, &error);
    att_client_close(&client);
    att_engine_close(&engine);
    att_error_clear(&error);
    return exit_status;
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          CMD_JSON_OPTION,
                                          {"account", required_argument, NULL, OPTION_ACCOUNT},
                                          {"at", required_argument, NULL, OPTION_AT},
                                          {"provider", required_argument, NULL, OPTION_PROVIDER},
                                          {0}};
    struct explain explain = {
        .request = {.size = sizeof explain.request}, .steps = {.columns = COLUMN_COUNT}, .json = {.out = stdout}};
    const struct cmd_options options = {
        .letters = ":", .table = table, .take = take, .context = &explain, .fewest = 2, .most = 3};
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);

    if (first < 0)
        return exit_status;
    if (explain.request.account && !explain.request.provider)
        cmd_complain(call, "account", "option --account: it says which of a provider's accounts; add --provider NAME");
    if (!explain.request.provider && count - first == 2)
        cmd_complain(call, "operands", "explain: an operand is missing; the usage is: %s", cmd_verb_explain.usage);
    if (explain.request.provider && count - first == 3)
        cmd_complain(call, "provider", "option --provider: it stands in place of GRANT; leave one of them out");
    if (call->complaint_field)
        return cmd_fail_complaint(call);
    if (!explain.request.provider)
        explain.request.grant = words[first++];
    explain.request.method = words[first];
    explain.request.url = words[first + 1];
    explain.as_json = call->json;
    exit_status = perform(call, &explain);
    cmd_table_close(&explain.steps);
    return exit_status;
}

const struct cmd_verb cmd_verb_explain = {
    .name = "explain",
    .summary = "show every step that a request would take, and why",
    .usage = "attache explain GRANT METHOD URL [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Shows what a request would go through up to where a provider is asked: each step, what comes\n"
            "out and why. Touches no secret and no network; a provider may still fail the request. The exit\n"
            "status tells what the steps say.\n"
            "\n"
            "  --at TIME             decide for this time, 2026-03-01T09:00:00Z (default: now)\n"
            "  --provider NAME       the user's grant at this provider, in place of GRANT; with several\n"
            "  --account NAME          accounts, this one",
    .run = run,
};
