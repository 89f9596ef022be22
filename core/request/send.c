/* core/request/send.c: step 8: hops to the upstream until there is an answer to give. */
#include "core/request/run.h"

/* The upstream calls the credential stale: whoever gave it is told, whether the request may be sent again or not. */
static void invalidate(struct att_run *run)
{
    struct att_fetch fetch = att_run_fetch_view(run, run->deadline_ns);

    for (size_t i = 0; i < run->credential_count; i++)
        att_instance_invalidate(run->credentials[i].instance, &fetch, &run->credentials[i].loan);
}

/* Where that fails, its message tells of the 401, too: it is what the application will wonder about. */
static att_status refresh(struct att_run *run)
{
    const char *message;
    att_status status;

    run->attempt++;
    run->retries++;
    status = att_run_fetch(run);
    if (status == ATT_OK)
        return att_run_inject(run);
    message = att_pool_format(run->pool, "%s answered 401, and no other credential could be had: %s", run->url->origin,
                              run->error->message);
    if (message)
        ATT_ERROR_TEXT(run->error, message, message);
    return status;
}

/* Goes on after an answer that is not the last one. */
static att_status go_on(struct att_run *run, int *hops)
{
    if (run->response->status == 401)
        return refresh(run);
    if ((*hops)++ < att_snapshot_config(run->snapshot)->redirects)
        return att_run_follow(run, att_response_header(run->response, "location"));
    return att_run_refuse(run, ATT_UPSTREAM, "the upstream redirects more often than the site allows",
                          "raise redirects in settings, or tell whoever keeps the upstream");
}

att_status att_run_send(struct att_run *run)
{
    att_status status = ATT_OK;
    int hops = 0;

    if (!run->options.max_response_bytes)
        run->options.max_response_bytes = att_snapshot_config(run->snapshot)->max_response_bytes;
    run->response = att_response_create(run->request_id, run->options.max_response_bytes);
    if (!run->response)
        return att_nomem(run->error);
    while (status == ATT_OK) {
        bool again;

        status = att_run_exchange(run);
        if (status != ATT_OK)
            break;
        again = att_run_may_be_repeated(run);
        if (run->response->status == 401 && run->refreshable)
            invalidate(run);
        if (!again)
            break;
        status = go_on(run, &hops);
    }
    return status;
}
