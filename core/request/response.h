/* response.h: the upstream's answer as it is collected. The public calls on it are in attache.h. */
#ifndef ATT_RESPONSE_H
#define ATT_RESPONSE_H

#include <attache/attache.h>

#include "core/base/base.h"

struct att_response {
    struct att_pool *pool; /* of headers and texts */
    int status;
    att_pair *headers; /* ends with a NULL name */
    size_t header_count, header_capacity;
    struct att_buffer body;
    struct att_buffer passed; /* the first bytes of a body that went to the application piece by piece */
    const char *request_id;
    int retries;
    int64_t retry_after_ms; /* -1: none was given */
};

/* NULL when memory is out. */
struct att_response *att_response_create(const char *request_id, size_t body_limit);
/* Makes it as new: another hop begins. */
void att_response_restart(struct att_response *response);
/* Adds a header; `value` is the response's own copy, which may be masked in place. NULL when memory is out. */
char *att_response_add_header(struct att_response *response, const char *name, size_t name_size, const char *value,
                              size_t value_size);
/* Reads Retry-After (RFC 9110 section 10.2.3) against a wall clock. */
void att_response_read_retry_after(struct att_response *response, int64_t now_us);

/* What was asked, in the words of messages. `path` and `grant` may be NULL. */
struct att_asked {
    const char *upstream, *method, *path;
    const char *kind, *grant; /* "grant" "calendar" */
    bool outdated;            /* its backend knows that the scopes of the credential do not suffice */
};

/* What the answer means: ATT_OK, ATT_UPSTREAM or ATT_SCOPE, with the error. */
att_status att_response_map(const struct att_response *response, const struct att_asked *asked, att_error *error);

/* Whether the application is given the response, too. */
static inline bool att_status_gives_response(att_status status)
{
    return status == ATT_OK || status == ATT_UPSTREAM || status == ATT_SCOPE;
}

#endif
