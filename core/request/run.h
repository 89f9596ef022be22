/* run.h: one running request: what each of the ten steps of charter.md reads and leaves behind.
 *
 * Each step is a function of its own file; request.c calls them in order. A step that fails sets run->error and returns
 * the status; nothing is freed before att_run_close. */
#ifndef ATT_RUN_H
#define ATT_RUN_H

#include "core/engine/engine.h"
#include "core/inject/inject.h"
#include "core/request/mask.h"
#include "core/request/response.h"

#define ATT_RUN_CREDENTIALS 4

/* A body that the application streams: read once, while it is sent. */
struct att_run_stream {
    bool wanted;         /* there is one, and no redirect took it off */
    bool ended;          /* it gave its last byte */
    uint64_t left;       /* what is still to come of a known size */
    const char *trouble; /* why it ended the request; NULL while nothing did */
    att_status status;   /* of a chunk that could not be made; its error is the run's */
    /* Chunks that are signed (aws-chunked): the one that is going out. */
    char *chunk;
    size_t chunk_at, chunk_size;
    bool chunks_ended;
};

struct att_run {
    struct att_client *client;
    struct att_snapshot *snapshot;
    struct att_pool *pool;
    att_request_options options; /* as much as the caller's header knew */
    att_error *error;            /* never NULL */
    char request_id[ATT_REQUEST_ID_SIZE];
    int64_t started_ns, started_us, deadline_ns;

    /* validate */
    const char *method;
    struct att_url *url;
    const void *body;
    size_t body_size;
    const char *content_type;
    bool body_dropped; /* by a redirect */
    struct att_run_stream stream;

    /* resolve */
    struct att_resolution target;

    /* decide */
    struct att_decision decision;

    /* fetch */
    size_t credential_count;
    const struct att_url *fetched_url; /* the hop that they were fetched for */
    const char *fetched_method;
    struct att_secret *user_token;
    unsigned attempt;

    /* inject */
    struct att_injection injection;
    struct att_mask *mask; /* NULL when there is nothing to mask */
    size_t query_name_count;

    /* send */
    struct att_response *response;
    bool carried;        /* this hop had a credential in it */
    int carried_status;  /* what the last hop was answered that had one; 0: there was none */
    bool refreshable;    /* the answer is 401, and another fetch may give another credential */
    bool crossed_origin; /* after a redirect to another origin the credential stays behind */
    int64_t bytes_in, bytes_out;
    int retries;

    /* What has a count above. It is large, and not cleared when a request begins. */
    struct {
        struct att_instance *instance;
        const struct att_stack_step *step;
        struct att_loan loan;
        bool user_placed; /* "username" goes elsewhere than into Basic: there it is no name, but the secret */
    } credentials[ATT_RUN_CREDENTIALS];                         /* what the stack's providers gave, in order */
    const char *query_names[ATT_RUN_CREDENTIALS * ATT_INJECTS]; /* parameters of the query that are credentials' */
};

/* Steps 1 to 3 need neither secret nor network; att_explain runs the same. */
att_status att_run_open(struct att_run *run, att_client *client, const att_request_options *options, bool to_send,
                        att_error *error);
void att_run_close(struct att_run *run); /* wipes and frees; also after a failed open */

att_status att_run_validate(struct att_run *run);
att_status att_run_resolve(struct att_run *run);
/* The origin binding and the policy on run->url; sets run->decision. `trace` as in att_policy_decide. */
att_status att_run_decide(struct att_run *run, att_policy_trace trace, void *context);
/* The record of the decision, for a denial too. */
att_status att_run_audit_decision(struct att_run *run, att_status status);
/* Asks the stack; fills the credentials. */
att_status att_run_fetch(struct att_run *run);
/* A provider's failure as the caller sees it. `culprit` is the step that failed, `expires_at` when its credential did.
 */
att_status att_run_explain_failure(struct att_run *run, att_result result, const struct att_stack_step *culprit,
                                   const struct att_call_report *report, int64_t expires_at);
/* Has the backend perform the request, in place of fetch, inject and send; fills the response. */
att_status att_run_execute(struct att_run *run);
/* Builds the credential's bytes and refuses caller's headers that would stand beside them. */
att_status att_run_inject(struct att_run *run);
/* Makes the mask of what was injected. False when memory is out. */
bool att_run_cover(struct att_run *run);
/* Sends, follows redirects, tries again after a 401; fills the response. */
att_status att_run_send(struct att_run *run);
/* One hop of it, and what follows one. */
att_status att_run_exchange(struct att_run *run);
/* Signs what is about to be sent, where the placement says so: `exchange` gets the headers `lines`, which have room for
 * ATT_INJECTION_LINES more, and its target. */
att_status att_run_sign(struct att_run *run, struct att_exchange *exchange, const char **lines);
/* The next bytes of a streamed body, as they are sent: as struct att_exchange has it. */
size_t att_run_read(struct att_run *run, void *buffer, size_t capacity);
/* How many bytes are sent in all; UINT64_MAX when that is not known. */
uint64_t att_run_stream_size(const struct att_run *run);
bool att_run_may_be_repeated(const struct att_run *run);
att_status att_run_follow(struct att_run *run, const char *location);
/* Whether this hop may be gone to where the site names no origin: each credential has to say so. */
att_status att_run_check_bound(struct att_run *run);
/* Where a WWW-Authenticate says that the scopes do not suffice (RFC 6750 section 3.1), which no fresh credential would
 * change. */
bool att_challenge_wants_scope(struct att_pool *pool, const char *challenge);
/* What the upstream's answer means for the caller. */
att_status att_run_map(struct att_run *run);
att_status att_run_audit_result(struct att_run *run, att_status status);
/* How much of a body the providers want to be told at most; 0: nothing. */
size_t att_run_reported_bytes(const struct att_run *run);
/* Tells the providers that want to know how it ended. */
void att_run_report(struct att_run *run, att_status status);

/* The request as a provider sees it. */
struct att_fetch att_run_fetch_view(const struct att_run *run, int64_t deadline_ns);
/* "the request to ORIGIN failed: DETAIL; ADVICE", the advice only where the detail has none of its own. */
att_status att_run_refuse(struct att_run *run, att_status status, const char *detail, const char *advice);
/* The deadline passed: ATT_TIMEOUT that names which. */
att_status att_run_timeout(struct att_run *run, const char *which);
/* The grant as the provider of the credential knows it, or NULL. */
const char *att_run_told_grant(const struct att_run *run);
/* What messages call the grant of this request: "grant" or "provider", and its name as the application gave it; or,
 * once a provider told which grant serves a request that named none, that. */
const char *att_run_kind(const struct att_run *run);
const char *att_run_grant(const struct att_run *run);

#endif
