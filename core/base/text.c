/* core/base/text.c: small questions about text. */
#include <string.h>
#include <strings.h>

#include "core/base/base.h"

bool att_text_equal(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static char lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character + 32) : character;
}

bool att_text_equal_nocase(const char *left, const char *right)
{
    if (!left || !right)
        return left == right;
    while (*left && lower(*left) == lower(*right)) {
        left++;
        right++;
    }
    return lower(*left) == lower(*right);
}

/* A bit for each character of RFC 9110's tchar. */
static bool is_token_character(unsigned char c)
{
    static const uint64_t set[2] = {UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe)};

    return c < 128 && (set[c / 64] >> c % 64 & 1);
}

bool att_text_is_token_size(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_token_character((unsigned char)text[i]))
            return false;
    return size > 0;
}

bool att_text_is_token(const char *text)
{
    return text && att_text_is_token_size(text, strlen(text));
}

/* Whether none of eight bytes is a control character; a tab counts as one here. In each term the high bit of such a
 * byte is set, and a borrow marks another one only next to a byte that is marked. */
static bool is_free_of_controls(const char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t word, delete;

    memcpy(&word, text, sizeof word);
    delete = word ^ ones * 0x7f;
    return !((((word - ones * 0x20) & ~word) | ((delete - ones) & ~delete)) & high);
}

bool att_text_is_field_value(const char *text, size_t size)
{
    size_t i = 0;

    while (size - i >= sizeof(uint64_t) && is_free_of_controls(text + i))
        i += sizeof(uint64_t);
    for (; i < size; i++) {
        unsigned char character = (unsigned char)text[i];
        if ((character < 0x20 && character != '\t') || character == 0x7f)
            return false;
    }
    return true;
}

bool att_text_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool att_header_is_connections(const char *name)
{
    static const char *const names[] = {
        "host", "content-length", "transfer-encoding", "connection",    "expect", "keep-alive",
        "te",   "trailer",        "upgrade",           "http2-settings"};

    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (att_text_equal_nocase(names[i], name))
            return true;
    return strncasecmp(name, "proxy-", 6) == 0;
}

bool att_header_means_another(const char *name)
{
    static const char *const names[] = {"x-http-method-override", "x-http-method", "x-method-override",
                                        "x-original-url",         "x-rewrite-url", "x-original-uri"};

    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (att_text_equal_nocase(names[i], name))
            return true;
    return false;
}

bool att_header_takes_credential(const char *name)
{
    static const char *const names[] = {"content-encoding", "content-type", "set-cookie", "set-cookie2",
                                        "accept-encoding",  "range",        "forwarded"};

    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (att_text_equal_nocase(names[i], name))
            return false;
    return !att_header_is_connections(name) && !att_header_means_another(name) &&
           strncasecmp(name, "x-forwarded-", 12) != 0;
}

/* One `*` or `**` is remembered at a time per kind: the last `**` is the fallback of everything, the last `*` only
 * until the next "/". So the work is at most quadratic, whatever the pattern. */
bool att_glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *star_text = NULL;
    const char *any = NULL, *any_text = NULL;

    for (;;) {
        if (pattern[0] == '*' && pattern[1] == '*') {
            while (*pattern == '*')
                pattern++;
            any = pattern;
            any_text = text;
            star = NULL;
        } else if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
        } else if (*text && (*pattern == *text || (*pattern == '?' && *text != '/'))) {
            pattern++;
            text++;
        } else if (!*text && !*pattern) {
            return true;
        } else if (star && *star_text && *star_text != '/') {
            pattern = star;
            text = ++star_text;
        } else if (any && *any_text) {
            pattern = any;
            text = ++any_text;
            star = NULL;
        } else {
            return false;
        }
    }
}

bool att_glob_is_pattern(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

bool att_text_is_uuid_in_capitals(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool capitals = false;

    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; text[i]; i++) {
        capitals = capitals || (text[i] >= 'A' && text[i] <= 'F');
        if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    }
    return capitals;
}
