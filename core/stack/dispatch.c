/* core/stack/dispatch.c: the stack, run as configuration.md specifies it. */
#include "core/stack/stack.h"

enum att_action att_stack_action(const struct att_config_step *step, att_result result)
{
    enum { OK = ATT_ACTION_OK, DONE = ATT_ACTION_DONE, IGNORE = ATT_ACTION_IGNORE };
    enum { BAD = ATT_ACTION_BAD, DIE = ATT_ACTION_DIE };
    static const uint8_t actions[ATT_RESULT_COUNT][4] = {
        /*                          required requisite sufficient optional */
        [ATT_RESULT_OK] = {OK, OK, DONE, OK},
        [ATT_RESULT_NONE] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_NOT_FOUND] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_UNAVAILABLE] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_DEADLINE] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_EXPIRED] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_REAUTH] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_REVOKED] = {BAD, DIE, IGNORE, IGNORE},
        [ATT_RESULT_DENIED] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_AMBIGUOUS] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_CANCELLED] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_CONFIG] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_NOMEM] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_FAULT] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_PENDING] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_LIMITED] = {BAD, DIE, DIE, BAD},
        [ATT_RESULT_BACKEND] = {BAD, DIE, DIE, BAD},
    };
    enum att_action action;

    if (result < 0 || result >= ATT_RESULT_COUNT || (unsigned)step->control > ATT_CONTROL_OPTIONAL)
        return ATT_ACTION_DIE;
    action =
        step->on[result] >= 0 ? (enum att_action)step->on[result] : (enum att_action)actions[result][step->control];
    /* No cell turns a failure into a credential. */
    if (result != ATT_RESULT_OK && (action == ATT_ACTION_OK || action == ATT_ACTION_DONE))
        return ATT_ACTION_DIE;
    return action;
}

att_result att_stack_run(const struct att_stack *stack, att_stack_ask ask, att_stack_trace trace, void *context,
                         const struct att_stack_step **culprit)
{
    const struct att_stack_step *bad_step = NULL, *ignored_step = NULL;
    att_result bad = ATT_RESULT_OK, ignored = ATT_RESULT_NONE;
    bool granted = false;

    for (size_t i = 0; i < stack->count; i++) {
        const struct att_stack_step *step = &stack->steps[i], *inner = NULL;
        att_result result =
            step->substack ? att_stack_run(step->substack, ask, trace, context, &inner) : ask(context, step);
        enum att_action action = att_stack_action(step->config, result);

        if (trace)
            trace(context, step, result, action);
        if (action == ATT_ACTION_OK || action == ATT_ACTION_DONE) {
            granted = true;
        } else if (action == ATT_ACTION_IGNORE) {
            ignored = result;
            ignored_step = inner ? inner : step;
        } else if (!bad_step) {
            bad = result;
            bad_step = inner ? inner : step;
        }
        if (action == ATT_ACTION_DONE || action == ATT_ACTION_DIE)
            break;
    }

    if (culprit)
        *culprit = bad_step ? bad_step : granted ? NULL : ignored_step;
    if (bad_step)
        return bad != ATT_RESULT_OK ? bad : ATT_RESULT_DENIED; /* a cell may call OK bad */
    if (granted)
        return ATT_RESULT_OK;
    return ignored != ATT_RESULT_OK ? ignored : ATT_RESULT_NONE; /* or ignore it */
}
