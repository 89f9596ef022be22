/* providers/json/read.c: finding and reading the values of a checked text. */
#include <string.h>

#include "providers/json/json.h"

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && memchr(" \t\r\n", *at, 4))
        at++;
    return at;
}

/* Behind the text that begins at `at`. */
static const char *skip_text(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

/* Behind the value that begins at `at`. */
static const char *skip_value(const char *at, const char *end)
{
    unsigned depth = 0;

    do {
        if (*at == '"') {
            at = skip_text(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth) {
            at++;
        } else {
            while (at < end && !memchr(" \t\r\n,]}", *at, 7))
                at++;
        }
    } while (depth);
    return at;
}

enum json_kind json_kind_of(struct json_value value)
{
    if (!value.at)
        return JSON_IS_ABSENT;
    switch (value.at[0]) {
    case '{':
        return JSON_IS_OBJECT;
    case '[':
        return JSON_IS_LIST;
    case '"':
        return JSON_IS_TEXT;
    case 't':
        return JSON_IS_TRUE;
    case 'f':
        return JSON_IS_FALSE;
    case 'n':
        return JSON_IS_NULL;
    default:
        return JSON_IS_NUMBER;
    }
}

struct json_walk json_walk_of(struct json_value value)
{
    enum json_kind kind = json_kind_of(value);

    if (kind != JSON_IS_OBJECT && kind != JSON_IS_LIST)
        return (struct json_walk){NULL, NULL};
    return (struct json_walk){value.at + 1, value.at + value.size};
}

bool json_step(struct json_walk *walk, struct json_value *name, struct json_value *value)
{
    const char *at = skip_blanks(walk->at, walk->end), *start;
    struct json_value own = {NULL, 0};

    if (at < walk->end && *at == ',')
        at = skip_blanks(at + 1, walk->end);
    if (at == walk->end || *at == '}' || *at == ']')
        return false;
    start = at;
    at = skip_blanks(skip_value(at, walk->end), walk->end);
    if (*at == ':') {
        own = (struct json_value){start, (size_t)(skip_text(start) - start)};
        start = skip_blanks(at + 1, walk->end);
        at = skip_value(start, walk->end);
    } else {
        at = skip_value(start, walk->end);
    }
    if (name)
        *name = own;
    *value = (struct json_value){start, (size_t)(at - start)};
    walk->at = at;
    return true;
}

struct json_value json_member(struct json_value object, const char *name)
{
    struct json_walk walk = json_walk_of(object);
    struct json_value found, value;

    while (json_kind_of(object) == JSON_IS_OBJECT && json_step(&walk, &found, &value))
        if (json_text_is(found, name))
            return value;
    return (struct json_value){NULL, 0};
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static size_t encode(unsigned long number, char bytes[4])
{
    size_t size = number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (number & 0x3f));
        number >>= 6;
    }
    bytes[0] = (char)(first[size] | number);
    return size;
}

size_t json_unescape(const char **at, char bytes[4])
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const unsigned char *from = (const unsigned char *)*at;
    unsigned long number;

    if (*from == '"')
        return 0;
    if (*from != '\\') {
        size_t size = json_character(from, 4);
        memcpy(bytes, from, size);
        *at += size;
        return size;
    }
    if (from[1] != 'u') {
        bytes[0] = meant[strchr(letters, from[1]) - letters];
        *at += 2;
        return 1;
    }
    number = (unsigned long)json_hex(from + 2);
    *at += 6;
    if (number >= 0xd800 && number <= 0xdbff) {
        number = 0x10000 + ((number - 0xd800) << 10) + ((unsigned long)json_hex(from + 8) - 0xdc00);
        *at += 6;
    }
    return encode(number, bytes);
}

bool json_text_is(struct json_value value, const char *text)
{
    const char *at = value.at;
    char bytes[4];
    size_t size;

    if (json_kind_of(value) != JSON_IS_TEXT)
        return false;
    at++;
    while ((size = json_unescape(&at, bytes)) > 0) {
        if (strncmp(text, bytes, size) != 0)
            return false;
        text += size;
    }
    return !*text;
}

bool json_text_copy(struct json_value value, char *room, size_t size)
{
    const char *at = value.at;
    char bytes[4];
    size_t used = 0, step;

    if (json_kind_of(value) != JSON_IS_TEXT)
        return false;
    at++;
    while ((step = json_unescape(&at, bytes)) > 0) {
        if (step >= size - used)
            return false;
        memcpy(room + used, bytes, step);
        used += step;
    }
    room[used] = '\0';
    return true;
}

bool json_text_append(const struct att_host *host, struct json_value value, struct att_secret *secret)
{
    const char *at = value.at, *plain;
    char bytes[4];
    size_t size;
    int good = 1;

    if (json_kind_of(value) != JSON_IS_TEXT)
        return false;
    plain = ++at;
    while (good && *at != '"') {
        if (*at != '\\') {
            at++;
            continue;
        }
        good = host->secret_append(secret, plain, (size_t)(at - plain));
        size = json_unescape(&at, bytes);
        good = good && host->secret_append(secret, bytes, size);
        plain = at;
    }
    return good && host->secret_append(secret, plain, (size_t)(at - plain));
}

struct att_secret *json_text_secret(const struct att_host *host, struct json_value value)
{
    struct att_secret *secret = json_kind_of(value) == JSON_IS_TEXT ? host->secret_create(host, value.size) : NULL;

    if (secret && !json_text_append(host, value, secret)) {
        host->secret_destroy(secret);
        secret = NULL;
    }
    return secret;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

bool json_whole_number(struct json_value value, int64_t *number)
{
    bool negative = value.at && value.at[0] == '-';
    int64_t sum = 0;

    if (json_kind_of(value) != JSON_IS_NUMBER)
        return false;
    for (size_t i = negative; i < value.size; i++) {
        int digit = value.at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *number = sum;
    return true;
}
