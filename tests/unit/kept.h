/* kept.h: the module managed_secrets, linked into the test, as an instance of the real host. What the module takes from
 * the host can be counted and made to fail. */
#ifndef ATT_UNIT_KEPT_H
#define ATT_UNIT_KEPT_H

#include <string.h>

#include "core/provider/provider.h"
#include "tests/unit/folder.h"

struct kept {
    struct att_pool *pool;
    struct att_environment environment;
    struct att_findings findings;
    struct att_module module;
    struct att_instance *instance;
    struct att_credential credential;
    struct att_call_report report;
    struct att_host host; /* the table that the module sees */
    const struct att_host *real;
    struct att_cache_promise promise;
    char logged[2048];    /* lines of the module */
    int allocations_left; /* -1: as many as it takes */
    int blocks;           /* of memory, that were not released */
};

/* Opens an instance with the state in `folder`/state and options as a site writes them. instance is NULL with findings
 * when it does not open. */
void kept_open(struct kept *kept, const char *folder, const char *options);
void kept_close(struct kept *kept);
/* Opens one that must open. */
void kept_begin(struct kept *kept, const char *folder, const char *options);

/* A bearer token under a name, for the grant of that name. The sentence is in report. */
att_result kept_set(struct kept *kept, const char *name, const char *value);
att_result kept_rotate(struct kept *kept, const char *name, const char *value);
att_result kept_store(struct kept *kept, uint32_t mode, const struct att_secret_facts *facts,
                      const char *const (*parts)[2], size_t count);
att_result kept_fetch(struct kept *kept, const char *grant);
att_result kept_list(struct kept *kept, struct att_listing *listing);
att_result kept_remove(struct kept *kept, const char *name);
att_result kept_rekey(struct kept *kept, const char *key_file);
/* A part of what was fetched, or NULL. */
const char *kept_part(const struct kept *kept, const char *name);
/* Fails unless the fetch gives that token. */
void kept_expect(struct kept *kept, const char *grant, const char *token);
/* Fails with the sentence of the call unless `result` is OK. */
void kept_ok(const struct kept *kept, att_result result);
/* Fails unless the last sentence contains `text`. */
void kept_said(const struct kept *kept, const char *text);
/* The sentence of the failed opening. */
const char *kept_finding(const struct kept *kept);

/* A path in the state of the folder. */
const char *kept_path(struct folder *folder, const char *name);
/* Runs SQL on the database, as another program would. */
void kept_sql(struct folder *folder, const char *sql);
/* The sealed bytes of a secret; how many they are. */
size_t kept_sealed(struct folder *folder, const char *name, unsigned char *bytes, size_t capacity);

#endif
