/* core/base/base64.c: base64 (RFC 4648 section 4). It writes where it is told, so that a secret need not leave its
 * memory. */
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
