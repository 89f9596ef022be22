/* tests/fuzz/fuzz-body.c: a credential placed in any body: it is refused, or sound and with the credential where it
 * belongs, as another reader of JSON sees it. An input is the name of the field or member, a line end, and the body. */
#include <jansson.h>
#include <string.h>

#include "core/inject/inject.h"
#include "core/inject/json_spot.h"
#include "tests/fuzz/fuzz.h"

static const char token[] = "tok\"en\\/&= \xc3\xa9";

struct placed {
    struct att_injection injection;
    att_error error;
};

static att_status place(struct placed *placed, const struct att_credential *credential, enum att_inject_kind kind,
                        const char *name, const char *type, const uint8_t *body, size_t size)
{
    const struct att_config_inject inject = {.kind = kind, .name = name, .format = "{token}"};
    const struct att_outgoing outgoing = {
        .grant = "g", .method = "POST", .body = body, .body_size = size, .content_type = type};

    return att_inject(&placed->injection, credential, &inject, 1, &outgoing, &placed->error);
}

/* The value that the path leads to. */
static const char *value_at(const json_t *json, const char *path)
{
    for (; json; path++) {
        size_t size = strcspn(path, ".");
        json = json_object_getn(json, path, size);
        path += size;
        if (!*path)
            return json_string_value(json);
    }
    return NULL;
}

/* What jansson refuses though it is JSON: numbers without end, NUL characters, halves of surrogate pairs. */
static bool may_differ(const json_error_t *error, const uint8_t *body, size_t size)
{
    return json_error_code(error) == json_error_numeric_overflow || memmem(body, size, "\\u", 2);
}

static void check_json(const struct placed *placed, const char *name, const uint8_t *body, size_t size)
{
    struct att_json_spot spot;
    const char *text = att_secret_bytes(placed->injection.body);
    size_t text_size = att_secret_size(placed->injection.body);
    json_error_t error;
    json_t *before = size ? json_loadb((const char *)body, size, 0, &error) : json_object();
    json_t *after = json_loadb(text, text_size, JSON_ALLOW_NUL, NULL);

    if (att_json_spot_find(text, text_size, name, &spot) != ATT_JSON_TAKEN)
        fuzz_finding("the member is not found again", name, text);
    if (!before && !may_differ(&error, body, size))
        fuzz_finding("no JSON was taken for it", error.text, text);
    if (before && (!after || !value_at(after, name) || strcmp(value_at(after, name), token) != 0))
        fuzz_finding("the member is not where it belongs", name, text);
    json_decref(before);
    json_decref(after);
}

static void place_and_check(struct att_arena *arena, enum att_inject_kind kind, const char *name, const uint8_t *body,
                            size_t size)
{
    const char *type = kind == ATT_INJECT_FORM ? "application/x-www-form-urlencoded" : "application/json";
    struct placed placed = {.error = ATT_ERROR_INIT};
    struct att_credential credential = {
        .arena = arena, .parts = {{"token", att_secret_from(arena, token, strlen(token))}}, .part_count = 1};
    att_status status;

    att_injection_open(&placed.injection, arena);
    status = place(&placed, &credential, kind, name, type, body, size);
    if (status == ATT_OK && att_secret_size(placed.injection.body) <= size)
        fuzz_finding("a body did not grow", name, type);
    if (status != ATT_OK)
        fuzz_check_sentence(placed.error.message);
    else if (kind == ATT_INJECT_JSON)
        check_json(&placed, name, body, size);
    /* Now it is there. */
    if (status == ATT_OK && place(&placed, &credential, kind, name, type, body, size) != ATT_CONFIG)
        fuzz_finding("a field was placed twice", name, type);
    att_injection_close(&placed.injection);
    att_secret_destroy(credential.parts[0].secret);
    att_error_clear(&placed.error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct att_arena *arena;
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    char name[128];
    size_t name_size = end ? (size_t)(end - data) : 0;

    if (!arena)
        arena = att_arena_create();
    if (!name_size || name_size >= sizeof name || size > 4096 || !att_text_is_utf8((const char *)data, name_size) ||
        memchr(data, 0, name_size))
        return 0;
    memcpy(name, data, name_size);
    name[name_size] = '\0';
    if (att_text_has_control(name))
        return 0;
    place_and_check(arena, ATT_INJECT_FORM, name, end + 1, size - name_size - 1);
    if (*name != '.' && name[name_size - 1] != '.' && !strstr(name, ".."))
        place_and_check(arena, ATT_INJECT_JSON, name, end + 1, size - name_size - 1);
    return 0;
}
