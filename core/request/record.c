/* core/request/record.c: steps 4 and 10: the two audit records of a request. */
#include <string.h>

#include "core/request/run.h"

static void common_fields(const struct att_run *run, struct att_record_fields *fields)
{
    fields->event = "request";
    fields->request_id = run->request_id;
    fields->caller = run->client->caller;
    fields->caller_type = att_caller_type_name(run->client->caller_type);
    fields->grant = run->target.grant ? run->target.grant : run->options.grant;
    fields->provider = run->target.provider ? run->target.provider : run->options.provider;
    fields->account = run->target.account ? run->target.account : run->options.account;
    fields->stack = run->target.plan ? run->target.plan->config->name : NULL;
    fields->method = run->method;
    fields->url = run->url->text;
}

att_status att_run_audit_decision(struct att_run *run, att_status status)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_error failure = ATT_ERROR_INIT;
    att_status written;

    common_fields(run, &fields);
    fields.phase = "decision";
    fields.time_us = run->response ? att_clock_wall_us() : run->started_us; /* a later hop, or the first */
    fields.reason = run->options.reason;
    fields.context = run->options.context;
    fields.decision = status == ATT_OK ? "permit" : "forbid";
    fields.rule = run->decision.rule;
    if (status != ATT_OK) {
        fields.outcome = att_status_name(status);
        fields.detail = run->error->message;
    }
    written = att_trail_write(att_snapshot_trail(run->snapshot), &fields, &failure);
    /* A request that was refused anyway keeps its reason. */
    if (written != ATT_OK && status == ATT_OK) {
        status = written;
        att_error_move(run->error, &failure);
    }
    att_error_clear(&failure);
    return status;
}

/* What the provider says of the grant, once it gave a credential. */
static void grant_fields(const struct att_run *run, struct att_record_fields *fields)
{
    const struct att_credential *credential = run->credential_count ? run->credentials[0].loan.credential : NULL;
    const char *told = att_run_told_grant(run);

    fields->grant_kind = credential && credential->kind[0] ? credential->kind : NULL;
    if (!fields->grant)
        fields->grant = told;
    else if (told && strcmp(told, fields->grant) != 0)
        fields->grant_id = told;
}

/* Whether no provider was asked for this request. */
static bool is_kept(const struct att_run *run)
{
    for (size_t i = 0; i < run->credential_count; i++)
        if (!run->credentials[i].loan.kept || run->credentials[i].loan.fresh)
            return false;
    return true;
}

att_status att_run_audit_result(struct att_run *run, att_status status)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    int http_status = run->response ? att_response_status(run->response) : 0;
    att_error failure = ATT_ERROR_INIT;
    att_status written;

    common_fields(run, &fields);
    fields.phase = "result";
    fields.time_us = att_clock_wall_us();
    fields.latency_us = (att_clock_monotonic_ns() - run->started_ns) / 1000;
    grant_fields(run, &fields);
    fields.outcome = att_status_name(status);
    fields.http_status = http_status ? http_status : -1;
    fields.bytes_in = run->bytes_in;
    fields.bytes_out = run->bytes_out;
    fields.retries = run->retries;
    fields.cached = run->credential_count ? is_kept(run) : -1;
    if (status != ATT_OK)
        fields.detail = run->error->message;
    /* The rule of the backend: that of the site is in the record before. */
    if (status != ATT_OK && ATT_ERROR_KNOWS(run->error, rule))
        fields.rule = run->error->rule;
    written = att_trail_write(att_snapshot_trail(run->snapshot), &fields, &failure);
    if (written != ATT_OK) {
        att_fail(run->error, ATT_AUDIT,
                 run->response ? "the request was sent and its result (%s) could not be recorded: %s"
                               : "the request failed with %s, which could not be recorded: %s",
                 att_status_name(status), failure.message);
        ATT_ERROR_TEXT(run->error, sink, failure.sink);
        ATT_ERROR_NUMBER(run->error, http_status, http_status);
        status = ATT_AUDIT;
    }
    att_error_clear(&failure);
    return status;
}
