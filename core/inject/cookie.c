/* core/inject/cookie.c: a credential in a cookie. */
#include <string.h>

#include "core/inject/place.h"

/* RFC 6265 section 4.1.1 */
static bool is_cookie_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

static bool has_cookie(const char *line, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strchr(line, ' '); at; at = strchr(at, ' ')) {
        at++;
        if (strncmp(at, name, size) == 0 && at[size] == '=')
            return true;
    }
    return false;
}

/* The cookie line with room for `size` more bytes, no longer in the injection; NULL when memory is out. All cookies of
 * a request go into one line (RFC 6265 section 5.4). */
static struct att_secret *take_line(struct att_injection *injection, size_t size)
{
    struct att_secret *line = injection->cookie;
    size_t slot = 0;

    if (!line)
        return att_line_start(injection, "cookie", size);
    while (injection->lines[slot] != line)
        slot++;
    injection->lines[slot] = injection->lines[--injection->line_count];
    injection->cookie = NULL;
    line = att_secret_regrow(injection->arena, line, size);
    if (line)
        att_secret_append_text(line, "; ");
    return line;
}

att_status att_place_cookie(const struct att_placing *placing)
{
    struct att_injection *injection = placing->injection;
    const char *name = placing->inject->name;
    att_status status = injection->cookie ? ATT_OK : att_line_check_free(placing, "cookie");
    struct att_secret *line;
    size_t size, before;

    if (status != ATT_OK)
        return status;
    if (injection->cookie && has_cookie(att_secret_bytes(injection->cookie), name))
        return att_place_taken(placing, "cookie", name);
    status = att_format_measure(placing, ATT_SPELL_AS_IS, &size);
    if (status != ATT_OK)
        return status;
    line = take_line(injection, strlen(name) + size + 3);
    if (!line)
        return att_nomem(placing->error);
    att_secret_append_text(line, name);
    att_secret_append_text(line, "=");
    before = att_secret_size(line);
    if (!att_format_fill(placing, ATT_SPELL_AS_IS, line) ||
        !is_cookie_value(att_secret_bytes(line) + before, att_secret_size(line) - before)) {
        att_secret_destroy(line);
        return att_place_unfit(placing, "cookie");
    }
    status = att_line_add(placing, line);
    if (status == ATT_OK)
        injection->cookie = line;
    return status;
}
