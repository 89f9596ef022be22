/* core/request/held.c: waiting for a human to decide, and what the backend has had answered. */
#include "core/request/held.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Between two looks; PATIENCE_MS where the backend asks for more. NAP_MS: between two looks at the engine. */
enum { FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000, PATIENCE_MS = 30000, NAP_MS = 100 };

static bool is_open(att_result result)
{
    return result == ATT_RESULT_PENDING || result == ATT_RESULT_UNAVAILABLE || result == ATT_RESULT_DEADLINE ||
           result == ATT_RESULT_LIMITED;
}

/* Sleeps until then; a human may take hours, so an engine that is closed ends it. */
static void rest(const struct att_engine *engine, int64_t end_ns)
{
    int64_t left = end_ns - att_clock_monotonic_ns();

    while (left > 0 && !att_engine_is_closed(engine)) {
        int64_t nap = left < NAP_MS * ATT_NS_PER_MS ? left : NAP_MS * ATT_NS_PER_MS;

        nanosleep(&(const struct timespec){0, (long)nap}, NULL);
        left = end_ns - att_clock_monotonic_ns();
    }
}

static int64_t next_pause(int64_t pause_ms, const struct att_call_report *report)
{
    pause_ms = pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
    if (report->retry_after_ms <= pause_ms)
        return pause_ms;
    return report->retry_after_ms < PATIENCE_MS ? report->retry_after_ms : PATIENCE_MS;
}

att_result att_held_wait(const struct att_engine *engine, struct att_instance *instance, const struct att_fetch *who,
                         const struct att_held *held, int64_t until_ns, bool at_once, struct att_answer *answer,
                         struct att_call_report *report)
{
    att_result result = ATT_RESULT_PENDING;
    int64_t pause_ms = FIRST_PAUSE_MS, now = att_clock_monotonic_ns();
    bool was_held = !at_once;

    att_call_report_reset(report);
    while (is_open(result) && (at_once || now < until_ns)) {
        int64_t look = at_once ? now : now + pause_ms * ATT_NS_PER_MS;

        rest(engine, look < until_ns ? look : until_ns);
        if (!at_once && att_engine_is_closed(engine)) {
            snprintf(report->sentence, sizeof report->sentence,
                     "the engine was closed while a human decides; look again with the id of the approval");
            return ATT_RESULT_CANCELLED;
        }
        result = att_instance_approval(instance, who, held->id, answer, report);
        was_held = was_held || result == ATT_RESULT_PENDING;
        pause_ms = next_pause(pause_ms, report);
        at_once = false;
        now = att_clock_monotonic_ns();
    }
    return is_open(result) && was_held ? ATT_RESULT_PENDING : result;
}

att_status att_held_explain(const struct att_held *held, att_result result, const struct att_call_report *report,
                            const char *what, const char *provider, att_error *error)
{
    const char *said = report->sentence[0] ? report->sentence : NULL;
    const char *url = held->url, *state;

    if (!url && report->said_more && report->more.approval_url[0])
        url = report->more.approval_url;
    if (result == ATT_RESULT_PENDING) {
        state = "pending";
        att_fail(error, ATT_APPROVAL,
                 "%s is held: a human has to decide on it first (approval \"%s\"%s%s); wait for the decision, or look "
                 "again with its id",
                 what, held->id, url ? ", at " : "", url ? url : "");
    } else if (result == ATT_RESULT_DENIED) {
        state = "denied";
        att_fail(error, ATT_APPROVAL, "%s was not let through: %s; ask whoever decided before it is sent again", what,
                 said ? said : "a human denied it");
    } else if (result == ATT_RESULT_EXPIRED) {
        state = "expired";
        att_fail(error, ATT_APPROVAL, "%s was not let through: %s; send it again, and have it decided sooner", what,
                 said ? said : "nobody decided in time");
    } else if (result == ATT_RESULT_BACKEND && report->said_more && strcmp(report->more.state, "failed") == 0) {
        state = "failed";
        att_fail(error, ATT_APPROVAL,
                 "%s was let through, and its backend could not perform it: %s; see the upstream "
                 "before it is sent again",
                 what, said ? said : "it does not say why");
    } else {
        return ATT_OK;
    }
    if (result != ATT_RESULT_PENDING)
        att_call_report_tell(report, error);
    ATT_ERROR_TEXT(error, state, state);
    ATT_ERROR_TEXT(error, approval_id, held->id);
    ATT_ERROR_TEXT(error, approval_url, url);
    ATT_ERROR_TEXT(error, provider, provider);
    return ATT_APPROVAL;
}

static bool fill(struct att_response *response, const struct att_answer *answer)
{
    response->status = answer->status;
    for (size_t i = 0; i < answer->header_count; i++) {
        const att_pair *header = &answer->headers[i];

        if (!att_response_add_header(response, header->name, strlen(header->name), header->value,
                                     strlen(header->value)))
            return false;
    }
    if (answer->body_size)
        att_buffer_add(&response->body, answer->body, answer->body_size);
    att_response_read_retry_after(response, att_clock_wall_us());
    return att_buffer_ok(&response->body);
}

att_status att_answer_deliver(const struct att_answer *answer, const char *request_id, uint64_t limit, const char *what,
                              struct att_response **response, att_error *error)
{
    if (answer->cut || answer->body_size > limit) {
        att_fail(error, ATT_NETWORK,
                 answer->cut
                     ? "%s was performed, and of its answer (HTTP %d) the backend kept only the first %zu bytes; "
                       "do not send it again for that"
                     : "%s was performed, and its answer (HTTP %d) has %zu bytes, which is more than "
                       "max_response_bytes; raise it, and do not send the request again for that",
                 what, answer->status, answer->body_size);
        ATT_ERROR_NUMBER(error, http_status, answer->status);
        if (!answer->cut)
            ATT_ERROR_TEXT(error, field, "max_response_bytes");
        return ATT_NETWORK;
    }
    *response = att_response_create(request_id, limit);
    return *response && fill(*response, answer) ? ATT_OK : att_nomem(error);
}
