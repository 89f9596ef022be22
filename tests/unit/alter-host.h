/* alter-host.h: a host of the tests' own for what speaks to the Alter service: answers are a script, time stands still
 * but where it is waited for, and all that the module says and asks is kept.
 *
 * Everything runs under two profiles: alter-1, and one in which every name differs. A test writes a name of the service
 * as ~access_token~, and the host spells it for the profile of the day. */
#ifndef ATT_ALTER_HOST_H
#define ATT_ALTER_HOST_H

#include <attache/module.h>

#include "core/base/base.h"
#include "core/config/config.h"
#include "core/secret/secret.h"
#include "tests/unit/unit.h"

#define ALTER_KEY "alter_rk_0123456789_abcdef"
#define ALTER_NOW INT64_C(1772438400) /* 2026-03-02T08:00:00Z */

enum { ALTER_REPLIES = 16, ALTER_ASKED = 16, ALTER_DATA = 512 };

struct att_settings {
    const char *key, *base_url, *cache, *audit;
    int64_t cache_for, timeout, attempt_timeout, retries, allow_cookie;
    struct att_datum data[ALTER_DATA];
    struct att_secret *secret;
    char option[32], problem[1000], wrong[8000];
    bool bounded, cached, reports;
    struct att_cache_promise promise;
    int64_t exchange; /* -1: not wished */
};

struct att_call {
    char sentence[2000], candidates[2000], texts[4000], numbers[200];
    int64_t retry_after_ms;
    bool cancelled;
};

struct att_credential {
    struct {
        char name[32], value[2000];
    } parts[16];
    size_t part_count;
    char kind[32], scopes[5000], grant[300], placed[5000];
    int64_t expires;
    bool outdated;
};

/* Each grant on a line: its texts with "-" for those that are not there, scopes, and times. */
struct att_grant_page {
    char grants[20000];
    size_t count;
    int64_t total;
    int more;
};

struct att_connection {
    char token[2000], url[4000];
    int64_t expires;
};

struct att_answer {
    int status, cut;
    char headers[2000], body[2000];
    size_t body_size;
};

/* What the service answers, once. */
struct alter_reply {
    att_result result;
    int status;
    const char *body;
    int64_t retry_after_ms; /* -1: nothing */
    int64_t takes_ms;
    const char *actor, *deprecated;
    size_t body_size; /* 0: as long as the text */
};

struct alter_asked {
    char method[16], url[9000], headers[12000], *body;
    size_t body_size, answer_limit;
    int64_t timeout_ms, at_ms; /* since the test began */
};

struct alter_host {
    struct att_host table;
    struct att_pool *pool;
    struct att_arena *arena;
    bool other; /* the profile in which every name differs */
    int64_t now_ns, wall, paused_ms;
    struct alter_reply replies[ALTER_REPLIES];
    size_t reply_count, replied;
    struct alter_asked asked[ALTER_ASKED];
    size_t asked_count;
    char log[4000];
    size_t blocks;
    int allocations_left; /* -1: as many as it takes */
    struct att_settings settings;
    const struct att_provider *module;
    void *instance;
    att_result opened;
    struct att_call call;
    struct att_credential credential;
    struct att_grant_page page;
    struct att_connection connection;
    struct att_answer answer;
    struct att_fetch fetch;
};

extern struct alter_host the;

int alter_host_open(void **state);       /* under alter-1 */
int alter_host_open_other(void **state); /* under the other one */
int alter_host_close(void **state);

/* The text with each ~name~ as the profile has it; lives as long as the test. */
const char *alter_spell(const char *text);
/* Opens the module by the settings; closes the one before. */
att_result alter_open_module(void);
/* One line of a profile of the site's. */
void alter_write_profile(const char *name, const char *text, uint32_t type, int line);
/* Adds an answer, spelled. */
struct alter_reply *alter_reply(int status, const char *body);
/* Opens the module where it is not, and forgets what was said, asked and given before. */
void alter_ready(void);
/* Makes a secret, and gives it to the fetch as the user's token. */
void alter_give_user_token(void);
/* Fetches for the grant in `the.fetch`, once all is ready. */
att_result alter_fetch_now(void);
/* Forgets all answers that there still are. */
void alter_forget_replies(void);
/* The value of a part of the credential, or NULL. */
const char *alter_part(const char *name);
/* The value of a header of a request, or NULL. */
const char *alter_header(const struct alter_asked *asked, const char *name);
/* No secret is in anything that the module said. */
void alter_assert_silent(void);

/* A test under both profiles. */
#define ALTER_TEST(function)                                                                        \
    cmocka_unit_test_setup_teardown(function, alter_host_open, alter_host_close),                   \
    {                                                                                               \
#function "_under_another_profile", function, alter_host_open_other, alter_host_close, NULL \
    }

#endif
