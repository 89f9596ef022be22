/* stack.h: asking the providers of a stack in order, as PAM does. The dispatcher knows no provider: it is given a
 * function that asks one, so that tests can enumerate every stack and explain can print what would happen. */
#ifndef ATT_STACK_H
#define ATT_STACK_H

#include <attache/module.h>

#include "core/config/config.h"

struct att_stack_step {
    const struct att_config_step *config;
    const struct att_stack *substack;        /* or NULL: ask `provider` */
    void *provider;                          /* handed to the ask function */
    const struct att_config_provider *entry; /* as it is configured; NULL for a substack */
};

struct att_stack {
    const char *name;
    const struct att_stack_step *steps;
    size_t count;
};

/* Asks one provider. Any value may come back; one outside the list acts as `die`. */
typedef att_result (*att_stack_ask)(void *context, const struct att_stack_step *step);
/* Told of each step that was asked, what it answered and what that did. May be NULL. */
typedef void (*att_stack_trace)(void *context, const struct att_stack_step *step, att_result result,
                                enum att_action action);

/* Runs the stack. OK when access to the credential is granted; else the most telling failure: the first outcome that
 * was `bad` or `die`, else the last that was ignored, else NONE for a stack without steps. `culprit` (may be NULL) gets
 * the step that the outcome came from, NULL when none. */
att_result att_stack_run(const struct att_stack *stack, att_stack_ask ask, att_stack_trace trace, void *context,
                         const struct att_stack_step **culprit);

/* What a step does with an outcome: its `on` cell, else the table of its control word; `die` for anything unknown. */
enum att_action att_stack_action(const struct att_config_step *step, att_result result);

const char *att_action_name(enum att_action action);
const char *att_control_name(enum att_control control);
const char *att_result_name(att_result result); /* "NOT_FOUND"; "FAULT" for anything unknown */

#endif
