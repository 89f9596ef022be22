/* core/provider/borrow.c: credentials as requests get them: fetched for one, or lent by the cache to many. */
#include "core/provider/instance.h"

/* ---- the cache's way to the module ------------------------------------------------------------------------------- */

static void land(void *context, att_result result, struct att_credential *credential,
                 const struct att_call_report *report)
{
    att_cache_land(context, result, credential, report);
}

static const char *launch(void *context, const struct att_fetch *fetch, struct att_flight *flight)
{
    const struct att_order order = att_order_for(ATT_WORK_FETCH, fetch);

    return att_workers_start(context, &order, land, flight);
}

bool att_instance_keep(struct att_instance *instance, const struct att_cache_promise *promise)
{
    instance->cache = att_cache_create(instance->table.environment->arena, promise, launch, instance);
    return instance->cache != NULL;
}

/* ---- the calls of provider.h ------------------------------------------------------------------------------------- */

att_result att_instance_borrow(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                               struct att_call_report *report)
{
    att_result result;

    if (instance->cache)
        return att_cache_borrow(instance->cache, fetch, loan, report);
    result = att_instance_fetch(instance, fetch, &loan->own, report);
    loan->fresh = true;
    if (result == ATT_RESULT_OK)
        loan->credential = &loan->own;
    return result;
}

bool att_instance_can_renew(const struct att_instance *instance, const struct att_loan *loan)
{
    return loan->kept ? att_cache_may_refuse(instance->cache, loan) : instance->module->provider.invalidate != NULL;
}

att_result att_instance_invalidate(struct att_instance *instance, const struct att_fetch *fetch,
                                   const struct att_loan *loan)
{
    struct att_order order = att_order_for(ATT_WORK_INVALIDATE, fetch);
    struct att_yield yield = {.credential.arena = instance->table.environment->arena};
    struct att_call_report report;

    if (loan->kept)
        att_cache_refuse(instance->cache, loan);
    order.fetch.refused = loan->credential;
    return instance->module->provider.invalidate ? att_workers_run(instance, &order, &yield, &report) : ATT_RESULT_OK;
}

void att_instance_report(struct att_instance *instance, const struct att_fetch *fetch, struct att_loan *loan,
                         const struct att_outcome *outcome)
{
    if (instance->reports && loan->credential && (loan->fresh || instance->exchange))
        att_reports_add(instance, fetch, loan, outcome);
}

bool att_instance_wants_exchange(const struct att_instance *instance, size_t *body_bytes)
{
    *body_bytes = instance->body_bytes;
    return instance->exchange;
}
