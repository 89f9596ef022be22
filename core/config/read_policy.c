/* core/config/read_policy.c: the policy's default and its rules. */
#include <string.h>

#include "core/config/reader.h"

static const char *const effect_words[] = {"permit", "forbid", NULL};

struct policy {
    int initial;
};

static const char *const default_words[] = {"deny", "permit", NULL};

static const struct att_key policy_keys[] = {
    {"default", ATT_KEY_CHOICE, 0, offsetof(struct policy, initial), 0, 0, NULL, default_words},
    {"rules", ATT_KEY_OTHER, ATT_KEY_REPEATS, 0, 0, 0, NULL, NULL},
};

struct rule {
    const char *name;
    int effect;
    const struct att_value *when, *unless;
};

static const struct att_key rule_keys[] = {
    {"name", ATT_KEY_NAME, ATT_KEY_REQUIRED, offsetof(struct rule, name), 0, 0, NULL, NULL},
    {"effect", ATT_KEY_CHOICE, ATT_KEY_REQUIRED, offsetof(struct rule, effect), 0, 0, NULL, effect_words},
    {"when", ATT_KEY_GROUP, 0, offsetof(struct rule, when), 0, 0, NULL, NULL},
    {"unless", ATT_KEY_GROUP, 0, offsetof(struct rule, unless), 0, 0, NULL, NULL},
};

#define CONDITION(member)                                                                               \
    {                                                                                                   \
        .name = #member, .type = ATT_KEY_TEXTS, .offset = offsetof(struct att_config_condition, member) \
    }

static const struct att_key condition_keys[] = {
    CONDITION(caller), CONDITION(caller_type), CONDITION(grant), CONDITION(provider), CONDITION(account),
    CONDITION(method), CONDITION(origin),      CONDITION(host),  CONDITION(path),
};

/* An empty condition matches everything, which nobody means who writes one. */
static void read_condition(struct att_reader *reader, const struct att_value *group, const char *what,
                           struct att_config_condition *condition)
{
    static const struct att_config_condition empty;
    const char *title = att_pool_format(reader->pool, "\"%s\" of %s", group->name, what);
    size_t errors = reader->findings->errors;

    if (!title) {
        reader->findings->failed = true;
        return;
    }
    att_read_keys(reader, group, title, condition_keys, ATT_COUNT(condition_keys), condition);
    if (reader->findings->errors == errors && memcmp(condition, &empty, sizeof empty) == 0)
        ATT_REFUSE(reader, group->place, "%s has no condition in it: add one, or leave \"%s\" out", title, group->name);
}

static void read_rule(struct att_reader *reader, const struct att_value *group, size_t index, struct att_names *names)
{
    struct att_config_rule *rule = &reader->config->rules[reader->config->rule_count];
    const char *what = att_read_title(reader, "rule", group, index);
    struct rule keys = {.name = NULL};
    bool complete = att_read_keys(reader, group, what, rule_keys, ATT_COUNT(rule_keys), &keys);

    *rule = (struct att_config_rule){.name = keys.name,
                                     .effect = (enum att_effect)keys.effect,
                                     .has_when = keys.when != NULL,
                                     .has_unless = keys.unless != NULL,
                                     .place = group->place};
    if (keys.when)
        read_condition(reader, keys.when, what, &rule->when);
    if (keys.unless)
        read_condition(reader, keys.unless, what, &rule->unless);
    if (keys.name)
        att_names_add(names, keys.name, group->place);
    reader->config->rule_count += complete;
}

void att_read_policy(struct att_reader *reader, const struct att_value *root)
{
    const struct att_value *group = att_read_merged(reader, root, "policy");
    struct att_config *config = reader->config;
    struct policy policy = {.initial = 0};
    struct att_groups rules;
    struct att_names names;

    if (!group)
        return;
    config->has_policy = true;
    att_read_keys(reader, group, "policy", policy_keys, ATT_COUNT(policy_keys), &policy);
    config->permit_by_default = policy.initial == 1;
    rules = att_read_groups(reader, group, "rules", "\"rules\" in policy");
    config->rules = att_read_array(reader, rules.count, sizeof *config->rules);
    if (!config->rules || !att_names_open(&names, reader->pool, "rule", rules.count)) {
        reader->findings->failed = true;
        return;
    }
    for (size_t i = 0; i < rules.count; i++)
        read_rule(reader, rules.list[i], i, &names);
    att_names_sort(&names, reader->findings);
}
