/* mock-host.h: a host of the tests' own for the mock provider, so that what the module does is seen and nothing else.
 */
#ifndef ATT_MOCK_HOST_H
#define ATT_MOCK_HOST_H

#include <stdbool.h>

#include <attache/module.h>

struct att_secret {
    size_t size, capacity;
    char bytes[];
};

struct att_settings {
    const char *script, *clock;
    char option[32], problem[1000];
    bool promised;
};

struct att_credential {
    struct {
        char name[32], value[64];
        size_t size;
        bool by_secret;
    } parts[16];
    size_t count;
    char kind[32], scopes[64], account[64];
    int64_t expires;
    char grant[64];
    bool scopes_outdated;
};

struct att_placement {
    char text[500];
};

struct att_call {
    char sentence[5000], candidates[200];
    int64_t retry_after_ms, deadline_ns;
    char failure[1000]; /* "NUMBER=VALUE " for each thing that was said of it */
};

struct att_grant_page {
    char text[4000]; /* a line for each grant */
    int64_t total;
    int more;
};

struct att_connection {
    char token[100], url[9000];
    int64_t expires;
};

struct att_answer {
    int32_t status;
    char headers[500], body[2000];
    int cut;
};

/* What a test may set. */
struct mock_host {
    struct att_host table;
    int64_t wall;
    int allocations_left; /* of memory and secrets; -1: as many as it takes */
    bool old;             /* knows nothing of 1.2 */
    size_t blocks;        /* that were not released */
};

void mock_host_open(struct mock_host *host);

/* An opened instance of the mock with a script given as text. */
struct played {
    struct mock_host host;
    struct att_settings settings;
    const struct att_provider *module;
    void *instance;
    att_result opened;
    struct att_call call;
    struct att_credential credential;
    struct att_placement placement;
};

void played_open(struct played *played, const char *script, const char *clock);
void played_open_file(struct played *played, const char *file, const char *clock);
void played_close(struct played *played);
/* Fetches for a grant with a deadline from now; what comes back is in call and credential. */
att_result played_fetch(struct played *played, const char *grant, int64_t deadline_ms);
att_result played_fetch_for(struct played *played, struct att_fetch *fetch, int64_t deadline_ms);
/* The value of a part, or NULL. */
const char *played_part(const struct played *played, const char *name);
/* Calls that are about no request: each begins with an empty call, and a token of the user's where one is given. */
struct att_fetch played_who(struct played *played, const char *grant, struct att_secret *user);
struct att_secret *played_secret(struct played *played, const char *text);
/* What inject places, as one text. */
const char *played_inject(struct played *played);

#endif
