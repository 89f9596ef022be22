/* core/request/mask.c: overwriting secrets that an upstream echoes. */
#include "core/request/mask.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STORES = 48, SPELLINGS = 13, FIRST_PATTERNS = 16 };

/* A spelling of a secret; its bytes are in one of the stores. */
struct pattern {
    const char *bytes;
    size_t size;
};

struct att_mask {
    struct att_arena *arena;
    struct pattern *patterns;
    struct att_secret *stores[STORES]; /* of each secret its spellings, in one or two */
    size_t count, capacity, store_count, shortest, longest;
    bool found;
    struct att_secret *held; /* the beginning of a secret, perhaps */
};

struct att_mask *att_mask_create(struct att_arena *arena)
{
    struct att_mask *mask = malloc(sizeof *mask);

    if (mask)
        *mask = (struct att_mask){.arena = arena, .shortest = SIZE_MAX};
    return mask;
}

void att_mask_destroy(struct att_mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; i < mask->store_count; i++)
        att_secret_destroy(mask->stores[i]);
    att_secret_destroy(mask->held);
    free(mask->patterns);
    free(mask);
}

void att_mask_restart(struct att_mask *mask)
{
    if (mask->held)
        att_secret_truncate(mask->held, 0);
}

/* Room for all spellings of one more secret. */
static bool reserve(struct att_mask *mask)
{
    size_t capacity = mask->capacity ? mask->capacity * 2 : FIRST_PATTERNS;
    struct pattern *patterns;

    if (mask->count + SPELLINGS <= mask->capacity)
        return true;
    patterns = realloc(mask->patterns, capacity * sizeof *patterns);
    if (!patterns)
        return false;
    mask->patterns = patterns;
    mask->capacity = capacity;
    return true;
}

static struct att_secret *add_store(struct att_mask *mask, size_t size)
{
    struct att_secret *store = mask->store_count < STORES ? att_secret_create(mask->arena, size) : NULL;

    if (store)
        mask->stores[mask->store_count++] = store;
    return store;
}

/* Takes in the spelling that was written from the store's end up to `end`. */
static void keep(struct att_mask *mask, struct att_secret *store, const char *end)
{
    struct pattern *pattern = &mask->patterns[mask->count++];

    *pattern = (struct pattern){att_secret_tail(store), (size_t)(end - att_secret_tail(store))};
    att_secret_advance(store, pattern->size);
    if (pattern->size > mask->longest)
        mask->longest = pattern->size;
    if (pattern->size < mask->shortest)
        mask->shortest = pattern->size;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static char *percent_encode(char *out, const char *secret, size_t size, const char *digits)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)secret[i];
        if (is_unreserved(c)) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        }
    }
    return out;
}

static char *json_escape(char *out, const char *secret, size_t size, bool slash_too)
{
    for (size_t i = 0; i < size; i++) {
        if (secret[i] == '"' || secret[i] == '\\' || (slash_too && secret[i] == '/'))
            *out++ = '\\';
        *out++ = secret[i];
    }
    return out;
}

/* JSON that is safe to stand in HTML: some characters are written by their number, in the digits of the library. */
static char *json_escape_for_html(char *out, const char *secret, size_t size, const char *numbered, const char *digits)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)secret[i];
        if (c && strchr(numbered, c)) {
            memcpy(out, "\\u00", 4);
            out[4] = digits[c >> 4];
            out[5] = digits[c & 15];
            out += 6;
        } else {
            out = json_escape(out, secret + i, 1, false);
        }
    }
    return out;
}

/* The characters of base64 that the secret alone decides when `shift` bytes stand before it: of the first group its
 * later ones, then whole groups, then what the rest fills. */
static char *base64_inside(char *out, const char *secret, size_t size, size_t shift, const char *alphabet)
{
    const unsigned char *at = (const unsigned char *)secret, *end = at + size;

    if (shift == 1) {
        *out++ = alphabet[(at[0] & 15) << 2 | at[1] >> 6];
        *out++ = alphabet[at[1] & 63];
    } else if (shift == 2) {
        *out++ = alphabet[at[0] & 63];
    }
    for (at += (3 - shift) % 3; end - at >= 3; at += 3, out += 4) {
        unsigned group = (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (end - at >= 1)
        *out++ = alphabet[at[0] >> 2];
    if (end - at == 2)
        *out++ = alphabet[(at[0] & 3) << 4 | at[1] >> 4];
    return out;
}

static bool has_any(const char *secret, size_t size, bool (*is_one)(unsigned char))
{
    for (size_t i = 0; i < size; i++)
        if (is_one((unsigned char)secret[i]))
            return true;
    return false;
}

static bool is_reserved(unsigned char c)
{
    return !is_unreserved(c);
}

static bool is_escaped_in_json(unsigned char c)
{
    return c && strchr("\"\\/<>&+'`", c) != NULL;
}

/* The spellings of a secret that JSON does not hold as it is. */
static bool add_escaped(struct att_mask *mask, const char *secret, size_t size)
{
    struct att_secret *store = add_store(mask, 16 * size);

    if (!store)
        return false;
    keep(mask, store, json_escape(att_secret_tail(store), secret, size, false));
    keep(mask, store, json_escape(att_secret_tail(store), secret, size, true));
    /* As Go and Rails, and as .NET write it. */
    keep(mask, store, json_escape_for_html(att_secret_tail(store), secret, size, "<>&", "0123456789abcdef"));
    keep(mask, store, json_escape_for_html(att_secret_tail(store), secret, size, "<>&+'`\"", "0123456789ABCDEF"));
    return true;
}

bool att_mask_add(struct att_mask *mask, const char *secret, size_t size)
{
    static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bool reserved = has_any(secret, size, is_reserved);
    struct att_secret *store;

    if (size < ATT_MASK_LEAST || size > ATT_MASK_MOST)
        return size < ATT_MASK_LEAST;
    if (!reserve(mask))
        return false;
    store = add_store(mask, size * (size_t)(9 + 6 * reserved) + 18);
    if (!store)
        return false;
    memcpy(att_secret_tail(store), secret, size);
    keep(mask, store, att_secret_tail(store) + size);
    if (reserved) {
        keep(mask, store, percent_encode(att_secret_tail(store), secret, size, upper));
        keep(mask, store, percent_encode(att_secret_tail(store), secret, size, lower));
    }
    for (size_t shift = 0; shift < 3; shift++) {
        const char *text = att_secret_tail(store),
                   *end = base64_inside(att_secret_tail(store), secret, size, shift, standard);
        keep(mask, store, end);
        if (memchr(text, '+', (size_t)(end - text)) || memchr(text, '/', (size_t)(end - text)))
            keep(mask, store, base64_inside(att_secret_tail(store), secret, size, shift, url_safe));
    }
    return !has_any(secret, size, is_escaped_in_json) || add_escaped(mask, secret, size);
}

/* Where the first secret in a text begins, or NULL; `size` becomes the secret's. */
static const char *find(const struct att_mask *mask, const char *text, size_t text_size, size_t *size)
{
    const char *first = NULL;

    if (text_size < mask->shortest)
        return NULL;
    for (size_t i = 0; i < mask->count; i++) {
        const struct pattern *pattern = &mask->patterns[i];
        const char *hit = memmem(text, text_size, pattern->bytes, pattern->size);
        if (hit && (!first || hit < first || (hit == first && pattern->size > *size))) {
            first = hit;
            *size = pattern->size;
        }
    }
    return first;
}

void att_mask_text(struct att_mask *mask, char *text, size_t size)
{
    char *at = text, *end = text + size;
    const char *hit;
    size_t length = 0;

    if (size < mask->shortest)
        return;
    while ((hit = find(mask, at, (size_t)(end - at), &length))) {
        at += hit - at;
        memset(at, '*', length);
        mask->found = true;
        at += length;
    }
}

/* How many bytes at the end of a text are the beginning of a secret. */
static size_t held_back(const struct att_mask *mask, const char *text, size_t size)
{
    size_t longest = 0;

    for (size_t i = 0; i < mask->count; i++) {
        const struct pattern *pattern = &mask->patterns[i];
        size_t most = pattern->size - 1 < size ? pattern->size - 1 : size;
        const char *at = text + size - most, *end = text + size - longest;
        while (at < end && (at = memchr(at, pattern->bytes[0], (size_t)(end - at)))) {
            if (memcmp(at, pattern->bytes, (size_t)(text + size - at)) == 0) {
                longest = (size_t)(text + size - at);
                break;
            }
            at++;
        }
    }
    return longest;
}

static bool hold(struct att_mask *mask, const char *bytes, size_t size)
{
    if (!mask->held)
        mask->held = att_secret_create(mask->arena, mask->longest);
    if (!mask->held)
        return false;
    att_secret_truncate(mask->held, 0);
    return att_secret_append(mask->held, bytes, size);
}

/* The slow way, for a piece that follows a held one or contains a secret: a copy is made, masked and wiped. */
static bool feed_copy(struct att_mask *mask, const void *data, size_t size, att_mask_sink sink, void *context)
{
    size_t before = mask->held ? att_secret_size(mask->held) : 0, back;
    char *copy = malloc(before + size);
    bool taken = false;

    if (!copy)
        return false;
    if (before)
        memcpy(copy, att_secret_bytes(mask->held), before);
    memcpy(copy + before, data, size);
    att_mask_text(mask, copy, before + size);
    back = held_back(mask, copy, before + size);
    taken = hold(mask, copy + before + size - back, back) &&
            (before + size == back || sink(context, copy, before + size - back));
    att_wipe(copy, before + size);
    free(copy);
    return taken;
}

bool att_mask_feed(struct att_mask *mask, const void *data, size_t size, att_mask_sink sink, void *context)
{
    size_t length = 0;

    if (size == 0)
        return true;
    if ((mask->held && att_secret_size(mask->held)) || find(mask, data, size, &length) || held_back(mask, data, size))
        return feed_copy(mask, data, size, sink, context);
    return sink(context, data, size);
}

bool att_mask_finish(struct att_mask *mask, att_mask_sink sink, void *context)
{
    size_t size = mask->held ? att_secret_size(mask->held) : 0;
    bool taken = size == 0 || sink(context, att_secret_bytes(mask->held), size);

    att_mask_restart(mask);
    return taken;
}

bool att_mask_has_found(const struct att_mask *mask)
{
    return mask->found;
}
