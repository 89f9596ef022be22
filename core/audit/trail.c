/* core/audit/trail.c: every record to every sink, and what it means when one cannot take it. */
#include <stdlib.h>
#include <string.h>

#include "core/audit/audit.h"
#include "core/stack/stack.h"

/* What nearly every record needs, so that its buffer is allocated once. */
enum { USUAL_RECORD = 1000 };

struct att_trail {
    const struct att_environment *environment;
    struct att_record_origin origin;
    bool warn_only;
    size_t count;
    struct att_trail_sink sinks[];
};

struct att_trail *att_trail_create(const struct att_environment *environment, const struct att_trail_sink *sinks,
                                   size_t count, bool warn_only)
{
    struct att_trail *trail = calloc(1, sizeof *trail + count * sizeof trail->sinks[0]);

    if (!trail)
        return NULL;
    if (!att_record_origin_find(&trail->origin)) {
        free(trail);
        return NULL;
    }
    trail->environment = environment;
    trail->warn_only = warn_only;
    trail->count = count;
    if (count)
        memcpy(trail->sinks, sinks, count * sizeof *sinks);
    return trail;
}

void att_trail_destroy(struct att_trail *trail)
{
    free(trail);
}

/* Hands the record to one sink; gives the cause when it was not taken, else NULL. */
static const char *append(const struct att_trail_sink *sink, const struct att_record *record,
                          struct att_call_report *report)
{
    att_result result;

    if (!record->json)
        return "it is larger than 64 KiB, or memory is out";
    report->sentence[0] = '\0';
    result = att_instance_append(sink->instance, record, report);
    if (result == ATT_RESULT_OK)
        return NULL;
    return report->sentence[0] ? report->sentence : att_result_name(result);
}

static att_status refuse(const char *sink, const char *cause, att_error *error)
{
    att_status status = att_fail(error, ATT_AUDIT,
                                 "audit sink \"%s\" did not take the record: %s; mend the sink, or make it control = "
                                 "\"optional\" if records may be lost",
                                 sink, cause);

    ATT_ERROR_TEXT(error, sink, sink);
    return status;
}

/* Every sink is told, whatever became of the one before. The first failure that counts is the caller's; the others go
 * to the log. */
static att_status tell_sinks(const struct att_trail *trail, const struct att_record *record, att_error *error)
{
    struct att_call_report report;
    att_status status = ATT_OK;

    for (size_t i = 0; i < trail->count; i++) {
        const struct att_trail_sink *sink = &trail->sinks[i];
        const char *cause = append(sink, record, &report);
        const char *name = cause ? att_instance_name(sink->instance) : NULL;

        if (!cause)
            continue;
        if (sink->required && !trail->warn_only && status == ATT_OK)
            status = refuse(name, cause, error);
        else
            att_log(trail->environment, ATT_LOG_WARNING, "audit sink \"%s\" did not take a record: %s", name, cause);
    }
    return status;
}

att_status att_trail_write(struct att_trail *trail, const struct att_record_fields *fields, att_error *error)
{
    struct att_buffer text;
    struct att_record record = {.size = sizeof record,
                                .event = fields->event,
                                .phase = fields->phase,
                                .request_id = fields->request_id,
                                .time_us = fields->time_us};
    att_status status;

    if (trail->count == 0)
        return ATT_OK;
    att_buffer_open(&text, ATT_RECORD_LIMIT);
    att_buffer_reserve(&text, USUAL_RECORD);
    att_record_format(&text, fields, &trail->origin);
    if (att_buffer_ok(&text)) {
        record.json = text.data;
        record.json_size = text.size;
    }
    status = tell_sinks(trail, &record, error);
    att_buffer_close(&text);
    return status;
}
