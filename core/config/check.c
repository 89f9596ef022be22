/* core/config/check.c: what can be told only when everything is read: names that lead nowhere, circles of stacks, ties,
 * and what is defined and never used. */
#include <stdlib.h>
#include <string.h>

#include "core/config/reader.h"

enum { SUBSTACK_LIMIT = 8 };

static void check_reference(struct att_reader *reader, struct att_place place, const char *owner,
                            const char *owner_name, const struct att_names *names, const char *name)
{
    const char *nearest;

    if (!name || att_names_find(names, name))
        return;
    nearest = att_names_nearest(names, name);
    if (nearest)
        ATT_REFUSE(reader, place, "%s \"%s\" uses %s \"%s\", which is not defined: did you mean \"%s\"?", owner,
                   owner_name, names->noun, name, nearest);
    else
        ATT_REFUSE(reader, place, "%s \"%s\" uses %s \"%s\", which is not defined: define it, or name another", owner,
                   owner_name, names->noun, name);
}

static void check_names(struct att_reader *reader)
{
    const struct att_config *config = reader->config;

    for (size_t i = 0; i < config->grant_count; i++)
        check_reference(reader, config->grants[i].place, "grant", config->grants[i].name, &reader->stacks,
                        config->grants[i].stack);
    for (size_t i = 0; i < config->stack_count; i++) {
        const struct att_config_stack *stack = &config->stacks[i];

        for (size_t j = 0; j < stack->step_count; j++) {
            const struct att_config_step *step = &stack->steps[j];

            check_reference(reader, step->place, "stack", stack->name, &reader->providers, step->use);
            check_reference(reader, step->place, "stack", stack->name, &reader->stacks, step->substack);
        }
    }
}

/* Which providers stand in a step: `order` of a name is its place among them. */
static void warn_of_unused_providers(struct att_reader *reader)
{
    const struct att_config *config = reader->config;
    bool *used = att_read_array(reader, reader->providers.count, sizeof *used);

    if (!used)
        return;
    for (size_t i = 0; i < config->stack_count; i++) {
        for (size_t j = 0; j < config->stacks[i].step_count; j++) {
            const char *use = config->stacks[i].steps[j].use;
            const struct att_name *name = use ? att_names_find(&reader->providers, use) : NULL;

            if (name)
                used[name - reader->providers.list] = true;
        }
    }
    for (size_t i = 0; i < reader->providers.count; i++)
        if (!used[i])
            att_finding(
                reader->findings, ATT_SEVERITY_WARNING, reader->providers.list[i].place,
                "provider \"%s\" is used by no stack: it is opened and never asked; name it in a step, or remove "
                "it",
                reader->providers.list[i].text);
}

/* ---- ties ----------------------------------------------------------------------------------------------------------
 */

struct pattern {
    const char *text;
    const struct att_config_stack *stack;
    size_t order;
};

static int compare_patterns(const void *left, const void *right)
{
    const struct pattern *one = left, *other = right;
    int order = strcmp(one->text, other->text);

    return order ? order : (one->order > other->order) - (one->order < other->order);
}

static const char **patterns_of(const struct att_config_stack *stack, bool grants)
{
    return grants ? stack->match_grants : stack->match_providers;
}

static void check_patterns(struct att_reader *reader, bool grants)
{
    const struct att_config *config = reader->config;
    struct pattern *list;
    size_t count = 0, filled = 0;

    for (size_t i = 0; i < config->stack_count; i++)
        for (const char **at = patterns_of(&config->stacks[i], grants); at && *at; at++)
            count++;
    list = att_read_array(reader, count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < config->stack_count; i++) {
        for (const char **at = patterns_of(&config->stacks[i], grants); at && *at; at++) {
            list[filled] = (struct pattern){*at, &config->stacks[i], filled};
            filled++;
        }
    }
    qsort(list, count, sizeof *list, compare_patterns);
    for (size_t i = 1; i < count; i++)
        if (strcmp(list[i - 1].text, list[i].text) == 0)
            ATT_REFUSE(reader, list[i].stack->place,
                       "stack \"%s\" matches %s \"%s\", and so does stack \"%s\" at %s:%d: let one of them match it",
                       list[i].stack->name, grants ? "grant" : "provider", list[i].text, list[i - 1].stack->name,
                       list[i - 1].stack->place.file, list[i - 1].stack->place.line);
}

static void check_default(struct att_reader *reader)
{
    const struct att_config *config = reader->config;
    const struct att_config_stack *first = NULL;

    for (size_t i = 0; i < config->stack_count; i++) {
        const struct att_config_stack *stack = &config->stacks[i];

        if (stack->match_default && first)
            ATT_REFUSE(reader, stack->place,
                       "stack \"%s\" is a second default stack: stack \"%s\" at %s:%d is one already; keep one",
                       stack->name, first->name, first->place.file, first->place.line);
        else if (stack->match_default)
            first = stack;
    }
}

/* ---- circles -------------------------------------------------------------------------------------------------------
 */

/* The stacks that the steps of each name; -1 for none. */
struct graph {
    const struct att_config *config;
    long **substacks; /* per stack and step */
    int *height;
};

static long index_of(const struct att_reader *reader, const char *name)
{
    const struct att_config *config = reader->config;
    const struct att_name *found = name ? att_names_find(&reader->stacks, name) : NULL;

    return found && found->order < config->stack_count ? (long)found->order : -1;
}

static bool graph_open(struct graph *graph, struct att_reader *reader)
{
    const struct att_config *config = reader->config;

    *graph = (struct graph){.config = config};
    graph->height = att_read_array(reader, config->stack_count, sizeof *graph->height);
    graph->substacks = att_read_array(reader, config->stack_count, sizeof *graph->substacks);
    for (size_t i = 0; graph->substacks && i < config->stack_count; i++) {
        const struct att_config_stack *stack = &config->stacks[i];

        graph->substacks[i] = att_read_array(reader, stack->step_count, sizeof **graph->substacks);
        for (size_t j = 0; graph->substacks[i] && j < stack->step_count; j++)
            graph->substacks[i][j] = index_of(reader, stack->steps[j].substack);
    }
    return !reader->findings->failed;
}

/* How deep the substacks of each go, counted up to one more than is allowed: then nothing changes any more, circle or
 * not. */
static void measure(struct graph *graph)
{
    for (int round = 0; round <= SUBSTACK_LIMIT; round++) {
        for (size_t i = 0; i < graph->config->stack_count; i++) {
            for (size_t j = 0; j < graph->config->stacks[i].step_count; j++) {
                long sub = graph->substacks[i][j];

                if (sub >= 0 && graph->height[sub] >= graph->height[i] && graph->height[i] <= SUBSTACK_LIMIT)
                    graph->height[i] =
                        graph->height[sub] < SUBSTACK_LIMIT ? graph->height[sub] + 1 : SUBSTACK_LIMIT + 1;
            }
        }
    }
}

/* Whether a stack can be reached from itself. `queue` and `seen` have room for all stacks. */
static bool in_circle(const struct graph *graph, size_t start, size_t *queue, bool *seen)
{
    size_t head = 0, tail = 0;

    memset(seen, 0, graph->config->stack_count * sizeof *seen);
    queue[tail++] = start;
    while (head < tail) {
        size_t at = queue[head++];

        for (size_t j = 0; j < graph->config->stacks[at].step_count; j++) {
            long sub = graph->substacks[at][j];

            if (sub < 0 || seen[sub])
                continue;
            if ((size_t)sub == start)
                return true;
            seen[sub] = true;
            queue[tail++] = (size_t)sub;
        }
    }
    return false;
}

static void check_circles(struct att_reader *reader)
{
    const struct att_config *config = reader->config;
    size_t *queue = att_read_array(reader, config->stack_count, sizeof *queue);
    bool *seen = att_read_array(reader, config->stack_count, sizeof *seen);
    struct graph graph;

    if (!graph_open(&graph, reader) || !queue || !seen)
        return;
    measure(&graph);
    for (size_t i = 0; i < config->stack_count; i++) {
        if (graph.height[i] <= SUBSTACK_LIMIT)
            continue;
        if (in_circle(&graph, i, queue, seen))
            ATT_REFUSE(reader, config->stacks[i].place,
                       "stack \"%s\" comes back to itself through its substacks: break the circle",
                       config->stacks[i].name);
        else
            ATT_REFUSE(reader, config->stacks[i].place,
                       "stack \"%s\" goes more than %d substacks deep: put the steps of some into one stack",
                       config->stacks[i].name, SUBSTACK_LIMIT);
    }
}

/* ---- what is missing
 * --------------------------------------------------------------------------------------------------------
 */

/* A site that says nothing about policy or audit gets what the design says, and should hear of it. */
static void warn_of_missing_parts(struct att_reader *reader)
{
    struct att_place place = {reader->config->files[0], 0};

    if (!reader->config->has_policy)
        att_finding(reader->findings, ATT_SEVERITY_WARNING, place,
                    "there is no policy: every request will be denied; write policy = { rules = ( ... ); };");
    if (reader->config->sink_count == 0)
        att_finding(reader->findings, ATT_SEVERITY_WARNING, place,
                    "there is no audit sink: requests leave no record; write audit = ( { module = \"audit_file.so\"; "
                    "... } );");
}

void att_check_references(struct att_reader *reader)
{
    check_names(reader);
    check_patterns(reader, true);
    check_patterns(reader, false);
    check_default(reader);
    check_circles(reader);
    /* What was refused above may be the very thing that would be missed below. */
    if (reader->findings->errors == 0) {
        warn_of_unused_providers(reader);
        warn_of_missing_parts(reader);
    }
}
