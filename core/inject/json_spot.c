/* core/inject/json_spot.c: a strict reader of JSON texts (RFC 8259) that looks for the place of one member. */
#include "core/inject/json_spot.h"

#include <stdint.h>
#include <string.h>

#include "core/base/base.h"

struct reading {
    const char *text, *at, *end;
    struct att_json_spot *spot;
    enum att_json_found found; /* why the reading stopped */
};

static bool stop(struct reading *reading, enum att_json_found why)
{
    reading->found = why;
    return false;
}

static void skip_blanks(struct reading *reading)
{
    while (reading->at < reading->end &&
           (*reading->at == ' ' || *reading->at == '\t' || *reading->at == '\n' || *reading->at == '\r'))
        reading->at++;
}

static bool take(struct reading *reading, char character)
{
    if (reading->at == reading->end || *reading->at != character)
        return false;
    reading->at++;
    return true;
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Four hexadecimal digits, or -1. */
static int32_t four_digits(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = at[i] >= 'A' && at[i] <= 'F' ? at[i] + 32 : at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return -1;
        value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* A text between quotes; `begin` and `finish` get what is inside. */
static bool read_text(struct reading *reading, const char **begin, const char **finish)
{
    if (!take(reading, '"'))
        return stop(reading, ATT_JSON_BROKEN);
    for (*begin = reading->at; reading->at < reading->end; reading->at++) {
        unsigned char c = (unsigned char)*reading->at;
        if (c == '"') {
            *finish = reading->at++;
            return true;
        }
        if (c < 0x20)
            break;
        if (c != '\\')
            continue;
        if (++reading->at == reading->end || !strchr("\"\\/bfnrtu", *reading->at) || !*reading->at)
            break;
        if (*reading->at == 'u' && four_digits(reading->at + 1, reading->end) < 0)
            break;
    }
    return stop(reading, ATT_JSON_BROKEN);
}

/* The next character of a sound text as UTF-8, which ends with a NUL byte in `to`. False at the end. A half of a
 * surrogate pair stands for nothing that a name could have. */
static bool next_character(const char **at, const char *end, unsigned char to[5])
{
    static const char short_forms[] = "b\bf\fn\nr\rt\t";
    int32_t code, low;

    memset(to, 0, 5);
    if (*at == end)
        return false;
    if (**at != '\\') {
        to[0] = (unsigned char)*(*at)++;
        return true;
    }
    if ((*at)[1] != 'u') {
        const char *form = strchr(short_forms, (*at)[1]);
        to[0] = (unsigned char)(form ? form[1] : (*at)[1]);
        *at += 2;
        return true;
    }
    code = four_digits(*at + 2, end);
    *at += 6;
    if (code >= 0xd800 && code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        low = four_digits(*at + 2, end);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            *at += 6;
        }
    }
    if (code < 0x80) {
        to[0] = (unsigned char)code;
    } else if (code < 0x800) {
        to[0] = (unsigned char)(0xc0 | code >> 6);
        to[1] = (unsigned char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        to[0] = (unsigned char)(0xe0 | code >> 12);
        to[1] = (unsigned char)(0x80 | (code >> 6 & 63));
        to[2] = (unsigned char)(0x80 | (code & 63));
    } else {
        to[0] = (unsigned char)(0xf0 | code >> 18);
        to[1] = (unsigned char)(0x80 | (code >> 12 & 63));
        to[2] = (unsigned char)(0x80 | (code >> 6 & 63));
        to[3] = (unsigned char)(0x80 | (code & 63));
    }
    return true;
}

enum likeness { OTHER, OTHER_CASE, SAME };

/* Some servers do not tell capital letters from small ones. */
static enum likeness compare(const char *begin, const char *end, const char *name, size_t size)
{
    enum likeness likeness = SAME;
    unsigned char character[5];

    while (next_character(&begin, end, character)) {
        for (size_t i = 0; i == 0 || character[i]; i++) {
            unsigned char c = character[i], wanted = size ? (unsigned char)*name : 0;
            if (!size || !c)
                return OTHER;
            if (c != wanted) {
                if ((c | 0x20) != (wanted | 0x20) || (c | 0x20) < 'a' || (c | 0x20) > 'z')
                    return OTHER;
                likeness = OTHER_CASE;
            }
            name++;
            size--;
        }
    }
    return size ? OTHER : likeness;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static size_t skip_digits(struct reading *reading)
{
    const char *begin = reading->at;

    while (reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9')
        reading->at++;
    return (size_t)(reading->at - begin);
}

static bool read_number(struct reading *reading)
{
    bool sound;

    take(reading, '-');
    sound = take(reading, '0') || skip_digits(reading);
    if (sound && take(reading, '.'))
        sound = skip_digits(reading) > 0;
    if (sound && (take(reading, 'e') || take(reading, 'E'))) {
        if (!take(reading, '-'))
            take(reading, '+');
        sound = skip_digits(reading) > 0;
    }
    return sound || stop(reading, ATT_JSON_BROKEN);
}

static bool read_word(struct reading *reading, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(reading->end - reading->at) < size || memcmp(reading->at, word, size) != 0)
        return stop(reading, ATT_JSON_BROKEN);
    reading->at += size;
    return true;
}

static bool read_value(struct reading *reading, const char *path, unsigned depth);

/* The comma between two elements, or the end: `*more` tells. */
static bool read_separator(struct reading *reading, char closing, bool *more)
{
    skip_blanks(reading);
    *more = take(reading, ',');
    return *more || take(reading, closing) || stop(reading, ATT_JSON_BROKEN);
}

static bool read_list(struct reading *reading, unsigned depth)
{
    bool more = true;

    reading->at++;
    skip_blanks(reading);
    if (take(reading, ']'))
        return true;
    while (more)
        if (!read_value(reading, NULL, depth) || !read_separator(reading, ']', &more))
            return false;
    return true;
}

/* A member of an object that `path` leads into, or of any other where that is NULL. `*stepped` is set when the path
 * goes on in it. */
static bool read_member(struct reading *reading, const char *path, unsigned depth, bool *stepped)
{
    size_t size = path ? strcspn(path, ".") : 0;
    const char *begin = NULL, *finish = NULL, *rest = NULL;
    enum likeness likeness;

    skip_blanks(reading);
    if (!read_text(reading, &begin, &finish))
        return false;
    skip_blanks(reading);
    if (!take(reading, ':'))
        return stop(reading, ATT_JSON_BROKEN);
    likeness = path ? compare(begin, finish, path, size) : OTHER;
    if (likeness != OTHER && (likeness == OTHER_CASE || *stepped || !path[size]))
        return stop(reading, ATT_JSON_TAKEN);
    if (likeness == SAME) {
        *stepped = true;
        rest = path + size + 1;
    }
    return read_value(reading, rest, depth);
}

static bool read_object(struct reading *reading, const char *path, unsigned depth)
{
    bool more = true, first = true, stepped = false;

    reading->at++;
    skip_blanks(reading);
    if (!take(reading, '}')) {
        first = false;
        while (more)
            if (!read_member(reading, path, depth, &stepped) || !read_separator(reading, '}', &more))
                return false;
    }
    if (path && !stepped)
        *reading->spot = (struct att_json_spot){(size_t)(reading->at - 1 - reading->text), first, path};
    return true;
}

/* `path` is what has to be found in the value, which is an object then; or NULL. */
static bool read_value(struct reading *reading, const char *path, unsigned depth)
{
    skip_blanks(reading);
    if (reading->at == reading->end)
        return stop(reading, ATT_JSON_BROKEN);
    if ((*reading->at == '{' || *reading->at == '[') && depth == ATT_JSON_DEPTH)
        return stop(reading, ATT_JSON_DEEP);
    if (path && *reading->at != '{')
        return stop(reading,
                    *reading->at && strchr("[\"tfn-0123456789", *reading->at) ? ATT_JSON_NOWHERE : ATT_JSON_BROKEN);
    switch (*reading->at) {
    case '{':
        return read_object(reading, path, depth + 1);
    case '[':
        return read_list(reading, depth + 1);
    case '"':
        return read_text(reading, &(const char *){NULL}, &(const char *){NULL});
    case 't':
        return read_word(reading, "true");
    case 'f':
        return read_word(reading, "false");
    case 'n':
        return read_word(reading, "null");
    default:
        return read_number(reading);
    }
}

enum att_json_found att_json_spot_find(const char *text, size_t size, const char *path, struct att_json_spot *spot)
{
    struct reading reading = {text, text, text + size, spot, ATT_JSON_BROKEN};

    if (!att_text_is_utf8(text, size))
        return ATT_JSON_BROKEN;
    if (!read_value(&reading, path, 0))
        return reading.found;
    skip_blanks(&reading);
    return reading.at == reading.end ? ATT_JSON_SPOT : ATT_JSON_BROKEN;
}
