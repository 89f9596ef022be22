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

void att_call_report_reset(struct att_call_report *report)
{
    report->sentence[0] = '\0';
    report->retry_after_ms = 0;
    report->candidate_count = 0;
    report->said_more = false;
}

void att_call_report_copy(struct att_call_report *to, const struct att_call_report *from)
{
    memcpy(to->sentence, from->sentence, sizeof to->sentence);
    to->retry_after_ms = from->retry_after_ms;
    to->candidate_count = from->candidate_count;
    memcpy(to->candidates, from->candidates, from->candidate_count * sizeof to->candidates[0]);
    to->said_more = from->said_more;
    if (from->said_more)
        to->more = from->more;
}

/* ---- what a module says ------------------------------------------------------------------------------------------ */

static struct att_failure_facts *more_of(struct att_call_report *report)
{
    if (!report->said_more)
        memset(&report->more, 0, sizeof report->more);
    report->said_more = true;
    return &report->more;
}

/* What leads somewhere is taken whole. */
static void take_whole(char *to, size_t size, const char *text)
{
    size_t given = strnlen(text, size);

    if (given < size && !att_text_has_control(text) && att_text_is_utf8(text, given))
        memcpy(to, text, given + 1);
}

static void add_scope(struct att_failure_facts *more, const char *scope)
{
    if (more->scope_count < ATT_FAILURE_SCOPES)
        att_text_escape(more->scopes[more->scope_count++], sizeof more->scopes[0], scope, sizeof more->scopes[0] - 1);
}

void att_call_report_text(struct att_call_report *report, int what, const char *text)
{
    struct att_failure_facts *more = more_of(report);

    switch (what) {
    case ATT_FAILURE_CODE:
        att_text_escape(more->code, sizeof more->code, text, sizeof more->code - 1);
        break;
    case ATT_FAILURE_RULE:
        att_text_escape(more->rule, sizeof more->rule, text, sizeof more->rule - 1);
        break;
    case ATT_FAILURE_DETAILS:
        att_text_escape(more->details, sizeof more->details, text, sizeof more->details - 1);
        break;
    case ATT_FAILURE_MISSING_SCOPE:
        add_scope(more, text);
        break;
    case ATT_FAILURE_APPROVAL:
        take_whole(more->approval, sizeof more->approval, text);
        break;
    case ATT_FAILURE_APPROVAL_URL:
        /* A human opens it to decide, so it leads to a page or nowhere. */
        if (att_url_is_for_browsers(text))
            take_whole(more->approval_url, sizeof more->approval_url, text);
        break;
    case ATT_FAILURE_STATE:
        att_text_escape(more->state, sizeof more->state, text, sizeof more->state - 1);
        break;
    default:
        break;
    }
}

void att_call_report_number(struct att_call_report *report, int what, int64_t number)
{
    if (what == ATT_FAILURE_HTTP_STATUS && number >= 100 && number <= 599)
        more_of(report)->http_status = (int32_t)number;
    else if (what == ATT_FAILURE_EXPIRES && number > 0)
        more_of(report)->expires = number;
}

const char *att_call_report_approval(const struct att_call_report *report)
{
    return report->said_more && report->more.approval[0] ? report->more.approval : NULL;
}

/* ---- what the application is told -------------------------------------------------------------------------------- */

/* What was not said leaves the member as it is. */
#define TELL(error, member, text)                  \
    do {                                           \
        if ((text)[0])                             \
            ATT_ERROR_TEXT(error, member, (text)); \
    } while (0)

static void tell_more(const struct att_failure_facts *more, att_error *error)
{
    const char *scopes[ATT_FAILURE_SCOPES + 1] = {NULL};

    for (size_t i = 0; i < more->scope_count; i++)
        scopes[i] = more->scopes[i];
    TELL(error, code, more->code);
    TELL(error, details, more->details);
    TELL(error, rule, more->rule);
    TELL(error, approval_id, more->approval);
    TELL(error, approval_url, more->approval_url);
    TELL(error, state, more->state);
    if (more->http_status)
        ATT_ERROR_NUMBER(error, http_status, more->http_status);
    if (more->expires)
        ATT_ERROR_NUMBER(error, expires_at, more->expires);
    if (more->scope_count && ATT_ERROR_KNOWS(error, missing_scopes))
        error->missing_scopes = att_error_keep_list(error, scopes);
}

void att_call_report_tell(const struct att_call_report *report, att_error *error)
{
    const char *candidates[ATT_COUNT(report->candidates) + 1] = {NULL};

    for (size_t i = 0; i < report->candidate_count; i++)
        candidates[i] = report->candidates[i];
    TELL(error, details, report->sentence);
    if (report->retry_after_ms > 0)
        ATT_ERROR_NUMBER(error, retry_after_ms, report->retry_after_ms);
    if (report->candidate_count && ATT_ERROR_KNOWS(error, candidates))
        error->candidates = att_error_keep_list(error, candidates);
    if (report->said_more)
        tell_more(&report->more, error);
}
