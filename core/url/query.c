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

bool att_url_parameter_is(const char *parameter, const char *name)
{
    for (; *name; name++)
        if (next_character(&parameter) != (unsigned char)*name)
            return false;
    return next_character(&parameter) < 0;
}

bool att_url_has_parameter(const char *query, const char *name)
{
    for (const char *at = query; at && *at;) {
        if (att_url_parameter_is(at, name))
            return true;
        at += strcspn(at, "&");
        at += *at == '&';
    }
    return false;
}
