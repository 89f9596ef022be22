/* core/base/escape.c: text from outside made harmless for terminals and files. */
#include <string.h>

#include "core/base/base.h"

/* The size of the character at `at`, of which `left` bytes are there. It is not plain when a terminal might obey it:
 * control characters of ASCII, and those of Unicode (U+0080 to U+009F); nor when it is no UTF-8. */
static size_t character(const char *at, size_t left, bool *plain)
{
    unsigned char first = (unsigned char)at[0];
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0x80 ? 2 : 1;

    if (size > left || !att_text_is_utf8(at, size)) {
        *plain = false;
        return 1;
    }
    *plain = first >= 0x20 && first != 0x7f && !(first == 0xc2 && (unsigned char)at[1] <= 0x9f);
    return size;
}

void att_text_escape(char *to, size_t size, const char *from, size_t limit)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0, length = strnlen(from, limit), step;
    bool plain;

    for (size_t i = 0; i < length; i += step) {
        step = character(from + i, length - i, &plain);
        if (used + (plain ? step : 4 * step) >= size)
            break;
        for (size_t k = 0; k < step; k++) {
            unsigned char byte = (unsigned char)from[i + k];
            if (plain) {
                to[used++] = (char)byte;
                continue;
            }
            to[used++] = '\\';
            to[used++] = 'x';
            to[used++] = digits[byte >> 4];
            to[used++] = digits[byte & 15];
        }
    }
    to[used] = '\0';
}
