/* core/credential/report.c: why a setter refused, and what a call said. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/credential/credential.h"

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

void att_call_report_copy(struct att_call_report *to, const struct att_call_report *from)
{
    memcpy(to->sentence, from->sentence, sizeof to->sentence);
    to->retry_after_ms = from->retry_after_ms;
    to->candidate_count = from->candidate_count;
    memcpy(to->candidates, from->candidates, from->candidate_count * sizeof to->candidates[0]);
}
