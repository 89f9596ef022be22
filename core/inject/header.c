/* core/inject/header.c: a credential in a header field, and as Basic authentication. */
#include <string.h>

#include "core/inject/place.h"

struct att_secret *att_line_start(struct att_injection *injection, const char *name, size_t size)
{
    struct att_secret *line = att_secret_create(injection->arena, strlen(name) + 2 + size);

    if (line && !(att_secret_append_text(line, name) && att_secret_append_text(line, ": ")))
        line = att_secret_destroy(line);
    return line;
}

att_status att_line_add(const struct att_placing *placing, struct att_secret *line)
{
    struct att_injection *injection = placing->injection;

    if (injection->line_count < ATT_INJECTION_LINES) {
        injection->lines[injection->line_count++] = line;
        return ATT_OK;
    }
    att_secret_destroy(line);
    att_fail(placing->error, ATT_CONFIG, "grant \"%s\" places more than %d headers; remove some of the inject settings",
             placing->outgoing->grant, ATT_INJECTION_LINES);
    ATT_ERROR_TEXT(placing->error, grant, placing->outgoing->grant);
    return ATT_CONFIG;
}

att_status att_line_check_free(const struct att_placing *placing, const char *name)
{
    return att_injection_occupies(placing->injection, name) ? att_place_taken(placing, "header", name) : ATT_OK;
}

att_status att_place_header(const struct att_placing *placing)
{
    const char *name = placing->inject->name;
    att_status status = att_line_check_free(placing, name);
    struct att_secret *line;
    size_t size;

    if (status == ATT_OK)
        status = att_format_measure(placing, ATT_SPELL_AS_IS, &size);
    if (status != ATT_OK)
        return status;
    line = att_line_start(placing->injection, name, size);
    if (!line)
        return att_nomem(placing->error);
    if (!att_format_fill(placing, ATT_SPELL_AS_IS, line) ||
        !att_text_is_field_value(att_secret_bytes(line), att_secret_size(line))) {
        att_secret_destroy(line);
        return att_place_unfit(placing, "header");
    }
    return att_line_add(placing, line);
}

/* User name and password as they are encoded. NULL when memory is out. */
static struct att_secret *make_pair(struct att_arena *arena, const struct att_secret *user,
                                    const struct att_secret *password)
{
    struct att_secret *pair = att_secret_create(arena, att_secret_size(user) + att_secret_size(password) + 1);

    if (pair &&
        !(att_secret_append(pair, att_secret_bytes(user), att_secret_size(user)) && att_secret_append(pair, ":", 1) &&
          att_secret_append(pair, att_secret_bytes(password), att_secret_size(password))))
        pair = att_secret_destroy(pair);
    return pair;
}

/* RFC 7617 section 2 */
att_status att_place_basic(const struct att_placing *placing)
{
    const struct att_secret *user = att_credential_part(placing->credential, "username");
    const struct att_secret *password = att_credential_part(placing->credential, "password");
    att_status status = att_line_check_free(placing, "authorization");
    struct att_secret *pair, *line;
    size_t encoded;

    if (status != ATT_OK)
        return status;
    if (!user || !password)
        return att_place_lacks_part(placing, user ? "password" : "username");
    if (memchr(att_secret_bytes(user), ':', att_secret_size(user)))
        return att_place_unfit(placing, "user name of Basic authentication");
    if ((att_secret_size(user) + att_secret_size(password)) / 3 * 4 > ATT_VALUE_LIMIT)
        return att_place_too_large(placing);
    pair = make_pair(placing->injection->arena, user, password);
    encoded = pair ? att_base64_size(att_secret_size(pair)) : 0;
    line = pair ? att_line_start(placing->injection, "authorization", strlen("Basic ") + encoded) : NULL;
    if (line && att_secret_append_text(line, "Basic ")) {
        att_base64_encode(att_secret_tail(line), att_secret_bytes(pair), att_secret_size(pair));
        att_secret_advance(line, encoded);
    }
    att_secret_destroy(pair);
    return line ? att_line_add(placing, line) : att_nomem(placing->error);
}
