/* core/policy/key.c: the keys of a rule: what a site may write for each, and whether it holds for a request. */
#include <string.h>

#include "core/policy/rule.h"
#include "core/url/host.h"

const char *att_rule_key_name(enum att_rule_key key)
{
    static const char *const names[ATT_RULE_COUNT] = {
        [ATT_RULE_CALLER] = "caller",   [ATT_RULE_CALLER_TYPE] = "caller_type",
        [ATT_RULE_GRANT] = "grant",     [ATT_RULE_PROVIDER] = "provider",
        [ATT_RULE_ACCOUNT] = "account", [ATT_RULE_METHOD] = "method",
        [ATT_RULE_ORIGIN] = "origin",   [ATT_RULE_HOST] = "host",
        [ATT_RULE_PATH] = "path",
    };

    return names[key];
}

const char **att_rule_key_texts(const struct att_config_condition *condition, enum att_rule_key key)
{
    const char **const texts[ATT_RULE_COUNT] = {
        [ATT_RULE_CALLER] = condition->caller,   [ATT_RULE_CALLER_TYPE] = condition->caller_type,
        [ATT_RULE_GRANT] = condition->grant,     [ATT_RULE_PROVIDER] = condition->provider,
        [ATT_RULE_ACCOUNT] = condition->account, [ATT_RULE_METHOD] = condition->method,
        [ATT_RULE_ORIGIN] = condition->origin,   [ATT_RULE_HOST] = condition->host,
        [ATT_RULE_PATH] = condition->path,
    };

    return texts[key];
}

/* ---- what a site may write ------------------------------------------------------------------------------------- */

/* A lone `*` in a name means any run of characters: names have no segments, and a "/" in one must not slip past a
 * forbid. */
static const char *widen(struct att_pool *pool, const char *text)
{
    struct att_buffer wide;
    const char *copy = NULL;

    att_buffer_open(&wide, 2 * strlen(text) + 1);
    for (; *text; text++)
        att_buffer_text(&wide, *text == '*' ? "**" : (char[]){*text, '\0'});
    if (att_buffer_ok(&wide))
        copy = att_pool_text(pool, wide.data);
    att_buffer_close(&wide);
    return copy;
}

static bool check_method(const char *text, struct att_buffer *why)
{
    if (att_glob_is_pattern(text)) {
        att_buffer_text(why, "methods have no wildcards; leave method out to mean any");
        return false;
    }
    if (!att_text_is_token(text) || strpbrk(text, "abcdefghijklmnopqrstuvwxyz")) {
        att_buffer_text(why, "methods are case-sensitive tokens; write it in capital letters, as \"GET\"");
        return false;
    }
    return true;
}

/* Without a wildcard it must be in the normal form that URLs have; with one, at least of its letters. */
static bool check_host(struct att_pool *pool, const char *text, struct att_buffer *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.:[]*?";
    const char *reason = NULL, *normal;
    bool is_address;

    if (text[strspn(text, allowed)] || (strchr(text, ':') && text[0] != '[')) {
        att_buffer_text(why,
                        "a host is written in lower case, without scheme, port or path, in brackets where it is an "
                        "IPv6 address, and as xn--... where it is not ASCII; for scheme and port there is origin");
        return false;
    }
    if (att_glob_is_pattern(text))
        return true;
    normal = att_host_normalise(pool, text, strlen(text), &is_address, &reason);
    if (!normal)
        att_buffer_text(why, reason ? reason : "out of memory");
    else if (strcmp(normal, text) != 0)
        att_buffer_format(
            why, "it would never match, since hosts are compared in normal form, where it reads as \"%s\"", normal);
    return normal && strcmp(normal, text) == 0;
}

/* A path pattern is compared with normalised paths, so what it says literally must be normalised too: with its
 * wildcards replaced by a letter, the URL parser must give it back unchanged. */
static bool check_path(struct att_pool *pool, const char *text, struct att_buffer *why)
{
    const char *base = text[0] == '/' ? "https://h" : "https://h/";
    struct att_url *url = NULL;
    const char *literal;
    char *filled;

    if (text[0] != '/' && (text[0] != '*' || text[1] != '*')) {
        att_buffer_text(why, "a path begins with \"/\", or with \"**\" for any beginning");
        return false;
    }
    filled = att_pool_format(pool, "%s%s", base, text);
    if (!filled)
        return false;
    for (char *at = filled + strlen(base); *at; at++)
        if (*at == '*' || *at == '?')
            *at = 'x';
    literal = strchr(filled + strlen("https://"), '/');
    if (att_url_parse(pool, filled, &url, NULL) != ATT_OK || url->query) {
        att_buffer_text(why, "it is no path of a URL; percent-encode what RFC 3986 does not allow in one");
        return false;
    }
    if (strcmp(url->path, literal) != 0) {
        att_buffer_format(why,
                          "it would never match, since paths are compared in normal form, where it reads as \"%s\"",
                          text[0] == '/' ? url->path : url->path + 1);
        return false;
    }
    return true;
}

bool att_rule_pattern_make(struct att_pool *pool, enum att_rule_key key, const char *text,
                           struct att_rule_pattern *pattern, struct att_buffer *why)
{
    bool named = false;

    pattern->written = att_pool_text(pool, text);
    if (!*text) {
        att_buffer_text(why, "it is empty and would never match; leave the key out to mean any");
        return false;
    }
    switch (key) {
    case ATT_RULE_METHOD:
        if (!check_method(text, why))
            return false;
        break;
    case ATT_RULE_CALLER_TYPE:
        if (strcmp(text, "service") != 0 && strcmp(text, "agent") != 0) {
            att_buffer_text(why, "a caller_type is \"service\" or \"agent\"");
            return false;
        }
        break;
    case ATT_RULE_ORIGIN:
        if (!att_origin_parse(pool, text, &pattern->origin, why))
            return false;
        break;
    case ATT_RULE_PATH:
        if (!check_path(pool, text, why))
            return false;
        break;
    case ATT_RULE_HOST:
        if (!check_host(pool, text, why))
            return false;
        named = true;
        break;
    default:
        named = true;
        break;
    }
    pattern->plain = !att_glob_is_pattern(text);
    pattern->text = named && !pattern->plain ? widen(pool, text) : pattern->written;
    return pattern->text != NULL;
}

/* ---- whether it holds ------------------------------------------------------------------------------------------ */

static bool matches(const struct att_rule_pattern *pattern, const char *text)
{
    return pattern->plain ? strcmp(pattern->text, text) == 0 : att_glob_match(pattern->text, text);
}

static bool matches_any(const struct att_rule_test *test, const char *text)
{
    for (size_t i = 0; text && i < test->count; i++)
        if (matches(&test->patterns[i], text))
            return true;
    return false;
}

static enum att_truth text_holds(const struct att_rule_test *test, const char *text)
{
    if (!text)
        return ATT_UNSURE;
    return matches_any(test, text) ? ATT_TRUE : ATT_FALSE;
}

static enum att_truth grant_holds(const struct att_rule_test *test, const struct att_question *question)
{
    if (matches_any(test, question->grant) || matches_any(test, question->grant_id))
        return ATT_TRUE;
    return question->grant || question->grant_id ? ATT_FALSE : ATT_UNSURE;
}

/* Servers exist that take "delete" for DELETE. */
static enum att_truth method_holds(const struct att_rule_test *test, const char *method)
{
    enum att_truth truth = method ? ATT_FALSE : ATT_UNSURE;

    for (size_t i = 0; method && i < test->count; i++) {
        if (strcmp(test->patterns[i].text, method) == 0)
            return ATT_TRUE;
        if (att_text_equal_nocase(test->patterns[i].text, method))
            truth = ATT_UNSURE;
    }
    return truth;
}

static enum att_truth origin_holds(const struct att_rule_test *test, const struct att_url *url)
{
    for (size_t i = 0; i < test->count; i++)
        if (att_origin_matches(&test->patterns[i].origin, url))
            return ATT_TRUE;
    return ATT_FALSE;
}

static enum att_truth path_holds(const struct att_rule_test *test, const struct att_url *url)
{
    bool strict = matches_any(test, url->path);
    bool loose = url->loose_path == url->path ? strict : matches_any(test, url->loose_path);

    if (strict != loose)
        return ATT_UNSURE;
    return strict ? ATT_TRUE : ATT_FALSE;
}

enum att_truth att_rule_test_holds(const struct att_rule_test *test, const struct att_question *question)
{
    switch (test->key) {
    case ATT_RULE_CALLER:
        return text_holds(test, question->caller);
    case ATT_RULE_CALLER_TYPE:
        return text_holds(test, question->caller_type);
    case ATT_RULE_GRANT:
        return grant_holds(test, question);
    case ATT_RULE_PROVIDER:
        return text_holds(test, question->provider);
    case ATT_RULE_ACCOUNT:
        return text_holds(test, question->account);
    case ATT_RULE_METHOD:
        return method_holds(test, question->method);
    case ATT_RULE_ORIGIN:
        return question->url ? origin_holds(test, question->url) : ATT_UNSURE;
    case ATT_RULE_HOST:
        return text_holds(test, question->url ? question->url->host : NULL);
    case ATT_RULE_PATH:
        return question->url ? path_holds(test, question->url) : ATT_UNSURE;
    case ATT_RULE_COUNT:
        break;
    }
    return ATT_UNSURE;
}
