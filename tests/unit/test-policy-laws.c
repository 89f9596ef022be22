/* tests/unit/test-policy-laws.c: generated rule sets against the definition of a decision, written out as it reads. */
#include <stdlib.h>
#include <string.h>

#include "core/policy/policy.h"
#include "tests/unit/unit.h"

#define RULES_MOST 5
#define SETS 3000

/* Few values, so that rules meet requests often. The last path of each pair is its loose reading. */
static const char *const callers[] = {"a1", "a2", "b1"};
static const char *const methods[] = {"GET", "POST", "get"};
static const char *const grants[] = {"g", "h", NULL};
static const char *const paths[][2] = {{"/x", "/x"}, {"/x/y", "/x/y"}, {"/x%2Fy", "/x/y"}, {"//x", "/x"}, {"/z", "/z"}};

static const char *const caller_patterns[] = {"a1", "a*", "b1", "*"};
static const char *const method_patterns[] = {"GET", "POST"};
static const char *const grant_patterns[] = {"g", "h", "*"};
static const char *const path_patterns[] = {"/x", "/x/*", "/**", "/z", "**/x", "/x%2F*"};

static uint64_t seed;

static size_t pick(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 33) % below;
}

struct key {
    const char *texts[3];
};

struct generated_rule {
    struct key keys[8];
    struct att_config_rule config;
};

static const char **pick_key(struct key *key, const char *const *patterns, size_t count)
{
    if (pick(2))
        return NULL;
    key->texts[0] = patterns[pick(count)];
    key->texts[1] = pick(3) ? NULL : patterns[pick(count)];
    key->texts[2] = NULL;
    return key->texts;
}

static void generate_clause(struct key *keys, struct att_config_condition *condition)
{
    condition->caller = pick_key(&keys[0], caller_patterns, ATT_COUNT(caller_patterns));
    condition->method = pick_key(&keys[1], method_patterns, ATT_COUNT(method_patterns));
    condition->grant = pick_key(&keys[2], grant_patterns, ATT_COUNT(grant_patterns));
    condition->path = pick_key(&keys[3], path_patterns, ATT_COUNT(path_patterns));
}

static void generate_rule(struct generated_rule *rule)
{
    struct att_config_rule *config = &rule->config;
    const struct att_config_condition *unless = &config->unless;

    memset(rule, 0, sizeof *rule);
    config->name = "r";
    config->effect = pick(2) ? ATT_EFFECT_PERMIT : ATT_EFFECT_FORBID;
    config->has_when = pick(4) != 0;
    if (config->has_when)
        generate_clause(rule->keys, &config->when);
    if (!pick(3))
        generate_clause(rule->keys + 4, &config->unless);
    config->has_unless = unless->caller || unless->method || unless->grant || unless->path;
}

/* ---- the definition ---------------------------------------------------------------------------------------------- */

static bool one_of(const char **patterns, const char *text)
{
    for (; *patterns; patterns++)
        if (att_glob_match(*patterns, text))
            return true;
    return false;
}

/* Of every way in which the request may be read: does the clause hold in all of them, and in any? */
static void clause_by_definition(const struct att_config_condition *clause, const struct att_question *question,
                                 bool *surely, bool *possibly)
{
    *surely = *possibly = true;
    if (clause->caller && !one_of(clause->caller, question->caller))
        *surely = *possibly = false;
    if (clause->grant && !question->grant)
        *surely = false;
    else if (clause->grant && !one_of(clause->grant, question->grant))
        *surely = *possibly = false;
    if (clause->method && !one_of(clause->method, question->method)) {
        *surely = false;
        if (strcmp(question->method, "get") != 0 || !one_of(clause->method, "GET"))
            *possibly = false;
    }
    if (clause->path) {
        bool strict = one_of(clause->path, question->url->path);
        bool loose = one_of(clause->path, question->url->loose_path);
        *surely = *surely && strict && loose;
        *possibly = *possibly && (strict || loose);
    }
}

static bool permitted_by_definition(const struct att_config *config, const struct att_question *question)
{
    bool permit = config->permit_by_default;
    bool forbid = false;

    for (size_t i = 0; i < config->rule_count; i++) {
        const struct att_config_rule *rule = &config->rules[i];
        bool when_surely = true, when_possibly = true, unless_surely = false, unless_possibly = false;

        if (rule->has_when)
            clause_by_definition(&rule->when, question, &when_surely, &when_possibly);
        if (rule->has_unless)
            clause_by_definition(&rule->unless, question, &unless_surely, &unless_possibly);
        if (rule->effect == ATT_EFFECT_PERMIT)
            permit = permit || (when_surely && !unless_possibly);
        else
            forbid = forbid || (when_possibly && !unless_surely);
    }
    return permit && !forbid;
}

/* ---- all requests ------------------------------------------------------------------------------------------------ */

#define QUESTIONS (ATT_COUNT(callers) * ATT_COUNT(methods) * ATT_COUNT(grants) * ATT_COUNT(paths))

static struct att_question question_number(size_t number, struct att_url *url)
{
    struct att_question question = {.caller_type = "service", .url = url};
    const char *const *path = paths[number % ATT_COUNT(paths)];

    number /= ATT_COUNT(paths);
    *url = (struct att_url){.host = "h", .path = path[0], .loose_path = path[1]};
    question.caller = callers[number % ATT_COUNT(callers)];
    number /= ATT_COUNT(callers);
    question.method = methods[number % ATT_COUNT(methods)];
    number /= ATT_COUNT(methods);
    question.grant = grants[number];
    return question;
}

static void no_trace(void *context, const char *rule, const char *outcome, const char *reason)
{
    (void)rule;
    assert_non_null(outcome);
    assert_non_null(reason);
    ++*(size_t *)context;
}

/* Decides on every request, with and without a trace, which must agree. */
static void decide_all(const struct att_config *config, bool *permitted)
{
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    const struct att_policy *policy;

    att_findings_open(&findings, pool);
    policy = att_policy_compile(pool, config, &findings);
    assert_non_null(policy);
    assert_int_equal(findings.errors, 0);
    for (size_t i = 0; i < QUESTIONS; i++) {
        struct att_decision quick, traced;
        struct att_url url;
        struct att_question question = question_number(i, &url);
        size_t looked_at = 0;

        att_policy_decide(policy, &question, &quick, NULL, NULL);
        att_policy_decide(policy, &question, &traced, no_trace, &looked_at);
        assert_int_equal(looked_at, config->rule_count);
        assert_int_equal(quick.permitted, traced.permitted);
        assert_ptr_equal(quick.rule, traced.rule);
        assert_ptr_equal(quick.reason, traced.reason);
        assert_true(!quick.permitted || quick.rule);
        permitted[i] = quick.permitted;
    }
    att_findings_close(&findings);
    att_pool_destroy(pool);
}

static void generate_set(struct generated_rule *generated, struct att_config_rule *rules, struct att_config *config)
{
    config->has_policy = true;
    config->permit_by_default = !pick(4);
    config->rules = rules;
    config->rule_count = pick(RULES_MOST + 1);
    for (size_t i = 0; i < config->rule_count; i++) {
        generate_rule(&generated[i]);
        rules[i] = generated[i].config;
    }
}

static void decisions_are_what_the_definition_says(void **state)
{
    struct generated_rule generated[RULES_MOST];
    struct att_config_rule rules[RULES_MOST];
    size_t yes = 0, no = 0;

    (void)state;
    seed = 20261122;
    for (int set = 0; set < SETS; set++) {
        struct att_config config = {0};
        bool permitted[QUESTIONS];

        generate_set(generated, rules, &config);
        decide_all(&config, permitted);
        for (size_t i = 0; i < QUESTIONS; i++) {
            struct att_url url;
            struct att_question question = question_number(i, &url);
            if (permitted[i] != permitted_by_definition(&config, &question))
                fail_msg("set %d, request %zu", set, i);
            ++*(permitted[i] ? &yes : &no);
        }
    }
    assert_true(yes > SETS && no > SETS);
}

static void the_order_of_rules_does_not_matter(void **state)
{
    struct generated_rule generated[RULES_MOST];
    struct att_config_rule rules[RULES_MOST];

    (void)state;
    seed = 4711;
    for (int set = 0; set < SETS / 4; set++) {
        struct att_config config = {0};
        bool permitted[QUESTIONS], shuffled[QUESTIONS];

        generate_set(generated, rules, &config);
        decide_all(&config, permitted);
        for (size_t i = config.rule_count; i > 1; i--) {
            size_t other = pick(i);
            struct att_config_rule rule = rules[i - 1];
            rules[i - 1] = rules[other];
            rules[other] = rule;
        }
        decide_all(&config, shuffled);
        assert_memory_equal(permitted, shuffled, sizeof permitted);
    }
}

static void a_forbid_more_never_permits_more_and_a_permit_more_never_less(void **state)
{
    struct generated_rule generated[RULES_MOST + 1];
    struct att_config_rule rules[RULES_MOST + 1];

    (void)state;
    seed = 815;
    for (int set = 0; set < SETS / 4; set++) {
        struct att_config config = {0};
        bool before[QUESTIONS], after[QUESTIONS], forbids;

        generate_set(generated, rules, &config);
        decide_all(&config, before);
        generate_rule(&generated[RULES_MOST]);
        rules[config.rule_count++] = generated[RULES_MOST].config;
        forbids = generated[RULES_MOST].config.effect == ATT_EFFECT_FORBID;
        decide_all(&config, after);
        for (size_t i = 0; i < QUESTIONS; i++)
            assert_true(forbids ? before[i] || !after[i] : after[i] || !before[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_are_what_the_definition_says),
        cmocka_unit_test(the_order_of_rules_does_not_matter),
        cmocka_unit_test(a_forbid_more_never_permits_more_and_a_permit_more_never_less),
    };

    return cmocka_run_group_tests_name("policy-laws", tests, NULL, NULL);
}
