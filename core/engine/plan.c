/* core/engine/plan.c: turning configured stacks and grants into what runs. */
#include "core/engine/plan.h"

#include <string.h>

#include "core/url/address.h"

static bool build_origin(struct att_pool *pool, const struct att_config_origin *config, struct att_origin *origin,
                         struct att_findings *findings)
{
    struct att_buffer why;
    bool sound;

    att_buffer_open(&why, 1024);
    sound = att_origin_parse(pool, config->text, origin, &why);
    if (!sound)
        att_finding(findings, ATT_SEVERITY_ERROR, config->place, "%s", why.data ? why.data : "");
    else if (!origin->secure && !att_address_host_is_local(origin->host))
        att_finding(findings, ATT_SEVERITY_WARNING, config->place,
                    "origin \"%s\" is of no use: plain http is for this machine only, and every request there is "
                    "refused; write https",
                    config->text);
    att_buffer_close(&why);
    return sound;
}

/* Goes on after what is wrong, so that all is told. */
static bool build_binding(struct att_pool *pool, const struct att_config_binding *config, struct att_binding *binding,
                          struct att_findings *findings)
{
    struct att_origin *origins = att_pool_take(pool, (config->origin_count + 1) * sizeof *origins);
    bool sound = origins != NULL;

    for (size_t i = 0; origins && i < config->origin_count; i++)
        sound &= build_origin(pool, &config->origins[i], &origins[i], findings);
    *binding = (struct att_binding){origins, config->origin_count, config->injects, config->inject_count};
    return sound;
}

static struct att_plan *find_plan(const struct att_plans *plans, const char *name)
{
    for (size_t i = 0; i < plans->plan_count; i++)
        if (att_text_equal(plans->plans[i].config->name, name))
            return &plans->plans[i];
    return NULL;
}

static const struct att_config_provider *find_entry(const struct att_config *config, const char *name)
{
    for (size_t i = 0; i < config->provider_count; i++)
        if (att_text_equal(config->providers[i].name, name))
            return &config->providers[i];
    return NULL;
}

static bool build_steps(struct att_plans *plans, struct att_plan *plan, struct att_pool *pool,
                        const struct att_config *config, const struct att_module *const *modules,
                        struct att_instance *const *instances)
{
    const struct att_config_stack *stack = plan->config;
    struct att_stack_step *steps = att_pool_take(pool, (stack->step_count + 1) * sizeof *steps);

    if (!steps)
        return false;
    for (size_t i = 0; i < stack->step_count; i++) {
        const struct att_config_step *step = &stack->steps[i];
        struct att_plan *inner = step->substack ? find_plan(plans, step->substack) : NULL;
        const struct att_config_provider *entry = step->use ? find_entry(config, step->use) : NULL;
        steps[i] = (struct att_stack_step){step, inner ? &inner->stack : NULL,
                                           entry && instances ? instances[entry - config->providers] : NULL, entry};
        plan->provider_binds |= entry && modules && modules[entry - config->providers] &&
                                (modules[entry - config->providers]->offers & ATT_OFFERS_ORIGINS);
    }
    plan->stack = (struct att_stack){stack->name, steps, stack->step_count};
    return true;
}

/* FNV-1a: names come from the site and from applications, the table is small, and no slot is ever removed. */
static size_t hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

static bool is_called(const struct att_grant *grant, const char *name)
{
    return strcmp(grant->config->name, name) == 0 || (grant->config->id && strcmp(grant->config->id, name) == 0);
}

static void enter(struct att_plans *plans, const char *name, const struct att_grant *grant)
{
    size_t slot = name ? hash(name) & (plans->slots - 1) : 0;

    if (!name)
        return;
    while (plans->by_name[slot])
        slot = (slot + 1) & (plans->slots - 1);
    plans->by_name[slot] = grant;
}

static const struct att_grant *find_grant(const struct att_plans *plans, const char *name)
{
    for (size_t slot = hash(name) & (plans->slots - 1); plans->by_name[slot]; slot = (slot + 1) & (plans->slots - 1))
        if (is_called(plans->by_name[slot], name))
            return plans->by_name[slot];
    return NULL;
}

/* How well a stack matches: its list of patterns for `text`, an exact one before a glob. */
static int rank(const char **patterns, const char *text)
{
    int best = 0;

    for (; patterns && *patterns && text; patterns++) {
        if (strcmp(*patterns, text) == 0)
            return 2;
        if (att_glob_is_pattern(*patterns) && att_glob_match(*patterns, text))
            best = 1;
    }
    return best;
}

/* Exact before glob before default, and a pattern for the grant before one for its provider. Two that match equally
 * well are a mistake of the site; nobody guesses which was meant. */
static const struct att_plan *match(const struct att_plans *plans, const char *grant, const char *provider,
                                    const struct att_plan **tie)
{
    const struct att_plan *best = NULL;
    int best_rank = 0;

    *tie = NULL;
    for (size_t i = 0; i < plans->plan_count; i++) {
        const struct att_config_stack *config = plans->plans[i].config;
        int by_grant = rank(config->match_grants, grant), by_provider = rank(config->match_providers, provider);
        int score = by_grant == 2      ? 5
                    : by_provider == 2 ? 4
                    : by_grant == 1    ? 3
                    : by_provider == 1 ? 2
                                       : config->match_default;
        if (score > best_rank) {
            best = &plans->plans[i];
            best_rank = score;
            *tie = NULL;
        } else if (score == best_rank && best) {
            *tie = &plans->plans[i];
        }
    }
    return best;
}

static bool build_grant(struct att_plans *plans, struct att_grant *grant, struct att_pool *pool,
                        struct att_findings *findings)
{
    const struct att_config_grant *config = grant->config;
    const struct att_plan *tie = NULL;

    if (config->id && att_text_is_uuid_in_capitals(config->id)) {
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "the id of grant \"%s\" is a UUID with capital letters; write it in lower case", config->name);
        return false;
    }
    grant->plan = config->stack ? find_plan(plans, config->stack) : match(plans, config->name, config->provider, &tie);
    if (tie) {
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "grant \"%s\" is matched by stacks \"%s\" and \"%s\" equally well; name one with stack = \"...\"",
                    config->name, grant->plan->config->name, tie->config->name);
        return false;
    }
    if (!grant->plan) {
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "grant \"%s\" is served by no stack; name one with stack = \"...\", or match it in one",
                    config->name);
        return false;
    }
    if (!build_binding(pool, &config->binding, &grant->binding, findings))
        return false;
    if (!grant->binding.origin_count) {
        grant->binding.origins = grant->plan->binding.origins;
        grant->binding.origin_count = grant->plan->binding.origin_count;
    }
    if (!grant->binding.origin_count && !grant->plan->provider_binds)
        att_finding(findings, ATT_SEVERITY_WARNING, config->place,
                    "grant \"%s\" is bound to no origin, so every request with it is refused; add origins to it or to "
                    "stack \"%s\"",
                    config->name, grant->plan->config->name);
    if (!grant->binding.inject_count) {
        grant->binding.injects = grant->plan->binding.injects;
        grant->binding.inject_count = grant->plan->binding.inject_count;
    }
    return true;
}

/* An application may name a grant by alias or id, so no id may be another grant's alias. */
static bool is_alone(const struct att_plans *plans, const struct att_config_grant *config,
                     struct att_findings *findings)
{
    const struct att_grant *by_name = find_grant(plans, config->name);
    const struct att_grant *other = by_name || !config->id ? by_name : find_grant(plans, config->id);

    /* Equal names are found, and told, where the configuration is read. */
    if (other && !att_text_equal(other->config->name, config->name))
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "grant \"%s\" has the name or id of grant \"%s\" (%s:%d); give each its own", config->name,
                    other->config->name, other->config->place.file, other->config->place.line);
    return !other;
}

static bool build_grants(struct att_plans *plans, struct att_pool *pool, const struct att_config *config,
                         struct att_findings *findings)
{
    bool sound = true;

    plans->slots = 8;
    while (plans->slots < config->grant_count * 4)
        plans->slots *= 2;
    plans->grants = att_pool_take(pool, (config->grant_count + 1) * sizeof *plans->grants);
    plans->by_name = att_pool_take(pool, plans->slots * sizeof *plans->by_name);
    if (!plans->grants || !plans->by_name)
        return false;
    plans->grant_count = config->grant_count;
    for (size_t i = 0; i < config->grant_count; i++) {
        struct att_grant *grant = &plans->grants[i];
        grant->config = &config->grants[i];
        sound &= build_grant(plans, grant, pool, findings);
        sound &= is_alone(plans, grant->config, findings);
        enter(plans, grant->config->name, grant);
        if (!att_text_equal(grant->config->name, grant->config->id))
            enter(plans, grant->config->id, grant);
    }
    return sound;
}

bool att_plans_build(struct att_plans *plans, struct att_pool *pool, const struct att_config *config,
                     const struct att_module *const *modules, struct att_instance *const *instances,
                     struct att_findings *findings)
{
    bool sound = true;

    plans->plans = att_pool_take(pool, (config->stack_count + 1) * sizeof *plans->plans);
    if (!plans->plans)
        return false;
    plans->plan_count = config->stack_count;
    for (size_t i = 0; i < config->stack_count; i++) {
        plans->plans[i].config = &config->stacks[i];
        sound &= build_binding(pool, &config->stacks[i].binding, &plans->plans[i].binding, findings);
    }
    for (size_t i = 0; i < config->stack_count; i++)
        if (!build_steps(plans, &plans->plans[i], pool, config, modules, instances))
            return false;
    return build_grants(plans, pool, config, findings) && sound;
}

att_status att_plans_resolve(const struct att_plans *plans, const char *grant, const char *provider,
                             const char *account, struct att_resolution *resolution, att_error *error)
{
    const struct att_grant *known = grant ? find_grant(plans, grant) : NULL;
    const struct att_plan *plan, *tie = NULL;

    if (known) {
        *resolution = (struct att_resolution){known->config->name,
                                              known->config->id ? known->config->id : known->config->name,
                                              known->config->provider,
                                              known->config->account,
                                              known->plan,
                                              known->binding};
        return ATT_OK;
    }
    plan = match(plans, grant, provider, &tie);
    if (plan && !tie) {
        *resolution = (struct att_resolution){grant, grant, provider, account, plan, plan->binding};
        return ATT_OK;
    }
    if (tie)
        att_fail(error, ATT_CONFIG,
                 "%s \"%s\" is matched by stacks \"%s\" and \"%s\" equally well; make one of the patterns narrower",
                 grant ? "grant" : "provider", grant ? grant : provider, plan->config->name, tie->config->name);
    else
        att_fail(error, ATT_NOT_FOUND,
                 "%s \"%s\" is not known: no grant of the configuration has that name or id, and no stack matches it; "
                 "check the spelling, or add it under grants or to a stack's match",
                 grant ? "grant" : "provider", grant ? grant : provider);
    ATT_ERROR_TEXT(error, grant, grant);
    ATT_ERROR_TEXT(error, provider, provider);
    return tie ? ATT_CONFIG : ATT_NOT_FOUND;
}
