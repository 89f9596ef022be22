/* core/request/approval.c: att_approval_await: what became of a request that was held for a human. */
#include "core/grant/grant.h"
#include "core/request/held.h"

static const char held_request[] = "the request";
/* Nothing more is known here of what was asked. */
static const struct att_asked asked = {.upstream = "the upstream", .method = held_request, .kind = "its grant"};

static att_status check_approval(const att_approval_options *options, att_error *error)
{
    if (!options->id)
        return att_invalid(error, "id", "no approval is named; give the approval_id of the error of the request");
    if (options->wait_ms < 0)
        return att_invalid(error, "wait_ms", "wait_ms is negative; give milliseconds, or 0 to look once");
    return att_caller_name_check("id", options->id, error);
}

static att_status refuse_id(struct att_errand *errand, const char *id, const struct att_call_report *report)
{
    att_fail(errand->error, ATT_NOT_FOUND,
             "no request is held as approval \"%s\" at provider \"%s\"; use the approval_id of the request's error", id,
             errand->provider);
    ATT_ERROR_TEXT(errand->error, provider, errand->provider);
    att_call_report_tell(report, errand->error);
    return ATT_NOT_FOUND;
}

static att_status look(struct att_granting *granting, const att_approval_options *options,
                       struct att_response **response)
{
    struct att_errand *errand = &granting->errand;
    const struct att_held held = {.id = options->id};
    int64_t now = att_clock_monotonic_ns(), deadline = att_errand_deadline(errand, options->timeout_ms);
    int64_t wait_ms =
        options->wait_ms < INT64_MAX / ATT_NS_PER_MS / 4 ? options->wait_ms : INT64_MAX / ATT_NS_PER_MS / 4;
    int64_t until = now + wait_ms * ATT_NS_PER_MS;
    uint64_t limit = att_snapshot_config(errand->snapshot)->max_response_bytes;
    struct att_answer answer = {.pool = NULL};
    struct att_call_report report;
    struct att_fetch who;
    att_result result;
    att_status status = ATT_OK;

    /* Where nothing else is said, the deadline follows the wait. */
    if (!options->timeout_ms && deadline < until)
        deadline = until;
    who = att_granting_who(granting, deadline);
    result = att_held_wait(errand->client->engine, errand->instance, &who, &held, until < deadline ? until : deadline,
                           true, &answer, &report);
    if (result != ATT_RESULT_OK)
        status = att_held_explain(&held, result, &report, held_request, errand->provider, errand->error);
    if (result == ATT_RESULT_NOT_FOUND || result == ATT_RESULT_NONE)
        status = refuse_id(errand, options->id, &report);
    else if (result != ATT_RESULT_OK && status == ATT_OK)
        status = att_granting_fail(granting, result, &report, "the approval could not be looked at");
    if (result == ATT_RESULT_OK)
        status = att_answer_deliver(&answer, errand->request_id, limit, held_request, response, errand->error);
    if (result == ATT_RESULT_OK && status == ATT_OK)
        status = att_response_map(*response, &asked, errand->error);
    att_answer_close(&answer);
    return status;
}

att_status att_approval_await(att_client *client, const att_approval_options *options, att_response **response,
                              att_error *error)
{
    att_error unseen = ATT_ERROR_INIT, *told = error ? error : &unseen;
    static const struct att_granting_matter matter = {.about = ATT_ABOUT_HELD, .doing = "look at an approval"};
    struct att_granting_options common = {.event = "approval_awaited"};
    struct att_response *answer = NULL;
    struct att_granting granting;
    att_approval_options own;
    att_status status;

    att_options_copy(&own, sizeof own, options);
    common.user_token = own.user_token;
    common.timeout_ms = own.timeout_ms;
    status = att_granting_open(&granting, client, &common, told);
    if (status == ATT_OK)
        status = check_approval(&own, told);
    if (status == ATT_OK)
        status = att_granting_find(&granting, ATT_GRANTING_HELD, own.backend);
    if (status == ATT_OK)
        status =
            att_granting_decide(&granting, &matter, att_pool_format(granting.errand.pool, "approval \"%s\"", own.id));
    if (status == ATT_OK)
        status = att_errand_record_result(&granting.errand, look(&granting, &own, &answer), "it was performed");
    if (att_status_gives_response(status) && response) {
        *response = answer;
        answer = NULL;
    }
    att_response_free(&answer);
    att_granting_close(&granting);
    att_error_clear(&unseen);
    return status;
}
