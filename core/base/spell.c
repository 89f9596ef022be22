/* core/base/spell.c: a text in the spellings of URLs, forms, JSON and base64. */
#include "core/base/spell.h"

#include <string.h>

char *att_spell_percent(char *out, const char *text, size_t size, const char *digits)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (memchr(plain, c, sizeof plain - 1)) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        }
    }
    return out;
}

char *att_spell_form(char *out, const char *text, size_t size, const char *digits, bool standard)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == ' ') {
            *out++ = '+';
        } else if (text[i] == '*' && standard) {
            *out++ = '*';
        } else if (text[i] == '~' && standard) {
            *out++ = '%';
            *out++ = digits['~' >> 4];
            *out++ = digits['~' & 15];
        } else {
            out = att_spell_percent(out, text + i, 1, digits);
        }
    }
    return out;
}

static char *number(char *out, unsigned code, const char *digits)
{
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = digits[code >> shift & 15];
    return out;
}

/* A character that is not ASCII as UTF-16 numbers, one or two; `at` is moved over it. */
static char *number_sequence(char *out, const unsigned char **at, const char *digits)
{
    const unsigned char *from = *at;
    unsigned length = *from < 0xe0 ? 2 : *from < 0xf0 ? 3 : 4;
    unsigned code = *from & (0xffu >> (length + 1));

    for (unsigned i = 1; i < length; i++)
        code = code << 6 | (from[i] & 63);
    *at += length;
    if (code < 0x10000)
        return number(out, code, digits);
    out = number(out, 0xd800 + ((code - 0x10000) >> 10), digits);
    return number(out, 0xdc00 + ((code - 0x10000) & 0x3ff), digits);
}

char *att_spell_json(char *out, const char *text, size_t size, const struct att_spell_json *style)
{
    static const char shorts[] = "\bb\tt\ff";
    const unsigned char *at = (const unsigned char *)text, *end = at + size;

    while (at < end) {
        const char *form = *at < 0x20 ? memchr(shorts, *at, sizeof shorts - 1) : NULL;
        if (*at >= 0x80 && style->ascii) {
            out = number_sequence(out, &at, style->digits);
            continue;
        }
        if (form) {
            *out++ = '\\';
            *out++ = form[1];
        } else if (*at < 0x20 || strchr(style->numbered, *at)) {
            out = number(out, *at, style->digits);
        } else {
            if (*at == '"' || *at == '\\' || (*at == '/' && style->slash))
                *out++ = '\\';
            *out++ = (char)*at;
        }
        at++;
    }
    return out;
}

char *att_spell_base64_inside(char *out, const char *text, size_t size, size_t shift, const char *alphabet)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;

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
