/* core/policy/decide.c: one decision. Deny overrides, the order of the rules does not matter, no rule is no permission.
 */
#include "core/policy/rule.h"

/* False as soon as one test is false, else as sure as the least sure test; `test` gets the one it came from. */
static enum att_truth clause_holds(const struct att_rule_clause *clause, const struct att_question *question,
                                   const struct att_rule_test **test)
{
    enum att_truth holds = ATT_TRUE;

    for (size_t i = 0; i < clause->count; i++) {
        enum att_truth truth = att_rule_test_holds(&clause->tests[i], question);
        if (truth < holds) {
            holds = truth;
            *test = &clause->tests[i];
        }
        if (holds == ATT_FALSE)
            break;
    }
    return holds;
}

/* Whether `when` holds and `unless` does not, as far as can be told. */
static enum att_truth rule_holds(const struct att_rule *rule, const struct att_question *question, const char **reason)
{
    const struct att_rule_test *when_test = NULL, *unless_test = NULL;
    enum att_truth when = clause_holds(&rule->when, question, &when_test);
    enum att_truth unless = ATT_FALSE;

    if (when == ATT_FALSE) {
        *reason = when_test->mismatch;
        return ATT_FALSE;
    }
    if (rule->has_unless)
        unless = clause_holds(&rule->unless, question, &unless_test);
    if (unless == ATT_TRUE) {
        *reason = rule->exempt;
        return ATT_FALSE;
    }
    if (when == ATT_UNSURE || unless == ATT_UNSURE) {
        *reason = when == ATT_UNSURE ? when_test->unsure : unless_test->unsure;
        return ATT_UNSURE;
    }
    *reason = rule->applies;
    return ATT_TRUE;
}

static void start(const struct att_policy *policy, struct att_decision *decision)
{
    *decision = (struct att_decision){.permitted = false};
    if (policy->broken) {
        decision->reason = "the policy has errors, so nothing is allowed; run `attache check` and mend what it finds";
    } else if (!policy->written) {
        decision->reason =
            "the configuration has no policy, so nothing is allowed; write policy = { rules = ( ... ); } "
            "with a permit rule for this caller and grant, or policy = { default = \"permit\"; }";
    } else if (policy->permit_by_default) {
        decision->permitted = true;
        decision->rule = "default";
        decision->reason = "no forbid rule applies, and the policy says default = \"permit\"";
    } else {
        decision->reason = "no permit rule applies to this request; add one for it to the policy";
    }
}

/* A permit applies when that is sure, a forbid unless it is sure that it does not: what cannot be told is denied. */
void att_policy_decide(const struct att_policy *policy, const struct att_question *question,
                       struct att_decision *decision, att_policy_trace trace, void *context)
{
    bool forbidden = false, permitted = false, doubted = false;

    start(policy, decision);
    if (policy->broken)
        return;
    for (size_t i = 0; i < policy->count && (trace || !forbidden); i++) {
        const struct att_rule *rule = &policy->rules[i];
        bool forbids = rule->effect == ATT_EFFECT_FORBID;
        const char *reason = NULL;
        enum att_truth holds;
        bool applies;

        if (!trace && !forbids && permitted)
            continue;
        holds = rule_holds(rule, question, &reason);
        applies = forbids ? holds != ATT_FALSE : holds == ATT_TRUE;
        if (trace)
            trace(context, rule->name, !applies ? "does not apply" : forbids ? "forbid" : "permit", reason);
        if (applies && !forbidden && (forbids || !permitted)) {
            forbidden = forbids;
            permitted = !forbids;
            *decision = (struct att_decision){.permitted = permitted, .rule = rule->name, .reason = reason};
        } else if (holds == ATT_UNSURE && !doubted && !decision->permitted && !forbidden) {
            doubted = true;
            decision->reason = reason;
        }
    }
}

/* ---- where there is no request ----------------------------------------------------------------------------------- */

static const char about_requests[] =
    "what permits requests with a certain method, origin, host or path does not permit this; add a permit rule for "
    "this caller without them to the policy";

/* What a clause says without a request. */
struct look {
    bool fails;                         /* something that it asks for surely does not hold */
    bool open;                          /* it asks for what only a request has */
    const struct att_rule_test *unsure; /* what is not known */
};

static struct look look_at(const struct att_rule_clause *clause, const struct att_question *question)
{
    struct look look = {.fails = false};

    for (size_t i = 0; i < clause->count; i++) {
        const struct att_rule_test *test = &clause->tests[i];
        enum att_truth truth = att_rule_test_holds(test, question);

        if (test->key >= ATT_RULE_METHOD)
            look.open = true;
        else if (truth == ATT_UNSURE)
            look.unsure = test;
        else if (truth == ATT_FALSE)
            look.fails = true;
    }
    return look;
}

/* `reason` is why it applies, or what it wants in order to apply; NULL where it is about something else. */
static bool applies_about(const struct att_rule *rule, const struct att_question *question, enum att_policy_about about,
                          const char **reason)
{
    struct look when = look_at(&rule->when, question), unless = {.fails = true};
    const struct att_rule_test *unsure;
    bool open, applies;

    if (rule->has_unless)
        unless = look_at(&rule->unless, question);
    /* An exception for some requests is none for what is done beside them. */
    if (unless.fails || (unless.open && about == ATT_ABOUT_CHANGE))
        unless = (struct look){.fails = true};
    *reason = NULL;
    if (when.fails || (!unless.fails && !unless.open && !unless.unsure))
        return false;
    unsure = when.unsure ? when.unsure : unless.unsure;
    open = when.open || (unless.open && !unless.unsure);
    if (rule->effect == ATT_EFFECT_FORBID)
        applies = !open && (!unsure || about != ATT_ABOUT_LIST);
    else
        applies = (!open || about != ATT_ABOUT_CHANGE) && (!unsure || about >= ATT_ABOUT_HELD);
    *reason = unsure ? unsure->unsure : applies ? rule->applies : about_requests;
    return applies;
}

void att_policy_decide_about(const struct att_policy *policy, const struct att_question *question,
                             enum att_policy_about about, struct att_decision *decision)
{
    bool doubted = false;

    start(policy, decision);
    if (policy->broken)
        return;
    if (policy->written && !decision->permitted)
        decision->reason = "no permit rule is about this caller and this grant; add one for it to the policy";
    for (size_t i = 0; i < policy->count; i++) {
        const struct att_rule *rule = &policy->rules[i];
        bool forbids = rule->effect == ATT_EFFECT_FORBID;
        const char *reason;

        if (!forbids && decision->permitted)
            continue;
        if (applies_about(rule, question, about, &reason)) {
            *decision = (struct att_decision){.permitted = !forbids, .rule = rule->name, .reason = reason};
            if (forbids)
                return;
        } else if (!forbids && reason && !doubted) {
            doubted = true;
            decision->reason = reason;
        }
    }
}
