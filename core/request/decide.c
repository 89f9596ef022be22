/* core/request/decide.c: steps 2 to 4: which grant this is, whether it may go to this URL, and the record of it. */
#include <string.h>

#include "core/request/run.h"

att_status att_run_resolve(struct att_run *run)
{
    return att_snapshot_resolve(run->snapshot, run->options.grant, run->options.provider, run->options.account,
                                &run->target, run->error);
}

/* Where the site names no origin, the credential itself may: att_run_fetch asks it. What a backend performs has none
 * here that could be asked. */
static bool is_bound(const struct att_run *run)
{
    const struct att_binding *binding = &run->target.binding;

    if (!binding->origin_count)
        return run->target.plan->provider_binds && !run->options.by_backend;
    for (size_t i = 0; i < binding->origin_count; i++)
        if (att_origin_matches(&binding->origins[i], run->url))
            return true;
    return false;
}

static att_status refuse_origin(struct att_run *run)
{
    const struct att_binding *binding = &run->target.binding;
    struct att_buffer list;

    att_buffer_open(&list, 1024);
    for (size_t i = 0; i < binding->origin_count; i++)
        att_buffer_format(&list, "%s%s", i ? ", " : "", binding->origins[i].text);
    if (!binding->origin_count)
        att_fail(run->error, ATT_DENIED,
                 "%s \"%s\" may not be used for %s: it is bound to no origin; add it to the "
                 "origins of the grant or of stack \"%s\"",
                 att_run_kind(run), att_run_grant(run), run->url->origin, run->target.plan->config->name);
    else
        att_fail(run->error, ATT_DENIED,
                 "%s \"%s\" may not be used for %s: it is bound to %s; check the URL, or add "
                 "the origin to the grant",
                 att_run_kind(run), att_run_grant(run), run->url->origin,
                 att_buffer_ok(&list) ? list.data : "other origins");
    att_buffer_close(&list);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, details, "origin");
    run->decision = (struct att_decision){.permitted = false, .rule = NULL, .reason = "origin"};
    return ATT_DENIED;
}

att_status att_run_decide(struct att_run *run, att_policy_trace trace, void *context)
{
    const struct att_question question = {.caller = run->client->caller,
                                          .caller_type = att_caller_type_name(run->client->caller_type),
                                          .grant = run->target.grant,
                                          .grant_id = run->target.grant_id,
                                          .provider = run->target.provider,
                                          .account = run->target.account,
                                          .method = run->method,
                                          .url = run->url};

    if (!is_bound(run))
        return refuse_origin(run);
    att_policy_decide(att_snapshot_policy(run->snapshot), &question, &run->decision, trace, context);
    if (run->decision.permitted)
        return ATT_OK;
    att_fail(run->error, ATT_DENIED, "policy denies %s %s%s with %s \"%s\" to caller \"%s\": %s%s", run->method,
             run->url->origin, run->url->path, att_run_kind(run), att_run_grant(run), run->client->caller,
             run->decision.reason,
             trace || (!run->decision.rule && strchr(run->decision.reason, ';'))
                 ? ""
                 : "; attache explain tells of each rule");
    ATT_ERROR_TEXT(run->error, rule, run->decision.rule);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, details, run->decision.reason);
    return ATT_DENIED;
}
