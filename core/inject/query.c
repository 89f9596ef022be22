/* core/inject/query.c: a credential in a parameter of the URL's query. */
#include <string.h>

#include "core/inject/place.h"

/* The URL with room for `more` bytes. */
static struct att_secret *start_target(struct att_arena *arena, const struct att_url *url, size_t more)
{
    struct att_secret *target = att_secret_create(arena, strlen(url->text) + more);

    if (target)
        att_secret_append_text(target, url->text);
    return target;
}

att_status att_place_query(const struct att_placing *placing)
{
    struct att_injection *injection = placing->injection;
    const struct att_url *url = placing->outgoing->url;
    const char *name = placing->inject->name;
    const char *query = injection->target ? strchr(att_secret_bytes(injection->target), '?') : NULL;
    const char *separator = query || (url->query && *url->query) ? "&" : url->query ? "" : "?";
    size_t size, more;
    att_status status;

    if (query && att_url_has_parameter(query + 1, name))
        return att_place_taken(placing, "query parameter", name);
    status = att_format_measure(placing, ATT_SPELL_PERCENT, &size);
    if (status != ATT_OK)
        return status;
    more = att_spelled_size(name, strlen(name), ATT_SPELL_PERCENT) + size + 2;
    injection->target = injection->target ? att_secret_regrow(injection->arena, injection->target, more)
                                          : start_target(injection->arena, url, more);
    if (!injection->target || !att_secret_append_text(injection->target, separator) ||
        !att_spell(injection->target, name, strlen(name), ATT_SPELL_PERCENT) ||
        !att_secret_append_text(injection->target, "=") ||
        !att_format_fill(placing, ATT_SPELL_PERCENT, injection->target))
        return att_nomem(placing->error);
    return ATT_OK;
}
