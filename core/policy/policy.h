/* policy.h: may this caller use this grant for this request? Deny overrides; no rule, no permission. */
#ifndef ATT_POLICY_H
#define ATT_POLICY_H

#include "core/config/config.h"
#include "core/url/url.h"

struct att_policy;

/* What a decision is about. Texts may be NULL where nothing is known. */
struct att_question {
    const char *caller, *caller_type; /* "service", "agent" */
    const char *grant, *grant_id;     /* as the application named it; its id. A rule may name either */
    const char *provider, *account;
    const char *method;
    const struct att_url *url;
};

struct att_decision {
    bool permitted;
    const char *rule;   /* the rule that decided, "default", or NULL when none matched */
    const char *reason; /* a sentence; static or of the policy's pool */
};

/* Told of each rule that was looked at, for explain and the trace of the audit. */
typedef void (*att_policy_trace)(void *context, const char *rule, const char *outcome, const char *reason);

/* Compiles the rules of a configuration. What is wrong goes to `findings` (patterns, origins, methods); the policy that
 * is then returned denies everything. NULL only when memory is out. */
const struct att_policy *att_policy_compile(struct att_pool *pool, const struct att_config *config,
                                            struct att_findings *findings);

/* What is decided on where there is no request. */
enum att_policy_about {
    ATT_ABOUT_CHANGE, /* a grant comes or goes: who may use it in some requests may not do that for this alone */
    ATT_ABOUT_LOOK,   /* one grant is shown */
    ATT_ABOUT_HELD,   /* what became of a request that is not known here */
    ATT_ABOUT_LIST    /* grants are listed, each of which is decided on by itself */
};

/* Decides without a request: `method` and `url` of the question are NULL. A forbid that asks for what only a request
 * has does not apply, and a permit that does is none for a change. For the rest, what is not known is denied as ever;
 * but for HELD and LIST any permit that may be meant will do, and for LIST only a sure forbid denies. */
void att_policy_decide_about(const struct att_policy *policy, const struct att_question *question,
                             enum att_policy_about about, struct att_decision *decision);

/* Decides. Never allocates. `trace` may be NULL; with it all rules are looked at, without it the first forbid ends. */
void att_policy_decide(const struct att_policy *policy, const struct att_question *question,
                       struct att_decision *decision, att_policy_trace trace, void *context);

#endif
