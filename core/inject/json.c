/* core/inject/json.c: a credential in a member of a JSON object. */
#include <string.h>

#include "core/inject/json_spot.h"
#include "core/inject/place.h"

/* Why the application's own body has no place for it. */
static att_status refuse_body(const struct att_placing *placing, enum att_json_found found)
{
    const char *name = placing->inject->name, *grant = placing->outgoing->grant;

    switch (found) {
    case ATT_JSON_TAKEN:
        return att_invalid(placing->error, "body",
                           "the JSON member %s is refused: the credential of grant \"%s\" goes there; leave it out",
                           name, grant);
    case ATT_JSON_NOWHERE:
        return att_invalid(placing->error, "body",
                           "the body is refused: the credential of grant \"%s\" goes into its member %s, and there is "
                           "no object for that; send an object",
                           grant, name);
    case ATT_JSON_DEEP:
        return att_invalid(placing->error, "body",
                           "the body is refused: its JSON is nested deeper than %d levels, and the credential of grant "
                           "\"%s\" goes into it; make it flatter",
                           ATT_JSON_DEPTH, grant);
    default:
        return att_invalid(placing->error, "body",
                           "the body is refused: it is no valid JSON, and the credential of grant \"%s\" goes into it; "
                           "correct it",
                           grant);
    }
}

/* The member from its name on, with the objects around it that are made; without a secret it is counted only. */
static size_t write_member(const struct att_placing *placing, const char *path, size_t value, struct att_secret *out)
{
    size_t sum = value + 2, depth = 0;

    for (const char *name = path;; name++) {
        size_t size = strcspn(name, ".");
        sum += att_spelled_size(name, size, ATT_SPELL_JSON) + 3;
        if (out) {
            att_secret_append(out, "\"", 1);
            att_spell(out, name, size, ATT_SPELL_JSON);
            att_secret_append(out, "\":", 2);
        }
        name += size;
        if (!*name)
            break;
        if (out)
            att_secret_append(out, "{", 1);
        depth++;
    }
    if (out) {
        att_secret_append(out, "\"", 1);
        att_format_fill(placing, ATT_SPELL_JSON, out);
        att_secret_append(out, "\"", 1);
    }
    for (size_t i = 0; out && i < depth; i++)
        att_secret_append(out, "}", 1);
    return sum + 2 * depth;
}

/* Where the member goes in the body, which becomes an empty object where there is none. */
static att_status find_spot(const struct att_placing *placing, struct att_body *body, struct att_json_spot *spot)
{
    const char *name = placing->inject->name;
    struct att_body own = {placing->outgoing->body, placing->outgoing->body_size};
    enum att_json_found found;

    if (!own.size)
        own = (struct att_body){"{}", 2};
    if (!body->size)
        *body = own;
    found = att_json_spot_find(own.bytes, own.size, name, spot);
    if (found != ATT_JSON_SPOT)
        return refuse_body(placing, found);
    /* What is wrong with it now came with another credential. */
    if (body->bytes != own.bytes && att_json_spot_find(body->bytes, body->size, name, spot) != ATT_JSON_SPOT)
        return att_place_taken(placing, "JSON member", name);
    return ATT_OK;
}

att_status att_place_json(const struct att_placing *placing)
{
    struct att_body body;
    struct att_json_spot spot;
    struct att_secret *grown;
    att_status status = att_body_check(placing, ATT_BODY_JSON, &body);
    size_t size;

    if (status == ATT_OK)
        status = find_spot(placing, &body, &spot);
    if (status == ATT_OK)
        status = att_format_measure(placing, ATT_SPELL_JSON, &size);
    if (status != ATT_OK)
        return status;
    if (!att_format_is_utf8(placing))
        return att_place_unfit(placing, "JSON text");
    grown = att_body_start(placing, &body, spot.at, write_member(placing, spot.rest, size, NULL) + 1);
    if (!grown)
        return placing->error->status;
    if (!spot.first)
        att_secret_append_text(grown, ",");
    write_member(placing, spot.rest, size, grown);
    att_body_finish(placing, ATT_BODY_JSON, &body, spot.at, grown);
    return ATT_OK;
}
