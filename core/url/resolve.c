/* core/url/resolve.c: where a Location leads (RFC 3986 section 5.2). */
#include <string.h>

#include "core/url/url.h"

static bool has_scheme(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return length > 0 && text[length] == ':';
}

att_status att_url_resolve(struct att_pool *pool, const struct att_url *base, const char *location,
                           struct att_url **url, att_error *error)
{
    size_t size = strcspn(location, "#"); /* the fragment is for the reader of a page, not for the wire */
    const char *reference = att_pool_text_size(pool, location, size);
    const char *text = NULL;

    if (!reference)
        return att_nomem(error);
    if (has_scheme(reference)) {
        text = reference;
    } else if (strncmp(reference, "//", 2) == 0) {
        text = att_pool_format(pool, "%s:%s", base->scheme, reference);
    } else if (*reference == '/') {
        text = att_pool_format(pool, "%s%s", base->origin, reference);
    } else if (*reference == '?') {
        text = att_pool_format(pool, "%s%s%s", base->origin, base->path, reference);
    } else if (!*reference) {
        text = base->text;
    } else {
        int directory = (int)(strrchr(base->path, '/') + 1 - base->path);
        text = att_pool_format(pool, "%s%.*s%s", base->origin, directory, base->path, reference);
    }
    return text ? att_url_parse(pool, text, url, error) : att_nomem(error);
}
