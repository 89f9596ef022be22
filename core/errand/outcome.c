/* core/errand/outcome.c: what an errand leaves in the audit, and what it answers. */
#include "core/errand/errand.h"

#include <string.h>

att_status att_errand_fail(struct att_errand *errand, const struct att_errand_meaning meanings[ATT_RESULT_COUNT],
                           att_result result, const struct att_call_report *report, const char *doing)
{
    size_t known = result > 0 && result < ATT_RESULT_COUNT ? (size_t)result : ATT_RESULT_FAULT;
    const char *sentence = report->sentence[0] ? report->sentence : meanings[known].cause;
    bool advised = strchr(sentence, ';') != NULL;
    att_status status = meanings[known].status;
    att_error *error = errand->error;

    att_fail(error, status, "%s by provider \"%s\": %s%s%s", doing, errand->provider, sentence, advised ? "" : "; ",
             advised ? "" : meanings[known].advice);
    ATT_ERROR_TEXT(error, provider, errand->provider);
    ATT_ERROR_TEXT(error, grant, errand->grant);
    if (status == ATT_TIMEOUT)
        ATT_ERROR_TEXT(error, which, att_pool_format(errand->pool, "provider %s", errand->provider));
    if (status == ATT_MODULE)
        ATT_ERROR_TEXT(error, module, att_instance_module(errand->instance)->file);
    att_call_report_tell(report, error);
    return status;
}

static void common_fields(const struct att_errand *errand, struct att_record_fields *fields)
{
    fields->event = errand->event;
    fields->time_us = att_clock_wall_us();
    fields->request_id = errand->request_id;
    fields->caller = errand->client->caller;
    fields->caller_type = att_caller_type_name(errand->client->caller_type);
    fields->grant = errand->grant;
    fields->grant_id = errand->grant_id;
    fields->provider = errand->provider;
    fields->account = errand->account;
}

static void decision_fields(const struct att_errand *errand, struct att_record_fields *fields)
{
    common_fields(errand, fields);
    fields->phase = "decision";
    fields->reason = errand->reason;
    fields->context = errand->context;
    fields->rule = errand->rule;
}

att_status att_errand_record_decision(struct att_errand *errand, const char *detail)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    decision_fields(errand, &fields);
    fields.decision = "permit";
    fields.detail = detail;
    return att_trail_write(att_snapshot_trail(errand->snapshot), &fields, errand->error);
}

att_status att_errand_record_denial(struct att_errand *errand)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;

    decision_fields(errand, &fields);
    fields.decision = "forbid";
    fields.outcome = att_status_name(ATT_DENIED);
    fields.detail = errand->error->message;
    /* It was denied anyway, and keeps its reason. */
    att_trail_write(att_snapshot_trail(errand->snapshot), &fields, NULL);
    return ATT_DENIED;
}

att_status att_errand_record_result(struct att_errand *errand, att_status status, const char *done)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_error failure = ATT_ERROR_INIT;
    att_status written;

    common_fields(errand, &fields);
    fields.phase = "result";
    fields.latency_us = (att_clock_monotonic_ns() - errand->started_ns) / 1000;
    fields.outcome = att_status_name(status);
    fields.detail = status == ATT_OK ? done : errand->error->message;
    if (status != ATT_OK && ATT_ERROR_KNOWS(errand->error, rule))
        fields.rule = errand->error->rule;
    written = att_trail_write(att_snapshot_trail(errand->snapshot), &fields, &failure);
    if (written != ATT_OK) {
        const char *what = status == ATT_OK ? done : att_pool_text(errand->pool, errand->error->message);

        att_fail(errand->error, ATT_AUDIT, "%s, and that could not be recorded: %s", what ? what : "it failed",
                 failure.message);
        ATT_ERROR_TEXT(errand->error, sink, failure.sink);
        status = ATT_AUDIT;
    }
    att_error_clear(&failure);
    return status;
}
