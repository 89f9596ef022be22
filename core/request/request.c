/* core/request/request.c: att_request: the ten steps of one request, in order. */
#include "core/request/run.h"

#include <string.h>

att_status att_run_open(struct att_run *run, att_client *client, const att_request_options *options, bool to_send,
                        att_error *error)
{
    memset(run, 0, sizeof *run);
    run->error = error;
    att_error_clear(error);
    if (!client)
        return att_fail(error, ATT_STATE,
                        "there is no client: it was closed or never opened; open one with "
                        "att_client_open");
    run->snapshot = att_engine_snapshot(client->engine, to_send, error);
    if (!run->snapshot)
        return ATT_STATE;
    run->client = att_client_hold(client);
    att_options_copy(&run->options, sizeof run->options, options);
    run->pool = att_pool_create();
    if (!run->pool)
        return att_nomem(error);
    run->started_ns = att_clock_monotonic_ns();
    run->started_us = att_clock_wall_us();
    att_injection_open(&run->injection, att_engine_environment(client->engine)->arena);
    return ATT_OK;
}

void att_run_close(struct att_run *run)
{
    for (size_t i = 0; i < run->credential_count; i++)
        att_credential_close(&run->credentials[i].credential);
    att_injection_close(&run->injection);
    att_mask_destroy(run->mask);
    att_secret_destroy(run->user_token);
    att_response_free(&run->response);
    att_pool_destroy(run->pool);
    att_snapshot_release(run->snapshot);
    if (run->client)
        att_client_release(run->client);
}

const char *att_run_grant(const struct att_run *run)
{
    return run->options.grant ? run->options.grant : run->options.provider;
}

att_status att_run_timeout(struct att_run *run, const char *which)
{
    int64_t elapsed_ms = (att_clock_monotonic_ns() - run->started_ns) / ATT_NS_PER_MS;

    att_fail(run->error, ATT_TIMEOUT,
             "the request to %s timed out: the deadline of the %s passed after %lld ms; try "
             "again, or allow more time",
             run->url->origin, which, (long long)elapsed_ms);
    ATT_ERROR_TEXT(run->error, which, which);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    return ATT_TIMEOUT;
}

/* Steps 5 to 9. Policy is asked again about what only the credential tells inside att_run_fetch. */
static att_status perform(struct att_run *run)
{
    att_status status = att_run_fetch(run);

    if (status == ATT_OK)
        status = att_run_inject(run);
    if (status == ATT_OK)
        status = att_run_send(run);
    if (status == ATT_OK)
        status = att_run_map(run);
    return status;
}

/* Steps 2 to 10. The decision is on record before anything is fetched, the result before the caller has the answer. */
static att_status decide_and_perform(struct att_run *run)
{
    att_status status = att_run_resolve(run);

    if (status == ATT_OK)
        status = att_run_decide(run, NULL, NULL);
    status = att_run_audit_decision(run, status);
    if (status != ATT_OK)
        return status;
    status = perform(run);
    return att_run_audit_result(run, status);
}

static bool gives_response(att_status status)
{
    return status == ATT_OK || status == ATT_UPSTREAM || status == ATT_SCOPE;
}

att_status att_request(att_client *client, const att_request_options *options, att_response **response,
                       att_error *error)
{
    struct att_run run;
    att_status status = att_run_open(&run, client, options, true, error);

    if (status == ATT_OK)
        status = att_run_validate(&run);
    if (status == ATT_OK) {
        att_engine_request_id(client->engine, run.request_id);
        status = decide_and_perform(&run);
        if (status != ATT_OK)
            ATT_ERROR_TEXT(error, request_id, run.request_id);
    }
    if (gives_response(status) && response) {
        *response = run.response;
        run.response = NULL;
    }
    att_run_close(&run);
    return status;
}
