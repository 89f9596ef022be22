/* core/provider/log.c: lines of log, made harmless for terminals and files. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/provider/instance.h"

enum { LINE_SIZE = 1025 };

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
