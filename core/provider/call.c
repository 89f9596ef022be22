/* core/provider/call.c: one call into a provider: its deadline, what it says, and the checks on its answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/provider/job.h"

#define YEAR_MS INT64_C(31536000000) /* longer than anybody waits, and far from any limit of a number */

void att_call_open(struct att_call *call, struct att_instance *instance, int64_t deadline_ns,
                   struct att_call_report *report)
{
    call->instance = instance;
    call->deadline_ns = deadline_ns;
    call->report = report;
    atomic_init(&call->dropped, false);
    call->in_doubt = false;
    att_call_report_reset(report);
}

bool att_call_cancelled(const struct att_call *call)
{
    return atomic_load_explicit(&call->dropped, memory_order_relaxed) ||
           atomic_load_explicit(&call->instance->cancelled, memory_order_relaxed) ||
           (call->deadline_ns != INT64_MAX && att_clock_monotonic_ns() >= call->deadline_ns);
}

bool att_call_pause(struct att_call *call, int64_t milliseconds)
{
    struct att_workers *workers = &call->instance->workers;
    int64_t end = att_clock_monotonic_ns();

    end += milliseconds < 0 ? 0 : milliseconds < YEAR_MS ? milliseconds * ATT_NS_PER_MS : YEAR_MS * ATT_NS_PER_MS;
    if (end > call->deadline_ns)
        end = call->deadline_ns;
    pthread_mutex_lock(&workers->lock);
    while (!att_call_cancelled(call) && att_cond_wait(&workers->pause, &workers->lock, end))
        continue;
    pthread_mutex_unlock(&workers->lock);
    return !att_call_cancelled(call);
}

/* ---- what a module says beside its result ------------------------------------------------------------------------ */

void att_call_fetch_failed(struct att_call *call, const char *sentence)
{
    if (call && sentence)
        att_text_escape(call->report->sentence, sizeof call->report->sentence, sentence,
                        sizeof call->report->sentence - 1);
}

void att_call_retry_after(struct att_call *call, int64_t milliseconds)
{
    if (call)
        call->report->retry_after_ms = milliseconds < 0 ? 0 : milliseconds < YEAR_MS ? milliseconds : YEAR_MS;
}

void att_call_candidate(struct att_call *call, const char *grant)
{
    struct att_call_report *report = call ? call->report : NULL;

    if (!report || !grant || report->candidate_count == ATT_COUNT(report->candidates))
        return;
    att_text_escape(report->candidates[report->candidate_count++], sizeof report->candidates[0], grant,
                    sizeof report->candidates[0] - 1);
}

void att_call_failure_text(struct att_call *call, int what, const char *text)
{
    if (call && text)
        att_call_report_text(call->report, what, text);
}

void att_call_failure_number(struct att_call *call, int what, int64_t number)
{
    if (call)
        att_call_report_number(call->report, what, number);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

att_result att_result_checked(att_result result, struct att_call_report *report)
{
    if (result >= ATT_RESULT_OK && result < ATT_RESULT_COUNT)
        return result;
    if (report)
        snprintf(report->sentence, sizeof report->sentence, "its module answered %" PRId32 ", which is no result",
                 result);
    return ATT_RESULT_FAULT;
}

att_result att_call_fault(struct att_call *call, const char *reason)
{
    att_call_fetch_failed(call, reason);
    return ATT_RESULT_FAULT;
}

static att_result answer_checked(struct att_call *call, att_result result, struct att_credential *credential)
{
    result = att_result_checked(result, call->report);
    if (result == ATT_RESULT_OK && credential->failed)
        result = att_call_fault(call, credential->failure);
    else if (result == ATT_RESULT_OK && credential->part_count == 0)
        result = att_call_fault(call, "its module answered OK and gave no credential");
    if (result != ATT_RESULT_OK) {
        att_credential_close(credential);
        return result;
    }
    call->report->sentence[0] = '\0';
    credential->sealed = true;
    return result;
}

att_result att_call_late(struct att_call *call)
{
    if (atomic_load(&call->instance->cancelled)) {
        att_call_fetch_failed(call, "the engine is being closed");
        return ATT_RESULT_CANCELLED;
    }
    att_call_fetch_failed(call, "the deadline passed before it answered");
    return ATT_RESULT_DEADLINE;
}

/* What may have been done is not asked for again unseen, whatever its module makes of the failure. */
static void add_doubt(struct att_call *call, enum att_work work)
{
    char *sentence = call->report->sentence, *advice = strstr(sentence, "; ");
    const char *doubt = att_work_doubt_end(work);
    size_t used = advice ? (size_t)(advice - sentence) : strlen(sentence);
    size_t most = sizeof call->report->sentence - strlen(doubt) - 1;

    while (used > most || ((unsigned char)sentence[used] & 0xc0) == 0x80)
        used--;
    memcpy(sentence + used, doubt, strlen(doubt) + 1);
}

static att_result enter_module(void *own, const struct att_provider *provider, struct att_call *call,
                               const struct att_order *order, struct att_yield *yield)
{
    switch (order->work) {
    case ATT_WORK_FETCH:
        return provider->fetch(own, &order->fetch, &yield->credential);
    case ATT_WORK_INVALIDATE:
        return provider->invalidate(own, &order->fetch);
    case ATT_WORK_REPORT:
        return provider->report(own, &order->fetch, order->reported, &order->outcome);
    case ATT_WORK_STORE:
        return provider->secret_store(own, call, order->mode, &order->facts, order->parts, order->part_count);
    case ATT_WORK_LIST:
        return provider->secret_list(own, call, &yield->listing);
    case ATT_WORK_REMOVE:
        return provider->secret_remove(own, call, order->text);
    case ATT_WORK_REKEY:
        return provider->secret_rekey(own, call, order->text);
    case ATT_WORK_GRANTS:
        return provider->list(own, &order->fetch, order->query, &yield->page);
    case ATT_WORK_REVOKE:
        return provider->revoke(own, &order->fetch);
    case ATT_WORK_CONNECT:
        return provider->connect_begin(own, &order->fetch, order->wish, &yield->connection);
    case ATT_WORK_POLL:
        return provider->connect_poll(own, &order->fetch, order->token, &yield->page);
    case ATT_WORK_EXECUTE:
        return provider->execute(own, &order->fetch, order->execution, &yield->answer);
    case ATT_WORK_APPROVAL:
        return provider->approval(own, &order->fetch, order->text, &yield->answer);
    }
    return ATT_RESULT_FAULT;
}

/* Whether something was changed for good: that is told, however late it is. A request that is held for a human is not
 * asked for again either, and its approval would be lost. */
static bool is_for_good(enum att_work work, att_result result)
{
    return att_work_is_for_good(work) &&
           (result == ATT_RESULT_OK || (work == ATT_WORK_EXECUTE && result == ATT_RESULT_PENDING));
}

att_result att_call_run(struct att_instance *instance, struct att_call *call, const struct att_order *order,
                        struct att_yield *yield)
{
    att_result result;

    if (att_call_cancelled(call))
        return att_call_late(call);
    if (!att_instance_enter(instance, call->deadline_ns)) {
        att_call_fetch_failed(call, "the deadline passed while another call was in its module");
        return ATT_RESULT_DEADLINE;
    }
    result = enter_module(instance->own, &instance->module->provider, call, order, yield);
    att_instance_leave(instance);
    if (!is_for_good(order->work, result) && att_call_cancelled(call)) {
        att_credential_close(&yield->credential);
        att_grants_close(yield);
        result = att_call_late(call);
        att_call_fetch_failed(call, att_work_doubt(order->work, NULL));
        return result;
    }
    if (att_work_is_for_good(order->work) && call->in_doubt && result != ATT_RESULT_OK && result != ATT_RESULT_PENDING)
        add_doubt(call, order->work);
    if (order->work == ATT_WORK_FETCH)
        return answer_checked(call, result, &yield->credential);
    return att_grants_checked(call, order->work, att_result_checked(result, call->report), yield);
}

/* ---- the calls of provider.h ------------------------------------------------------------------------------------- */

static const struct att_fact no_context[] = {{NULL, NULL}};

struct att_order att_order_for(enum att_work work, const struct att_fetch *fetch)
{
    struct att_order order = {.work = work, .deadline_ns = fetch->deadline_ns, .fetch = *fetch};

    order.fetch.size = sizeof order.fetch;
    if (!order.fetch.context)
        order.fetch.context = no_context;
    return order;
}

att_result att_instance_fetch(struct att_instance *instance, const struct att_fetch *fetch,
                              struct att_credential *credential, struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_FETCH, fetch);
    struct att_yield yield = {.credential = *credential};
    struct att_call call;
    att_result result;

    if (instance->prompt) {
        att_call_open(&call, instance, fetch->deadline_ns, report);
        order.fetch.call = &call;
        result = att_call_run(instance, &call, &order, &yield);
    } else {
        result = att_workers_run(instance, &order, &yield, report);
    }
    *credential = yield.credential;
    return result;
}
