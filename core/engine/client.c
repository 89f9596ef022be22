/* core/engine/client.c: a caller on an engine. */
#include "core/engine/engine.h"

#include <stdlib.h>
#include <string.h>

enum { CALLER_LIMIT = 255 };

const char *att_caller_type_name(int caller_type)
{
    return caller_type == ATT_CALLER_AGENT ? "agent" : "service";
}

static att_status check_options(const att_client_options *options, att_error *error)
{
    const char *caller = options->caller;

    if (!caller || !*caller)
        return att_invalid(error, "caller",
                           "the client has no caller: policy and audit are per caller; set .caller to "
                           "the name of the program or agent");
    if (strlen(caller) > CALLER_LIMIT)
        return att_invalid(error, "caller", "the caller is longer than 255 bytes; give a shorter name");
    if (att_text_has_control(caller) || !att_text_is_utf8(caller, strlen(caller)))
        return att_invalid(error, "caller", "the caller is not printable UTF-8 text; give a plain name");
    if (options->caller_type != ATT_CALLER_SERVICE && options->caller_type != ATT_CALLER_AGENT)
        return att_invalid(error, "caller_type",
                           "caller_type %d is not known; use ATT_CALLER_SERVICE or "
                           "ATT_CALLER_AGENT",
                           options->caller_type);
    if (options->timeout_ms < 0)
        return att_invalid(error, "timeout_ms",
                           "timeout_ms is negative; give milliseconds, or 0 for the configured "
                           "timeout");
    return ATT_OK;
}

att_status att_client_open(att_engine *engine, const att_client_options *options, att_client **client, att_error *error)
{
    struct att_snapshot *snapshot;
    struct att_client *made = NULL;
    struct att_pool *pool = NULL;
    att_client_options own;
    att_status status;

    att_error_clear(error);
    snapshot = att_engine_snapshot(engine, false, error);
    if (!snapshot)
        return ATT_STATE;
    att_snapshot_release(snapshot);
    att_options_copy(&own, sizeof own, options);
    if (!client)
        return att_invalid(error, "client",
                           "the client has nowhere to go: client is NULL; give the address of an "
                           "att_client pointer");
    status = check_options(&own, error);
    if (status != ATT_OK)
        return status;
    pool = att_pool_create();
    made = pool ? att_pool_take(pool, sizeof *made) : NULL;
    if (!made)
        goto out_of_memory;
    *made = (struct att_client){.engine = att_engine_hold(engine),
                                .caller = att_pool_text(pool, own.caller),
                                .caller_type = own.caller_type,
                                .user_token = own.user_token,
                                .user_token_context = own.user_token_context,
                                .client_ip = att_pool_text(pool, own.client_ip),
                                .timeout_ms = own.timeout_ms,
                                .pool = pool};
    atomic_init(&made->references, 1);
    if (!made->caller || (own.client_ip && !made->client_ip))
        goto out_of_memory;
    *client = made;
    return ATT_OK;

out_of_memory:
    if (made)
        att_engine_release(made->engine);
    att_pool_destroy(pool);
    return att_nomem(error);
}

struct att_client *att_client_hold(struct att_client *client)
{
    atomic_fetch_add_explicit(&client->references, 1, memory_order_relaxed);
    return client;
}

void att_client_release(struct att_client *client)
{
    struct att_engine *engine = client->engine;

    if (atomic_fetch_sub_explicit(&client->references, 1, memory_order_acq_rel) != 1)
        return;
    att_pool_destroy(client->pool);
    /* In a forked child the engine is left alone, as att_engine_close does. */
    if (att_arena_alive(att_engine_environment(engine)->arena))
        att_engine_release(engine);
}

void att_client_close(att_client **client)
{
    struct att_client *closing = client ? *client : NULL;

    if (!closing)
        return;
    *client = NULL;
    att_client_release(closing);
}
