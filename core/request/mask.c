/* core/request/mask.c: overwriting secrets that an upstream echoes. */
#include "core/request/mask.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"
#include "core/base/spell.h"

enum { SPELLINGS = 20, FIRST_PATTERNS = 32 };

/* A spelling of a secret. The spellings of one secret are in one to five stores, each of which the first one in it
 * owns; the others have NULL. */
struct pattern {
    const char *bytes;
    size_t size;
    struct att_secret *store;
};

struct att_mask {
    struct att_arena *arena;
    struct pattern *patterns;
    size_t count, capacity, shortest, longest;
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
    for (size_t i = 0; i < mask->count; i++)
        att_secret_destroy(mask->patterns[i].store);
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

/* Takes in the spelling that was written from the store's end up to `end`, and with the first one the store. */
static void keep(struct att_mask *mask, struct att_secret *store, const char *end)
{
    struct pattern *pattern = &mask->patterns[mask->count++];

    *pattern = (struct pattern){att_secret_tail(store), (size_t)(end - att_secret_tail(store)),
                                att_secret_size(store) ? NULL : store};
    att_secret_advance(store, pattern->size);
    if (pattern->size > mask->longest)
        mask->longest = pattern->size;
    if (pattern->size < mask->shortest)
        mask->shortest = pattern->size;
}

/* What a spelling does with a character: classes of which a secret has some. */
enum {
    RESERVED = 1, /* percent-encoded */
    IN_FORMS = 2, /* written in another way by forms than by URLs */
    IN_JSON = 4,  /* escaped in JSON, by some at least */
    BEYOND_ASCII = 8,
    QUOTED = 16 /* escaped in any JSON */
};

static unsigned class_of(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
        return 0;
    if (c == '~')
        return IN_FORMS;
    if (c == ' ' || c == '*')
        return RESERVED | IN_FORMS;
    if (c >= 0x80)
        return RESERVED | BEYOND_ASCII;
    if (c < 0x20 || c == '"' || c == '\\')
        return RESERVED | IN_JSON | QUOTED;
    return RESERVED | (strchr("/<>&+'`", c) ? IN_JSON : 0);
}

static unsigned classes_of(const char *secret, size_t size)
{
    unsigned classes = 0;

    for (size_t i = 0; i < size; i++)
        classes |= class_of((unsigned char)secret[i]);
    return classes;
}

static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";

/* As it is, percent-encoded, and within base64. */
static bool add_plain(struct att_mask *mask, const char *secret, size_t size, bool reserved)
{
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct att_secret *store = att_secret_create(mask->arena, size * (size_t)(9 + 6 * reserved) + 18);

    if (!store)
        return false;
    memcpy(att_secret_tail(store), secret, size);
    keep(mask, store, att_secret_tail(store) + size);
    if (reserved) {
        keep(mask, store, att_spell_percent(att_secret_tail(store), secret, size, upper));
        keep(mask, store, att_spell_percent(att_secret_tail(store), secret, size, lower));
    }
    for (size_t shift = 0; shift < 3; shift++) {
        const char *text = att_secret_tail(store),
                   *end = att_spell_base64_inside(att_secret_tail(store), secret, size, shift, standard);
        keep(mask, store, end);
        if (memchr(text, '+', (size_t)(end - text)) || memchr(text, '/', (size_t)(end - text)))
            keep(mask, store, att_spell_base64_inside(att_secret_tail(store), secret, size, shift, url_safe));
    }
    return true;
}

static bool add_forms(struct att_mask *mask, const char *secret, size_t size)
{
    struct att_secret *store = att_secret_create(mask->arena, 12 * size);

    if (!store)
        return false;
    for (int standard = 0; standard < 2; standard++) {
        keep(mask, store, att_spell_form(att_secret_tail(store), secret, size, upper, standard != 0));
        keep(mask, store, att_spell_form(att_secret_tail(store), secret, size, lower, standard != 0));
    }
    return true;
}

static bool add_json(struct att_mask *mask, const char *secret, size_t size, const struct att_spell_json *styles,
                     size_t count)
{
    struct att_secret *store = att_secret_create(mask->arena, 6 * count * size);

    for (size_t i = 0; store && i < count; i++)
        keep(mask, store, att_spell_json(att_secret_tail(store), secret, size, &styles[i]));
    return store != NULL;
}

static bool add_spellings(struct att_mask *mask, const char *secret, size_t size, unsigned classes)
{
    /* As most write it, and PHP; Go and Rails, and .NET. */
    static const struct att_spell_json unicode[] = {{"", lower, false, false}, {"", lower, true, false}};
    static const struct att_spell_json for_html[] = {{"<>&", lower, false, false}, {"<>&+'`\"", upper, false, false}};
    /* As Python writes it, PHP, and .NET. */
    static const struct att_spell_json ascii[] = {
        {"", lower, false, true}, {"", lower, true, true}, {"<>&+'`\"", upper, false, true}};

    if (!reserve(mask) || !add_plain(mask, secret, size, classes & RESERVED))
        return false;
    if (classes & IN_FORMS && !add_forms(mask, secret, size))
        return false;
    if (classes & IN_JSON && !(add_json(mask, secret, size, unicode, ATT_COUNT(unicode)) &&
                               add_json(mask, secret, size, for_html, ATT_COUNT(for_html))))
        return false;
    return !(classes & BEYOND_ASCII) || !att_text_is_utf8(secret, size) ||
           add_json(mask, secret, size, ascii, ATT_COUNT(ascii));
}

/* A secret that is escaped in a body of JSON is echoed as it was sent: within a text of JSON it is escaped once more.
 * So what is sent is a secret of its own. */
static bool add_as_sent(struct att_mask *mask, const char *secret, size_t size)
{
    static const struct att_spell_json style = {"", lower, false, false};
    struct att_secret *sent = att_secret_create(mask->arena, 6 * size);
    bool added = sent != NULL;

    if (sent)
        att_secret_advance(
            sent, (size_t)(att_spell_json(att_secret_tail(sent), secret, size, &style) - att_secret_tail(sent)));
    if (sent && att_secret_size(sent) <= ATT_MASK_MOST)
        added = add_spellings(mask, att_secret_bytes(sent), att_secret_size(sent),
                              classes_of(att_secret_bytes(sent), att_secret_size(sent)));
    att_secret_destroy(sent);
    return added;
}

bool att_mask_add(struct att_mask *mask, const char *secret, size_t size)
{
    unsigned classes;

    if (size < ATT_MASK_LEAST || size > ATT_MASK_MOST)
        return size < ATT_MASK_LEAST;
    classes = classes_of(secret, size);
    return add_spellings(mask, secret, size, classes) && (!(classes & QUOTED) || add_as_sent(mask, secret, size));
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
