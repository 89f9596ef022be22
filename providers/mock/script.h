/* script.h: what the mock provider plays, read from a JSON file into plain structs. attache-mock(7) is its reference.
 *
 * The values in a script are test data and no secrets: the file lies in a source tree, and its text stays in memory. */
#ifndef ATT_MOCK_SCRIPT_H
#define ATT_MOCK_SCRIPT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <attache/module.h>

#define MOCK_FILE_LIMIT (1024 * 1024)
#define MOCK_HANG_LIMIT_MS 60000

/* What a module should never answer. */
enum mock_garbage {
    MOCK_GARBAGE_NONE,
    MOCK_GARBAGE_RESULT,   /* a result outside the list */
    MOCK_GARBAGE_NUL,      /* a value with NUL in it */
    MOCK_GARBAGE_CRLF,     /* a value that would begin another header */
    MOCK_GARBAGE_HUGE,     /* a value of more than 1 MiB */
    MOCK_GARBAGE_EMPTY,    /* a value of no bytes */
    MOCK_GARBAGE_NOTHING,  /* OK without a credential */
    MOCK_GARBAGE_BOTH,     /* a failure and a credential */
    MOCK_GARBAGE_SENTENCE, /* a failure with a long sentence of control characters */
    MOCK_GARBAGE_COUNT
};

enum mock_place_kind { MOCK_PLACE_HEADER, MOCK_PLACE_QUERY, MOCK_PLACE_COOKIE, MOCK_PLACE_BASIC };

struct mock_place {
    enum mock_place_kind kind;
    const char *name, *format;
};

/* Where a credential goes. inject is not told of the grant, so fetch marks the credential with a part of this name. */
struct mock_placement {
    size_t number;
    char marker[32];
    struct mock_place *places;
    size_t count;
    struct mock_placement *next;
};

#define MOCK_PARTS 12

/* More about a failure than its sentence. */
struct mock_failure {
    const char *texts[ATT_FAILURE_STATE + 1]; /* by ATT_FAILURE_...; NULL where nothing is said */
    const char **missing_scopes;              /* ends with NULL; or NULL */
    int64_t http_status, expired_at;          /* 0: nothing is said */
};

struct mock_answer {
    att_result result;
    const char *say; /* or NULL */
    int64_t retry_after_ms, latency_ms, advance_ms;
    int64_t hang_ms; /* -1: until the deadline has passed */
    enum mock_garbage garbage;
    bool expires;
    int64_t expires_in; /* seconds */
    const char *kind, *scopes, *account, *grant;
    bool scopes_outdated;
    struct {
        const char *name, *value;
    } parts[MOCK_PARTS];
    size_t part_count;
    const char **candidates; /* ends with NULL; or NULL */
    struct mock_failure failure;
    const struct mock_placement *placement;
};

/* What a listing tells of a grant. */
struct mock_listed {
    const char *provider, *kind, *account, *account_name, *label, *status, *principal;
    const char **scopes; /* ends with NULL; or NULL */
    bool scopes_outdated;
    int64_t created, used, expires;
};

/* What the backend answers to a request that it performs itself. */
struct mock_execution {
    struct mock_answer outcome;
    int64_t status;
    void *headers;    /* a JSON object of texts, of the document; or NULL */
    const char *body; /* NULL: what was asked */
    bool cut;
    const char *held; /* the id under which a human decides first; or NULL */
    const char *held_url;
    int64_t looks; /* that find it undecided */
    struct mock_answer decision;
    _Atomic int64_t looked;
};

struct mock_grant {
    const char *name;
    struct mock_answer *answers; /* at least one */
    size_t count;
    bool loops;                       /* after the last answer comes the first again, else the last stays */
    bool moves_on_invalidate;         /* else each fetch moves on */
    bool rotates;                     /* the values carry the position */
    int64_t ends;                     /* the grant's own lifetime, Unix seconds; 0: none */
    const char *user;                 /* the token of the only user who sees it; NULL: everybody does */
    struct mock_listed *listed;       /* NULL: no listing tells of it */
    struct mock_answer *revoke;       /* what revoking it answers; NULL: OK */
    struct mock_execution *execution; /* NULL: the backend performs nothing with it */
    _Atomic bool revoked;
    _Atomic uint64_t position;
};

/* How the flow goes in which a user authorises access. */
struct mock_connect {
    struct mock_answer begin, end;
    const char *session, *url;
    int64_t lasts_ms;                 /* 0: nobody knows how long */
    int64_t pending;                  /* polls that find the user at it */
    const struct mock_grant **grants; /* that come into being; ends with NULL */
    _Atomic int64_t polled;
};

struct mock_block;

struct mock_script {
    const struct att_host *host;
    struct mock_block *blocks; /* what mock_take gave */
    void *document;            /* owner of the texts */
    struct mock_grant *grants, *providers;
    size_t grant_count, provider_count;
    struct mock_grant *otherwise; /* or NULL */
    struct mock_answer list;
    struct mock_connect *connect; /* or NULL */
    struct mock_placement *placements;
    bool waits; /* an answer has a latency or hangs */
};

#define MOCK_PROBLEM_SIZE 600

/* Reads the file. CONFIG or NOMEM with a sentence in `problem` that names the file and the member at fault. The script
 * is to be closed whatever comes back. */
att_result mock_script_open(struct mock_script *script, const struct att_host *host, const char *file,
                            char problem[MOCK_PROBLEM_SIZE]);
void mock_script_close(struct mock_script *script);
/* The grant of a request: by grant, or by "provider/account" and "provider", else the default; NULL when there is none.
 * What belongs to another user is passed over. */
struct mock_grant *mock_script_find(struct mock_script *script, const struct att_fetch *fetch);
bool mock_grant_is_for(const struct mock_script *script, const struct mock_grant *grant, const struct att_fetch *fetch);
/* Zeroed memory that lives as long as the script; NULL when memory is out. */
void *mock_take(struct mock_script *script, size_t size);

/* "2026-01-31T12:00:00Z" to Unix seconds. */
bool mock_time_parse(const char *text, int64_t *seconds);

#endif
