/* plan.h: turning configured stacks and grants into what runs, and finding the one that serves a request. */
#ifndef ATT_PLAN_H
#define ATT_PLAN_H

#include "core/engine/snapshot.h"

struct att_plans {
    struct att_plan *plans;
    size_t plan_count;
    struct att_grant *grants;
    size_t grant_count;
    /* Grants by name and by id: open addressing, a power of two of slots, NULL is free. */
    const struct att_grant **by_name;
    size_t slots;
};

/* Builds from a configuration that was checked. `modules` and `instances` are those of config->providers, in order; an
 * entry is NULL where there is none, and both lists may be NULL. */
bool att_plans_build(struct att_plans *plans, struct att_pool *pool, const struct att_config *config,
                     const struct att_module *const *modules, struct att_instance *const *instances,
                     struct att_findings *findings);

att_status att_plans_resolve(const struct att_plans *plans, const char *grant, const char *provider,
                             const char *account, struct att_resolution *resolution, att_error *error);

#endif
