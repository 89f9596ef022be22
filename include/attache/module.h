/* module.h: the contract between Attache and its modules, and the manual of it.
 *
 * A module is one .so file. It includes this header and nothing else of Attache; it does not link libattache. All it
 * needs of the host comes through a table of functions (struct att_host), all that the host needs of the module is in
 * a table that the module exports. C99 and C++.
 *
 *     provider module   exports attache_provider_v1: where credentials come from
 *     audit module      exports attache_audit_v1: where audit records go
 *
 * The rules of growth. The major number is in the symbol's name. Within a major, structs only grow at their end, and
 * each begins with its size as the side that filled it knew it; the other side copies what both know and takes the
 * rest as zero. So an old module works in a new host and a new module in an old host. A module that reads a member
 * that came after 1.0 first asks ATT_KNOWS(). Minors are never compared for equality.
 *
 * Ownership.
 *     1. A pointer given to a callee is good until that call returns.
 *     2. Who wants to keep something copies it.
 *     3. Results leave through setters; nobody frees the other side's memory.
 *     4. Secrets live only in host secret objects; a module borrows a view and returns it.
 *     5. open succeeds and is matched by one close, or fails and leaves nothing.
 *
 * Threads, fork, time. The host holds no lock of its own while it calls a module. What a module may be called with at
 * once is its `threading`. A module does not fork, set signal handlers, or touch environment, locale, umask or the
 * standard descriptors. Every call has an absolute deadline on the monotonic clock; a module that waits asks
 * cancelled() while it does. A call that is not back at its deadline fails for the caller, and what the module
 * answers later is thrown away.
 *
 * Errors. A call returns an att_result, and may say one sentence first (fetch_failed, open_failed). No error text may
 * hold a secret.
 */
#ifndef ATTACHE_MODULE_H
#define ATTACHE_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATT_ABI_MAJOR 1
#define ATT_ABI_MINOR 2
#define ATT_MODULE_MAGIC 0x4d545441u /* "ATTM" */
#define ATT_HOST_MAGIC 0x48545441u   /* "ATTH" */

/* True when the struct that `pointer` points to was filled by a side that knows `member`. */
#define ATT_KNOWS(pointer, member) \
    ((pointer)->size >= (size_t)((const char *)(&(pointer)->member + 1) - (const char *)(pointer)))

/* ---- results --------------------------------------------------------------------------------------------------- */

typedef int32_t att_result;

enum {
    ATT_RESULT_OK = 0,
    ATT_RESULT_NONE = 1,        /* not mine: this provider does not know the grant */
    ATT_RESULT_NOT_FOUND = 2,   /* mine, and there is no such grant */
    ATT_RESULT_AMBIGUOUS = 3,   /* several match */
    ATT_RESULT_DENIED = 4,      /* the backend's policy said no */
    ATT_RESULT_REAUTH = 5,      /* the user must connect again */
    ATT_RESULT_EXPIRED = 6,     /* the grant's lifetime is over */
    ATT_RESULT_REVOKED = 7,     /* revoked or deleted */
    ATT_RESULT_UNAVAILABLE = 8, /* try later; retry_after says when */
    ATT_RESULT_DEADLINE = 9,    /* the deadline passed */
    ATT_RESULT_CANCELLED = 10,  /* cancelled() said so */
    ATT_RESULT_CONFIG = 11,     /* an option is wrong */
    ATT_RESULT_NOMEM = 12,
    ATT_RESULT_FAULT = 13,   /* anything else, and every value outside this list */
    ATT_RESULT_PENDING = 14, /* a human has to decide first */
    ATT_RESULT_LIMITED = 15, /* 1.2: a rate limit of the backend said no; retry_after says when */
    ATT_RESULT_BACKEND = 16, /* 1.2: the backend refuses the site itself, or answers what is no answer */
    ATT_RESULT_COUNT = 17    /* not a result: how many there are in this version */
};

/* ---- the note -------------------------------------------------------------------------------------------------- */

/* The host reads this ELF note from the file before it loads it, so that no code of a file that is not a module of
 * this kind ever runs. ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "mock", struct att_provider) writes it. The name is at most
 * 47 bytes and equal to the table's. */
enum { ATT_KIND_PROVIDER = 1, ATT_KIND_AUDIT = 2, ATT_KIND_POLICY = 3 };

#define ATT_NOTE_TYPE 1u
#define ATT_NOTE_VENDOR "Attache"

struct att_note {
    uint32_t vendor_size, body_size, type; /* the ELF note header */
    char vendor[8];
    uint32_t kind;
    uint16_t abi_major, abi_minor;
    uint32_t table_size;
    char name[48];
};

#define ATT_MODULE_NOTE(module_kind, module_name, table)                                                      \
    __attribute__((section(".note.attache"), used, aligned(4))) static const struct att_note attache_note = { \
        8,                                                                                                    \
        sizeof(struct att_note) - 20,                                                                         \
        ATT_NOTE_TYPE,                                                                                        \
        ATT_NOTE_VENDOR,                                                                                      \
        module_kind,                                                                                          \
        ATT_ABI_MAJOR,                                                                                        \
        ATT_ABI_MINOR,                                                                                        \
        sizeof(table),                                                                                        \
        module_name}

#define ATT_MODULE_EXPORT __attribute__((visibility("default")))

/* ---- options --------------------------------------------------------------------------------------------------- */

/* What a site may write in `options = { ... }`. The host checks names, types, ranges and what is required, by
 * `attache check` as well as before open; unknown options are errors. */
enum {
    ATT_OPTION_TEXT = 1,
    ATT_OPTION_INTEGER = 2, /* minimum to maximum */
    ATT_OPTION_BOOLEAN = 3,
    ATT_OPTION_DURATION = 4,  /* "30s"; handed over in milliseconds; minimum and maximum too */
    ATT_OPTION_SIZE = 5,      /* "10MiB"; handed over in bytes; minimum and maximum too */
    ATT_OPTION_PATH = 6,      /* an absolute path */
    ATT_OPTION_CHOICE = 7,    /* one of choices */
    ATT_OPTION_SECRET = 8,    /* a reference to a secret, never a literal */
    ATT_OPTION_TEXT_LIST = 9, /* an array of texts */
    ATT_OPTION_SECRETS = 10,  /* 1.1: a group of named references to secrets; a name is that of a credential's part */
    ATT_OPTION_DATA = 11 /* 1.2: the absolute path of a file in the syntax of attache.conf(5), which nobody but root
                          * and the running user may write; the host reads it, setting_data hands it over */
};

enum { ATT_OPTION_REQUIRED = 1 };

struct att_option {
    const char *name; /* NULL ends the list */
    uint32_t type;
    uint32_t flags;
    int64_t minimum, maximum;   /* both 0: no limit */
    const char *const *choices; /* ends with NULL */
    const char *initial;        /* the value when the site says nothing, as the site would write it but for quotes
                                 * around text; or NULL, as always for secrets and lists */
    const char *help;           /* one line */
};

/* ---- opaque objects of the host -------------------------------------------------------------------------------- */

struct att_secret;     /* bytes in locked, dump-excluded memory; wiped when it is destroyed */
struct att_settings;   /* the checked options of one configured entry */
struct att_credential; /* what fetch fills */
struct att_placement;  /* what inject fills */
struct att_call;       /* one running call: its deadline and its error text */
struct att_listing;    /* 1.1: what secret_list fills */
struct att_grant_page; /* 1.2: what list and connect_poll fill */
struct att_connection; /* 1.2: what connect_begin fills */
struct att_answer;     /* 1.2: what execute and approval fill */

/* ---- the request as a provider sees it ------------------------------------------------------------------------- */

struct att_fact {
    const char *name, *value;
};

/* In the calls that are about grants and no request (list, revoke, connect_*, approval) what describes a request is
 * NULL or 0: method to path. */
struct att_fetch {
    size_t size;
    struct att_call *call;
    int64_t deadline_ns; /* on the monotonic clock of the host */
    const char *caller;
    uint32_t caller_type; /* 0 service, 1 agent */
    uint32_t attempt;     /* 0; 1 when the upstream refused the credential of the first attempt with 401 */
    const char *grant;    /* the grant's id where the site gave one, else what the application named; or NULL */
    const char *provider; /* provider identity when the application named no grant; or NULL */
    const char *account;  /* or NULL */
    const char *method;
    const char *scheme, *host;
    uint32_t port;
    const char *path;                    /* normalised; no query */
    const char *reason;                  /* or NULL */
    const struct att_fact *context;      /* ends with a NULL name */
    const struct att_secret *user_token; /* or NULL */
    const char *request_id;
    /* 1.1: in invalidate, what the upstream answered 401 to; else NULL. */
    const struct att_credential *refused;
};

/* 1.1: how a request ended, for report. */
struct att_outcome {
    size_t size;
    const char *status;  /* as in the audit record: "ATT_OK", "ATT_UPSTREAM", ... */
    int32_t http_status; /* of the last answer to a request that carried the credential; 0: there was none */
    int64_t latency_us;
    /* 1.2, for instances that wished for more (wish_exchange); else NULL and 0. Every query value of the URL is
     * replaced, headers that carry credentials are left out, credentials that came back are masked. Of a body that the
     * application streams up there is nothing here. */
    const char *url;
    const struct att_fact *request_headers, *response_headers; /* end with a NULL name */
    const void *request_body, *response_body;                  /* their first bytes, not ended by NUL */
    size_t request_body_size, response_body_size;
    int32_t request_body_cut, response_body_cut; /* 1: there was more */
};

/* ---- data files, 1.2 ------------------------------------------------------------------------------------------- */

/* One value of a file that an option of type DATA names. A member of a group is "group.member", an item of a list
 * "list.0", "list.1". */
struct att_datum {
    const char *name;
    const char *text; /* as written, without quotes; numbers in decimal, "true" and "false" */
    uint32_t type;    /* ATT_OPTION_TEXT, ATT_OPTION_INTEGER or ATT_OPTION_BOOLEAN */
    int32_t line;
};

/* ---- HTTP, 1.2 ------------------------------------------------------------------------------------------------- */

struct att_http_header {
    const char *name;
    const char *value;               /* or */
    const struct att_secret *secret; /* a value that is secret; then `value` is NULL */
};

enum { ATT_HTTP_TAKEN = 8, ATT_HTTP_VALUE_SIZE = 512 };

/* One request of the module's own to its backend. It goes out by a client of its own, which shares no connection with
 * the one that sends the application's requests, and none with another instance's; under the site's TLS, proxy and
 * replay settings; at TLS 1.2 or newer; to https, or to http on this machine. No redirect is followed, nothing is
 * decompressed, nothing is sent a second time but on a kept connection that was found dead before it took any of it. */
struct att_http {
    size_t size;
    const char *method;
    const char *url; /* RFC 3986, normalised (section 6.2.2), without user information and fragment; sent as it is */
    const struct att_http_header *headers;
    size_t header_count;
    const struct att_secret *body; /* or NULL */
    size_t answer_limit;           /* bytes of the answer's body, at most 1 MiB; more is a failure */
    const char *const *taken; /* names of headers of the answer that are wanted, ends with NULL, at most 8; or NULL */
    int64_t timeout_ms;       /* DEADLINE when it takes longer; 0: as long as the call may take */
};

struct att_http_answer {
    size_t size;
    int32_t status;
    struct att_secret *body; /* the module's to destroy; never NULL after OK, but of no bytes where there were none */
    int64_t retry_after_ms;  /* what Retry-After said; -1: nothing */
    char taken[ATT_HTTP_TAKEN][ATT_HTTP_VALUE_SIZE]; /* in the order they were asked for; "" where absent or too long */
};

/* ---- what there is to say of a failure, 1.2 -------------------------------------------------------------------- */

enum {
    ATT_FAILURE_CODE = 1,          /* the backend's machine code */
    ATT_FAILURE_RULE = 2,          /* the rule that said no */
    ATT_FAILURE_DETAILS = 3,       /* a text for programs, such as the backend's word for what is wrong */
    ATT_FAILURE_MISSING_SCOPE = 4, /* one scope; may be said several times, up to 16 */
    ATT_FAILURE_APPROVAL = 5,      /* the id of what a human decides */
    ATT_FAILURE_APPROVAL_URL = 6,  /* and where */
    ATT_FAILURE_STATE = 7,         /* "pending", "denied", "expired", "failed" */
    ATT_FAILURE_HTTP_STATUS = 8,   /* number: what the backend answered */
    ATT_FAILURE_EXPIRES = 9        /* number: Unix seconds */
};

/* ---- grants at a backend, 1.2 ---------------------------------------------------------------------------------- */

struct att_grant_query {
    size_t size;
    const char *provider, *status, *account; /* filters; NULL: any */
    int64_t limit, offset;                   /* 1 to 1000; 0 or more */
};

/* Texts may be NULL where the backend says nothing. Times are Unix seconds, 0: never, or unknown. */
struct att_grant_facts {
    size_t size;
    const char *grant;    /* its id; required */
    const char *provider; /* "google", or the slug of a secret that the backend keeps */
    const char *kind;     /* "oauth", "managed_secret" */
    const char *account;  /* whose */
    const char *account_name;
    const char *label;
    const char *status;        /* "active", "expired", "revoked" */
    const char *const *scopes; /* ends with NULL; or NULL */
    const char *principal;     /* "user", "group", "system", "agent" */
    int32_t scopes_outdated;   /* 1: it no longer covers the scopes that the backend wants for it */
    int64_t created, used, expires;
};

struct att_connect_wish {
    size_t size;
    const char *const *providers;    /* ends with NULL; at least one */
    const char *origin, *return_url; /* of the page that opens the flow; or NULL */
    int64_t longest_s, initial_s;    /* the longest and the preset lifetime of the grant; 0: as the backend has it */
    const struct att_fact *scopes;   /* provider and one scope that is required of it; ends with a NULL name */
    const struct att_fact *metadata; /* ends with a NULL name */
};

/* A request that the backend is to perform with a credential that stays there. The method, the origin and the path are
 * those of the fetch. */
struct att_execution {
    size_t size;
    const char *url;                /* whole, with its query */
    const struct att_fact *headers; /* ends with a NULL name */
    const void *json;               /* its body, a JSON text; NULL: none */
    size_t json_size;
};

/* ---- helpers, 1.1 ---------------------------------------------------------------------------------------------- */

enum { ATT_PROCESS_LOG_ERRORS = 1 }; /* its standard error is safe to be logged; else nobody reads it */

/* A program to run. No shell is involved: argv is `program` and `arguments`. It runs in a session of its own, in "/",
 * with the given environment and no other, with standard input, output and error and no other descriptor. The file
 * and the folders that lead to it must belong to root or the running user, and be writable by nobody else. */
struct att_process {
    size_t size;
    const char *program;            /* absolute path */
    const char *sha256;             /* of the file, lower-case hex, or NULL */
    const char *const *arguments;   /* ends with NULL; NULL: none */
    const char *const *environment; /* "NAME=value"; ends with NULL; NULL: empty */
    const struct att_secret *input; /* standard input, or NULL: nothing */
    size_t output_limit;            /* bytes of standard output, at most 1 MiB; more is a failure */
    uint32_t flags;
    int64_t timeout_ms; /* DEADLINE when it runs longer; 0: as long as the call may take */
};

struct att_process_end {
    size_t size;
    struct att_secret *output; /* the module's to destroy; never NULL after OK */
    int32_t exit_status;       /* 0 to 255; -1: ended by `signal` */
    int32_t signal;
};

/* ---- secrets that a provider keeps, 1.1 ------------------------------------------------------------------------ */

struct att_named_secret {
    const char *name; /* of the part */
    const struct att_secret *value;
};

/* What there is to know of a kept secret but its value. In a change, what the module has to keep; in a listing, what it
 * kept. Times are Unix seconds, 0: never. */
struct att_secret_facts {
    size_t size;
    const char *name;           /* unique in the provider */
    const char *grant;          /* whose credential it is, unique too */
    const char *type;           /* the type or template that it was made from */
    const char *inject;         /* its placement, as a site writes it */
    const char *const *origins; /* ends with NULL */
    const char *const *parts;   /* names; ends with NULL */
    int64_t expires;
    /* In a listing only. */
    int64_t created, rotated, used;
    const char *fingerprint; /* a keyed hash of the value: equal values have equal ones, in this store only */
    const char *fault;       /* why it cannot be served, or NULL */
};

enum { ATT_SECRET_CREATE = 0, ATT_SECRET_REPLACE = 1 };

/* ---- the host -------------------------------------------------------------------------------------------------- */

/* Bits of `features` of the host, and of `needs` of a module. */
#define ATT_HOST_MEMORY (UINT64_C(1) << 0)
#define ATT_HOST_SECRETS (UINT64_C(1) << 1)
#define ATT_HOST_LOG (UINT64_C(1) << 2)
#define ATT_HOST_SETTINGS (UINT64_C(1) << 3)
#define ATT_HOST_CLOCK (UINT64_C(1) << 4)
#define ATT_HOST_HTTP (UINT64_C(1) << 5)    /* 1.2: http_send and pause */
#define ATT_HOST_PROCESS (UINT64_C(1) << 6) /* 1.1: process_run */
#define ATT_HOST_STATE                                                                                            \
    (UINT64_C(1) << 7)                       /* no host offers it yet; a module that needs what its host lacks is \
                                              * refused with a message that names it */
#define ATT_HOST_CACHE (UINT64_C(1) << 8)    /* 1.1: promise_cache */
#define ATT_HOST_PLACING (UINT64_C(1) << 9)  /* 1.1: credential_part to place */
#define ATT_HOST_KEEPING (UINT64_C(1) << 10) /* 1.1: state_directory to secret_listed */
#define ATT_HOST_DATA (UINT64_C(1) << 11)    /* 1.2: setting_data and data_failed */
#define ATT_HOST_GRANTS (UINT64_C(1) << 12)  /* 1.2: failure_text to answer_body */

/* Levels of log. */
enum { ATT_LEVEL_ERROR = 0, ATT_LEVEL_WARNING = 1, ATT_LEVEL_INFO = 2, ATT_LEVEL_DEBUG = 3 };

/* 1.1. What the host may keep of what fetch gives. Two requests share a kept credential when they agree in grant,
 * provider identity, account, caller, user token and origin, but for what `shared` says does not matter. The host keeps
 * it until it expires, fetches anew before that, and lets one fetch run at a time for all who wait; while the module
 * says UNAVAILABLE, what is kept serves on until it expires. A 401 of the upstream drops it. */
enum { ATT_SHARED_BY_CALLERS = 1, ATT_SHARED_BY_USERS = 2, ATT_SHARED_BY_ORIGINS = 4 };

struct att_cache_promise {
    size_t size;
    uint32_t shared;
    int64_t longest_ms; /* at most this long, also what never expires; 0: until it expires, and else not at all */
    /* NULL, or a number that changes whenever anything that was fetched before may be out of date; valid until close.
     * It is read at every request. */
    const volatile uint64_t *generation;
};

/* One table per opened instance, valid until close has returned. The entry gets one for itself, with the functions of
 * memory and log alone working, valid until it returns. Every function may be called from any thread that the module
 * runs on. Functions that return int give 1 for success and 0 for failure (out of memory, or an argument out of
 * range). */
struct att_host {
    uint32_t magic, size;
    uint16_t abi_major, abi_minor;
    uint32_t reserved;
    uint64_t features;
    const char *version; /* of Attache, "0.1.0" */
    void *context;       /* the host's own */

    /* Plain memory. As malloc, realloc, free. */
    void *(*allocate)(const struct att_host *host, size_t size);
    void *(*resize)(const struct att_host *host, void *block, size_t size);
    void (*release)(const struct att_host *host, void *block);

    /* Secret memory. create gives an empty secret that holds up to `capacity` bytes (at most 1 MiB), or NULL. append
     * fails when it would not fit. borrow gives a view that is good until the matching return_view. destroy wipes. */
    struct att_secret *(*secret_create)(const struct att_host *host, size_t capacity);
    int (*secret_append)(struct att_secret *secret, const void *bytes, size_t size);
    const unsigned char *(*secret_borrow)(const struct att_secret *secret, size_t *size);
    void (*secret_return)(const struct att_secret *secret, const unsigned char *view);
    int (*secret_equal)(const struct att_secret *left, const struct att_secret *right); /* in constant time */
    void (*secret_destroy)(struct att_secret *secret);

    /* One line of log. Control characters are escaped by the host. */
    void (*log)(const struct att_host *host, int level, const char *line);

    /* Typed options, as open's `settings` has them. A name or a type that the module did not declare is a fault: the
     * getter gives NULL or 0 and the open fails. Lists end with NULL. secret is NULL when the site gave none. */
    const char *(*setting_text)(const struct att_settings *settings, const char *name);
    int64_t (*setting_integer)(const struct att_settings *settings, const char *name); /* duration, size, boolean too */
    const char *const *(*setting_list)(const struct att_settings *settings, const char *name);
    const struct att_secret *(*setting_secret)(const struct att_settings *settings, const char *name);
    const char *(*setting_entry)(const struct att_settings *settings); /* the name of the configured entry */

    /* One sentence about why open or check fails, with the option at fault or NULL. */
    void (*open_failed)(const struct att_settings *settings, const char *option, const char *sentence);
    /* A promise made in open: fetch of this instance never waits (no file, network, lock or process), so the host may
     * call it on the application's thread instead of one of its own. */
    void (*promise_prompt)(const struct att_settings *settings);

    /* Clock. now_ns is monotonic, wall is Unix seconds. cancelled is 1 when the deadline passed or nobody waits. */
    int64_t (*now_ns)(const struct att_host *host);
    int64_t (*wall)(const struct att_host *host);
    int (*cancelled)(const struct att_call *call);

    /* One sentence about why fetch (or append) fails; without effect where the result is OK. When to try again. Several
     * grants that match: name each candidate. */
    void (*fetch_failed)(struct att_call *call, const char *sentence);
    void (*retry_after)(struct att_call *call, int64_t milliseconds);
    void (*candidate)(struct att_call *call, const char *grant);

    /* The credential. material sets a named part, copied from the bytes: "token" is the one of a single-valued
     * credential, "username" and "password" those of Basic. A part is 1 byte to 1 MiB without CR, LF or NUL; parts
     * for other uses may have any name of [a-z0-9_] up to 31 bytes. kind is for policy and audit ("oauth", "api_key",
     * ...). expires: Unix seconds, 0 never. scopes: separated by blanks. account: whose it is. */
    int (*credential_material)(struct att_credential *credential, const char *part, const void *bytes, size_t size);
    int (*credential_secret)(struct att_credential *credential, const char *part, const struct att_secret *secret);
    int (*credential_kind)(struct att_credential *credential, const char *kind);
    int (*credential_expires)(struct att_credential *credential, int64_t unix_seconds);
    int (*credential_scopes)(struct att_credential *credential, const char *scopes);
    int (*credential_account)(struct att_credential *credential, const char *account);
    int (*credential_has)(const struct att_credential *credential, const char *part);

    /* The placement. format is text around {part}, "Bearer {token}"; Basic takes username and password. The host
     * checks names and values and builds the bytes; several calls place the credential several times. */
    int (*place_header)(struct att_placement *placement, const char *name, const char *format);
    int (*place_basic)(struct att_placement *placement);
    int (*place_query)(struct att_placement *placement, const char *name, const char *format);
    int (*place_cookie)(struct att_placement *placement, const char *name, const char *format);

    /* ---- 1.1 ---- */

    /* A promise made in open; see struct att_cache_promise. */
    void (*promise_cache)(const struct att_settings *settings, const struct att_cache_promise *promise);
    /* A wish made in open: `report` is called when the request has ended that a fetch of this instance was for. */
    void (*wish_reports)(const struct att_settings *settings);

    /* A part, or NULL; good as long as the credential. */
    const struct att_secret *(*credential_part)(const struct att_credential *credential, const char *part);
    /* A placement of this credential alone, as a site writes it: { header = "X-API-Key"; format = "{token}"; } or a
     * list of such groups (attache.conf(5)). A site's `inject` overrides it, it overrides the module's inject. */
    int (*credential_place)(struct att_credential *credential, const char *inject);
    /* An origin that it may be sent to, "https://api.example.com"; "*." may stand before the host. Once there is one,
     * the credential goes nowhere else; where the site binds its grant to no origin, these are what binds it, if the
     * module offers ORIGINS. */
    int (*credential_origin)(struct att_credential *credential, const char *origin);
    /* As credential_place, in inject. */
    int (*place)(struct att_placement *placement, const char *inject);

    /* Where this site keeps what outlives a process: an absolute path, whose last folder may be missing. */
    const char *(*state_directory)(const struct att_settings *settings);
    /* The names in an option of type SECRETS; ends with NULL. */
    const char *const *(*setting_names)(const struct att_settings *settings, const char *option);
    /* Reads a secret option again, or (with `name`) a member of a group of secrets: what a file holds may have changed
     * since open. A new secret for the module to destroy; NULL with the sentence of the failure set. In fetch only. */
    struct att_secret *(*secret_read)(const struct att_host *host, struct att_call *call, const char *option,
                                      const char *name);
    /* One secret of a listing; copied. */
    int (*secret_listed)(struct att_listing *listing, const struct att_secret_facts *facts);

    /* For code that writes secrets itself: where up to *size more bytes of a secret may be written, and taking `size`
     * of them in. */
    unsigned char *(*secret_room)(struct att_secret *secret, size_t *size);
    int (*secret_took)(struct att_secret *secret, size_t size);

    /* Runs a helper until it ends, in fetch, invalidate and report. OK when it was run to its end, whatever its exit
     * status; DEADLINE and CANCELLED end it and all that it started; CONFIG when the program may not be run;
     * UNAVAILABLE when it cannot be started; FAULT when it was ended for what it printed. On all but OK the sentence of
     * the failure is set. */
    att_result (*process_run)(const struct att_host *host, struct att_call *call, const struct att_process *process,
                              struct att_process_end *end);

    /* Said in open by an instance that keeps no secrets, though its module can: the calls of secret_* are not for it.
     */
    void (*keeps_no_secrets)(const struct att_settings *settings);

    /* ---- 1.2 ---- */

    /* Sends one request to the backend and takes its answer, in fetch, invalidate, report, list, revoke, connect_*,
     * execute and approval. OK when an answer was had, whatever its status; DEADLINE and CANCELLED; CONFIG when the URL
     * may not be asked; UNAVAILABLE when the backend cannot be reached or cut its answer off; FAULT when its answer is
     * too large or encoded, or the request is not well-formed. On all but OK the sentence of the failure is set. */
    att_result (*http_send)(const struct att_host *host, struct att_call *call, const struct att_http *http,
                            struct att_http_answer *answer);
    /* Waits that long. 0 when it ended early because the call is cancelled or past its deadline. */
    int (*pause)(const struct att_host *host, struct att_call *call, int64_t milliseconds);
    /* A promise made in open: fetch of this instance waits in http_send and pause alone, which end in time. So the host
     * may call it on the application's thread. */
    void (*promise_bounded)(const struct att_settings *settings);
    /* A wish made in open, with wish_reports: report is told of the exchange too, with up to this many bytes of each
     * body (0 to 65536; 0: no bodies). */
    void (*wish_exchange)(const struct att_settings *settings, size_t body_bytes);

    /* What the file of an option of type DATA holds, in its order; ends with a NULL name. Empty when the site gave
     * none. Good in open and check alone. */
    const struct att_datum *(*setting_data)(const struct att_settings *settings, const char *option);
    /* One thing that is wrong with a line of that file (0: with the file); may be said several times. */
    void (*data_failed)(const struct att_settings *settings, const char *option, int32_t line, const char *sentence);

    /* The grant that a request which named none was served by, or whose id the backend tells otherwise. */
    int (*credential_grant)(struct att_credential *credential, const char *grant);
    /* The backend knows that the scopes do not suffice: then a 403 of the upstream is for want of scopes. */
    int (*credential_scopes_outdated)(struct att_credential *credential);

    /* More about a failure (ATT_FAILURE_...); copied, without effect where the result is OK. */
    void (*failure_text)(struct att_call *call, int what, const char *text);
    void (*failure_number)(struct att_call *call, int what, int64_t number);

    /* One grant of a page; copied. How many there are in all (-1: not known), and whether more follow this page. */
    int (*grant_listed)(struct att_grant_page *page, const struct att_grant_facts *facts);
    void (*grant_total)(struct att_grant_page *page, int64_t total, int more);
    /* A session in which a user can authorise access: its token, the URL for the browser (which holds the token, and so
     * is secret too), and when it ends (Unix seconds; 0: unknown). Copied. */
    int (*connection_opened)(struct att_connection *connection, const struct att_secret *token,
                             const struct att_secret *url, int64_t expires);
    /* What the upstream answered to the backend: its status, its headers, its body (once; `cut` 1: not all of it). */
    int (*answer_status)(struct att_answer *answer, int32_t status);
    int (*answer_header)(struct att_answer *answer, const char *name, const char *value);
    int (*answer_body)(struct att_answer *answer, const void *bytes, size_t size, int cut);
};

/* ---- provider modules ------------------------------------------------------------------------------------------ */

enum {
    ATT_THREADING_SERIAL = 0,   /* one call at a time into the module, over all its instances in one engine */
    ATT_THREADING_INSTANCE = 1, /* one call at a time into each instance */
    ATT_THREADING_FREE = 2      /* any number */
};

/* Bits of `offers`. */
#define ATT_OFFERS_FETCH (UINT64_C(1) << 0)
#define ATT_OFFERS_INJECT (UINT64_C(1) << 1)
#define ATT_OFFERS_INVALIDATE (UINT64_C(1) << 2)
#define ATT_OFFERS_REPORT (UINT64_C(1) << 3)  /* 1.1 */
#define ATT_OFFERS_SECRETS (UINT64_C(1) << 4) /* 1.1: the four calls of secret_*, all of them */
#define ATT_OFFERS_ORIGINS (UINT64_C(1) << 5) /* 1.1: its credentials say where they may go (credential_origin) */
#define ATT_OFFERS_GRANTS (UINT64_C(1) << 6)  /* 1.2: list and revoke */
#define ATT_OFFERS_CONNECT (UINT64_C(1) << 7) /* 1.2: connect_begin and connect_poll */
#define ATT_OFFERS_EXECUTE (UINT64_C(1) << 8) /* 1.2: execute and approval */

struct att_provider {
    uint32_t magic, size; /* ATT_MODULE_MAGIC, sizeof(struct att_provider) */
    uint16_t abi_major, abi_minor;
    uint32_t threading;
    uint64_t offers, needs;
    const char *name, *version;
    const struct att_option *options;
    size_t option_size; /* sizeof(struct att_option) */

    /* Makes an instance of one configured entry. *instance is the module's own. */
    att_result (*open)(const struct att_host *host, const struct att_settings *settings, void **instance);
    void (*close)(void *instance);
    /* Fills the credential for a request. */
    att_result (*fetch)(void *instance, const struct att_fetch *fetch, struct att_credential *credential);

    /* Optional: NULL where the module has none. */
    /* Says where the credential goes; without it (or when it places nothing) a credential with "username" and
     * "password" goes as Basic, one with "token" as `authorization: Bearer`. A site's `inject` overrides it. */
    att_result (*inject)(void *instance, const struct att_credential *credential, struct att_placement *placement);
    /* The upstream answered 401 to this credential: it is stale. Afterwards the host fetches once more. */
    att_result (*invalidate)(void *instance, const struct att_fetch *fetch);

    /* ---- 1.1, optional too ---- */
    /* The request that `credential` was fetched for has ended. Called on a thread of the host's, while nobody waits. */
    att_result (*report)(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                         const struct att_outcome *outcome);
    /* Keeping secrets for the site; no call reads a value back. `mode` says whether the name must be new (DENIED when
     * it is not, or the grant is another secret's) or must be there (NOT_FOUND when it is not). Once OK was answered,
     * the change survives a crash; any other result means that nothing changed. */
    att_result (*secret_store)(void *instance, struct att_call *call, uint32_t mode,
                               const struct att_secret_facts *facts, const struct att_named_secret *parts,
                               size_t part_count);
    att_result (*secret_list)(void *instance, struct att_call *call, struct att_listing *listing);
    att_result (*secret_remove)(void *instance, struct att_call *call, const char *name);
    /* Seals everything anew under another key: under the one in `key_file`, which is made when it is not there, or
     * (NULL) under a fresh one in the place of the old. */
    att_result (*secret_rekey)(void *instance, struct att_call *call, const char *key_file);
    /* Checks what the declared options cannot say: rules between them, and their form. Opens nothing, reads no secret,
     * waits for nothing. The host calls it in `attache check` and before each open. Says what is wrong by open_failed.
     * What open promises and wishes has no effect here; setting_secret gives an empty secret where the site gave one.
     * `host` is good until this returns, and makes no secrets. */
    att_result (*check)(const struct att_host *host, const struct att_settings *settings);

    /* ---- 1.2, optional too. `who` is the caller: see struct att_fetch. All run on a thread of the host's. ---- */
    /* The grants of the backend that the caller may see. */
    att_result (*list)(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                       struct att_grant_page *page);
    /* Ends a grant for good (`who->grant`, and `who->reason`). NOT_FOUND where there is none. */
    att_result (*revoke)(void *instance, const struct att_fetch *who);
    /* Begins a flow in which a user authorises access in a browser. */
    att_result (*connect_begin)(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                                struct att_connection *connection);
    /* Looks how it stands, without waiting: PENDING, or OK with each grant that came into being listed in `page`.
     * DENIED: the user refused. EXPIRED: the session is over. CONFIG: it cannot work as things are set up. */
    att_result (*connect_poll)(void *instance, const struct att_fetch *who, const struct att_secret *token,
                               struct att_grant_page *page);
    /* Has the backend send a request in its own name. PENDING with ATT_FAILURE_APPROVAL while a human has to decide.
     * The host never calls it a second time for one request. */
    att_result (*execute)(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                          struct att_answer *answer);
    /* Looks what became of a request that was held, without waiting: PENDING; OK with its answer; DENIED, EXPIRED, or
     * BACKEND with the state "failed". */
    att_result (*approval)(void *instance, const struct att_fetch *who, const char *approval,
                           struct att_answer *answer);
};

/* The entry. Returns a table that lives as long as the process, or NULL to refuse the host. */
ATT_MODULE_EXPORT const struct att_provider *attache_provider_v1(const struct att_host *host);

/* ---- audit modules --------------------------------------------------------------------------------------------- */

struct att_record {
    size_t size;
    const char *json; /* the whole record as one JSON object, no newline */
    size_t json_size;
    const char *event, *phase, *request_id; /* as in the record; phase and request_id may be NULL */
    int64_t time_us;                        /* Unix microseconds */
};

/* A sink. append returns OK only when the record is where the site's `sync` option wants it; it is called from any
 * number of threads at once when threading is FREE. Records are never secret. */
struct att_audit {
    uint32_t magic, size;
    uint16_t abi_major, abi_minor;
    uint32_t threading;
    uint64_t offers, needs;
    const char *name, *version;
    const struct att_option *options;
    size_t option_size;

    att_result (*open)(const struct att_host *host, const struct att_settings *settings, void **instance);
    void (*close)(void *instance);
    /* `call` takes the sentence of a failure (fetch_failed). */
    att_result (*append)(void *instance, struct att_call *call, const struct att_record *record);

    /* ---- 1.1, optional ---- */
    /* As a provider's. */
    att_result (*check)(const struct att_host *host, const struct att_settings *settings);
};

ATT_MODULE_EXPORT const struct att_audit *attache_audit_v1(const struct att_host *host);

#ifdef __cplusplus
}
#endif

#endif
