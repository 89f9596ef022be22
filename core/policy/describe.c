/* core/policy/describe.c: the sentences of a rule, written once when it is compiled, so that deciding never has to. */
#include "core/policy/rule.h"

#define SENTENCE_LIMIT 4096
#define PATTERNS_SHOWN 4

static const char *keep(struct att_pool *pool, struct att_buffer *sentence)
{
    const char *copy = att_buffer_ok(sentence) ? att_pool_text(pool, sentence->data) : NULL;

    att_buffer_clear(sentence);
    return copy;
}

/* "GET" or "HEAD" */
static void add_patterns(struct att_buffer *sentence, const struct att_rule_test *test)
{
    for (size_t i = 0; i < test->count; i++) {
        if (i == PATTERNS_SHOWN) {
            att_buffer_format(sentence, " or %zu more", test->count - i);
            break;
        }
        att_buffer_text(sentence, i ? " or " : "");
        att_json_text(sentence, test->patterns[i].written);
    }
}

/* method "GET" or "HEAD" and path "/v1/" */
static void add_clause(struct att_buffer *sentence, const struct att_rule_clause *clause)
{
    for (size_t i = 0; i < clause->count; i++) {
        att_buffer_format(sentence, "%s%s ", i ? " and " : "", att_rule_key_name(clause->tests[i].key));
        add_patterns(sentence, &clause->tests[i]);
    }
}

static void begin(struct att_buffer *sentence, const struct att_rule *rule, struct att_place place)
{
    att_buffer_text(sentence, "rule ");
    att_json_text(sentence, rule->name);
    if (place.file)
        att_buffer_format(sentence, " (%s:%d)", place.file, place.line);
}

static void add_doubt(struct att_buffer *sentence, const struct att_rule_test *test)
{
    const char *name = att_rule_key_name(test->key);

    if (test->key == ATT_RULE_PATH)
        att_buffer_text(sentence, "servers could read the path in two ways, since it has an encoded slash, an empty "
                                  "segment or a \";\", and only one of them is");
    else if (test->key == ATT_RULE_METHOD)
        att_buffer_text(sentence, "the method is, but for the case of its letters,");
    else
        att_buffer_format(sentence, "the %s is not known, and the rule asks for", name);
    att_buffer_char(sentence, ' ');
    add_patterns(sentence, test);
    if (test->key != ATT_RULE_PATH && test->key != ATT_RULE_METHOD)
        att_buffer_format(sentence, "; state the %s in the request or on the grant", name);
    else
        att_buffer_text(sentence, "; send it in its plain form");
}

static bool describe_tests(struct att_pool *pool, struct att_buffer *sentence, struct att_rule *rule,
                           struct att_rule_clause *clause, struct att_place place)
{
    for (size_t i = 0; i < clause->count; i++) {
        struct att_rule_test *test = &clause->tests[i];

        att_buffer_format(sentence, "%s is not ", att_rule_key_name(test->key));
        add_patterns(sentence, test);
        test->mismatch = keep(pool, sentence);
        begin(sentence, rule, place);
        att_buffer_text(sentence, rule->effect == ATT_EFFECT_FORBID ? " forbids this: " : " does not permit this: ");
        add_doubt(sentence, test);
        test->unsure = keep(pool, sentence);
        if (!test->mismatch || !test->unsure)
            return false;
    }
    return true;
}

bool att_rule_describe(struct att_pool *pool, struct att_rule *rule, struct att_place place)
{
    const char *verb = rule->effect == ATT_EFFECT_FORBID ? "forbids" : "permits";
    struct att_buffer sentence;
    bool described = false;

    att_buffer_open(&sentence, SENTENCE_LIMIT);
    if (!describe_tests(pool, &sentence, rule, &rule->when, place) ||
        !describe_tests(pool, &sentence, rule, &rule->unless, place))
        goto cleanup;
    begin(&sentence, rule, place);
    att_buffer_format(&sentence, rule->when.count ? " %s requests with " : " %s every request", verb);
    add_clause(&sentence, &rule->when);
    if (rule->has_unless) {
        att_buffer_text(&sentence, ", except those with ");
        add_clause(&sentence, &rule->unless);
    }
    rule->applies = keep(pool, &sentence);
    att_buffer_text(&sentence, "its exception holds: ");
    add_clause(&sentence, &rule->unless);
    rule->exempt = keep(pool, &sentence);
    described = rule->applies && rule->exempt;

cleanup:
    att_buffer_close(&sentence);
    return described;
}
