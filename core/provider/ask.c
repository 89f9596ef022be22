/* core/provider/ask.c: the calls about grants, each an order for a worker. */
#include <stdio.h>

#include "core/provider/instance.h"

bool att_instance_offers(const struct att_instance *instance, uint64_t offer)
{
    return instance->module->kind == ATT_KIND_PROVIDER && (instance->module->offers & offer);
}

/* Runs the order; what it yielded stays in `yield`, and only after OK there is something. */
static att_result run(struct att_instance *instance, const struct att_order *order, struct att_yield *yield,
                      struct att_call_report *report)
{
    *yield = (struct att_yield){.credential.arena = instance->table.environment->arena};
    return att_workers_run(instance, order, yield, report);
}

att_result att_instance_list(struct att_instance *instance, const struct att_fetch *who,
                             const struct att_grant_query *query, struct att_grant_page *page,
                             struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_GRANTS, who);
    struct att_yield yield;
    att_result result;

    order.query = query;
    result = run(instance, &order, &yield, report);
    *page = yield.page;
    if (!page->counted)
        page->total = -1;
    if ((int64_t)page->count > query->limit) {
        att_grant_page_close(page);
        att_call_report_reset(report);
        snprintf(report->sentence, sizeof report->sentence, "its module listed more grants than were asked for");
        return ATT_RESULT_FAULT;
    }
    return result;
}

att_result att_instance_revoke(struct att_instance *instance, const struct att_fetch *who,
                               struct att_call_report *report)
{
    const struct att_order order = att_order_for(ATT_WORK_REVOKE, who);
    struct att_yield yield;

    return run(instance, &order, &yield, report);
}

void att_instance_forget(struct att_instance *instance, const char *grant)
{
    if (instance->cache)
        att_cache_forget(instance->cache, grant);
}

att_result att_instance_connect(struct att_instance *instance, const struct att_fetch *who,
                                const struct att_connect_wish *wish, struct att_connection *connection,
                                struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_CONNECT, who);
    struct att_yield yield;
    att_result result;

    order.wish = wish;
    result = run(instance, &order, &yield, report);
    *connection = yield.connection;
    return result;
}

att_result att_instance_poll(struct att_instance *instance, const struct att_fetch *who, const struct att_secret *token,
                             struct att_grant_page *page, struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_POLL, who);
    struct att_yield yield;
    att_result result;

    order.token = token;
    result = run(instance, &order, &yield, report);
    *page = yield.page;
    return result;
}

att_result att_instance_execute(struct att_instance *instance, const struct att_fetch *fetch,
                                const struct att_execution *execution, struct att_answer *answer,
                                struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_EXECUTE, fetch);
    struct att_yield yield;
    att_result result;

    order.execution = execution;
    result = run(instance, &order, &yield, report);
    *answer = yield.answer;
    return result;
}

att_result att_instance_approval(struct att_instance *instance, const struct att_fetch *who, const char *approval,
                                 struct att_answer *answer, struct att_call_report *report)
{
    struct att_order order = att_order_for(ATT_WORK_APPROVAL, who);
    struct att_yield yield;
    att_result result;

    order.text = approval;
    result = run(instance, &order, &yield, report);
    *answer = yield.answer;
    return result;
}
