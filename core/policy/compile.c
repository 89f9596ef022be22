/* core/policy/compile.c: from the rules of a configuration to rules that can be decided on. */
#include "core/policy/rule.h"

static size_t count_texts(const char **texts)
{
    size_t count = 0;

    while (texts[count])
        count++;
    return count;
}

/* False only when memory is out; what is wrong with the texts is a finding. */
static bool compile_test(struct att_pool *pool, const struct att_config_rule *config, const char **texts,
                         struct att_rule_test *test, struct att_findings *findings)
{
    const char *key = att_rule_key_name(test->key);
    struct att_buffer why;

    test->count = count_texts(texts);
    if (!test->count)
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "rule \"%s\": the list of %s is empty and would never match; leave the key out to mean any",
                    config->name, key);
    test->patterns = att_pool_take(pool, (test->count + 1) * sizeof *test->patterns);
    if (!test->patterns)
        return false;
    att_buffer_open(&why, 512);
    for (size_t i = 0; i < test->count; i++) {
        att_buffer_clear(&why);
        if (!att_rule_pattern_make(pool, test->key, texts[i], &test->patterns[i], &why))
            att_finding(findings, ATT_SEVERITY_ERROR, config->place, "rule \"%s\": %s \"%s\" is refused: %s",
                        config->name, key, texts[i], att_buffer_ok(&why) && why.size ? why.data : "memory is out");
    }
    att_buffer_close(&why);
    return true;
}

static bool compile_clause(struct att_pool *pool, const struct att_config_rule *config,
                           const struct att_config_condition *condition, struct att_rule_clause *clause,
                           struct att_findings *findings)
{
    for (int key = 0; key < ATT_RULE_COUNT; key++) {
        const char **texts = att_rule_key_texts(condition, (enum att_rule_key)key);
        struct att_rule_test *test = &clause->tests[clause->count];

        if (!texts)
            continue;
        test->key = (enum att_rule_key)key;
        if (!compile_test(pool, config, texts, test, findings))
            return false;
        clause->count++;
    }
    return true;
}

static bool compile_rule(struct att_pool *pool, const struct att_config_rule *config, struct att_rule *rule,
                         struct att_findings *findings)
{
    rule->name = att_pool_text(pool, config->name);
    rule->effect = config->effect;
    rule->has_unless = config->has_unless;
    if (!rule->name)
        return false;
    if (config->has_when && !compile_clause(pool, config, &config->when, &rule->when, findings))
        return false;
    if (config->has_unless && !compile_clause(pool, config, &config->unless, &rule->unless, findings))
        return false;
    if (config->has_unless && !rule->unless.count && !findings->errors)
        att_finding(findings, ATT_SEVERITY_ERROR, config->place,
                    "rule \"%s\": an unless without conditions always holds, so the rule would never apply; write a "
                    "condition or leave unless out",
                    config->name);
    return att_rule_describe(pool, rule, config->place);
}

const struct att_policy *att_policy_compile(struct att_pool *pool, const struct att_config *config,
                                            struct att_findings *findings)
{
    struct att_policy *policy = att_pool_take(pool, sizeof *policy);

    if (!policy)
        return NULL;
    policy->written = config->has_policy;
    policy->permit_by_default = config->permit_by_default;
    policy->count = config->has_policy ? config->rule_count : 0;
    policy->rules = att_pool_take(pool, (policy->count + 1) * sizeof *policy->rules);
    if (!policy->rules)
        return NULL;
    for (size_t i = 0; i < policy->count; i++)
        if (!compile_rule(pool, &config->rules[i], &policy->rules[i], findings))
            return NULL;
    policy->broken = findings->errors || findings->failed;
    return policy;
}
