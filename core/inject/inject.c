/* core/inject/inject.c: building the bytes of a credential: what there is to place, and where. */
#include "core/inject/inject.h"

#include <string.h>
#include <strings.h>

#include "core/inject/place.h"

void att_injection_open(struct att_injection *injection, struct att_arena *arena)
{
    *injection = (struct att_injection){.arena = arena};
}

void att_injection_close(struct att_injection *injection)
{
    for (size_t i = 0; i < injection->line_count; i++)
        att_secret_destroy(injection->lines[i]);
    att_secret_destroy(injection->target);
    att_secret_destroy(injection->body);
    att_sign_chunks_close(&injection->chunks);
    att_injection_open(injection, injection->arena);
}

void att_injection_drop_body(struct att_injection *injection)
{
    injection->body = att_secret_destroy(injection->body);
    injection->content_type = NULL;
}

bool att_injection_is_placed(const struct att_injection *injection)
{
    return injection->line_count || injection->target || injection->body || injection->signing;
}

bool att_injection_occupies(const struct att_injection *injection, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < injection->line_count; i++) {
        const char *line = att_secret_bytes(injection->lines[i]);
        if (strncasecmp(line, name, size) == 0 && line[size] == ':')
            return true;
    }
    return att_signature_occupies(injection, name);
}

struct att_secret *att_secret_regrow(struct att_arena *arena, struct att_secret *old, size_t more)
{
    struct att_secret *grown = att_secret_create(arena, att_secret_size(old) + more);

    if (grown)
        att_secret_append(grown, att_secret_bytes(old), att_secret_size(old));
    att_secret_destroy(old);
    return grown;
}

static att_status place(const struct att_placing *placing)
{
    bool bodiless = placing->outgoing->body_dropped;

    switch (placing->inject->kind) {
    case ATT_INJECT_HEADER:
        return att_place_header(placing);
    case ATT_INJECT_BASIC:
        return att_place_basic(placing);
    case ATT_INJECT_QUERY:
        return att_place_query(placing);
    case ATT_INJECT_COOKIE:
        return att_place_cookie(placing);
    case ATT_INJECT_FORM:
        return bodiless ? ATT_OK : att_place_form(placing);
    case ATT_INJECT_JSON:
        return bodiless ? ATT_OK : att_place_json(placing);
    case ATT_INJECT_SIGV4:
    case ATT_INJECT_HMAC:
        return att_place_signature(placing);
    }
    return att_fail(placing->error, ATT_INTERNAL, "a placement is of no known kind; please report it");
}

att_status att_inject(struct att_injection *injection, const struct att_credential *credential,
                      const struct att_config_inject *injects, size_t count, const struct att_outgoing *outgoing,
                      att_error *error)
{
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && i < count; i++)
        status = place(&(struct att_placing){injection, credential, &injects[i], outgoing, NULL, 0, error});
    injection->placed_lines = injection->line_count;
    return status;
}
