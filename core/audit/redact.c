/* core/audit/redact.c: a URL as an audit record may show it. */
#include <string.h>

#include "core/audit/audit.h"

/* False when the buffer had no room for all of it before `end`. */
static bool keep(struct att_buffer *buffer, size_t end, const char *from, const char *to)
{
    size_t size = (size_t)(to - from);
    size_t shown = buffer->size < end ? att_record_fit(from, size, end - buffer->size) : 0;

    att_json_content(buffer, from, shown);
    return shown == size;
}

/* Writes what stands before the query, with `***@` for user information: all that stands before the last `@` of the
 * authority (RFC 3986 section 3.2). Text without a scheme is taken as an authority, so that more is hidden, not less.
 */
static bool add_head(struct att_buffer *buffer, size_t limit, const char *url, const char *end)
{
    const char *colon = memchr(url, ':', (size_t)(end - url));
    bool scheme =
        colon && end - colon > 3 && colon[1] == '/' && colon[2] == '/' && !memchr(url, '@', (size_t)(colon - url));
    const char *authority = scheme ? colon + 3 : url;
    const char *slash = memchr(authority, '/', (size_t)(end - authority));
    const char *at = memrchr(authority, '@', (size_t)((slash ? slash : end) - authority));

    if (!at)
        return keep(buffer, limit, url, end);
    if (!keep(buffer, limit, url, authority))
        return false;
    att_buffer_text(buffer, "***");
    return keep(buffer, limit, at, end);
}

/* Names stay where a value follows. A parameter without one may itself be a secret ("?TOKEN", or base64 that ends with
 * "="), so it is hidden whole. */
static bool add_parameter(struct att_buffer *buffer, size_t limit, const char *from, const char *to)
{
    const char *equals = memchr(from, '=', (size_t)(to - from));

    if (buffer->size >= limit)
        return false;
    if (from == to)
        return true;
    if (equals && equals + strspn(equals, "=") < to && !keep(buffer, limit, from, equals + 1))
        return false;
    att_buffer_text(buffer, "***");
    return true;
}

void att_record_url(struct att_buffer *buffer, const char *url)
{
    const char *end = url + strcspn(url, "?#");
    size_t limit = buffer->size + ATT_RECORD_URL;
    bool whole = add_head(buffer, limit, url, end);

    while (whole && (*end == '?' || *end == '&')) {
        const char *from = end + 1;

        att_buffer_char(buffer, *end);
        end = from + strcspn(from, "&#");
        whole = add_parameter(buffer, limit, from, end);
    }
    if (!whole)
        att_buffer_text(buffer, "...");
    else if (*end == '#')
        att_buffer_text(buffer, "#***");
}
