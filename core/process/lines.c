/* core/process/lines.c: what a helper says on standard error, line by line and no more than anybody reads. */
#include <string.h>

#include "core/process/process.h"

enum { LINES = 32 };

static void emit(struct att_process_lines *lines, const struct att_process_call *call)
{
    lines->text[lines->used] = '\0';
    lines->used = 0;
    if (lines->count > LINES || !call->log_line)
        return;
    call->log_line(call->context, lines->count++ < LINES ? lines->text : "(more lines of it are left out)");
}

void att_process_lines_add(struct att_process_lines *lines, const struct att_process_call *call, const char *bytes,
                           size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            emit(lines, call);
            continue;
        }
        if (lines->used == sizeof lines->text - 1)
            emit(lines, call);
        lines->text[lines->used++] = bytes[i];
    }
}

void att_process_lines_end(struct att_process_lines *lines, const struct att_process_call *call)
{
    if (lines->used)
        emit(lines, call);
}
