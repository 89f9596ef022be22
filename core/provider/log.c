/* core/provider/log.c: lines of log, and other text from modules, made harmless for terminals and files. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/provider/instance.h"

enum { LINE_SIZE = 1025 };

/* Control characters of ASCII, and those of Unicode (U+0080 to U+009F), which some terminals obey too. */
static size_t control_size(const char *at)
{
    unsigned char first = (unsigned char)at[0], second = first ? (unsigned char)at[1] : 0;

    if (first < 0x20 || first == 0x7f)
        return 1;
    return first == 0xc2 && second >= 0x80 && second <= 0x9f ? 2 : 0;
}

void att_text_escape(char *to, size_t size, const char *from, size_t limit)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0, length = strnlen(from, limit);

    for (size_t i = 0; i < length; i++) {
        size_t control = i + 1 < length ? control_size(from + i) : (unsigned char)from[i] < 0x20 || from[i] == 0x7f;
        if (used + (control ? 4 * control : 1) >= size)
            break;
        if (!control)
            to[used++] = from[i];
        for (size_t k = 0; k < control; k++) {
            unsigned char byte = (unsigned char)from[i + k];
            to[used++] = '\\';
            to[used++] = 'x';
            to[used++] = digits[byte >> 4];
            to[used++] = digits[byte & 15];
        }
        i += control ? control - 1 : 0;
    }
    to[used] = '\0';
}

void att_log(const struct att_environment *environment, int level, const char *format, ...)
{
    char line[LINE_SIZE], clean[LINE_SIZE];
    va_list arguments;
    int size;

    if (!environment->log)
        return;
    va_start(arguments, format);
    size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    att_text_escape(clean, sizeof clean, line, sizeof line - 1);
    environment->log(environment->log_context, level, clean);
}

bool att_failure_set(bool *failed, char failure[ATT_FAILURE_SIZE], const char *format, ...)
{
    char text[ATT_FAILURE_SIZE];
    va_list arguments;

    if (*failed)
        return false;
    *failed = true;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    att_text_escape(failure, ATT_FAILURE_SIZE, text, sizeof text - 1);
    return false;
}
