/* core/request/request.c: att_request: the ten steps of one request, in order. */
#include "core/request/run.h"

/* Steps 5 to 9. What only the credential tells, its end and its origins, is checked inside att_run_fetch. */
static att_status perform(struct att_run *run)
{
    att_status status = run->options.by_backend ? att_run_execute(run) : att_run_fetch(run);

    if (status == ATT_OK && !run->options.by_backend)
        status = att_run_inject(run);
    if (status == ATT_OK && !run->options.by_backend)
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
    status = att_run_audit_result(run, status);
    att_run_report(run, status);
    return status;
}

att_status att_request(att_client *client, const att_request_options *options, att_response **response,
                       att_error *error)
{
    att_error unseen = ATT_ERROR_INIT; /* the records tell why, also where the application does not ask */
    struct att_run run;
    att_status status = att_run_open(&run, client, options, true, error ? error : &unseen);

    if (status == ATT_OK)
        status = att_run_validate(&run);
    if (status == ATT_OK) {
        att_engine_request_id(client->engine, run.request_id);
        status = decide_and_perform(&run);
        if (status != ATT_OK)
            ATT_ERROR_TEXT(error, request_id, run.request_id);
    }
    if (att_status_gives_response(status) && response) {
        *response = run.response;
        run.response = NULL;
    }
    att_run_close(&run);
    att_error_clear(&unseen);
    return status;
}
