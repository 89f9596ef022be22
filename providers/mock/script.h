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

struct mock_answer {
    att_result result;
    const char *say; /* or NULL */
    int64_t retry_after_ms, latency_ms, advance_ms;
    int64_t hang_ms; /* -1: until the deadline has passed */
    enum mock_garbage garbage;
    bool expires;
    int64_t expires_in; /* seconds */
    const char *kind, *scopes, *account;
    struct {
        const char *name, *value;
    } parts[MOCK_PARTS];
    size_t part_count;
    const char **candidates; /* ends with NULL; or NULL */
    const struct mock_placement *placement;
};

struct mock_grant {
    const char *name;
    struct mock_answer *answers; /* at least one */
    size_t count;
    bool loops;               /* after the last answer comes the first again, else the last stays */
    bool moves_on_invalidate; /* else each fetch moves on */
    bool rotates;             /* the values carry the position */
    int64_t ends;             /* the grant's own lifetime, Unix seconds; 0: none */
    _Atomic uint64_t position;
};

struct mock_block;

struct mock_script {
    const struct att_host *host;
    struct mock_block *blocks; /* what mock_take gave */
    void *document;            /* owner of the texts */
    struct mock_grant *grants, *providers;
    size_t grant_count, provider_count;
    struct mock_grant *otherwise; /* or NULL */
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
 */
struct mock_grant *mock_script_find(struct mock_script *script, const struct att_fetch *fetch);
/* Zeroed memory that lives as long as the script; NULL when memory is out. */
void *mock_take(struct mock_script *script, size_t size);

/* "2026-01-31T12:00:00Z" to Unix seconds. */
bool mock_time_parse(const char *text, int64_t *seconds);

#endif
