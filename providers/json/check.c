/* providers/json/check.c: whether a text is JSON as json.h wants it. */
#include <string.h>

#include "providers/json/json.h"

struct checker {
    const unsigned char *bytes;
    size_t size, at;
    const char *what; /* is wrong; NULL: nothing so far */
};

static bool refuse(struct checker *checker, const char *what)
{
    checker->what = what;
    return false;
}

static bool refuse_at(struct checker *checker, size_t at, const char *what)
{
    checker->at = at;
    return refuse(checker, what);
}

/* The next byte, or -1 at the end. */
static int peek(const struct checker *checker)
{
    return checker->at < checker->size ? checker->bytes[checker->at] : -1;
}

static void skip_blanks(struct checker *checker)
{
    while (checker->at < checker->size && memchr(" \t\r\n", checker->bytes[checker->at], 4))
        checker->at++;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

size_t json_character(const unsigned char *at, size_t left)
{
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;

    if (size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
        (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return size;
}

long json_hex(const unsigned char *at)
{
    long number = 0;

    for (int i = 0; i < 4; i++) {
        int digit = is_digit(at[i])                ? at[i] - '0'
                    : at[i] >= 'a' && at[i] <= 'f' ? at[i] - 'a' + 10
                    : at[i] >= 'A' && at[i] <= 'F' ? at[i] - 'A' + 10
                                                   : -1;
        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

/* Behind "\u". */
static bool check_number_of_character(struct checker *checker)
{
    const unsigned char *at = checker->bytes + checker->at;
    size_t left = checker->size - checker->at;
    long number = left < 4 ? -1 : json_hex(at), second;

    if (number < 0)
        return refuse(checker, "\\u is not followed by four hexadecimal digits");
    if (number == 0)
        return refuse(checker, "a text holds a NUL");
    checker->at += 4;
    if (number < 0xd800 || number > 0xdfff)
        return true;
    second = number > 0xdbff || left < 10 || at[4] != '\\' || at[5] != 'u' ? -1 : json_hex(at + 6);
    if (second < 0xdc00 || second > 0xdfff)
        return refuse(checker, "a text holds half a character (a lone surrogate)");
    checker->at += 6;
    return true;
}

static bool check_escape(struct checker *checker)
{
    int byte;

    checker->at++;
    byte = peek(checker);
    if (byte < 0 || byte == 0 || !strchr("\"\\/bfnrtu", byte))
        return refuse(checker, "a text holds an escape that JSON does not have");
    checker->at++;
    return byte != 'u' || check_number_of_character(checker);
}

static bool check_text(struct checker *checker)
{
    size_t size;

    checker->at++;
    while (true) {
        int byte = peek(checker);

        if (byte < 0)
            return refuse(checker, "a text does not end");
        if (byte == '"')
            break;
        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            checker->at++;
            continue;
        }
        if (byte < 0x20)
            return refuse(checker, "a text holds a control character that is not escaped");
        if (byte == '\\') {
            if (!check_escape(checker))
                return false;
            continue;
        }
        size = json_character(checker->bytes + checker->at, checker->size - checker->at);
        if (size == 0)
            return refuse(checker, "a text is not UTF-8");
        checker->at += size;
    }
    checker->at++;
    return true;
}

/* ---- numbers and words ------------------------------------------------------------------------------------------- */

static bool check_digits(struct checker *checker)
{
    if (!is_digit(peek(checker)))
        return refuse(checker, "a number lacks a digit");
    while (is_digit(peek(checker)))
        checker->at++;
    return true;
}

static bool check_number(struct checker *checker)
{
    if (peek(checker) == '-')
        checker->at++;
    if (peek(checker) == '0')
        checker->at++;
    else if (!check_digits(checker))
        return false;
    if (peek(checker) == '.') {
        checker->at++;
        if (!check_digits(checker))
            return false;
    }
    if (peek(checker) == 'e' || peek(checker) == 'E') {
        checker->at++;
        if (peek(checker) == '+' || peek(checker) == '-')
            checker->at++;
        if (!check_digits(checker))
            return false;
    }
    return true;
}

static bool check_word(struct checker *checker)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if (checker->size - checker->at >= size && memcmp(checker->bytes + checker->at, words[i], size) == 0) {
            checker->at += size;
            return true;
        }
    }
    return refuse(checker, "something stands there that is no value");
}

/* ---- objects and lists ------------------------------------------------------------------------------------------- */

static bool check_value(struct checker *checker, unsigned level);

static bool same_name(const char *left, const char *right)
{
    char of_left[4], of_right[4];
    size_t size;

    if (*left != *right && *left != '\\' && *right != '\\')
        return false;
    do {
        size = json_unescape(&left, of_left);
        if (size != json_unescape(&right, of_right) || memcmp(of_left, of_right, size) != 0)
            return false;
    } while (size);
    return true;
}

/* The name at the checker; `names` are where the earlier ones of its object begin. */
static bool check_name(struct checker *checker, uint32_t *names, size_t count)
{
    const char *bytes = (const char *)checker->bytes;
    size_t start = checker->at;

    if (peek(checker) != '"')
        return refuse(checker, "a member has no name");
    if (!check_text(checker))
        return false;
    if (checker->at - start > JSON_NAME_SIZE + 2)
        return refuse_at(checker, start, "a name is longer than 256 bytes");
    if (count == JSON_MEMBERS)
        return refuse_at(checker, start, "an object has more than 256 members");
    for (size_t i = 0; i < count; i++)
        if (same_name(bytes + names[i] + 1, bytes + start + 1))
            return refuse_at(checker, start, "a name stands twice in one object");
    names[count] = (uint32_t)start;
    return true;
}

static bool check_object(struct checker *checker, unsigned level)
{
    uint32_t names[JSON_MEMBERS];

    checker->at++;
    skip_blanks(checker);
    for (size_t count = 0; peek(checker) != '}'; count++) {
        if (count) {
            if (peek(checker) != ',')
                return refuse(checker, "a comma or the end of an object is missing");
            checker->at++;
            skip_blanks(checker);
        }
        if (!check_name(checker, names, count))
            return false;
        skip_blanks(checker);
        if (peek(checker) != ':')
            return refuse(checker, "a colon is missing");
        checker->at++;
        if (!check_value(checker, level + 1))
            return false;
    }
    checker->at++;
    return true;
}

static bool check_list(struct checker *checker, unsigned level)
{
    checker->at++;
    skip_blanks(checker);
    if (peek(checker) == ']') {
        checker->at++;
        return true;
    }
    while (true) {
        if (!check_value(checker, level + 1))
            return false;
        if (peek(checker) == ']')
            break;
        if (peek(checker) != ',')
            return refuse(checker, "a comma or the end of a list is missing");
        checker->at++;
    }
    checker->at++;
    return true;
}

/* With the blanks before and behind it. */
static bool check_value(struct checker *checker, unsigned level)
{
    bool good;
    int byte;

    skip_blanks(checker);
    byte = peek(checker);
    if ((byte == '{' || byte == '[') && level == JSON_LEVELS)
        return refuse(checker, "it is nested deeper than 16 levels");
    if (byte < 0)
        return refuse(checker, "it ends where a value should be");
    if (byte == '{')
        good = check_object(checker, level);
    else if (byte == '[')
        good = check_list(checker, level);
    else if (byte == '"')
        good = check_text(checker);
    else if (byte == '-' || is_digit(byte))
        good = check_number(checker);
    else
        good = check_word(checker);
    if (good)
        skip_blanks(checker);
    return good;
}

bool json_open(const void *bytes, size_t size, struct json_value *value, struct json_fault *fault)
{
    struct checker checker = {.bytes = bytes, .size = size};
    size_t start;

    if (size > UINT32_MAX)
        refuse(&checker, "it is too large");
    else if (check_value(&checker, 0) && checker.at < size)
        refuse(&checker, "something stands behind the value");
    if (checker.what) {
        *fault = (struct json_fault){checker.what, checker.at};
        return false;
    }
    for (start = 0; memchr(" \t\r\n", checker.bytes[start], 4); start++)
        continue;
    while (memchr(" \t\r\n", checker.bytes[size - 1], 4))
        size--;
    *value = (struct json_value){(const char *)bytes + start, size - start};
    return true;
}
