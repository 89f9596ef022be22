/* attache.h: the interface for applications.
 *
 * An application names a grant and a URL. The engine finds the credential, asks the site's policy, attaches the
 * credential, sends the request and writes an audit record. The credential never reaches the application: there is
 * no call in this header that returns one.
 *
 *     engine    one loaded configuration; one per process is normal
 *     client    a caller on an engine; every agent or service opens its own
 *     request   att_request(): one HTTP request with the credential of a grant
 *     response  status, headers and body of the upstream
 *
 * Threads: engine and client may be used by any number of threads at once. An error and a response belong to one
 * thread at a time. No call changes process state: signals, locale, environment, umask, working directory.
 *
 * Fork: a child process gets ATT_STATE from every call until it opens an engine of its own; the parent's secrets are
 * not in the child's memory.
 *
 * Text is UTF-8 and ends with NUL. Times are seconds since 1970-01-01 00:00 UTC, durations are milliseconds.
 */
#ifndef ATTACHE_ATTACHE_H
#define ATTACHE_ATTACHE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && __GNUC__ >= 4
#define ATT_API __attribute__((visibility("default")))
#else
#define ATT_API
#endif

typedef struct att_engine att_engine;
typedef struct att_client att_client;
typedef struct att_response att_response;

/* ---- status and error ------------------------------------------------------------------------------------------ */

/* The closed list of outcomes. The comment names when, and which fields of att_error are set. */
typedef enum att_status {
    ATT_OK = 0,
    ATT_INVALID,         /* the caller's input was refused before anything happened: field */
    ATT_STATE,           /* closed, forked, or no user token */
    ATT_CONFIG,          /* the configuration is wrong: file, line */
    ATT_MODULE,          /* a module is missing, was refused, or is faulty: module */
    ATT_NOT_FOUND,       /* no such grant: grant, provider */
    ATT_AMBIGUOUS,       /* several grants match: candidates */
    ATT_DENIED,          /* policy said no, or could not be asked: rule, details */
    ATT_RATE_LIMITED,    /* a rate rule said no: rule, retry_after_ms */
    ATT_APPROVAL,        /* held for, denied by, or expired at a human: approval_id, state, approval_url */
    ATT_REAUTH,          /* the user must connect again: grant */
    ATT_EXPIRED,         /* the grant's own lifetime is over: grant, expires_at */
    ATT_REVOKED,         /* grant or credential revoked or deleted: grant */
    ATT_SCOPE,           /* upstream 403, and the grant's scopes do not suffice: missing_scopes */
    ATT_BACKEND,         /* the backend failed otherwise: code, http_status, retry_after_ms */
    ATT_NETWORK,         /* connect, name resolution, TLS */
    ATT_TIMEOUT,         /* a deadline passed: which */
    ATT_UPSTREAM,        /* the upstream answered 4xx or 5xx: http_status; the response is given all the same */
    ATT_CONNECT_DENIED,  /* connect: the user refused */
    ATT_CONNECT_TIMEOUT, /* connect: nobody finished the flow in time */
    ATT_CONNECT_FAILED,  /* connect: any other end */
    ATT_AUDIT,           /* a required sink could not take the record: sink */
    ATT_NOMEM,           /* out of memory */
    ATT_INTERNAL         /* a fault of Attache itself; please report it */
} att_status;

/* The name of a status, "ATT_DENIED". Never NULL; a value outside the list gives "ATT_INTERNAL". */
ATT_API const char *att_status_name(att_status status);

/* One English sentence for a status, for a program that has no att_error at hand. Never NULL. */
ATT_API const char *att_strerror(att_status status);

/* What went wrong. The caller owns the struct, starts it with ATT_ERROR_INIT, may use it for any number of calls, and
 * releases its texts with att_error_clear(). Every call that takes an error clears it first. Where an error pointer
 * may be NULL, the status alone tells. Fields that do not apply are NULL or 0; no field ever holds a secret.
 */
typedef struct att_error {
    size_t size; /* set by ATT_ERROR_INIT */
    att_status status;
    const char *message; /* one sentence that ends with what to do next; never NULL */
    const char *field;   /* the option, or its member, that was refused */
    const char *file;
    int line;
    const char *module;
    const char *grant;
    const char *provider;
    const char *rule;
    const char *details;
    const char *sink;
    const char *which; /* the deadline that passed: "request", "provider NAME", ... */
    const char *code;  /* the backend's machine code */
    const char *approval_id;
    const char *state;
    int http_status;
    int64_t retry_after_ms;
    int64_t expires_at;
    const char *const *candidates;     /* ends with NULL */
    const char *const *missing_scopes; /* ends with NULL */
    const char *request_id;            /* the id that the audit records carry, once there is one */
    void *storage;                     /* private: owner of the texts */
    const char *approval_url;          /* where a human can decide */
} att_error;

#define ATT_ERROR_INIT                                                                                               \
    {                                                                                                                \
        sizeof(att_error), ATT_OK, "", NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, \
            0, 0, NULL, NULL, NULL, NULL, NULL                                                                       \
    }

/* Releases the texts and makes the error as new. May be called on any error that was started with ATT_ERROR_INIT. */
ATT_API void att_error_clear(att_error *error);

/* ---- engine ---------------------------------------------------------------------------------------------------- */

enum { ATT_LOG_ERROR = 0, ATT_LOG_WARNING = 1, ATT_LOG_INFO = 2, ATT_LOG_DEBUG = 3 };

/* Receives one line of log without a newline. May be called from any thread, also while att_request runs. */
typedef void (*att_log_callback)(void *context, int level, const char *line);

typedef struct att_engine_options {
    size_t size;
    const char *config; /* a configuration file; NULL: see attache.conf(5) for the search */
    att_log_callback log;
    void *log_context;
    /* Non-zero: initialise libcurl with allocation functions that clear every block before it is freed, so that no
     * copy of a header stays in free memory. Works only if nothing in the process initialised libcurl before; the
     * engine reports through att_engine_protection() whether it did. It then speaks HTTP/1.1, since the library behind
     * HTTP/2 keeps headers in memory of its own. */
    int clear_http_memory;
    /* Non-zero: checks and plans, opens no provider and no sink, so no secret is read. att_explain works, att_request
     * is ATT_STATE. */
    int plan_only;
} att_engine_options;

#define ATT_ENGINE(...) (&(const att_engine_options){.size = sizeof(att_engine_options), __VA_ARGS__})

/* Opens an engine on a configuration file, or on the default one when `config` is NULL.
 * Sets *engine only on ATT_OK. Errors: ATT_INVALID, ATT_CONFIG, ATT_MODULE, ATT_AUDIT, ATT_NOMEM, ATT_INTERNAL. */
ATT_API att_status att_engine_open(const char *config, att_engine **engine, att_error *error);

/* The same with options. */
ATT_API att_status att_engine_open_with(const att_engine_options *options, att_engine **engine, att_error *error);

/* Reads the configuration again. Running requests finish on the old one; on any error the old one stays in force and
 * the error is returned. Errors: ATT_STATE and those of att_engine_open. */
ATT_API att_status att_engine_reload(att_engine *engine, att_error *error);

/* How well this engine guards secrets in memory. The text of each is one word or sentence; strings are static. */
typedef struct att_protection {
    size_t size;
    int locked;          /* secret pages are locked into memory (mlock) */
    int dump_excluded;   /* and left out of core dumps (MADV_DONTDUMP) */
    int fork_wiped;      /* and empty in a forked child (MADV_WIPEONFORK) */
    int http_cleared;    /* libcurl clears what it frees (clear_http_memory took effect) */
    size_t locked_bytes; /* bytes locked now */
    const char *remark;  /* what is degraded and how to mend it, or "" */
} att_protection;

/* Says how well secrets are guarded now; sets what `protection->size` covers. Errors: ATT_INVALID, ATT_STATE. */
ATT_API att_status att_engine_protection(att_engine *engine, att_protection *protection);

/* Closes the engine and sets *engine to NULL. NULL, or a pointer to NULL, is already closed and is no error. Does not
 * wait: clients that are still open answer ATT_STATE from then on, and requests that run in other threads finish
 * undisturbed, save that nobody waits for a human's approval any longer: that is ATT_STATE. Until the last request has
 * finished and the last client is closed, the secrets stay in memory, and the log callback and its context may be
 * used. */
ATT_API void att_engine_close(att_engine **engine);

/* ---- client ---------------------------------------------------------------------------------------------------- */

enum { ATT_CALLER_SERVICE = 0, ATT_CALLER_AGENT = 1 };

/* Writes the current end user's token into `buffer` (`capacity` bytes of secret memory) and returns its length, or 0
 * when there is none. Called on every grant operation; may be called from several threads at once. */
typedef size_t (*att_user_token_callback)(void *context, char *buffer, size_t capacity);

typedef struct att_client_options {
    size_t size;
    const char *caller; /* required: 1 to 255 bytes of printable text; policy and audit are per caller */
    int caller_type;    /* ATT_CALLER_SERVICE or ATT_CALLER_AGENT */
    att_user_token_callback user_token;
    void *user_token_context;
    const char *client_ip; /* IPv4 or IPv6 address of a front end's peer, or NULL when unknown */
    int64_t timeout_ms;    /* default deadline of a request; 0: that of the configuration */
} att_client_options;

#define ATT_CLIENT(...) (&(const att_client_options){.size = sizeof(att_client_options), __VA_ARGS__})

/* Opens a client. Cheap; a process may hold thousands. Sets *client only on ATT_OK. Errors: ATT_INVALID, ATT_STATE,
 * ATT_NOMEM. */
ATT_API att_status att_client_open(att_engine *engine, const att_client_options *options, att_client **client,
                                   att_error *error);

/* Closes the client and sets *client to NULL. NULL, or a pointer to NULL, is already closed and is no error. Every
 * call with a NULL client is ATT_STATE. Other threads must have stopped starting calls on the client; calls that
 * already run finish undisturbed. */
ATT_API void att_client_close(att_client **client);

/* ---- request --------------------------------------------------------------------------------------------------- */

typedef struct att_pair {
    const char *name;
    const char *value;
} att_pair;

/* A list of pairs: ATT_PAIRS({"maxResults", "10"}, {"q", "team"}). Ends with a pair whose name is NULL. */
#define ATT_PAIRS(...) ((const att_pair[]){__VA_ARGS__, {NULL, NULL}})

/* Takes a piece of the response body. Returns 0 to go on; anything else ends the request with ATT_INVALID. */
typedef int (*att_write_callback)(void *context, const void *data, size_t size);

/* Takes status and headers of the final response, once, before the first piece of its body or where the body is empty
 * in its place. `response` is good until the callback returns. Returns as att_write_callback does. */
typedef int (*att_head_callback)(void *context, const att_response *response);

/* Writes up to `capacity` bytes of the request's body into `buffer` and returns how many: 0 at its end, ATT_READ_FAILED
 * to end the request with ATT_INVALID. Called on the thread of the request, as the connection takes the bytes, and not
 * again after its end. */
#define ATT_READ_FAILED ((size_t)-1)
typedef size_t (*att_read_callback)(void *context, void *buffer, size_t capacity);

typedef struct att_request_options {
    size_t size;
    const char *method; /* a token of RFC 9110 section 9.1; NULL: GET */
    /* https://host[:port]/path?query, RFC 3986, with {name} templates in path and query. http:// only where the site
     * spelled it out in the grant's origins. User information and fragments are refused. */
    const char *url;
    const char *grant;    /* alias or id; exactly one of grant and provider */
    const char *provider; /* provider identity; the backend finds the user's grant */
    const char *account;  /* only with provider: which of the user's accounts */
    const char *json;     /* a JSON text; sets content-type: application/json. At most one of json and body */
    const void *body;
    size_t body_size;
    const char *content_type;     /* of body; NULL: none is sent */
    const att_pair *path_params;  /* for {name}; percent-encoded, everything but unreserved characters */
    const att_pair *query_params; /* percent-encoded and added after the query that the URL has */
    const att_pair *headers;      /* not those that the credential or the connection owns */
    const char *reason;           /* free text for the audit record and the backend */
    const att_pair *context;      /* at most 20 keys of 64 characters, values of 512, 4096 bytes as JSON */
    const char *user_token;       /* the end user's token for this call; wins over the client's callback */
    int64_t timeout_ms;           /* for the whole call; 0: the client's */
    uint64_t max_response_bytes;  /* 0: the configuration's; a larger response ends the request with ATT_NETWORK */
    att_write_callback write;     /* streams the body of the final response instead of keeping it */
    void *write_context;          /* of write and head */
    att_head_callback head;       /* so that a program that streams sees the status before the body */
    att_read_callback read;       /* streams the body of the request, instead of json and body */
    void *read_context;
    uint64_t read_size; /* how many bytes `read` gives in all; 0: not known, and they are sent in chunks */
    /* Non-zero: the backend performs the request with a credential that never leaves it (proxy execution), where the
     * grant's provider can. Its body is `json` or none, and it is never sent twice. ATT_APPROVAL when a human has to
     * decide first and has not done so within `approval_wait_ms` (0: at once): see att_approval_await(). */
    int by_backend;
    int64_t approval_wait_ms; /* within the deadline of the whole call */
} att_request_options;

#define ATT_REQUEST(...) (&(const att_request_options){.size = sizeof(att_request_options), __VA_ARGS__})

/* Performs one request with the credential of a grant.
 *
 * On ATT_OK and on ATT_UPSTREAM (and ATT_SCOPE) *response is set and is released with att_response_free(). On every
 * other status it is left untouched. `response` may be NULL for a caller that does not want it. Errors: all but those
 * of connect.
 *
 * A body that is streamed is read once. What would need it a second time is not done: after a 401 there is no other
 * attempt, and a redirect that keeps the body ends with ATT_UPSTREAM. A `read` that ends before `read_size` is
 * ATT_INVALID, and so is a credential that goes into the body, or signs it where that cannot be streamed. */
ATT_API att_status att_request(att_client *client, const att_request_options *options, att_response **response,
                               att_error *error);

typedef struct att_approval_options {
    size_t size;
    const char *id;      /* approval_id of the error of att_request */
    const char *backend; /* the configured provider that it was held at; NULL: the only one that can hold */
    int64_t wait_ms;     /* how long to wait for the decision; 0: look once */
    const char *user_token;
    int64_t timeout_ms; /* for the whole call; 0: the client's, or wait_ms where that is longer */
} att_approval_options;

#define ATT_HELD(...) (&(const att_approval_options){.size = sizeof(att_approval_options), __VA_ARGS__})

/* What became of a request that was held for a human. ATT_OK and ATT_UPSTREAM with the response once it was let through
 * and performed; ATT_APPROVAL while it waits, and when it was denied, expired or failed, which `state` of the error
 * tells. Nothing is ever sent again by this. */
ATT_API att_status att_approval_await(att_client *client, const att_approval_options *options, att_response **response,
                                      att_error *error);

/* The status code of the final answer: 200, 404. */
ATT_API int att_response_status(const att_response *response);

/* The value of a header, or NULL. Names are compared without case; of several with one name the first is given.
 * Headers that could hand out a credential are as the upstream sent them, with known secrets masked. */
ATT_API const char *att_response_header(const att_response *response, const char *name);

/* All headers in the order of the wire; ends with a pair whose name is NULL. Lives as long as the response. */
ATT_API const att_pair *att_response_headers(const att_response *response);

/* The body, followed by a NUL that does not count. *size may be NULL. With a write callback the body is empty. */
ATT_API const void *att_response_body(const att_response *response, size_t *size);

/* The id that this request's audit records carry. */
ATT_API const char *att_response_request_id(const att_response *response);

/* How often the request was sent again (after a 401 or on a dead kept connection), and what Retry-After said (-1: it
 * said nothing). */
ATT_API int att_response_retries(const att_response *response);
ATT_API int64_t att_response_retry_after_ms(const att_response *response);

/* Releases the response and sets *response to NULL. NULL or a pointer to NULL is no error. */
ATT_API void att_response_free(att_response **response);

/* ---- grants of a backend ----------------------------------------------------------------------------------------
 *
 * What users granted to this site lives at the backend of a provider whose module can list it (alter_connect.so).
 * `backend` is the name of that configured provider; NULL: the only one that can. Where the client has a user token,
 * each call carries it, and what belongs to another user is as if it were not there. Each call leaves two audit
 * records, before and after, and runs under `timeout_ms` (0: the client's). */

/* Texts are good until the callback returns, and NULL where the backend says nothing. Times are Unix seconds, 0: never,
 * or unknown. */
typedef struct att_grant_info {
    size_t size;
    const char *grant;    /* its id: what requests call it by */
    const char *provider; /* "google" */
    const char *kind;     /* "oauth", "managed_secret" */
    const char *account, *account_name, *label;
    const char *status;        /* "active", "expired", "revoked" */
    const char *const *scopes; /* ends with NULL */
    const char *principal;     /* "user", "group", "system", "agent" */
    int scopes_outdated;       /* the user should connect again, with the scopes that are wanted now */
    int64_t created, used, expires;
} att_grant_info;

typedef void (*att_grant_callback)(void *context, const att_grant_info *info);

typedef struct att_grants_options {
    size_t size;
    const char *backend;
    const char *provider, *status, *account; /* filters, all of which have to hold; NULL: any */
    int limit;                               /* 1 to 1000; 0: 100 */
    int64_t offset;
    const char *user_token;
    int64_t timeout_ms;
    const char *reason;
    const att_pair *context;
} att_grants_options;

#define ATT_GRANTS(...) (&(const att_grants_options){.size = sizeof(att_grants_options), __VA_ARGS__})

typedef struct att_grants_page {
    size_t size;   /* sizeof(att_grants_page), set by the caller */
    int64_t count; /* on this page, with those that policy hides from the caller */
    int64_t total; /* that match; -1: the backend does not say, or some are hidden */
    int has_more;  /* there are more behind this page: go on with offset + count */
} att_grants_page;

/* One page of the grants. `page` may be NULL. Errors: ATT_INVALID, ATT_STATE, ATT_CONFIG, ATT_MODULE, ATT_DENIED,
 * ATT_REAUTH, ATT_BACKEND, ATT_TIMEOUT, ATT_AUDIT, ATT_NOMEM. */
ATT_API att_status att_grants_list(att_client *client, const att_grants_options *options, att_grant_callback found,
                                   void *context, att_grants_page *page, att_error *error);

typedef struct att_revoke_options {
    size_t size;
    const char *grant;   /* alias or id */
    const char *backend; /* NULL: that of the stack which serves the grant, else the only one that can */
    const char *reason;
    const char *user_token;
    int64_t timeout_ms;
    const att_pair *context;
} att_revoke_options;

#define ATT_REVOKE(...) (&(const att_revoke_options){.size = sizeof(att_revoke_options), __VA_ARGS__})

/* Ends a grant for good, at the backend and for everybody. What is kept of it here is forgotten. Errors: as above, and
 * ATT_NOT_FOUND. */
ATT_API att_status att_grant_revoke(att_client *client, const att_revoke_options *options, att_error *error);

/* ---- connect ----------------------------------------------------------------------------------------------------- */

typedef struct att_connect_options att_connect_options;

/* Is shown the URL where the user authorises access. It holds the session's token: show it to that user alone. Returns
 * 0; anything else ends the call with ATT_CONNECT_FAILED. */
typedef int (*att_connect_show_callback)(void *context, const char *url);
/* Is called about ten times a second while the user has not finished, with the time left. Returns 0; anything else
 * cancels: ATT_CONNECT_FAILED with `state` "cancelled". */
typedef int (*att_connect_wait_callback)(void *context, int64_t left_ms);

struct att_connect_options {
    size_t size;
    const char *backend;
    const char *const *providers; /* that the user may choose from; ends with NULL; at least one */
    int64_t max_ttl_s;            /* the longest lifetime that the user may choose; 0: as the backend has it */
    int64_t default_ttl_s;        /* what is preset; 0: as the backend has it */
    const char *origin;           /* of the page that opens the widget, "https://app.example" */
    const char *return_url;       /* where the browser goes afterwards */
    const att_pair *scopes;       /* provider and a scope that is required of it; a provider may stand several times */
    const att_pair *metadata;
    const char *reason;
    const att_pair *context;
    const char *user_token;
    int64_t timeout_ms;             /* of att_connect: for the user, 300 s; of a session: 0: the client's */
    int64_t poll_ms;                /* how often the backend is asked; 0: 2 s */
    att_connect_show_callback show; /* NULL: the user's browser is started */
    att_connect_wait_callback wait; /* or NULL */
    void *callback_context;         /* of show and wait */
};

#define ATT_CONNECT(...) (&(const att_connect_options){.size = sizeof(att_connect_options), __VA_ARGS__})

/* A session in which a user may connect. Both texts open it: they go to that user's browser and nowhere else. */
typedef struct att_connect_session {
    size_t size;
    const char *token;
    const char *url;
    int64_t expires; /* Unix seconds; 0: unknown */
} att_connect_session;

typedef void (*att_connect_session_callback)(void *context, const att_connect_session *session);

/* Creates a session for a page of one's own (the widget). `created` is given it once; its texts are wiped when it
 * returns. Errors: as those of att_grants_list. */
ATT_API att_status att_connect_session_create(att_client *client, const att_connect_options *options,
                                              att_connect_session_callback created, void *context, att_error *error);

/* Creates a session, shows its URL, waits until the user has finished, and tells each grant that came into being.
 * Errors: as above, and ATT_CONNECT_DENIED (the user refused), ATT_CONNECT_TIMEOUT, ATT_CONNECT_FAILED (the provider is
 * set up wrongly, the session is over, the browser cannot be started, or it was cancelled: `state` says which, in
 * "config_error", "expired", "browser", "cancelled"). */
ATT_API att_status att_connect(att_client *client, const att_connect_options *options, att_grant_callback granted,
                               void *context, att_error *error);

/* ---- explain --------------------------------------------------------------------------------------------------- */

/* Takes one step of an explanation: what was looked at, what came out ("ok", "deny", "would ask", ...) and why. */
typedef void (*att_explain_callback)(void *context, const char *step, const char *outcome, const char *reason);

/* Runs the steps of att_request that need neither secret nor network, with the very code of att_request, and reports
 * each. `at` is the time to decide for, 0: now. Returns what att_request would return up to the point where a
 * provider is asked: ATT_OK, ATT_INVALID, ATT_NOT_FOUND, ATT_DENIED, ATT_CONFIG, ... */
ATT_API att_status att_explain(att_client *client, const att_request_options *options, int64_t at,
                               att_explain_callback explain, void *context, att_error *error);

/* ---- managed secrets --------------------------------------------------------------------------------------------
 *
 * Credentials that the site itself holds, kept by a provider whose module can (managed_secrets.so). They go in and are
 * used by grant; no call reads one back. Each call leaves two audit records, before and after, and runs under the
 * client's deadline. `provider` is the name of the configured provider; NULL: the only one that keeps secrets. */

/* What there is to know of a managed secret but its value. Times are Unix seconds, 0: never, or unknown. Texts are good
 * until the callback returns. */
typedef struct att_secret_info {
    size_t size;
    const char *name;
    const char *grant; /* what requests call it by */
    const char *provider;
    const char *type;           /* the type or template that it was made from */
    const char *inject;         /* its placement, as attache.conf(5) writes it */
    const char *const *origins; /* ends with NULL */
    const char *const *parts;   /* the names of its parts; ends with NULL */
    int64_t created, rotated, used, expires;
    const char *fingerprint; /* a keyed hash: equal values have equal ones, in this store only */
    const char *fault;       /* why it cannot be served, or NULL */
} att_secret_info;

typedef void (*att_secret_callback)(void *context, const att_secret_info *info);

/* Writes a part of a secret into `buffer` (`capacity` bytes of secret memory) and returns its length; more than
 * `capacity` for one that does not fit, ATT_SECRET_NONE to end the call with ATT_INVALID and change nothing. `prompt`
 * is what to ask a human; `hidden` is 0 for a part that is no secret, such as a user name. */
#define ATT_SECRET_NONE ((size_t)-1)
typedef size_t (*att_secret_read_callback)(void *context, const char *part, const char *prompt, int hidden,
                                           char *buffer, size_t capacity);

typedef struct att_secret_options {
    size_t size;
    const char *provider;
    const char *name;           /* letters, digits, ".", "_" and "-"; at most 64 */
    const char *type;           /* a type or a template: "bearer", "basic", "datadog"; NULL: "bearer" */
    const char *grant;          /* an alias or id; NULL: a new UUID */
    const char *const *origins; /* ends with NULL; NULL: those of the template */
    const char *inject;         /* a placement as attache.conf(5) writes it, instead of the type's */
    const att_pair *parts;      /* parts that are no secret, or NULL: `read` is asked for these too */
    att_secret_read_callback read;
    void *read_context;
    int64_t expires; /* Unix seconds; 0: never */
} att_secret_options;

#define ATT_SECRET(...) (&(const att_secret_options){.size = sizeof(att_secret_options), __VA_ARGS__})

/* Keeps a new secret. `found` (may be NULL) is told of it. Errors: ATT_INVALID (also for a name or a grant that is
 * taken), ATT_STATE, ATT_CONFIG, ATT_MODULE, ATT_BACKEND, ATT_TIMEOUT, ATT_AUDIT, ATT_NOMEM. */
ATT_API att_status att_secret_set(att_client *client, const att_secret_options *options, att_secret_callback found,
                                  void *context, att_error *error);

/* Replaces the value of a secret: of the options, provider, name, parts, read and expires count. Requests that run
 * finish with the old value, those that begin afterwards use the new one, in every process. Errors: as above, and
 * ATT_NOT_FOUND. */
ATT_API att_status att_secret_rotate(att_client *client, const att_secret_options *options, att_secret_callback found,
                                     void *context, att_error *error);

/* Every secret that a provider keeps, by name. */
ATT_API att_status att_secret_list(att_client *client, const char *provider, att_secret_callback found, void *context,
                                   att_error *error);

/* Removes a secret for good. */
ATT_API att_status att_secret_remove(att_client *client, const char *provider, const char *name, att_error *error);

/* Seals all secrets of a provider under another key: the one in `key_file` (made when it is not there), or with NULL a
 * fresh one in the place of the old. All or nothing. */
ATT_API att_status att_secret_rekey(att_client *client, const char *provider, const char *key_file, att_error *error);

/* A type or template that att_secret_set takes. Texts are good until the callback returns. */
typedef struct att_template_info {
    size_t size;
    const char *name, *title;
    const char *inject;
    const char *const *origins; /* ends with NULL */
    const char *const *parts;   /* that have to be given; ends with NULL */
    const char *file;           /* where it is described; NULL: built in */
    int line;
} att_template_info;

typedef void (*att_template_callback)(void *context, const att_template_info *info);

/* Every type and template, by name: those built in, those installed with Attache, and those of the site. `config` as in
 * att_check. */
ATT_API att_status att_templates(const char *config, att_template_callback found, void *context, att_error *error);

/* ---- looking at a site ------------------------------------------------------------------------------------------ */

/* One thing that is wrong with a configuration, or deserves a look. Texts are good until the callback returns. */
typedef struct att_check_finding {
    size_t size;
    int warning;        /* 0: an error, the engine would not open */
    const char *file;   /* or NULL */
    int line;           /* or 0 */
    const char *module; /* or NULL */
    const char *text;   /* names the thing, the cause and the next step */
} att_check_finding;

typedef void (*att_check_callback)(void *context, const att_check_finding *finding);

/* Checks a configuration (NULL: the default one) as opening an engine would, without opening one: files, permissions,
 * modules, the options that each module declares, policy. Reports every finding, not the first. ATT_OK when no finding
 * is an error; else the status that att_engine_open would return. */
ATT_API att_status att_check(const char *config, att_check_callback found, void *context, att_error *error);

/* One file in the module directory. */
typedef struct att_module_info {
    size_t size;
    const char *path;
    const char *kind;    /* "provider", "audit", "policy"; NULL when refused before that was known */
    const char *name;    /* or NULL */
    const char *version; /* or NULL when it was not loaded */
    unsigned abi_major, abi_minor;
    const char *capabilities; /* "fetch inject", or "" */
    const char *refusal;      /* why it would not load; NULL when it would */
} att_module_info;

typedef void (*att_module_callback)(void *context, const att_module_info *module);

/* Looks at every module in the module directory of a configuration (NULL: the default one, or where there is none, the
 * directory that belongs to this library). Loads those that may be loaded. Where `found` is NULL, the status alone
 * tells whether the directory can be read. */
ATT_API att_status att_modules(const char *config, att_module_callback found, void *context, att_error *error);

/* The version of this library, "0.1.0". */
ATT_API const char *att_version(void);

#ifdef __cplusplus
}
#endif

#endif
