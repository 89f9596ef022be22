/* core/provider/instance.c: opening and closing configured instances, and the calls that stay on the caller's thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cache/cache.h"
#include "core/provider/instance.h"

enum { CLOSE_WAIT_S = 1, DRAIN_WAIT_S = 2, TURN_WAIT_S = 10 };

/* ---- turns ------------------------------------------------------------------------------------------------------- */

bool att_instance_enter(struct att_instance *instance, int64_t deadline_ns)
{
    return !instance->turn || att_turn_take(instance->turn, deadline_ns);
}

void att_instance_leave(struct att_instance *instance)
{
    if (instance->turn)
        att_turn_give(instance->turn);
}

static int64_t seconds_from_now(int seconds)
{
    return att_clock_monotonic_ns() + seconds * ATT_NS_PER_S;
}

/* The turn for a call that has no deadline of its own. */
static bool enter_soon(struct att_instance *instance)
{
    return !instance->turn || att_turn_take(instance->turn, seconds_from_now(TURN_WAIT_S));
}

/* ---- open and close ---------------------------------------------------------------------------------------------- */

static void instance_free(struct att_instance *instance)
{
    att_cache_destroy(instance->cache);
    att_backend_close(&instance->backend);
    att_references_close(&instance->references);
    att_turn_close(&instance->own_turn);
    free(instance->name);
    free(instance);
}

static struct att_instance *instance_create(const struct att_environment *environment, const struct att_module *module,
                                            const struct att_entry *entry)
{
    struct att_instance *instance = calloc(1, sizeof *instance);

    if (!instance)
        return NULL;
    if (!att_turn_open(&instance->own_turn)) {
        free(instance);
        return NULL;
    }
    instance->module = module;
    instance->name = strdup(entry->name);
    atomic_init(&instance->cancelled, false);
    if (module->threading == ATT_THREADING_SERIAL)
        instance->turn = module->turn;
    else if (module->threading == ATT_THREADING_INSTANCE)
        instance->turn = &instance->own_turn;
    att_host_table_fill(&instance->table, environment, instance->name);
    if (att_backend_open(&instance->backend, entry->network) && instance->name &&
        att_reports_open(&instance->reporting, instance) && att_workers_open(&instance->workers, instance))
        return instance;
    instance_free(instance);
    return NULL;
}

static void module_close(struct att_instance *instance)
{
    if (instance->module->kind == ATT_KIND_PROVIDER)
        instance->module->provider.close(instance->own);
    else
        instance->module->audit.close(instance->own);
}

static att_result module_open(struct att_instance *instance, const struct att_settings *settings)
{
    const struct att_module *module = instance->module;
    void *own = NULL;
    att_result result;

    if (!enter_soon(instance)) {
        att_setting_open_failed(settings, NULL, "another call into the module has not come back");
        return ATT_RESULT_DEADLINE;
    }
    result = module->kind == ATT_KIND_PROVIDER ? module->provider.open(&instance->table.host, settings, &own)
                                               : module->audit.open(&instance->table.host, settings, &own);
    if (result == ATT_RESULT_OK)
        instance->own = own;
    if (result == ATT_RESULT_OK && (settings->opening->fault[0] || settings->opening->data_faults)) {
        module_close(instance);
        result = ATT_RESULT_FAULT;
    }
    if (result == ATT_RESULT_OK && settings->opening->cached &&
        !att_instance_keep(instance, &settings->opening->cache)) {
        module_close(instance);
        result = ATT_RESULT_NOMEM;
    }
    att_instance_leave(instance);
    instance->prompt = settings->opening->prompt || settings->opening->bounded;
    instance->keeps_none = settings->opening->keeps_none;
    instance->reports = settings->opening->reports && module->kind == ATT_KIND_PROVIDER && module->provider.report;
    instance->exchange = settings->opening->exchange && instance->reports;
    instance->body_bytes = settings->opening->body_bytes;
    return result;
}

static bool open_with(struct att_instance *instance, struct att_settings *settings, struct att_findings *findings)
{
    att_result result = ATT_RESULT_NOMEM;

    if (att_references_keep(&instance->references, settings))
        result = module_open(instance, settings);
    if (result == ATT_RESULT_OK)
        return true;
    att_settings_explain(settings, instance->module, result, findings);
    return false;
}

struct att_instance *att_instance_open(const struct att_environment *environment, const struct att_module *module,
                                       const struct att_entry *entry, struct att_findings *findings)
{
    struct att_pool *pool = att_pool_create();
    struct att_opening opening = {0};
    struct att_settings settings = {.entry = entry, .opening = &opening};
    struct att_instance *instance = pool ? instance_create(environment, module, entry) : NULL;
    bool good = false;

    if (!instance)
        att_finding_module(findings, entry->place, module->name, "\"%s\" cannot be opened: out of memory", entry->name);
    else
        good = att_settings_read(&settings, pool, environment->arena, module, findings) &&
               open_with(instance, &settings, findings);
    if (instance && !good) {
        att_workers_close(&instance->workers, 0);
        att_reports_close(&instance->reporting, instance, 0);
        instance_free(instance);
        instance = NULL;
    }
    att_settings_wipe(&settings);
    att_wipe_registers();
    att_pool_destroy(pool);
    return instance;
}

bool att_instance_close(struct att_instance *instance)
{
    int64_t deadline;
    bool ended;

    if (!instance)
        return true;
    /* A forked child has none of the threads, and perhaps locks that they held. */
    if (!att_arena_alive(instance->table.environment->arena))
        return false;
    att_reports_drain(&instance->reporting, seconds_from_now(DRAIN_WAIT_S));
    deadline = seconds_from_now(CLOSE_WAIT_S);
    att_instance_cancel(instance);
    ended = att_workers_close(&instance->workers, deadline);
    ended = att_reports_close(&instance->reporting, instance, deadline) && ended;
    if (!ended)
        return false;
    if (!att_instance_enter(instance, deadline))
        return false;
    module_close(instance);
    att_instance_leave(instance);
    instance_free(instance);
    return true;
}

void att_instance_cancel(struct att_instance *instance)
{
    atomic_store(&instance->cancelled, true);
    if (instance->cache)
        att_cache_cancel(instance->cache);
    att_workers_cancel(&instance->workers);
}

const char *att_instance_name(const struct att_instance *instance)
{
    return instance->name;
}

const struct att_module *att_instance_module(const struct att_instance *instance)
{
    return instance->module;
}

/* ---- inject and append ------------------------------------------------------------------------------------------- */

static att_result place_default(const struct att_credential *credential, struct att_placement *placement)
{
    if (att_credential_part(credential, "username") && att_credential_part(credential, "password"))
        att_placement_add(placement, ATT_INJECT_BASIC, NULL, NULL);
    else if (att_credential_part(credential, "token"))
        att_placement_add(placement, ATT_INJECT_HEADER, "authorization", "Bearer {token}");
    else
        att_failure_set(&placement->failed, placement->failure,
                        "the credential has no \"token\" and no \"username\" with \"password\"; state inject");
    return placement->failed ? ATT_RESULT_FAULT : ATT_RESULT_OK;
}

static att_result ask_inject(struct att_instance *instance, const struct att_credential *credential,
                             struct att_placement *placement)
{
    att_result result;

    if (!enter_soon(instance)) {
        att_failure_set(&placement->failed, placement->failure, "another call into the module has not come back");
        return ATT_RESULT_DEADLINE;
    }
    result = instance->module->provider.inject(instance->own, credential, placement);
    att_instance_leave(instance);
    if (result == ATT_RESULT_NONE) {
        placement->count = 0;
        result = ATT_RESULT_OK;
    }
    if (result == ATT_RESULT_OK)
        return placement->failed ? ATT_RESULT_FAULT : ATT_RESULT_OK;
    att_failure_set(&placement->failed, placement->failure, "its inject answered %d", (int)result);
    return att_result_checked(result, NULL);
}

att_result att_instance_inject(struct att_instance *instance, const struct att_credential *credential,
                               struct att_placement *placement)
{
    att_result result = ATT_RESULT_OK;

    att_placement_open(placement);
    if (instance->module->provider.inject)
        result = ask_inject(instance, credential, placement);
    if (result == ATT_RESULT_OK && placement->count == 0)
        result = place_default(credential, placement);
    if (result != ATT_RESULT_OK)
        placement->count = 0;
    return result;
}

att_result att_instance_append(struct att_instance *instance, const struct att_record *record,
                               struct att_call_report *report)
{
    struct att_call call;
    att_result result;

    att_call_open(&call, instance, INT64_MAX, report);
    if (!enter_soon(instance)) {
        att_call_fetch_failed(&call, "another call into the module has not come back");
        return ATT_RESULT_DEADLINE;
    }
    result = instance->module->audit.append(instance->own, &call, record);
    att_instance_leave(instance);
    return att_result_checked(result, report);
}
