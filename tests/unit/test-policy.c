/* tests/unit/test-policy.c: what single rules of a policy do, and what is said about it. */
#include <stdio.h>
#include <string.h>

#include "core/policy/policy.h"
#include "tests/unit/unit.h"

#define ANY(...) ((const char *[]){__VA_ARGS__, NULL})
#define PERMIT(rule_name, ...)                                                                   \
    {                                                                                            \
        .name = (rule_name), .effect = ATT_EFFECT_PERMIT, .place = {"site.conf", 7}, __VA_ARGS__ \
    }
#define FORBID(rule_name, ...)                                                                   \
    {                                                                                            \
        .name = (rule_name), .effect = ATT_EFFECT_FORBID, .place = {"site.conf", 9}, __VA_ARGS__ \
    }
#define WHEN(...) .has_when = true, .when = {__VA_ARGS__}
#define UNLESS(...) .has_unless = true, .unless = {__VA_ARGS__}
#define RULES(...)                             \
    ((struct att_config_rule[]){__VA_ARGS__}), \
        sizeof((struct att_config_rule[]){__VA_ARGS__}) / sizeof(struct att_config_rule)

struct site {
    struct att_pool *pool;
    struct att_findings findings;
    const struct att_policy *policy;
    struct att_decision decision;
};

static void site_compile(struct site *site, struct att_config *config)
{
    site->pool = att_pool_create();
    att_findings_open(&site->findings, site->pool);
    site->policy = att_policy_compile(site->pool, config, &site->findings);
    assert_non_null(site->policy);
}

static void site_open(struct site *site, struct att_config_rule *rules, size_t count)
{
    struct att_config config = {.has_policy = true, .rules = rules, .rule_count = count};

    site_compile(site, &config);
}

static void site_close(struct site *site)
{
    att_findings_close(&site->findings);
    att_pool_destroy(site->pool);
}

/* A request with all facts known, of which a test changes what it is about. */
static struct att_question question_of(struct site *site, const char *method, const char *url)
{
    struct att_question question = {.caller = "email-assistant",
                                    .caller_type = "agent",
                                    .grant = "calendar",
                                    .grant_id = "6f9f2a6e",
                                    .provider = "google",
                                    .account = "ann@example.com",
                                    .method = method};
    struct att_url *parsed = NULL;

    if (att_url_parse(site->pool, url, &parsed, NULL) != ATT_OK)
        fail_msg("the URL %s is refused before policy", url);
    question.url = parsed;
    return question;
}

static bool permitted(struct site *site, const struct att_question *question)
{
    att_policy_decide(site->policy, question, &site->decision, NULL, NULL);
    return site->decision.permitted;
}

static bool asks(struct att_config_rule rule, enum att_effect effect, const char *method, const char *url)
{
    struct att_config config = {.has_policy = true, .rules = &rule, .rule_count = 1};
    struct att_question question;
    struct site site;
    bool applies;

    rule.effect = effect;
    config.permit_by_default = effect == ATT_EFFECT_FORBID;
    site_compile(&site, &config);
    if (site.findings.errors)
        fail_msg("%s", site.findings.list[0].text);
    question = question_of(&site, method, url);
    applies = permitted(&site, &question) == (effect == ATT_EFFECT_PERMIT);
    site_close(&site);
    return applies;
}

static void each_condition_holds_for_what_it_names_and_for_nothing_else(void **state)
{
    static const char *const url = "https://api.example.com/v1/items";
    const struct {
        struct att_config_condition when;
        bool holds;
    } cases[] = {
        {{.caller = ANY("email-assistant")}, true},
        {{.caller = ANY("email-*")}, true},
        {{.caller = ANY("x", "*-assistant")}, true},
        {{.caller = ANY("Email-assistant")}, false},
        {{.caller = ANY("email")}, false},
        {{.caller_type = ANY("agent")}, true},
        {{.caller_type = ANY("service")}, false},
        {{.grant = ANY("calendar")}, true},
        {{.grant = ANY("6f9f2a6e")}, true},
        {{.grant = ANY("mail")}, false},
        {{.provider = ANY("goo*")}, true},
        {{.provider = ANY("github")}, false},
        {{.account = ANY("*@example.com")}, true},
        {{.account = ANY("*@example.org")}, false},
        {{.method = ANY("POST", "GET")}, true},
        {{.method = ANY("POST")}, false},
        {{.origin = ANY("https://api.example.com")}, true},
        {{.origin = ANY("https://*.example.com")}, true},
        {{.origin = ANY("https://api.example.com:8443")}, false},
        {{.origin = ANY("http://api.example.com")}, false},
        {{.host = ANY("api.example.com")}, true},
        {{.host = ANY("*.example.com")}, true},
        {{.host = ANY("example.com")}, false},
        {{.path = ANY("/v1/items")}, true},
        {{.path = ANY("/v1/*")}, true},
        {{.path = ANY("/*")}, false},
        {{.path = ANY("/**")}, true},
        {{.path = ANY("**/items")}, true},
        {{.path = ANY("/v1")}, false},
        {{.path = ANY("/v1/items"), .method = ANY("GET")}, true},
        {{.path = ANY("/v1/items"), .method = ANY("POST")}, false},
        {{.path = ANY("/v2/items"), .method = ANY("GET")}, false},
        {{.caller = NULL}, true},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_config_rule rule = {.name = "r", .has_when = true, .when = cases[i].when};
        if (asks(rule, ATT_EFFECT_PERMIT, "GET", url) != cases[i].holds)
            fail_msg("permit of case %zu", i);
        if (asks(rule, ATT_EFFECT_FORBID, "GET", url) != cases[i].holds)
            fail_msg("forbid of case %zu", i);
    }
}

/* Attack B5: no spelling of a path walks into a permit or around a forbid. */
static void a_path_in_disguise_is_forbidden_and_not_permitted(void **state)
{
    static const struct {
        const char *pattern, *url;
        bool permit, forbid;
    } cases[] = {
        {"/admin/**", "https://h.example/admin/x", true, true},
        {"/admin/**", "https://h.example/allowed/../admin/x", true, true},
        {"/admin/**", "https://h.example/allowed/%2e%2E/admin/x", true, true},
        {"/admin/**", "https://h.example/%61dmin/x", true, true},
        {"/admin/**", "https://h.example/./admin/x", true, true},
        {"/admin/**", "https://h.example//admin/x", false, true},
        {"/admin/**", "https://h.example/admin%2Fx", false, true},
        {"/admin/**", "https://h.example/admin%2fx", false, true},
        {"/admin/**", "https://h.example/admin;v=1/x", false, true},
        {"/public/**", "https://h.example/public/../admin/x", false, false},
        {"/public/*", "https://h.example/public/a%2Fb", false, true},
        {"/public/**", "https://h.example/public/a%2Fb", true, true},
        {"/Admin/**", "https://h.example/admin/x", false, false},
        {"/a%2Fb", "https://h.example/a%2fb", false, true},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct att_config_rule rule = {.name = "r", WHEN(.path = ANY(cases[i].pattern))};
        if (asks(rule, ATT_EFFECT_PERMIT, "GET", cases[i].url) != cases[i].permit)
            fail_msg("permit %s on %s", cases[i].pattern, cases[i].url);
        if (asks(rule, ATT_EFFECT_FORBID, "GET", cases[i].url) != cases[i].forbid)
            fail_msg("forbid %s on %s", cases[i].pattern, cases[i].url);
    }
}

static void a_path_in_disguise_is_no_exception_from_a_forbid_and_one_from_a_permit(void **state)
{
    struct att_config_rule rule = {.name = "r", UNLESS(.path = ANY("/open/**"))};

    (void)state;
    assert_false(asks(rule, ATT_EFFECT_FORBID, "GET", "https://h.example/open/x"));
    assert_true(asks(rule, ATT_EFFECT_FORBID, "GET", "https://h.example/shut/x"));
    assert_true(asks(rule, ATT_EFFECT_FORBID, "GET", "https://h.example//open/x"));
    assert_false(asks(rule, ATT_EFFECT_PERMIT, "GET", "https://h.example/open/x"));
    assert_true(asks(rule, ATT_EFFECT_PERMIT, "GET", "https://h.example/shut/x"));
    assert_false(asks(rule, ATT_EFFECT_PERMIT, "GET", "https://h.example//open/x"));
}

/* Attack B6. */
static void a_method_in_lower_case_is_forbidden_and_not_permitted(void **state)
{
    struct att_config_rule rule = {.name = "r", WHEN(.method = ANY("DELETE"))};

    (void)state;
    assert_true(asks(rule, ATT_EFFECT_FORBID, "delete", "https://h.example/"));
    assert_false(asks(rule, ATT_EFFECT_PERMIT, "Delete", "https://h.example/"));
    assert_false(asks(rule, ATT_EFFECT_FORBID, "GET", "https://h.example/"));
}

static void a_slash_in_a_name_does_not_slip_past_a_wildcard(void **state)
{
    struct site site;
    struct att_question question;

    (void)state;
    site_open(&site, RULES(PERMIT("all"), FORBID("no-mail", WHEN(.caller = ANY("email-*")))));
    question = question_of(&site, "GET", "https://h.example/");
    question.caller = "email-a/b";
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.rule, "no-mail");
    site_close(&site);
}

static void what_is_not_known_is_forbidden_and_not_permitted(void **state)
{
    struct site site;
    struct att_question question;

    (void)state;
    site_open(&site, RULES(PERMIT("ann", WHEN(.account = ANY("ann@example.com")))));
    question = question_of(&site, "GET", "https://h.example/");
    assert_true(permitted(&site, &question));
    question.account = NULL;
    assert_false(permitted(&site, &question));
    assert_null(site.decision.rule);
    assert_string_equal(site.decision.reason,
                        "rule \"ann\" (site.conf:7) does not permit this: the account is not known, and the rule asks "
                        "for \"ann@example.com\"; state the account in the request or on the grant");
    site_close(&site);

    site_open(&site, RULES(PERMIT("all"), FORBID("not-billing", WHEN(.grant = ANY("billing")))));
    question = question_of(&site, "GET", "https://h.example/");
    assert_true(permitted(&site, &question));
    question.grant = NULL;
    assert_true(permitted(&site, &question));
    question.grant_id = NULL;
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.rule, "not-billing");
    site_close(&site);
}

static void a_forbid_overrides_any_permit_and_the_reason_names_rule_and_conditions(void **state)
{
    struct site site;
    struct att_question question;

    (void)state;
    site_open(&site, RULES(PERMIT("read", WHEN(.method = ANY("GET", "HEAD"), .path = ANY("/v1/**"))),
                           FORBID("office", UNLESS(.caller = ANY("email-*"))),
                           FORBID("no-keys", WHEN(.path = ANY("/v1/keys/*")))));
    question = question_of(&site, "GET", "https://h.example/v1/items");
    assert_true(permitted(&site, &question));
    assert_string_equal(site.decision.rule, "read");
    assert_string_equal(site.decision.reason, "rule \"read\" (site.conf:7) permits requests with method \"GET\" or "
                                              "\"HEAD\" and path \"/v1/**\"");

    question = question_of(&site, "GET", "https://h.example/v1/keys/1");
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.rule, "no-keys");
    assert_string_equal(site.decision.reason,
                        "rule \"no-keys\" (site.conf:9) forbids requests with path \"/v1/keys/*\"");

    question = question_of(&site, "GET", "https://h.example/v1%2Fkeys/1");
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.reason,
                        "rule \"no-keys\" (site.conf:9) forbids this: servers could read the path in two ways, since "
                        "it has an encoded slash, an empty segment or a \";\", and only one of them is "
                        "\"/v1/keys/*\"; send it in its plain form");

    question = question_of(&site, "GET", "https://h.example/v1/items");
    question.caller = "batch";
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.reason, "rule \"office\" (site.conf:9) forbids every request, except those with "
                                              "caller \"email-*\"");
    site_close(&site);
}

static void without_a_permit_the_answer_is_no_and_says_how_to_allow(void **state)
{
    struct att_config none = {.has_policy = false};
    struct att_config open = {.has_policy = true, .permit_by_default = true};
    struct site site;
    struct att_question question;

    (void)state;
    site_open(&site, RULES(PERMIT("post", WHEN(.method = ANY("POST")))));
    question = question_of(&site, "GET", "https://h.example/");
    assert_false(permitted(&site, &question));
    assert_null(site.decision.rule);
    assert_string_equal(site.decision.reason, "no permit rule applies to this request; add one for it to the policy");
    site_close(&site);

    site_compile(&site, &none);
    question = question_of(&site, "GET", "https://h.example/");
    assert_false(permitted(&site, &question));
    assert_string_equal(site.decision.reason,
                        "the configuration has no policy, so nothing is allowed; write policy = { rules = ( ... ); } "
                        "with a permit rule for this caller and grant, or policy = { default = \"permit\"; }");
    site_close(&site);

    site_compile(&site, &open);
    question = question_of(&site, "GET", "https://h.example/");
    assert_true(permitted(&site, &question));
    assert_string_equal(site.decision.rule, "default");
    site_close(&site);
}

/* Attack B11. */
static void a_policy_with_an_error_denies_everything_and_the_finding_says_what_is_wrong(void **state)
{
    const struct {
        struct att_config_condition when;
        const char *finding;
    } cases[] = {
        {{.method = ANY("get")},
         "rule \"r\": method \"get\" is refused: methods are case-sensitive tokens; write it in capital letters, as "
         "\"GET\""},
        {{.method = ANY("*")},
         "rule \"r\": method \"*\" is refused: methods have no wildcards; leave method out to mean any"},
        {{.caller_type = ANY("robot")},
         "rule \"r\": caller_type \"robot\" is refused: a caller_type is \"service\" or \"agent\""},
        {{.caller = ANY("")},
         "rule \"r\": caller \"\" is refused: it is empty and would never match; leave the key out to mean any"},
        {{.grant = (const char *[]){NULL}},
         "rule \"r\": the list of grant is empty and would never match; leave the key out to mean any"},
        {{.path = ANY("v1/x")},
         "rule \"r\": path \"v1/x\" is refused: a path begins with \"/\", or with \"**\" for any beginning"},
        {{.path = ANY("*/x")},
         "rule \"r\": path \"*/x\" is refused: a path begins with \"/\", or with \"**\" for any beginning"},
        {{.path = ANY("/a/../b/*")},
         "rule \"r\": path \"/a/../b/*\" is refused: it would never match, since paths are compared in normal form, "
         "where it reads as \"/b/x\""},
        {{.path = ANY("**/%7e/a%2fb")},
         "rule \"r\": path \"**/%7e/a%2fb\" is refused: it would never match, since paths are compared in normal "
         "form, where it reads as \"xx/~/a%2Fb\""},
        {{.path = ANY("/a#b")},
         "rule \"r\": path \"/a#b\" is refused: it is no path of a URL; percent-encode what RFC 3986 does not allow "
         "in one"},
        {{.host = ANY("API.example.com")},
         "rule \"r\": host \"API.example.com\" is refused: a host is written in lower case, without scheme, port or "
         "path, in brackets where it is an IPv6 address, and as xn--... where it is not ASCII; for scheme and port "
         "there is origin"},
        {{.host = ANY("api.example.com.")},
         "rule \"r\": host \"api.example.com.\" is refused: it would never match, since hosts are compared in normal "
         "form, where it reads as \"api.example.com\""},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct site site;
        struct att_question question;

        site_open(&site, RULES(PERMIT("all"), PERMIT("r", .has_when = true, .when = cases[i].when)));
        assert_int_equal(site.findings.errors, 1);
        assert_string_equal(site.findings.list[0].text, cases[i].finding);
        assert_string_equal(site.findings.list[0].place.file, "site.conf");
        question = question_of(&site, "GET", "https://h.example/");
        assert_false(permitted(&site, &question));
        assert_string_equal(site.decision.reason,
                            "the policy has errors, so nothing is allowed; run `attache check` and mend what it finds");
        site_close(&site);
    }
}

static void origins_that_are_none_and_exceptions_without_conditions_are_findings(void **state)
{
    struct site site;

    (void)state;
    site_open(&site, RULES(FORBID("a", WHEN(.origin = ANY("api.example.com")))));
    assert_int_equal(site.findings.errors, 1);
    assert_non_null(strstr(site.findings.list[0].text, "rule \"a\": origin \"api.example.com\" is refused: "));
    site_close(&site);

    site_open(&site, RULES(FORBID("b", .has_unless = true)));
    assert_int_equal(site.findings.errors, 1);
    assert_string_equal(site.findings.list[0].text,
                        "rule \"b\": an unless without conditions always holds, so the rule would never apply; write "
                        "a condition or leave unless out");
    site_close(&site);
}

struct traced {
    char text[1000];
};

static void trace(void *context, const char *rule, const char *outcome, const char *reason)
{
    struct traced *traced = context;
    size_t used = strlen(traced->text);

    snprintf(traced->text + used, sizeof traced->text - used, "%s: %s: %s\n", rule, outcome, reason);
}

static void a_trace_tells_of_every_rule_why_it_applies_or_does_not(void **state)
{
    struct traced traced = {""};
    struct site site;
    struct att_question question;

    (void)state;
    site_open(&site, RULES(FORBID("f", WHEN(.path = ANY("/**"))), PERMIT("p", WHEN(.method = ANY("POST"))),
                           PERMIT("q", UNLESS(.caller = ANY("email-*")))));
    question = question_of(&site, "GET", "https://h.example/");
    att_policy_decide(site.policy, &question, &site.decision, trace, &traced);
    assert_false(site.decision.permitted);
    assert_string_equal(site.decision.rule, "f");
    assert_string_equal(traced.text, "f: forbid: rule \"f\" (site.conf:9) forbids requests with path \"/**\"\n"
                                     "p: does not apply: method is not \"POST\"\n"
                                     "q: does not apply: its exception holds: caller \"email-*\"\n");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_holds_for_what_it_names_and_for_nothing_else),
        cmocka_unit_test(a_path_in_disguise_is_forbidden_and_not_permitted),
        cmocka_unit_test(a_path_in_disguise_is_no_exception_from_a_forbid_and_one_from_a_permit),
        cmocka_unit_test(a_method_in_lower_case_is_forbidden_and_not_permitted),
        cmocka_unit_test(a_slash_in_a_name_does_not_slip_past_a_wildcard),
        cmocka_unit_test(what_is_not_known_is_forbidden_and_not_permitted),
        cmocka_unit_test(a_forbid_overrides_any_permit_and_the_reason_names_rule_and_conditions),
        cmocka_unit_test(without_a_permit_the_answer_is_no_and_says_how_to_allow),
        cmocka_unit_test(a_policy_with_an_error_denies_everything_and_the_finding_says_what_is_wrong),
        cmocka_unit_test(origins_that_are_none_and_exceptions_without_conditions_are_findings),
        cmocka_unit_test(a_trace_tells_of_every_rule_why_it_applies_or_does_not),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
