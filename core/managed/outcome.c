/* core/managed/outcome.c: what a call about managed secrets leaves in the audit, and what it answers. */
#include "core/managed/managed.h"

#include <string.h>

/* Every result as the caller sees it, and what to do where the module does not say. */
static const struct {
    att_status status;
    const char *cause, *advice;
} meanings[ATT_RESULT_COUNT] = {
    [ATT_RESULT_OK] = {ATT_INTERNAL, "it succeeded", "please report this"},
    [ATT_RESULT_NONE] = {ATT_NOT_FOUND, "there is no secret of that name", "see attache secret list"},
    [ATT_RESULT_NOT_FOUND] = {ATT_NOT_FOUND, "there is no secret of that name", "see attache secret list"},
    [ATT_RESULT_AMBIGUOUS] = {ATT_AMBIGUOUS, "several secrets match", "name one"},
    [ATT_RESULT_DENIED] = {ATT_INVALID, "its name or its grant is taken", "rotate that secret, or remove it first"},
    [ATT_RESULT_REAUTH] = {ATT_BACKEND, "its store has to be opened anew", "open it and try again"},
    [ATT_RESULT_EXPIRED] = {ATT_BACKEND, "its store has expired", "renew it and try again"},
    [ATT_RESULT_REVOKED] = {ATT_BACKEND, "its store was revoked", "renew it and try again"},
    [ATT_RESULT_UNAVAILABLE] = {ATT_BACKEND, "its store cannot be used now", "try again later"},
    [ATT_RESULT_DEADLINE] = {ATT_TIMEOUT, "the deadline passed", "try again, or allow more time"},
    [ATT_RESULT_CANCELLED] = {ATT_TIMEOUT, "the call was cancelled", "try again"},
    [ATT_RESULT_CONFIG] = {ATT_CONFIG, "its provider is not set up for that", "correct the options of the provider"},
    [ATT_RESULT_NOMEM] = {ATT_NOMEM, "memory is out", "free some and try again"},
    [ATT_RESULT_FAULT] = {ATT_MODULE, "its module failed", "see the log, and report it to the module's author"},
    [ATT_RESULT_PENDING] = {ATT_APPROVAL, "a human has to decide first", "try again after that"},
    [ATT_RESULT_LIMITED] = {ATT_RATE_LIMITED, "that was asked for too often", "try again later"},
    [ATT_RESULT_BACKEND] = {ATT_BACKEND, "its backend refuses this site", "see the options of the provider"},
};

att_status att_keeping_fail(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                            const char *doing)
{
    size_t known = result > 0 && result < ATT_RESULT_COUNT ? (size_t)result : ATT_RESULT_FAULT;
    const char *sentence = report->sentence[0] ? report->sentence : meanings[known].cause;
    bool advised = strchr(sentence, ';') != NULL;
    att_status status = meanings[known].status;
    att_error *error = keeping->error;

    att_fail(error, status, "%s by provider \"%s\": %s%s%s", doing, keeping->provider, sentence, advised ? "" : "; ",
             advised ? "" : meanings[known].advice);
    ATT_ERROR_TEXT(error, provider, keeping->provider);
    ATT_ERROR_TEXT(error, grant, keeping->grant);
    if (status == ATT_INVALID)
        ATT_ERROR_TEXT(error, field, "name");
    att_call_report_tell(report, error);
    if (status == ATT_TIMEOUT)
        ATT_ERROR_TEXT(error, which, att_pool_format(keeping->pool, "provider %s", keeping->provider));
    if (status == ATT_MODULE)
        ATT_ERROR_TEXT(error, module, att_instance_module(keeping->instance)->file);
    return status;
}

static void common_fields(const struct att_keeping *keeping, struct att_record_fields *fields)
{
    fields->event = keeping->event;
    fields->time_us = att_clock_wall_us();
    fields->request_id = keeping->request_id;
    fields->caller = keeping->client->caller;
    fields->caller_type = att_caller_type_name(keeping->client->caller_type);
    fields->grant = keeping->grant;
    fields->provider = keeping->provider;
}

att_status att_keeping_record_decision(struct att_keeping *keeping, const char *detail)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    common_fields(keeping, &fields);
    fields.phase = "decision";
    fields.decision = "permit";
    fields.detail = detail;
    return att_trail_write(att_snapshot_trail(keeping->snapshot), &fields, keeping->error);
}

att_status att_keeping_conclude(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                                const char *doing, const char *done)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_status written, status = result == ATT_RESULT_OK ? ATT_OK : att_keeping_fail(keeping, result, report, doing);
    att_error failure = ATT_ERROR_INIT;

    common_fields(keeping, &fields);
    fields.phase = "result";
    fields.latency_us = (att_clock_monotonic_ns() - keeping->started_ns) / 1000;
    fields.outcome = att_status_name(status);
    fields.detail = status == ATT_OK ? done : keeping->error->message;
    written = att_trail_write(att_snapshot_trail(keeping->snapshot), &fields, &failure);
    if (written != ATT_OK) {
        const char *what = status == ATT_OK ? done : att_pool_text(keeping->pool, keeping->error->message);

        att_fail(keeping->error, ATT_AUDIT, "%s, and that could not be recorded: %s", what ? what : "it failed",
                 failure.message);
        ATT_ERROR_TEXT(keeping->error, sink, failure.sink);
        status = ATT_AUDIT;
    }
    att_error_clear(&failure);
    return status;
}
