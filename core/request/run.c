/* core/request/run.c: the beginning and the end of a running request, and what all its steps ask of it. */
#include "core/request/run.h"

#include <string.h>

att_status att_run_open(struct att_run *run, att_client *client, const att_request_options *options, bool to_send,
                        att_error *error)
{
    memset(run, 0, offsetof(struct att_run, credentials));
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
        att_loan_close(&run->credentials[i].loan);
    att_injection_close(&run->injection);
    att_mask_destroy(run->mask);
    att_secret_destroy(run->user_token);
    att_response_free(&run->response);
    att_pool_destroy(run->pool);
    att_snapshot_release(run->snapshot);
    if (run->client)
        att_client_release(run->client);
}

const char *att_run_told_grant(const struct att_run *run)
{
    for (size_t i = 0; i < run->credential_count; i++)
        if (run->credentials[i].loan.credential->grant)
            return run->credentials[i].loan.credential->grant;
    return NULL;
}

const char *att_run_kind(const struct att_run *run)
{
    return run->options.grant || att_run_told_grant(run) ? "grant" : "provider";
}

const char *att_run_grant(const struct att_run *run)
{
    const char *told = run->options.grant ? NULL : att_run_told_grant(run);

    return run->options.grant ? run->options.grant : told ? told : run->options.provider;
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
