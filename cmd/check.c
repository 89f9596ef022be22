/* cmd/check.c: attache check: everything that is wrong with a configuration. */
#include <stdio.h>

#include "cmd/fail.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/protection.h"

struct findings {
    struct cmd_json json;
    bool as_json;
    int errors, warnings;
};

static void print_finding(const att_check_finding *finding)
{
    if (finding->file) {
        cmd_print_safe(stdout, finding->file);
        if (finding->line > 0)
            printf(":%d", finding->line);
        fputs(": ", stdout);
    }
    if (finding->warning)
        cmd_print_colour(stdout, CMD_YELLOW, "warning:");
    else
        cmd_print_colour(stdout, CMD_RED, "error:");
    putchar(' ');
    cmd_print_safe(stdout, finding->text);
    putchar('\n');
}

static void take_finding(void *context, const att_check_finding *finding)
{
    struct findings *findings = context;

    findings->errors += !finding->warning;
    findings->warnings += finding->warning != 0;
    if (!findings->as_json) {
        print_finding(finding);
        return;
    }
    cmd_json_open(&findings->json, NULL, '{');
    cmd_json_text(&findings->json, "severity", finding->warning ? "warning" : "error");
    cmd_json_text(&findings->json, "file", finding->file);
    cmd_json_number(&findings->json, "line", finding->line);
    cmd_json_text(&findings->json, "module", finding->module);
    cmd_json_text(&findings->json, "text", finding->text);
    cmd_json_close(&findings->json, '}');
}

static void print_end(struct findings *findings)
{
    struct cmd_protection protection;

    cmd_protection_probe(&protection);
    if (!findings->as_json) {
        cmd_protection_print(&protection, stdout);
        printf("%d error%s, %d warning%s\n", findings->errors, findings->errors == 1 ? "" : "s", findings->warnings,
               findings->warnings == 1 ? "" : "s");
        return;
    }
    cmd_json_close(&findings->json, ']');
    cmd_json_count(&findings->json, "errors", findings->errors);
    cmd_json_count(&findings->json, "warnings", findings->warnings);
    cmd_protection_print_json(&protection, &findings->json);
    cmd_json_close(&findings->json, '}');
    putchar('\n');
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {0}};
    const struct cmd_options options = {.letters = ":", .table = table, .most = 1};
    struct findings findings = {.json = {.out = stdout}};
    att_error error = ATT_ERROR_INIT;
    att_status status;
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);

    if (first < 0)
        return exit_status;
    if (call->config && first < count) {
        cmd_complain(call, "--config", "option --config: it cannot stand beside the operand \"%s\"; name one file",
                     words[first]);
        return cmd_fail_complaint(call);
    }
    findings.as_json = call->json;
    if (call->json) {
        cmd_json_open(&findings.json, NULL, '{');
        cmd_json_open(&findings.json, "findings", '[');
    }
    status = att_check(first < count ? words[first] : call->config, take_finding, &findings, &error);
    print_end(&findings);
    exit_status = cmd_output_finish(call);
    if (exit_status == 0 && findings.errors > 0 && !call->json)
        exit_status = cmd_exit_status(status);
    else if (exit_status == 0 && status != ATT_OK)
        exit_status = cmd_fail(call, &error);
    att_error_clear(&error);
    return exit_status;
}

const struct cmd_verb cmd_verb_check = {
    .name = "check",
    .summary = "find everything that is wrong with a configuration",
    .usage = "attache check [FILE] [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_JSON,
    .help = "Checks the site's configuration, or FILE: syntax, permissions, modules and their options, policy.\n"
            "Prints every finding as FILE:LINE: error|warning: TEXT, then their number, and where this machine\n"
            "does not protect secrets in memory. Opens no provider and no audit file. The exit status is 5\n"
            "when there is an error.\n",
    .run = run,
};
