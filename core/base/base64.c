/* core/base/base64.c: base64 (RFC 4648 sections 4 and 5). It writes where it is told, so that a secret need not leave
 * its memory. */
#include "core/base/base.h"

size_t att_base64_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

void att_base64_encode(char *out, const void *bytes, size_t size)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;

    for (; size >= 3; size -= 3, in += 3) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *out++ = alphabet[in[2] & 63];
    }
    if (size == 0)
        return;
    *out++ = alphabet[in[0] >> 2];
    *out++ = alphabet[(in[0] & 3) << 4 | (size == 2 ? in[1] >> 4 : 0)];
    *out++ = size == 2 ? alphabet[(in[1] & 15) << 2] : '=';
    *out = '=';
}

/* The six bits of a digit, or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool att_base64_decode(char *out, const char *text, size_t size, size_t *decoded)
{
    const char *begin = out;
    unsigned bits = 0;

    for (int padding = 0; padding < 2 && size && text[size - 1] == '='; padding++)
        size--;
    for (size_t i = 0; i < size; i++) {
        int six = digit(text[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (unsigned)six;
        if (i % 4)
            *out++ = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    *decoded = (size_t)(out - begin);
    return size % 4 != 1;
}
