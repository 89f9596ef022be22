/* core/config/guard.c: the look at a configuration text before libconfig sees it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/guard.h"

/* What stood before, as far as it decides whether a text may follow. */
enum previous { PREVIOUS_OTHER, PREVIOUS_EQUALS, PREVIOUS_OPEN, PREVIOUS_COMMA, PREVIOUS_TEXT };

struct guard {
    struct att_findings *findings;
    struct att_guard_notes *notes;
    const char *at; /* the next character */
    struct att_place place;
    enum previous previous;
    char brackets[ATT_CONFIG_DEPTH]; /* the ones that are open */
    size_t depth;
    bool sound; /* nothing was found */
    bool over;  /* what follows cannot be understood */
};

#define REFUSE(guard, ...)                                                               \
    do {                                                                                 \
        (guard)->sound = false;                                                          \
        att_finding((guard)->findings, ATT_SEVERITY_ERROR, (guard)->place, __VA_ARGS__); \
    } while (0)

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

static bool is_control(unsigned char character)
{
    return (character < 0x20 && character != '\t') || character == 0x7f;
}

static void scan_line_comment(struct guard *guard)
{
    guard->at += strcspn(guard->at, "\n");
}

static void scan_block_comment(struct guard *guard)
{
    const char *end = strstr(guard->at + 2, "*/");

    if (!end) {
        REFUSE(guard, "the comment that begins here has no end: close it with */");
        guard->over = true;
        return;
    }
    for (; guard->at < end + 2; guard->at++)
        guard->place.line += *guard->at == '\n';
}

/* The escapes that every version of libconfig reads alike. `at` is behind the backslash; returns how long it is. */
static size_t scan_escape(struct guard *guard, const char *at)
{
    char digits[3] = "";
    unsigned char character;

    if (*at == '\\' || *at == '"' || *at == 't')
        return 1;
    if ((*at == 'x' || *at == 'X') && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
        memcpy(digits, at + 1, 2);
        character = (unsigned char)strtoul(digits, NULL, 16);
        if (is_control(character))
            REFUSE(guard,
                   "the text has a control character in it (\\x%02x): texts hold visible characters only, take it "
                   "out",
                   character);
        return 3;
    }
    if (*at && strchr("nrfabv", *at))
        REFUSE(guard, "the text has a control character in it (\\%c): texts hold visible characters only, take it out",
               *at);
    else
        REFUSE(guard, "the text has a backslash that begins no escape: write \\\\ for a backslash");
    return *at && *at != '\n' && *at != '"';
}

static void scan_text(struct guard *guard)
{
    const char *at = guard->at + 1;

    while (*at && *at != '"' && *at != '\n') {
        if (*at == '\\') {
            at += 1 + scan_escape(guard, at + 1);
        } else {
            if (is_control((unsigned char)*at))
                REFUSE(guard,
                       "the text has a control character in it (byte %02x): texts hold visible characters only, "
                       "take it out",
                       (unsigned char)*at);
            at++;
        }
    }
    if (*at != '"') {
        REFUSE(guard,
               "the text that begins here has no closing quote on its line: close it; texts hold no line breaks");
        guard->over = true;
        return;
    }
    guard->at = at + 1;
}

/* libconfig leaks a text that stands where none may, so such a text never reaches it. */
static void scan_text_token(struct guard *guard)
{
    bool in_group = guard->depth == 0 || guard->brackets[guard->depth - 1] == '{';

    if (guard->previous == PREVIOUS_OTHER || (guard->previous == PREVIOUS_COMMA && in_group)) {
        REFUSE(guard, "a text stands where a key is expected: write KEY = \"...\"; (is a semicolon or a comma missing "
                      "before it?)");
        guard->over = true;
        return;
    }
    if (guard->previous != PREVIOUS_TEXT)
        guard->notes->text_lines[guard->notes->text_count++] = guard->place.line;
    scan_text(guard);
    guard->previous = PREVIOUS_TEXT;
}

/* Numbers are not repeated in findings: one may be a secret in the wrong place. libconfig takes the value modulo 2^32
 * or 2^64, and newer versions of it read a leading zero as octal. */
static void check_integer(struct guard *guard, const char *number, size_t digits, size_t size, int base)
{
    const char *bare = number + (*number == '+' || *number == '-');
    long long value;

    if (base == 10 && *bare == '0' && digits > (size_t)(bare - number) + 1) {
        REFUSE(guard, "the number begins with a zero, which is read as octal or not depending on the version of "
                      "libconfig: leave the zero out, or write it as a text in quotes");
        return;
    }
    errno = 0;
    value = strtoll(number, NULL, base);
    if (errno == ERANGE)
        REFUSE(guard, "the number does not fit 64 bits: write a smaller one");
    else if (size == digits && (value < INT32_MIN || value > INT32_MAX))
        REFUSE(guard, "the number does not fit 32 bits: write an L behind it for a number of 64 bits");
}

static bool is_real(const char *text, size_t size)
{
    size_t at = *text == '+' || *text == '-';
    size_t digits = 0;
    bool point = false, exponent = false;

    for (; at < size && (is_digit(text[at]) || text[at] == '.'); at++) {
        digits += text[at] != '.';
        if (text[at] == '.' && point)
            return false;
        point = point || text[at] == '.';
    }
    if (digits && at < size && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < size && (text[at] == '+' || text[at] == '-');
        exponent = at < size;
        while (at < size && is_digit(text[at]))
            at++;
    }
    return at == size && digits && (point || exponent);
}

static void scan_number(struct guard *guard)
{
    const char *number = guard->at;
    size_t sign = *number == '+' || *number == '-';
    bool hex = !sign && number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
    size_t first = hex ? 2 : sign, digits = first, size;

    while (hex ? isxdigit((unsigned char)number[digits]) : is_digit(number[digits]))
        digits++;
    size = digits;
    while (size < digits + 2 && number[size] == 'L')
        size++;
    guard->at += strspn(number, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.+-*");
    if (digits > first && guard->at == number + size)
        check_integer(guard, number, digits, size, hex ? 16 : 10);
    else if (!is_real(number, (size_t)(guard->at - number)))
        REFUSE(guard, "what begins like a number here is none: write it in quotes if it is a text");
    guard->previous = PREVIOUS_OTHER;
}

static void scan_bracket(struct guard *guard)
{
    char bracket = *guard->at++;

    guard->previous = PREVIOUS_OTHER;
    if (strchr("}])", bracket)) {
        guard->depth -= guard->depth > 0;
        return;
    }
    if (guard->depth == ATT_CONFIG_DEPTH) {
        REFUSE(guard, "brackets are nested more than %d deep: no configuration needs that, take some out",
               ATT_CONFIG_DEPTH);
        guard->over = true;
        return;
    }
    guard->brackets[guard->depth++] = bracket;
    if (bracket != '{')
        guard->previous = PREVIOUS_OPEN;
}

static void scan_sign(struct guard *guard)
{
    static const char include[] = "@include";

    if (strncmp(guard->at, include, sizeof include - 1) == 0) {
        REFUSE(guard,
               "@include is refused: an included file would escape the checks of its owner and mode; put its text "
               "into a file of its own in conf.d");
        guard->at += sizeof include - 1;
        guard->previous = PREVIOUS_EQUALS;
        return;
    }
    if (*guard->at == '=' || *guard->at == ':')
        guard->previous = PREVIOUS_EQUALS;
    else if (*guard->at == ',')
        guard->previous = PREVIOUS_COMMA;
    else
        guard->previous = PREVIOUS_OTHER;
    guard->at++;
}

static void scan_token(struct guard *guard)
{
    char character = *guard->at;

    if (strchr(" \t\r\f\n", character)) {
        guard->place.line += character == '\n';
        guard->at++;
    } else if (character == '#' || strncmp(guard->at, "//", 2) == 0) {
        scan_line_comment(guard);
    } else if (strncmp(guard->at, "/*", 2) == 0) {
        scan_block_comment(guard);
    } else if (character == '"') {
        scan_text_token(guard);
    } else if (is_digit(character) || strchr("+-.", character)) {
        scan_number(guard);
    } else if (is_letter(character) || character == '*') {
        guard->at += strspn(guard->at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-*");
        guard->previous = PREVIOUS_OTHER;
    } else if (strchr("{}[]()", character)) {
        scan_bracket(guard);
    } else {
        scan_sign(guard);
    }
}

bool att_guard_check(struct att_pool *pool, const char *file, const char *text, struct att_guard_notes *notes,
                     struct att_findings *findings)
{
    struct guard guard = {.findings = findings, .notes = notes, .at = text, .place = {file, 1}, .sound = true};
    size_t quotes = 1;

    for (const char *at = strchr(text, '"'); at; at = strchr(at + 1, '"'))
        quotes++;
    notes->text_count = 0;
    notes->text_lines = att_pool_take(pool, quotes * sizeof *notes->text_lines);
    if (!notes->text_lines) {
        findings->failed = true;
        return false;
    }
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) {
        REFUSE(&guard, "the file begins with a byte order mark: save it as UTF-8 without one");
        guard.at += 3;
    }
    while (*guard.at && !guard.over)
        scan_token(&guard);
    return guard.sound;
}
