/* audit.h: records of what was decided and what came of it, and the sinks that take them. */
#ifndef ATT_AUDIT_H
#define ATT_AUDIT_H

#include "core/error/error.h"
#include "core/provider/provider.h"

/* The fields of a record; NULL and -1 are left out of the text. The order of the text is fixed. */
struct att_record_fields {
    const char *event; /* "request", "engine_opened", "module_loaded", ... */
    const char *phase; /* "decision", "result"; NULL for other events */
    int64_t time_us;
    const char *request_id;
    const char *caller, *caller_type;
    const char *grant, *grant_id, *grant_kind, *provider, *account, *stack;
    const char *method, *url; /* the url is redacted by the formatter: query values and user information */
    const char *reason;
    const att_pair *context;
    const char *decision, *rule; /* "permit" or "forbid" */
    const char *outcome;         /* an att_status name */
    const char *detail;          /* one sentence for events and failures */
    int http_status;
    int64_t latency_us, bytes_in, bytes_out;
    int retries;
    int cached; /* 1: the credential was kept from an earlier request; 0: it was fetched */
};

#define ATT_RECORD_FIELDS_INIT                                                                            \
    {                                                                                                     \
        .http_status = -1, .latency_us = -1, .bytes_in = -1, .bytes_out = -1, .retries = -1, .cached = -1 \
    }

/* Facts of this process, found once, as a record has them: `,"pid":1,"uid":0,"exe":"/usr/bin/x"`. */
struct att_record_origin {
    size_t size;
    char text[2048];
};
/* False when memory is out. */
bool att_record_origin_find(struct att_record_origin *origin);

/* Longer records are not written; sinks may count on it. */
#define ATT_RECORD_LIMIT 65536

/* What a record shows of a text at most, so that it always fits, whatever a caller sends: of the URL and of names as
 * they are written, of reason and detail before they are escaped. A text that was cut ends in "...". The context is not
 * cut: a request has at most 4096 bytes of it. */
enum { ATT_RECORD_URL = 24576, ATT_RECORD_SENTENCE = 2048, ATT_RECORD_NAME = 512 };

/* How many bytes of the text are written as at most `room` bytes of JSON; ends where a character does. */
size_t att_record_fit(const char *text, size_t size, size_t room);

/* Appends the record as one JSON object without a newline. Makes no system call and no allocation beyond the buffer. */
void att_record_format(struct att_buffer *buffer, const struct att_record_fields *fields,
                       const struct att_record_origin *origin);

/* Appends a URL as a record shows it, as the content of a JSON text: every query value, user information and fragment
 * is `***`; one that is too long is cut. */
void att_record_url(struct att_buffer *buffer, const char *url);

/* The sinks of one configuration. */
struct att_trail;

struct att_trail_sink {
    struct att_instance *instance;
    bool required;
};

/* `sinks` is copied. The trail does not own the instances. */
struct att_trail *att_trail_create(const struct att_environment *environment, const struct att_trail_sink *sinks,
                                   size_t count, bool warn_only);
void att_trail_destroy(struct att_trail *trail);

/* Writes one record to every sink. ATT_AUDIT when a required one could not take it, unless the site said
 * audit_failure = "warn"; failures of optional sinks are logged. Thread-safe. */
att_status att_trail_write(struct att_trail *trail, const struct att_record_fields *fields, att_error *error);

#endif
