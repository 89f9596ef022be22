/* core/request/explain.c: att_explain: what att_request would do, step by step, by the very functions that do it. */
#include <ctype.h>
#include <string.h>

#include "core/request/run.h"
#include "core/sign/scope.h"

struct explanation {
    att_explain_callback explain;
    void *context;
    struct att_pool *pool;
    const struct att_url *url; /* once it is known */
};

static void tell(const struct explanation *to, const char *step, const char *outcome, const char *reason)
{
    if (to->explain)
        to->explain(to->context, step, outcome, reason ? reason : "");
}

static void tell_rule(void *context, const char *rule, const char *outcome, const char *reason)
{
    const struct explanation *to = context;
    const char *step = att_pool_format(to->pool, "rule %s", rule);

    tell(to, step ? step : "rule", outcome, reason);
}

/* The outcomes of a step, gathered by what they do and named as in `on`: "ok: done; none not_found: ignore". */
static const char *outcomes(struct att_pool *pool, const struct att_config_step *step)
{
    struct att_buffer text;
    const char *copy;

    att_buffer_open(&text, 1024);
    for (int action = ATT_ACTION_OK; action <= ATT_ACTION_DIE; action++) {
        bool first = true;
        for (att_result result = 0; result < ATT_RESULT_COUNT; result++) {
            if (att_stack_action(step, result) != (enum att_action)action)
                continue;
            if (first && text.size)
                att_buffer_text(&text, "; ");
            else if (!first)
                att_buffer_char(&text, ' ');
            for (const char *name = att_result_name(result); *name; name++)
                att_buffer_char(&text, (char)tolower((unsigned char)*name));
            first = false;
        }
        if (!first)
            att_buffer_format(&text, ": %s", att_action_name((enum att_action)action));
    }
    copy = att_buffer_ok(&text) ? att_pool_text(pool, text.data) : NULL;
    att_buffer_close(&text);
    return copy ? copy : "";
}

static void tell_stack(const struct explanation *to, const struct att_stack *stack, int depth)
{
    for (size_t i = 0; i < stack->count; i++) {
        const struct att_stack_step *step = &stack->steps[i];
        const struct att_config_step *config = step->config;
        const char *name =
            att_pool_format(to->pool, "%s %zu of stack %s", depth ? "inner step" : "step", i + 1, stack->name);
        const char *what = att_pool_format(to->pool, "%s %s, %s; %s", config->use ? "provider" : "stack",
                                           config->use ? config->use : config->substack,
                                           att_control_name(config->control), outcomes(to->pool, config));
        tell(to, name ? name : "step", "would ask", what);
        if (step->substack)
            tell_stack(to, step->substack, depth + 1);
    }
}

/* For what a request is signed: "service s3", as the placement, the host or the credential says. */
static const char *scope_part(const struct explanation *to, const char *what, const char *placed, const char *hosts)
{
    if (placed)
        return att_pool_format(to->pool, "%s %s", what, placed);
    return *hosts ? att_pool_format(to->pool, "%s %s (or the credential's)", what, hosts)
                  : att_pool_format(to->pool, "the credential's %s", what);
}

/* The kind of a placement and its name. */
static const char *describe(const struct explanation *to, const struct att_config_inject *inject, const char *kind)
{
    struct att_sign_scope hosts;

    if (inject->kind == ATT_INJECT_HMAC)
        return att_pool_format(to->pool, "%s in %s %s", kind, inject->sign.in_query ? "query" : "header", inject->name);
    if (inject->kind != ATT_INJECT_SIGV4)
        return inject->name ? att_pool_format(to->pool, "%s %s", kind, inject->name) : kind;
    att_sign_scope_of_host(to->url->host, &hosts);
    return att_pool_format(to->pool, "%s for %s in %s", kind,
                           scope_part(to, "service", inject->sign.service, hosts.service),
                           scope_part(to, "region", inject->sign.region, hosts.region));
}

/* The placements that the site states; `whose` says of what. */
static void tell_injects(const struct explanation *to, const struct att_config_inject *injects, size_t count,
                         const char *whose)
{
    static const char *const kinds[] = {
        [ATT_INJECT_HEADER] = "header", [ATT_INJECT_BASIC] = "basic", [ATT_INJECT_QUERY] = "query",
        [ATT_INJECT_COOKIE] = "cookie", [ATT_INJECT_FORM] = "form",   [ATT_INJECT_JSON] = "json",
        [ATT_INJECT_SIGV4] = "sigv4",   [ATT_INJECT_HMAC] = "hmac"};

    for (size_t i = 0; i < count; i++)
        tell(to, "placement", "ok",
             att_pool_format(to->pool, "%s%s, as the site states", describe(to, &injects[i], kinds[injects[i].kind]),
                             whose));
}

/* Each provider's own entry may state where its credential goes. False when one says nothing. */
static bool tell_entries(const struct explanation *to, const struct att_stack *stack)
{
    bool all = true;

    for (size_t i = 0; i < stack->count; i++) {
        const struct att_stack_step *step = &stack->steps[i];
        const struct att_config_provider *entry = step->entry;
        const char *whose = entry ? att_pool_format(to->pool, " for what provider %s gives", entry->name) : NULL;
        if (step->substack)
            all = tell_entries(to, step->substack) && all;
        else if (entry && entry->inject_count)
            tell_injects(to, entry->injects, entry->inject_count, whose ? whose : "");
        else
            all = false;
    }
    return all;
}

static void tell_placement(const struct explanation *to, const struct att_resolution *target)
{
    if (target->binding.inject_count)
        tell_injects(to, target->binding.injects, target->binding.inject_count, "");
    else if (!tell_entries(to, &target->plan->stack))
        tell(to, "placement", "would ask", "the provider says where its credential goes");
}

static const char *origins(struct att_pool *pool, const struct att_resolution *target)
{
    const struct att_binding *binding = &target->binding;
    const char *list = binding->origin_count          ? "bound to"
                       : target->plan->provider_binds ? "bound to what its credential says, once it is fetched"
                                                      : "bound to no origin";

    for (size_t i = 0; list && i < binding->origin_count; i++)
        list = att_pool_format(pool, "%s%s %s", list, i ? "," : "", binding->origins[i].text);
    return list;
}

/* A step of the request, told as it came out. */
static att_status step(const struct explanation *to, struct att_run *run, const char *name, att_status status,
                       const char *reason)
{
    tell(to, name,
         status == ATT_OK       ? "ok"
         : status == ATT_DENIED ? "deny"
                                : "fail",
         status == ATT_OK ? reason : run->error->message);
    return status;
}

static att_status explain_steps(struct att_run *run, struct explanation *to)
{
    att_status status = att_run_validate(run);

    step(to, run, "request", status, run->url ? run->url->text : NULL);
    if (status != ATT_OK)
        return status;
    status = att_run_resolve(run);
    step(to, run, "grant", status, status == ATT_OK ? origins(to->pool, &run->target) : NULL);
    if (status != ATT_OK)
        return status;
    tell(to, "stack", "ok",
         att_pool_format(to->pool, "stack %s serves it, asked for \"%s\"", run->target.plan->config->name,
                         run->target.grant_id ? run->target.grant_id : run->target.provider));
    status = att_run_decide(run, tell_rule, (void *)to);
    step(to, run, "decision", status, run->decision.reason);
    if (status != ATT_OK)
        return status;
    if (!run->target.plan->stack.count) {
        status = att_run_fetch(run);
        return step(to, run, "stack", status, NULL);
    }
    to->url = run->url;
    tell_stack(to, &run->target.plan->stack, 0);
    tell_placement(to, &run->target);
    return ATT_OK;
}

att_status att_explain(att_client *client, const att_request_options *options, int64_t at, att_explain_callback explain,
                       void *context, att_error *error)
{
    struct att_run run;
    att_error own = ATT_ERROR_INIT;
    att_status status = att_run_open(&run, client, options, false, &own);
    struct explanation to = {explain, context, run.pool, NULL};

    if (status == ATT_OK && at)
        run.started_us = at * 1000000;
    if (status == ATT_OK)
        status = explain_steps(&run, &to);
    att_run_close(&run);
    att_error_clear(error);
    att_error_move(error, &own);
    return status;
}
