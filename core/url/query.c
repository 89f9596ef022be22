/* core/url/query.c: the names of the parameters of a query. */
#include <stdlib.h>
#include <string.h>

#include "core/url/url.h"

/* The next character of a parameter's name as a server reads it, -1 at its end. Escapes are whole: the URL is parsed.
 */
static int next_character(const char **at)
{
    char digits[3] = "";

    if (**at == '\0' || **at == '=' || **at == '&')
        return -1;
    if (**at == '%') {
        memcpy(digits, *at + 1, 2);
        *at += 3;
        return (int)strtol(digits, NULL, 16);
    }
    return *(*at)++ == '+' ? ' ' : (unsigned char)(*at)[-1];
}

static bool parameter_is(const char *parameter, const char *name)
{
    for (; *name; name++)
        if (next_character(&parameter) != (unsigned char)*name)
            return false;
    return next_character(&parameter) < 0;
}

bool att_url_has_parameter(const char *query, const char *name)
{
    for (const char *at = query; at && *at;) {
        if (parameter_is(at, name))
            return true;
        at += strcspn(at, "&");
        at += *at == '&';
    }
    return false;
}

att_status att_url_without(struct att_pool *pool, const struct att_url *url, const char *name, struct att_url **result,
                           att_error *error)
{
    char *text = att_pool_take(pool, strlen(url->text) + 1), *out;
    size_t size = strcspn(url->text, "?");
    char separator = '?';

    if (!text)
        return att_nomem(error);
    memcpy(text, url->text, size);
    out = text + size;
    for (const char *at = url->query; at && *at; at += size + (at[size] == '&')) {
        size = strcspn(at, "&");
        if (parameter_is(at, name))
            continue;
        *out++ = separator;
        memcpy(out, at, size);
        out += size;
        separator = '&';
    }
    *out = '\0';
    return att_url_parse(pool, text, result, error);
}
