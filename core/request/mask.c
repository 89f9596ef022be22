/* core/request/mask.c: overwriting secrets that an upstream echoes. */
#include "core/request/mask.h"

#include <stdlib.h>
#include <string.h>

enum { PATTERNS = 64 };

struct att_mask {
    struct att_arena *arena;
    struct att_secret *patterns[PATTERNS];
    size_t count, longest;
    struct att_secret *held; /* the beginning of a secret, perhaps */
};

struct att_mask *att_mask_create(struct att_arena *arena)
{
    struct att_mask *mask = calloc(1, sizeof *mask);

    if (mask)
        mask->arena = arena;
    return mask;
}

void att_mask_destroy(struct att_mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; i < mask->count; i++)
        att_secret_destroy(mask->patterns[i]);
    att_secret_destroy(mask->held);
    free(mask);
}

void att_mask_restart(struct att_mask *mask)
{
    if (mask->held)
        att_secret_truncate(mask->held, 0);
}

/* Takes over `text`. Spellings that come out equal are kept once. */
static bool keep(struct att_mask *mask, struct att_secret *text)
{
    if (!text)
        return false;
    for (size_t i = 0; i < mask->count; i++)
        if (att_secret_equal(mask->patterns[i], text)) {
            att_secret_destroy(text);
            return true;
        }
    if (mask->count == PATTERNS || att_secret_size(text) < ATT_MASK_LEAST) {
        bool fits = att_secret_size(text) < ATT_MASK_LEAST;
        att_secret_destroy(text);
        return fits;
    }
    mask->patterns[mask->count++] = text;
    if (att_secret_size(text) > mask->longest)
        mask->longest = att_secret_size(text);
    return true;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c) != NULL);
}

static struct att_secret *percent_encoded(struct att_arena *arena, const char *secret, size_t size, const char *digits)
{
    struct att_secret *text = att_secret_create(arena, size * 3);

    for (size_t i = 0; text && i < size; i++) {
        unsigned char c = (unsigned char)secret[i];
        const char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        att_secret_append(text, is_unreserved(c) ? secret + i : escape, is_unreserved(c) ? 1 : 3);
    }
    return text;
}

static struct att_secret *json_escaped(struct att_arena *arena, const char *secret, size_t size, const char *escaped)
{
    struct att_secret *text = att_secret_create(arena, size * 2);

    for (size_t i = 0; text && i < size; i++) {
        if (secret[i] && strchr(escaped, secret[i]))
            att_secret_append(text, "\\", 1);
        att_secret_append(text, secret + i, 1);
    }
    return text;
}

/* The characters of base64 that the secret alone decides when `shift` bytes stand before it. */
static struct att_secret *base64_inside(struct att_arena *arena, const char *secret, size_t size, size_t shift,
                                        const char *alphabet)
{
    size_t first = (shift * 8 + 5) / 6, last = (shift + size) * 8 / 6;
    struct att_secret *text = att_secret_create(arena, last - first);

    for (size_t at = first; text && at < last; at++) {
        size_t bit = at * 6 - shift * 8, byte = bit / 8;
        unsigned pair =
            (unsigned)(unsigned char)secret[byte] << 8 | (byte + 1 < size ? (unsigned char)secret[byte + 1] : 0U);
        att_secret_append(text, alphabet + (pair >> (10 - bit % 8) & 63), 1);
    }
    return text;
}

bool att_mask_add(struct att_mask *mask, const char *secret, size_t size)
{
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct att_arena *arena = mask->arena;
    bool kept;

    if (size < ATT_MASK_LEAST || size > ATT_SECRET_LIMIT / 3)
        return true;
    kept = keep(mask, att_secret_from(arena, secret, size)) &&
           keep(mask, percent_encoded(arena, secret, size, "0123456789ABCDEF")) &&
           keep(mask, percent_encoded(arena, secret, size, "0123456789abcdef")) &&
           keep(mask, json_escaped(arena, secret, size, "\"\\")) &&
           keep(mask, json_escaped(arena, secret, size, "\"\\/"));
    for (size_t shift = 0; kept && shift < 3; shift++)
        kept = keep(mask, base64_inside(arena, secret, size, shift, standard)) &&
               keep(mask, base64_inside(arena, secret, size, shift, url_safe));
    return kept;
}

/* Where the first secret in a text begins, or NULL; `size` becomes the secret's. */
static const char *find(const struct att_mask *mask, const char *text, size_t text_size, size_t *size)
{
    const char *first = NULL;

    for (size_t i = 0; i < mask->count; i++) {
        const struct att_secret *pattern = mask->patterns[i];
        const char *hit = memmem(text, text_size, att_secret_bytes(pattern), att_secret_size(pattern));
        if (hit && (!first || hit < first || (hit == first && att_secret_size(pattern) > *size))) {
            first = hit;
            *size = att_secret_size(pattern);
        }
    }
    return first;
}

void att_mask_text(const struct att_mask *mask, char *text, size_t size)
{
    char *at = text, *end = text + size;
    const char *hit;
    size_t length = 0;

    while ((hit = find(mask, at, (size_t)(end - at), &length))) {
        at += hit - at;
        memset(at, '*', length);
        at += length;
    }
}

/* How many bytes at the end of a text are the beginning of a secret. */
static size_t held_back(const struct att_mask *mask, const char *text, size_t size)
{
    size_t longest = 0;

    for (size_t i = 0; i < mask->count; i++) {
        const char *pattern = att_secret_bytes(mask->patterns[i]);
        size_t most = att_secret_size(mask->patterns[i]) - 1;
        for (size_t length = most < size ? most : size; length > longest; length--)
            if (memcmp(text + size - length, pattern, length) == 0)
                longest = length;
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
