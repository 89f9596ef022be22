/* engine.h: the engine and its clients, as the core sees them. */
#ifndef ATT_ENGINE_H
#define ATT_ENGINE_H

#include <stdatomic.h>

#include "core/engine/snapshot.h"

struct att_client {
    atomic_size_t references;  /* the application's, and one of each running request */
    struct att_engine *engine; /* held */
    const char *caller;
    int caller_type;
    att_user_token_callback user_token;
    void *user_token_context;
    const char *client_ip;
    int64_t timeout_ms;
    struct att_pool *pool; /* of the texts */
};

struct att_client *att_client_hold(struct att_client *client);
void att_client_release(struct att_client *client);

/* "service" or "agent". */
const char *att_caller_type_name(int caller_type);

/* Whether what a caller says is sound: else ATT_INVALID with its field. NULL is sound. */
att_status att_caller_name_check(const char *field, const char *name, att_error *error);
att_status att_caller_reason_check(const char *reason, att_error *error);
att_status att_caller_pairs_check(const char *field, const att_pair *pairs, att_error *error); /* "context", ... */
att_status att_caller_token_check(const char *user_token, att_error *error);
/* The end user's token, taken once for one call: `given`, else what the client's callback gives; *token stays what it
 * is where there is neither, and where it was taken before. ATT_STATE where the callback has none. */
att_status att_caller_token_take(const struct att_client *client, const char *given, struct att_secret **token,
                                 att_error *error);

/* The snapshot in force, held, or NULL with ATT_STATE: closed, forked, or (with `to_send`) opened for planning only. */
struct att_snapshot *att_engine_snapshot(struct att_engine *engine, bool to_send, att_error *error);

/* An engine lives as long as anyone holds it: the application, and every client and running request. */
struct att_engine *att_engine_hold(struct att_engine *engine);
void att_engine_release(struct att_engine *engine);

const struct att_environment *att_engine_environment(const struct att_engine *engine);
/* Whether its application closed it: what would only wait for a human ends then. */
bool att_engine_is_closed(const struct att_engine *engine);

/* 32 lower-case hexadecimal digits and a NUL: unique over processes and time. */
#define ATT_REQUEST_ID_SIZE 33
void att_engine_request_id(struct att_engine *engine, char id[ATT_REQUEST_ID_SIZE]);

/* Fields of an att_*_options struct as far as its caller's header knew them, the rest zero. */
void att_options_copy(void *own, size_t own_size, const void *given);

#endif
