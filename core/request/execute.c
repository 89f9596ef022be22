/* core/request/execute.c: steps 5 to 8 of a request that the backend performs: one call, and perhaps a human. */
#include "core/request/held.h"
#include "core/request/run.h"

#include <string.h>

/* The one step that there is, or NULL. A request that was performed cannot be taken back, so what else the stack asks
 * could no longer say no: there may be nothing else. */
static const struct att_stack_step *find_step(const struct att_stack *stack)
{
    const struct att_stack_step *step = stack->steps;
    enum att_action action;

    if (stack->count != 1)
        return NULL;
    action = att_stack_action(step->config, ATT_RESULT_OK);
    if (action != ATT_ACTION_OK && action != ATT_ACTION_DONE)
        return NULL;
    return step->substack ? find_step(step->substack) : step;
}

static att_status refuse_stack(struct att_run *run, const char *why)
{
    const struct att_config_stack *stack = run->target.plan->config;

    att_fail(run->error, ATT_CONFIG,
             "%s \"%s\" cannot be used by a backend: stack \"%s\" %s; leave by_backend out, or serve the grant by a "
             "stack whose only step is a provider that performs requests, such as one of alter_connect.so",
             att_run_kind(run), att_run_grant(run), stack->name, why);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, field, "by_backend");
    ATT_ERROR_TEXT(run->error, file, stack->place.file);
    ATT_ERROR_NUMBER(run->error, line, stack->place.line);
    return ATT_CONFIG;
}

static int64_t wait_end(const struct att_run *run)
{
    int64_t now = att_clock_monotonic_ns(), left_ms = (run->deadline_ns - now) / ATT_NS_PER_MS;

    return run->options.approval_wait_ms < left_ms ? now + run->options.approval_wait_ms * ATT_NS_PER_MS
                                                   : run->deadline_ns;
}

/* The backend holds the request. It is not sent again; all that is left is to look. */
static att_status wait_for_human(struct att_run *run, const struct att_stack_step *step, const char *what,
                                 struct att_call_report *report, struct att_answer *answer)
{
    const struct att_fetch who = att_run_fetch_view(run, run->deadline_ns);
    struct att_held held = {.id = att_pool_text(run->pool, report->more.approval)};
    att_result result;
    att_status status;

    if (report->more.approval_url[0])
        held.url = att_pool_text(run->pool, report->more.approval_url);
    if (!held.id)
        return att_nomem(run->error);
    result = att_held_wait(run->client->engine, step->provider, &who, &held, wait_end(run), false, answer, report);
    if (result == ATT_RESULT_OK)
        return ATT_OK;
    status = att_held_explain(&held, result, report, what, step->config->use, run->error);
    if (status == ATT_OK) {
        status = att_run_explain_failure(run, result, step, report, 0);
        ATT_ERROR_TEXT(run->error, approval_id, held.id);
    }
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    return status;
}

/* Gives the answer to the callbacks of an application that streams. */
static att_status hand_over(struct att_run *run)
{
    const att_request_options *options = &run->options;
    struct att_buffer *body = &run->response->body;
    bool refused = options->head && options->head(options->write_context, run->response) != 0;

    if (!refused && options->write && body->size)
        refused = options->write(options->write_context, body->data, body->size) != 0;
    if (refused)
        return att_invalid(run->error, "write",
                           "the answer of %s was cut off: the callback of the application returned non-zero; see what "
                           "it refused",
                           run->url->origin);
    if (options->write)
        att_buffer_clear(body);
    return ATT_OK;
}

static att_status deliver(struct att_run *run, const char *what, const struct att_answer *answer)
{
    uint64_t limit = run->options.max_response_bytes;
    att_status status;

    if (!limit)
        limit = att_snapshot_config(run->snapshot)->max_response_bytes;
    run->bytes_in = (int64_t)answer->body_size;
    run->bytes_out = (int64_t)run->body_size;
    status = att_answer_deliver(answer, run->request_id, limit, what, &run->response, run->error);
    return status == ATT_OK ? hand_over(run) : status;
}

/* Asks the backend once, whatever comes of it. */
static att_status execute(struct att_run *run, const struct att_stack_step *step, struct att_answer *answer)
{
    static const struct att_fact nothing[] = {{NULL, NULL}};
    const struct att_fact *headers = (const struct att_fact *)run->options.headers;
    const struct att_execution execution = {.size = sizeof execution,
                                            .url = run->url->text,
                                            .headers = headers ? headers : nothing,
                                            .json = run->body,
                                            .json_size = run->body_size};
    const struct att_fetch fetch = att_run_fetch_view(run, run->deadline_ns);
    const char *what = att_pool_format(run->pool, "the request to %s", run->url->origin);
    struct att_call_report report;
    att_status status = ATT_OK;
    att_result result;

    if (!what)
        return att_nomem(run->error);
    result = att_instance_execute(step->provider, &fetch, &execution, answer, &report);
    if (result == ATT_RESULT_PENDING)
        status = wait_for_human(run, step, what, &report, answer);
    else if (result != ATT_RESULT_OK)
        status = att_run_explain_failure(run, result, step, &report, 0);
    return status == ATT_OK ? deliver(run, what, answer) : status;
}

att_status att_run_execute(struct att_run *run)
{
    const struct att_stack_step *step = find_step(&run->target.plan->stack);
    struct att_answer answer = {.pool = NULL};
    att_status status;

    if (!step)
        return refuse_stack(run, "does not have one provider alone to grant it");
    if (!att_instance_offers(step->provider, ATT_OFFERS_EXECUTE))
        return refuse_stack(run, "has a provider that performs no requests");
    run->fetched_url = run->url;
    run->fetched_method = run->method;
    status = att_caller_token_take(run->client, run->options.user_token, &run->user_token, run->error);
    if (status == ATT_OK)
        status = execute(run, step, &answer);
    att_answer_close(&answer);
    return status;
}
