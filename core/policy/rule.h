/* rule.h: rules in the form that decisions run over. Private to core/policy; immutable once compiled. */
#ifndef ATT_RULE_H
#define ATT_RULE_H

#include "core/policy/policy.h"

/* What a rule may ask about. */
enum att_rule_key {
    ATT_RULE_CALLER,
    ATT_RULE_CALLER_TYPE,
    ATT_RULE_GRANT,
    ATT_RULE_PROVIDER,
    ATT_RULE_ACCOUNT,
    ATT_RULE_METHOD, /* from here on: what only a request has */
    ATT_RULE_ORIGIN,
    ATT_RULE_HOST,
    ATT_RULE_PATH,
    ATT_RULE_COUNT
};

/* UNSURE: a fact is not known, or two servers could read it differently. A permit takes it for no, a forbid for yes. */
enum att_truth { ATT_FALSE, ATT_UNSURE, ATT_TRUE };

struct att_rule_pattern {
    const char *written;      /* as the site wrote it */
    const char *text;         /* as it is matched */
    bool plain;               /* no wildcard: compared as it stands */
    struct att_origin origin; /* of ATT_RULE_ORIGIN */
};

/* One key: true when any of the patterns matches. */
struct att_rule_test {
    enum att_rule_key key;
    struct att_rule_pattern *patterns;
    size_t count;
    const char *mismatch; /* "method is not "GET"" */
    const char *unsure;   /* why it cannot be told */
};

/* All of the tests. */
struct att_rule_clause {
    struct att_rule_test tests[ATT_RULE_COUNT];
    size_t count;
};

struct att_rule {
    const char *name;
    enum att_effect effect;
    bool has_unless;
    struct att_rule_clause when, unless;
    const char *applies; /* the sentence of a decision */
    const char *exempt;  /* why it does not apply although `when` holds */
};

struct att_policy {
    bool broken, written, permit_by_default;
    struct att_rule *rules;
    size_t count;
};

const char *att_rule_key_name(enum att_rule_key key);
/* The texts that a condition has for a key; NULL when the key was not written. */
const char **att_rule_key_texts(const struct att_config_condition *condition, enum att_rule_key key);

/* Makes the pattern of a key from what the site wrote. False with a sentence in `why` when it could never match, or
 * would match something else than it seems to. */
bool att_rule_pattern_make(struct att_pool *pool, enum att_rule_key key, const char *text,
                           struct att_rule_pattern *pattern, struct att_buffer *why);
enum att_truth att_rule_test_holds(const struct att_rule_test *test, const struct att_question *question);

/* Writes the sentences of a compiled rule. False when memory is out. */
bool att_rule_describe(struct att_pool *pool, struct att_rule *rule, struct att_place place);

#endif
