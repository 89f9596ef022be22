/* core/managed/outcome.c: what a call about managed secrets leaves in the audit, and what it answers. */
#include "core/managed/managed.h"

#include <string.h>

/* Every result as the caller sees it, and what to do where the module does not say. */
static const struct att_errand_meaning meanings[ATT_RESULT_COUNT] = {
    [ATT_RESULT_OK] = {ATT_INTERNAL, "it succeeded", "please report this"},
    [ATT_RESULT_NONE] = {ATT_NOT_FOUND, "there is no secret of that name", "see attache secret list"},
    [ATT_RESULT_NOT_FOUND] = {ATT_NOT_FOUND, "there is no secret of that name", "see attache secret list"},
    [ATT_RESULT_AMBIGUOUS] = {ATT_AMBIGUOUS, "several secrets match", "name one"},
    [ATT_RESULT_DENIED] = {ATT_INVALID, "its name or its grant is taken", "rotate that secret, or remove it first"},
    [ATT_RESULT_REAUTH] = {ATT_BACKEND, "its store has to be opened anew", "open it and try again"},
    [ATT_RESULT_EXPIRED] = {ATT_BACKEND, "its store has expired", "renew it and try again"},
    [ATT_RESULT_REVOKED] = {ATT_BACKEND, "its store was revoked", "renew it and try again"},
    [ATT_RESULT_UNAVAILABLE] = {ATT_BACKEND, "its store cannot be used now", "try again later"},
    [ATT_RESULT_DEADLINE] = {ATT_TIMEOUT, "the deadline passed", "try again, or allow more time"},
    [ATT_RESULT_CANCELLED] = {ATT_TIMEOUT, "the call was cancelled", "try again"},
    [ATT_RESULT_CONFIG] = {ATT_CONFIG, "its provider is not set up for that", "correct the options of the provider"},
    [ATT_RESULT_NOMEM] = {ATT_NOMEM, "memory is out", "free some and try again"},
    [ATT_RESULT_FAULT] = {ATT_MODULE, "its module failed", "see the log, and report it to the module's author"},
    [ATT_RESULT_PENDING] = {ATT_APPROVAL, "a human has to decide first", "try again after that"},
    [ATT_RESULT_LIMITED] = {ATT_RATE_LIMITED, "that was asked for too often", "try again later"},
    [ATT_RESULT_BACKEND] = {ATT_BACKEND, "its backend refuses this site", "see the options of the provider"},
};

att_status att_keeping_fail(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                            const char *doing)
{
    att_status status = att_errand_fail(&keeping->errand, meanings, result, report, doing);

    if (status == ATT_INVALID)
        ATT_ERROR_TEXT(keeping->errand.error, field, "name");
    return status;
}

att_status att_keeping_conclude(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                                const char *doing, const char *done)
{
    att_status status = result == ATT_RESULT_OK ? ATT_OK : att_keeping_fail(keeping, result, report, doing);

    return att_errand_record_result(&keeping->errand, status, done);
}
