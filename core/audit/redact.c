/* core/audit/redact.c: a URL as an audit record may show it. */
#include <string.h>

#include "core/audit/audit.h"

static void keep(struct att_buffer *buffer, const char *from, const char *to)
{
    att_json_content(buffer, from, (size_t)(to - from));
}

/* Writes what stands before the query, with `***@` for user information: all that stands before the last `@` of the
 * authority (RFC 3986 section 3.2). Text without a scheme is taken as an authority, so that more is hidden, not less.
 */
static void add_head(struct att_buffer *buffer, const char *url, const char *end)
{
    const char *colon = memchr(url, ':', (size_t)(end - url));
    bool scheme =
        colon && end - colon > 3 && colon[1] == '/' && colon[2] == '/' && !memchr(url, '@', (size_t)(colon - url));
    const char *authority = scheme ? colon + 3 : url;
    const char *slash = memchr(authority, '/', (size_t)(end - authority));
    const char *at = memrchr(authority, '@', (size_t)((slash ? slash : end) - authority));

    if (at) {
        keep(buffer, url, authority);
        att_buffer_text(buffer, "***");
        keep(buffer, at, end);
    } else {
        keep(buffer, url, end);
    }
}

/* Names stay where a value follows. A parameter without one may itself be a secret ("?TOKEN", or base64 that ends with
 * "="), so it is hidden whole. */
static void add_parameter(struct att_buffer *buffer, const char *from, const char *to)
{
    const char *equals = memchr(from, '=', (size_t)(to - from));

    if (from == to)
        return;
    if (equals && equals + strspn(equals, "=") < to)
        keep(buffer, from, equals + 1);
    att_buffer_text(buffer, "***");
}

void att_record_url(struct att_buffer *buffer, const char *url)
{
    const char *end = url + strcspn(url, "?#");

    add_head(buffer, url, end);
    while (*end == '?' || *end == '&') {
        const char *from = end + 1;

        att_buffer_char(buffer, *end);
        end = from + strcspn(from, "&#");
        add_parameter(buffer, from, end);
    }
    if (*end == '#')
        att_buffer_text(buffer, "#***");
}
