/* core/provider/placement.c: where a credential may be placed, whoever says so: a module or the site. */
#include <string.h>

#include "core/provider/instance.h"

/* Text around at least one {part}; braces have no other use. */
static bool format_is_sound(const char *format)
{
    bool placed = false;

    for (const char *at = format; *at; at++) {
        if (*at == '}')
            return false;
        if (*at != '{')
            continue;
        size_t size = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (size < 1 || size > 31 || at[1 + size] != '}')
            return false;
        at += 1 + size;
        placed = true;
    }
    return placed;
}

static bool name_is_sound(struct att_placement *placement, enum att_inject_kind kind, const char *name)
{
    size_t size = strnlen(name, sizeof placement->items[0].name);

    if (size < 1 || size >= sizeof placement->items[0].name)
        return att_failure_set(&placement->failed, placement->failure,
                               "the name of a placement has 1 to 127 characters");
    if (kind == ATT_INJECT_QUERY)
        return !att_text_has_control(name) || att_failure_set(&placement->failed, placement->failure,
                                                              "the query parameter's name holds a control character");
    if (!att_text_is_token(name))
        return att_failure_set(&placement->failed, placement->failure, "\"%.60s\" is no name of a %s", name,
                               kind == ATT_INJECT_HEADER ? "header field" : "cookie");
    if (kind == ATT_INJECT_HEADER && !att_header_takes_credential(name))
        return att_failure_set(&placement->failed, placement->failure,
                               "the header field \"%.60s\" cannot carry a credential", name);
    return true;
}

bool att_placement_add(struct att_placement *placement, enum att_inject_kind kind, const char *name, const char *format)
{
    size_t at, format_size = format ? strnlen(format, sizeof placement->items[0].format) : 0;

    if (!placement)
        return false;
    at = placement->count;
    if (at == ATT_PLACEMENT_ITEMS)
        return att_failure_set(&placement->failed, placement->failure, "the credential is placed more than %d times",
                               ATT_PLACEMENT_ITEMS);
    if (kind == ATT_INJECT_BASIC) {
        name = "";
        format = "";
    } else if (!name || !format) {
        return att_failure_set(&placement->failed, placement->failure, "a placement has no name or no format");
    } else if (!name_is_sound(placement, kind, name)) {
        return false;
    } else if (format_size >= sizeof placement->items[0].format || !att_text_is_field_value(format, format_size) ||
               !format_is_sound(format)) {
        return att_failure_set(&placement->failed, placement->failure,
                               "the format for \"%.40s\" is not text of up to 255 characters around {part}", name);
    }
    placement->items[at].kind = kind;
    memcpy(placement->items[at].name, name, strlen(name) + 1);
    memcpy(placement->items[at].format, format, strlen(format) + 1);
    placement->count++;
    return true;
}
