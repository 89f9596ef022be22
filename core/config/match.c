/* core/config/match.c: which stack a grant falls to; the one matcher of the check on load and of the running engine. */
#include <string.h>

#include "core/config/config.h"

/* How well a stack matches, the better the greater. */
enum fit { FIT_NONE, FIT_DEFAULT, FIT_WILDCARD, FIT_EXACT };

static enum fit fit_text(const char *pattern, const char *text)
{
    if (!text)
        return FIT_NONE;
    if (!att_glob_is_pattern(pattern))
        return strcmp(pattern, text) == 0 ? FIT_EXACT : FIT_NONE;
    return att_glob_match(pattern, text) ? FIT_WILDCARD : FIT_NONE;
}

static enum fit better(enum fit one, enum fit other)
{
    return one > other ? one : other;
}

static enum fit fit_stack(const struct att_config_stack *stack, const char *grant, const char *id, const char *provider)
{
    enum fit fit = stack->match_default ? FIT_DEFAULT : FIT_NONE;

    for (const char **pattern = stack->match_grants; pattern && *pattern; pattern++)
        fit = better(fit, better(fit_text(*pattern, grant), fit_text(*pattern, id)));
    for (const char **pattern = stack->match_providers; pattern && *pattern; pattern++)
        fit = better(fit, fit_text(*pattern, provider));
    return fit;
}

static const struct att_config_stack *named(const struct att_config *config, const char *name)
{
    for (size_t i = 0; i < config->stack_count; i++)
        if (strcmp(config->stacks[i].name, name) == 0)
            return &config->stacks[i];
    return NULL;
}

const struct att_config_grant *att_config_grant_find(const struct att_config *config, const char *name_or_id)
{
    for (size_t i = 0; i < config->grant_count; i++)
        if (strcmp(config->grants[i].name, name_or_id) == 0)
            return &config->grants[i];
    for (size_t i = 0; i < config->grant_count; i++)
        if (att_text_equal(config->grants[i].id, name_or_id))
            return &config->grants[i];
    return NULL;
}

const struct att_config_stack *att_config_stack_find(const struct att_config *config, const char *grant, const char *id,
                                                     const char *provider, const struct att_config_stack **first,
                                                     const struct att_config_stack **second)
{
    const struct att_config_grant *known = grant ? att_config_grant_find(config, grant) : NULL;
    const struct att_config_stack *best = NULL, *tie = NULL;
    enum fit best_fit = FIT_NONE;

    if (first)
        *first = NULL;
    if (second)
        *second = NULL;
    if (known && known->stack)
        return named(config, known->stack);
    for (size_t i = 0; i < config->stack_count; i++) {
        enum fit fit = fit_stack(&config->stacks[i], grant, id, provider);

        if (fit > best_fit) {
            best = &config->stacks[i];
            best_fit = fit;
            tie = NULL;
        } else if (fit != FIT_NONE && fit == best_fit && !tie) {
            tie = &config->stacks[i];
        }
    }
    if (!tie)
        return best;
    if (first)
        *first = best;
    if (second)
        *second = tie;
    return NULL;
}
