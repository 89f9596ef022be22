/* core/engine/engine.c: the engine: one configuration in force, and what all its requests share. */
#include "core/engine/engine.h"

#include <config.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct att_engine {
    atomic_size_t references;
    atomic_bool closed;
    atomic_bool left_behind; /* a module still runs: environment, modules and secrets stay until the process ends */
    struct att_environment environment;
    struct att_registry *registry;
    char *file; /* as given, or NULL */
    enum att_snapshot_mode mode;
    bool clear_http_memory;
    pthread_mutex_t reload_lock; /* one load at a time; held while modules open */
    pthread_mutex_t lock;        /* of `snapshot` */
    struct att_snapshot *snapshot;
    uint64_t id;
    atomic_uint_fast64_t requests;
};

void att_options_copy(void *own, size_t own_size, const void *given)
{
    size_t size = 0;

    memset(own, 0, own_size);
    if (given)
        memcpy(&size, given, sizeof size);
    memcpy(own, given ? given : own, size < own_size ? size : own_size);
}

struct att_engine *att_engine_hold(struct att_engine *engine)
{
    atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
    return engine;
}

static void destroy(struct att_engine *engine)
{
    att_snapshot_release(engine->snapshot);
    if (atomic_load(&engine->left_behind))
        return;
    att_registry_destroy(engine->registry);
    att_arena_destroy(engine->environment.arena);
    pthread_mutex_destroy(&engine->reload_lock);
    pthread_mutex_destroy(&engine->lock);
    free(engine->file);
    free(engine);
}

void att_engine_release(struct att_engine *engine)
{
    if (engine && atomic_fetch_sub_explicit(&engine->references, 1, memory_order_acq_rel) == 1)
        destroy(engine);
}

const struct att_environment *att_engine_environment(const struct att_engine *engine)
{
    return &engine->environment;
}

bool att_engine_is_closed(const struct att_engine *engine)
{
    return atomic_load_explicit(&engine->closed, memory_order_acquire);
}

/* Whether calls on this engine make sense here at all. */
static att_status check_state(const struct att_engine *engine, att_error *error)
{
    if (!engine)
        return att_fail(error, ATT_STATE,
                        "there is no engine: it was closed or never opened; open one with "
                        "att_engine_open");
    if (!att_arena_alive(engine->environment.arena))
        return att_fail(error, ATT_STATE,
                        "the engine belongs to the parent process: this process was forked from it; "
                        "open an engine here with att_engine_open");
    if (att_engine_is_closed(engine))
        return att_fail(error, ATT_STATE,
                        "the engine is closed: att_engine_close was called; open one with "
                        "att_engine_open");
    return ATT_OK;
}

struct att_snapshot *att_engine_snapshot(struct att_engine *engine, bool to_send, att_error *error)
{
    struct att_snapshot *snapshot;

    if (check_state(engine, error) != ATT_OK)
        return NULL;
    if (to_send && engine->mode == ATT_SNAPSHOT_PLAN) {
        att_fail(error, ATT_STATE,
                 "the engine only plans: it was opened with plan_only and has no credential to send; "
                 "open one without");
        return NULL;
    }
    pthread_mutex_lock(&engine->lock);
    snapshot = att_snapshot_hold(engine->snapshot);
    pthread_mutex_unlock(&engine->lock);
    return snapshot;
}

static void write_hex(char *out, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 15; i >= 0; i--, number >>= 4)
        out[i] = digits[number & 15];
}

void att_engine_request_id(struct att_engine *engine, char id[ATT_REQUEST_ID_SIZE])
{
    write_hex(id, engine->id);
    write_hex(id + 16, atomic_fetch_add_explicit(&engine->requests, 1, memory_order_relaxed));
    id[32] = '\0';
}

/* What the engine opens in spite of; errors are the caller's, as att_error. */
static void log_warnings(const struct att_environment *environment, const struct att_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct att_finding *finding = &findings->list[i];
        const struct att_place *place = &finding->place;

        if (finding->severity == ATT_SEVERITY_ERROR)
            continue;
        if (place->file && place->line > 0)
            att_log(environment, ATT_LOG_WARNING, "%s:%d: %s", place->file, place->line, finding->text);
        else
            att_log(environment, ATT_LOG_WARNING, "%s%s%s", place->file ? place->file : "", place->file ? ": " : "",
                    finding->text);
    }
}

static att_status write_event(const struct att_environment *environment, struct att_trail *trail, const char *event,
                              const char *detail, att_error *error)
{
    struct att_record_fields fields = ATT_RECORD_FIELDS_INIT;
    att_status status;

    if (!trail)
        return ATT_OK;
    fields.event = event;
    fields.time_us = att_clock_wall_us();
    fields.detail = detail;
    status = att_trail_write(trail, &fields, error);
    if (status != ATT_OK)
        att_log(environment, ATT_LOG_ERROR, "the event %s could not be recorded", event);
    return status;
}

/* Loads the configuration anew; *snapshot is set only when it is sound and the sinks took the event. */
static att_status load(struct att_engine *engine, const char *event, struct att_snapshot **snapshot, att_error *error)
{
    const struct att_snapshot_options options = {.file = engine->file,
                                                 .mode = engine->mode,
                                                 .environment = &engine->environment,
                                                 .registry = engine->registry,
                                                 .clear_http_memory = engine->clear_http_memory,
                                                 .left_behind = &engine->left_behind};
    struct att_pool *pool = att_pool_create();
    struct att_snapshot *loaded = NULL;
    struct att_findings findings;
    att_status status = ATT_NOMEM;

    if (!pool)
        return att_nomem(error);
    att_findings_open(&findings, pool);
    loaded = att_snapshot_load(&options, &findings);
    log_warnings(&engine->environment, &findings);
    if (loaded)
        status =
            write_event(&engine->environment, att_snapshot_trail(loaded), event, att_snapshot_summary(loaded), error);
    else
        status = att_findings_error(&findings, error) == ATT_OK ? att_nomem(error)
                 : findings.failed                              ? att_nomem(error)
                                                                : att_findings_error(&findings, error);
    if (status == ATT_OK) {
        *snapshot = loaded;
        loaded = NULL;
    }
    att_snapshot_release(loaded);
    att_findings_close(&findings);
    att_pool_destroy(pool);
    return status;
}

att_status att_engine_open(const char *config, att_engine **engine, att_error *error)
{
    return att_engine_open_with(ATT_ENGINE(.config = config), engine, error);
}

static struct att_engine *create(const att_engine_options *options)
{
    struct att_engine *engine = calloc(1, sizeof *engine);

    if (!engine)
        return NULL;
    atomic_init(&engine->references, 1);
    pthread_mutex_init(&engine->reload_lock, NULL);
    pthread_mutex_init(&engine->lock, NULL);
    engine->mode = options->plan_only ? ATT_SNAPSHOT_PLAN : ATT_SNAPSHOT_OPEN;
    engine->clear_http_memory = options->clear_http_memory != 0;
    engine->environment = (struct att_environment){att_arena_create(), options->log, options->log_context};
    engine->registry = att_registry_create();
    engine->file = options->config ? strdup(options->config) : NULL;
    if (!engine->environment.arena || !engine->registry || (options->config && !engine->file)) {
        destroy(engine);
        return NULL;
    }
    return engine;
}

att_status att_engine_open_with(const att_engine_options *options, att_engine **engine, att_error *error)
{
    att_engine_options own;
    struct att_engine *made;
    att_status status;

    att_error_clear(error);
    att_options_copy(&own, sizeof own, options);
    if (!engine)
        return att_invalid(error, "engine",
                           "the engine has nowhere to go: engine is NULL; give the address of an "
                           "att_engine pointer");
    made = create(&own);
    if (!made)
        return att_nomem(error);
    if (getentropy(&made->id, sizeof made->id) != 0) {
        destroy(made);
        return att_fail(error, ATT_INTERNAL,
                        "the engine has no identity: the system gives no random bytes; check the "
                        "sandbox that it runs in, which has to allow getrandom");
    }
    status = load(made, "engine_opened", &made->snapshot, error);
    if (status != ATT_OK) {
        destroy(made);
        return status;
    }
    *engine = made;
    return ATT_OK;
}

att_status att_engine_reload(att_engine *engine, att_error *error)
{
    struct att_snapshot *fresh = NULL, *old = NULL;
    att_error failure = ATT_ERROR_INIT;
    att_status status;

    att_error_clear(error);
    status = check_state(engine, error);
    if (status != ATT_OK)
        return status;
    att_engine_hold(engine);
    pthread_mutex_lock(&engine->reload_lock);
    status = load(engine, "configuration_loaded", &fresh, &failure);
    if (status == ATT_OK) {
        pthread_mutex_lock(&engine->lock);
        old = engine->snapshot;
        engine->snapshot = fresh;
        pthread_mutex_unlock(&engine->lock);
    } else {
        write_event(&engine->environment, att_snapshot_trail(engine->snapshot), "configuration_refused",
                    failure.message, NULL);
    }
    pthread_mutex_unlock(&engine->reload_lock);
    att_snapshot_release(old);
    att_engine_release(engine);
    att_error_move(error, &failure);
    return status;
}

att_status att_engine_protection(att_engine *engine, att_protection *protection)
{
    struct att_snapshot *snapshot = att_engine_snapshot(engine, false, NULL);
    struct att_arena_state state;
    att_protection own = {.size = sizeof own, .remark = ""};

    if (!snapshot || !protection || protection->size < sizeof protection->size) {
        att_snapshot_release(snapshot);
        return snapshot ? ATT_INVALID : ATT_STATE;
    }
    att_arena_state(engine->environment.arena, &state);
    own.locked = state.locked;
    own.dump_excluded = state.dump_excluded;
    own.fork_wiped = state.fork_wiped;
    own.locked_bytes = state.locked_bytes;
    own.http_cleared = att_snapshot_http_cleared(snapshot);
    if (!state.locked)
        own.remark = "secret pages could not be locked into memory and may reach swap; raise the limit with ulimit -l, "
                     "or LimitMEMLOCK= of the service";
    else if (!state.dump_excluded || !state.fork_wiped)
        own.remark = "this kernel cannot keep secret pages out of dumps or children; switch core dumps off";
    own.size = protection->size < sizeof own ? protection->size : sizeof own;
    memcpy(protection, &own, own.size);
    att_snapshot_release(snapshot);
    return ATT_OK;
}

void att_engine_close(att_engine **engine)
{
    struct att_engine *closing = engine ? *engine : NULL;

    if (!closing)
        return;
    *engine = NULL;
    /* In a forked child the engine's locks and descriptors are copies of the parent's at any moment; what is left of it
     * here is plain memory without a secret, and is left alone. */
    if (!att_arena_alive(closing->environment.arena))
        return;
    atomic_store_explicit(&closing->closed, true, memory_order_release);
    att_engine_release(closing);
}

const char *att_version(void)
{
    return PACKAGE_VERSION;
}
