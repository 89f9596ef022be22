/* core/credential/placement.c: where a credential may be placed, whoever says so: a module or the site. */
#include <string.h>

#include "core/credential/credential.h"

enum { NAME_AT_MOST = 127, FORMAT_AT_MOST = 255 };

void att_placement_open(struct att_placement *placement)
{
    placement->count = 0;
    placement->failed = false;
    placement->failure[0] = '\0';
    placement->used = 0;
}

static bool name_is_sound(struct att_placement *placement, enum att_inject_kind kind, const char *name)
{
    size_t size = strnlen(name, NAME_AT_MOST + 1);

    if (size < 1 || size > NAME_AT_MOST)
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

/* A copy of a text that lives as long as the placement. NULL for NULL, and with the failure set when it does not fit.
 */
static const char *keep(struct att_placement *placement, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = placement->texts + placement->used;

    if (size > sizeof placement->texts - placement->used)
        att_failure_set(&placement->failed, placement->failure, "the placement has more than %zu bytes of text",
                        sizeof placement->texts);
    if (!text || placement->failed)
        return NULL;
    memcpy(copy, text, size);
    placement->used += size;
    return copy;
}

static bool add(struct att_placement *placement, const struct att_config_inject *inject)
{
    struct att_config_inject *item = &placement->items[placement->count];

    if (placement->count == ATT_INJECTS)
        return att_failure_set(&placement->failed, placement->failure, "the credential is placed more than %d times",
                               ATT_INJECTS);
    *item = *inject;
    item->name = keep(placement, inject->name);
    item->format = keep(placement, inject->format);
    item->sign.region = keep(placement, inject->sign.region);
    item->sign.service = keep(placement, inject->sign.service);
    item->sign.message = keep(placement, inject->sign.message);
    item->sign.key = keep(placement, inject->sign.key);
    item->sign.timestamp = keep(placement, inject->sign.timestamp);
    item->sign.nonce = keep(placement, inject->sign.nonce);
    item->place = (struct att_place){NULL, 0};
    placement->count += !placement->failed;
    return !placement->failed;
}

bool att_placement_add(struct att_placement *placement, enum att_inject_kind kind, const char *name, const char *format)
{
    struct att_config_inject inject = {.kind = kind, .name = name, .format = format};
    size_t format_size = format ? strnlen(format, FORMAT_AT_MOST + 1) : 0;

    if (!placement)
        return false;
    if (kind == ATT_INJECT_BASIC)
        inject.name = inject.format = NULL;
    else if (!name || !format)
        return att_failure_set(&placement->failed, placement->failure, "a placement has no name or no format");
    else if (!name_is_sound(placement, kind, name))
        return false;
    else if (format_size > FORMAT_AT_MOST || !att_inject_format_is_sound(format))
        return att_failure_set(&placement->failed, placement->failure,
                               "the format for \"%.40s\" is not text of up to 255 characters around {part}", name);
    return add(placement, &inject);
}

bool att_placement_parse(struct att_placement *placement, const char *inject)
{
    struct att_pool *pool = NULL;
    struct att_findings findings;
    struct att_config_inject *injects;
    size_t count;
    bool sound;

    if (!placement)
        return false;
    if (!inject)
        return att_failure_set(&placement->failed, placement->failure, "the placement is missing");
    pool = att_pool_create();
    if (!pool)
        return att_failure_set(&placement->failed, placement->failure, "out of memory");
    att_findings_open(&findings, pool);
    sound = att_config_inject_parse(pool, inject, &injects, &count, &findings);
    if (!sound)
        att_failure_set(&placement->failed, placement->failure, "%s",
                        findings.count ? findings.list[0].text : "out of memory");
    for (size_t i = 0; sound && i < count; i++)
        sound = add(placement, &injects[i]);
    att_findings_close(&findings);
    att_pool_destroy(pool);
    return sound;
}

void att_placement_copy(struct att_placement *to, const struct att_placement *from)
{
    att_placement_open(to);
    for (size_t i = 0; i < from->count; i++)
        add(to, &from->items[i]);
}
