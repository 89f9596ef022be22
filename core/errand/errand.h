/* errand.h: what an application asks of one provider and is no request: att_secret_set, att_grants_list, att_connect
 * and their sisters.
 *
 * An errand finds its provider, records what it is about to do, has the module do it, and records what came of it. A
 * refusal before the first record changed nothing and leaves no record, as in att_request. */
#ifndef ATT_ERRAND_H
#define ATT_ERRAND_H

#include "core/engine/engine.h"

struct att_errand {
    struct att_client *client;
    struct att_snapshot *snapshot;
    struct att_pool *pool;
    struct att_arena *arena;
    att_error *error;  /* never NULL */
    const char *event; /* of the records: "secret_set", "grant_revoked", ... */
    char request_id[ATT_REQUEST_ID_SIZE];
    int64_t started_ns;

    const char *provider; /* the entry's name */
    struct att_instance *instance;
    /* For the records; NULL where there is none. */
    const char *grant, *grant_id, *account, *reason; /* grant_id: where the provider calls it otherwise */
    const att_pair *context;
    const char *rule;
};

/* Which providers an errand can be for, and how messages say that. */
struct att_errand_kind {
    bool (*can)(const struct att_instance *instance);
    const char *field;   /* of the options that names the provider */
    const char *none;    /* a sentence: no provider can */
    const char *several; /* "several providers keep secrets" */
    const char *option;  /* of the command: "--provider" */
    const char *unable;  /* after the name of one: "keeps no secrets; name one that does" */
    const char *able;    /* before the names of those that can: "secrets are kept by" */
};

/* `error` is never NULL. att_errand_close() in any case. */
att_status att_errand_open(struct att_errand *errand, att_client *client, const char *event, att_error *error);
void att_errand_close(struct att_errand *errand);
/* Finds the provider: the one of that name, or (NULL) the only one that can. */
att_status att_errand_find(struct att_errand *errand, const struct att_errand_kind *kind, const char *name);

/* For one call into the module from now on; the time that people take is not the module's. 0: the client's time. */
int64_t att_errand_deadline(const struct att_errand *errand, int64_t timeout_ms);

/* What a result of the module is for the caller, and what to do where the module does not say. */
struct att_errand_meaning {
    att_status status;
    const char *cause, *advice;
};
/* A result that is not OK as a status with its message; `doing` is "secret \"x\" could not be kept". */
att_status att_errand_fail(struct att_errand *errand, const struct att_errand_meaning meanings[ATT_RESULT_COUNT],
                           att_result result, const struct att_call_report *report, const char *doing);

/* The record of what is about to be done; nothing is done unless it is ATT_OK. */
att_status att_errand_record_decision(struct att_errand *errand, const char *detail);
/* The same for what policy forbids. Gives ATT_DENIED. */
att_status att_errand_record_denial(struct att_errand *errand);
/* The record of what came of it. `done` is what happened when it is ATT_OK: "secret \"x\" was kept". */
att_status att_errand_record_result(struct att_errand *errand, att_status status, const char *done);

#endif
