/* cmd/fail.c: from an error to a line on stderr and an exit status. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/fail.h"
#include "cmd/output.h"

/* The exit statuses of attache(1); what is not named is 1. */
static const int exit_statuses[] = {
    [ATT_OK] = 0,
    [ATT_INVALID] = 2,
    [ATT_STATE] = 1,
    [ATT_CONFIG] = 5,
    [ATT_MODULE] = 5,
    [ATT_NOT_FOUND] = 4,
    [ATT_AMBIGUOUS] = 4,
    [ATT_DENIED] = 7,
    [ATT_RATE_LIMITED] = 6,
    [ATT_APPROVAL] = 7,
    [ATT_REAUTH] = 3,
    [ATT_EXPIRED] = 3,
    [ATT_REVOKED] = 3,
    [ATT_SCOPE] = 3,
    [ATT_BACKEND] = 11,
    [ATT_NETWORK] = 9,
    [ATT_TIMEOUT] = 9,
    [ATT_UPSTREAM] = 10,
    [ATT_CONNECT_DENIED] = 7,
    [ATT_CONNECT_TIMEOUT] = 8,
    [ATT_CONNECT_FAILED] = 11,
    [ATT_AUDIT] = 12,
    [ATT_NOMEM] = 1,
    [ATT_INTERNAL] = 1,
};

int cmd_exit_status(att_status status)
{
    size_t count = sizeof exit_statuses / sizeof exit_statuses[0];

    return (size_t)status < count ? exit_statuses[status] : 1;
}

/* A browser that does not start is this machine's matter, and not the backend's. */
static int exit_status_of(const att_error *error)
{
    bool is_browser = error->status == ATT_CONNECT_FAILED && error->state && strcmp(error->state, "browser") == 0;

    return is_browser ? 1 : cmd_exit_status(error->status);
}

static void print_json(const att_error *error)
{
    struct cmd_json json = {.out = stderr};

    cmd_json_open(&json, NULL, '{');
    cmd_json_text(&json, "status", att_status_name(error->status));
    cmd_json_text(&json, "message", error->message);
    cmd_json_text(&json, "field", error->field);
    cmd_json_text(&json, "file", error->file);
    cmd_json_number(&json, "line", error->line);
    cmd_json_text(&json, "module", error->module);
    cmd_json_text(&json, "grant", error->grant);
    cmd_json_text(&json, "provider", error->provider);
    cmd_json_text(&json, "rule", error->rule);
    cmd_json_text(&json, "details", error->details);
    cmd_json_text(&json, "sink", error->sink);
    cmd_json_text(&json, "which", error->which);
    cmd_json_text(&json, "code", error->code);
    cmd_json_text(&json, "approval_id", error->approval_id);
    cmd_json_text(&json, "approval_url", error->approval_url);
    cmd_json_text(&json, "state", error->state);
    cmd_json_number(&json, "http_status", error->http_status);
    cmd_json_number(&json, "retry_after_ms", error->retry_after_ms);
    cmd_json_number(&json, "expires_at", error->expires_at);
    cmd_json_list(&json, "candidates", error->candidates);
    cmd_json_list(&json, "missing_scopes", error->missing_scopes);
    cmd_json_text(&json, "request_id", error->request_id);
    cmd_json_close(&json, '}');
    fputc('\n', stderr);
}

int cmd_fail(const struct cmd_call *call, const att_error *error)
{
    const char *colour = cmd_colour(stderr, CMD_RED);

    if (call->json && !call->quiet) {
        print_json(error);
    } else if (!call->quiet) {
        fprintf(stderr, "%sattache:%s ", colour, *colour ? CMD_PLAIN : "");
        cmd_print_safe(stderr, error->message);
        fputc('\n', stderr);
    }
    return exit_status_of(error);
}

int cmd_fail_here(const struct cmd_call *call, att_status status, const char *field, const char *format, ...)
{
    att_error error = ATT_ERROR_INIT;
    va_list arguments;
    char *message = NULL;
    int exit_status;

    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    error.status = status;
    error.field = field;
    error.message = message ? message : att_strerror(status);
    exit_status = cmd_fail(call, &error);
    free(message);
    return exit_status;
}

void cmd_complain(struct cmd_call *call, const char *field, const char *format, ...)
{
    va_list arguments;

    if (call->complaint_field)
        return;
    call->complaint_field = field;
    va_start(arguments, format);
    if (vasprintf(&call->complaint, format, arguments) < 0)
        call->complaint = NULL;
    va_end(arguments);
}

int cmd_fail_complaint(const struct cmd_call *call)
{
    return cmd_fail_here(call, ATT_INVALID, call->complaint_field, "%s",
                         call->complaint ? call->complaint : att_strerror(ATT_NOMEM));
}

int cmd_fail_memory(const struct cmd_call *call)
{
    return cmd_fail_here(call, ATT_NOMEM, NULL, "%s", att_strerror(ATT_NOMEM));
}
