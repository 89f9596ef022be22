/* core/config/read_stacks.c: stacks and their steps. */
#include <string.h>

#include <attache/module.h>

#include "core/config/reader.h"

static const char *const control_words[] = {"required", "requisite", "sufficient", "optional", NULL};
static const char *const action_words[] = {"ok", "done", "ignore", "bad", "die", NULL};

/* A step with its words as the table reads them. */
struct step {
    struct att_config_step values;
    int control;
    const struct att_value *on;
};

static const struct att_key step_keys[] = {
    {"use", ATT_KEY_NAME, 0, offsetof(struct step, values.use), 0, 0, NULL, NULL},
    {"substack", ATT_KEY_NAME, 0, offsetof(struct step, values.substack), 0, 0, NULL, NULL},
    {"control", ATT_KEY_CHOICE, 0, offsetof(struct step, control), 0, 0, NULL, control_words},
    {"timeout", ATT_KEY_DURATION, 0, offsetof(struct step, values.timeout_ms), 1, 3600000, "1ms to 1h", NULL},
    {"on", ATT_KEY_GROUP, 0, offsetof(struct step, on), 0, 0, NULL, NULL},
};

struct outcomes {
    int actions[ATT_RESULT_COUNT];
};

#define OUTCOME(text, result)                                                                           \
    {                                                                                                   \
        .name = text, .type = ATT_KEY_CHOICE, .offset = (result) * sizeof(int), .choices = action_words \
    }

static const struct att_key outcome_keys[] = {
    OUTCOME("ok", ATT_RESULT_OK),
    OUTCOME("none", ATT_RESULT_NONE),
    OUTCOME("not_found", ATT_RESULT_NOT_FOUND),
    OUTCOME("ambiguous", ATT_RESULT_AMBIGUOUS),
    OUTCOME("denied", ATT_RESULT_DENIED),
    OUTCOME("reauth", ATT_RESULT_REAUTH),
    OUTCOME("expired", ATT_RESULT_EXPIRED),
    OUTCOME("revoked", ATT_RESULT_REVOKED),
    OUTCOME("unavailable", ATT_RESULT_UNAVAILABLE),
    OUTCOME("deadline", ATT_RESULT_DEADLINE),
    OUTCOME("cancelled", ATT_RESULT_CANCELLED),
    OUTCOME("config", ATT_RESULT_CONFIG),
    OUTCOME("nomem", ATT_RESULT_NOMEM),
    OUTCOME("fault", ATT_RESULT_FAULT),
    OUTCOME("pending", ATT_RESULT_PENDING),
    OUTCOME("limited", ATT_RESULT_LIMITED),
    OUTCOME("backend", ATT_RESULT_BACKEND),
};

_Static_assert(ATT_COUNT(outcome_keys) == ATT_RESULT_COUNT, "every result has its key");
_Static_assert(ATT_RESULT_COUNT <= sizeof(((struct att_config_step *)0)->on), "every result has its cell");

/* Only an OK may grant access; the other outcomes may at most be passed over. */
static void check_outcomes(struct att_reader *reader, const struct att_value *group, const char *what,
                           const struct outcomes *outcomes)
{
    for (size_t i = 0; i < ATT_COUNT(outcome_keys); i++) {
        int action = outcomes->actions[i];

        if (i != ATT_RESULT_OK && (action == ATT_ACTION_OK || action == ATT_ACTION_DONE))
            ATT_REFUSE(reader, att_value_member(group, outcome_keys[i].name)->place,
                       "\"%s\" in %s must not be \"%s\": only an ok of the provider grants; write ignore, bad or die",
                       outcome_keys[i].name, what, action_words[action]);
    }
}

static void read_outcomes(struct att_reader *reader, const struct att_value *group, const char *what, int8_t on[16])
{
    const char *title = att_pool_format(reader->pool, "\"on\" in %s", what);
    struct outcomes outcomes;

    if (!title) {
        reader->findings->failed = true;
        return;
    }
    memset(outcomes.actions, -1, sizeof outcomes.actions);
    att_read_keys(reader, group, title, outcome_keys, ATT_COUNT(outcome_keys), &outcomes);
    check_outcomes(reader, group, title, &outcomes);
    for (size_t i = 0; i < ATT_COUNT(outcomes.actions); i++)
        on[i] = (int8_t)outcomes.actions[i];
}

static bool read_step(struct att_reader *reader, const struct att_value *group, const char *what,
                      struct att_config_step *result)
{
    struct step step = {.values.place = group->place};
    size_t errors = reader->findings->errors;

    memset(step.values.on, -1, sizeof step.values.on);
    att_read_keys(reader, group, what, step_keys, ATT_COUNT(step_keys), &step);
    if (step.on)
        read_outcomes(reader, step.on, what, step.values.on);
    if (reader->findings->errors != errors)
        return false;
    if (!step.values.use == !step.values.substack) {
        ATT_REFUSE(reader, group->place, "%s must have one of \"use\", a provider, and \"substack\", a stack", what);
        return false;
    }
    step.values.control = (enum att_control)step.control;
    *result = step.values;
    return true;
}

static void read_fetch(struct att_reader *reader, const struct att_value *group, const char *what,
                       struct att_config_stack *stack)
{
    const char *title = att_pool_format(reader->pool, "\"fetch\" in %s", what);
    struct att_groups steps = title ? att_read_groups(reader, group, "fetch", title) : (struct att_groups){.count = 0};

    stack->steps = att_read_array(reader, steps.count, sizeof *stack->steps);
    for (size_t i = 0; stack->steps && i < steps.count; i++) {
        const char *step = att_pool_format(reader->pool, "step %zu of %s", i + 1, what);

        if (!step)
            reader->findings->failed = true;
        else if (read_step(reader, steps.list[i], step, &stack->steps[stack->step_count]))
            stack->step_count++;
    }
}

static const struct att_key match_keys[] = {
    {"provider", ATT_KEY_TEXTS, 0, offsetof(struct att_config_stack, match_providers), 0, 0, NULL, NULL},
    {"grant", ATT_KEY_TEXTS, 0, offsetof(struct att_config_stack, match_grants), 0, 0, NULL, NULL},
    {"default", ATT_KEY_BOOLEAN, 0, offsetof(struct att_config_stack, match_default), 0, 0, NULL, NULL},
};

static void read_match(struct att_reader *reader, const struct att_value *group, const char *what,
                       struct att_config_stack *stack)
{
    const char *title = att_pool_format(reader->pool, "\"match\" in %s", what);

    if (title)
        att_read_keys(reader, group, title, match_keys, ATT_COUNT(match_keys), stack);
    else
        reader->findings->failed = true;
}

struct stack {
    const char *name;
    const struct att_value *match;
};

static const struct att_key stack_keys[] = {
    {"name", ATT_KEY_NAME, ATT_KEY_REQUIRED, offsetof(struct stack, name), 0, 0, NULL, NULL},
    {"match", ATT_KEY_GROUP, 0, offsetof(struct stack, match), 0, 0, NULL, NULL},
    {"fetch", ATT_KEY_OTHER, ATT_KEY_REQUIRED, 0, 0, 0, NULL, NULL},
    {.name = "origins"},
    {.name = "inject"},
};

void att_read_stacks(struct att_reader *reader, const struct att_value *root)
{
    struct att_groups groups = att_read_groups(reader, root, "stacks", "\"stacks\"");
    struct att_config *config = reader->config;

    config->stacks = att_read_array(reader, groups.count, sizeof *config->stacks);
    if (!att_names_open(&reader->stacks, reader->pool, "stack", groups.count) || !config->stacks) {
        reader->findings->failed = true;
        return;
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct att_config_stack *stack = &config->stacks[config->stack_count];
        const char *what = att_read_title(reader, "stack", groups.list[i], i);
        struct stack keys = {.name = NULL};

        att_read_keys(reader, groups.list[i], what, stack_keys, ATT_COUNT(stack_keys), &keys);
        *stack = (struct att_config_stack){.name = keys.name, .place = groups.list[i]->place};
        if (keys.match)
            read_match(reader, keys.match, what, stack);
        att_read_binding(reader, groups.list[i], what, &stack->binding);
        read_fetch(reader, groups.list[i], what, stack);
        if (!stack->name)
            continue;
        config->stack_count++;
        att_names_add(&reader->stacks, stack->name, stack->place);
    }
    att_names_sort(&reader->stacks, reader->findings);
}
