/* core/errand/errand.c: the beginning and the end of an errand, and which provider it is for. */
#include "core/errand/errand.h"

#include <string.h>

/* The names of the providers that can, "a, b"; `count` says how many. */
static const char *able(const struct att_errand *errand, const struct att_errand_kind *kind, size_t *count,
                        size_t *first)
{
    const struct att_config *config = att_snapshot_config(errand->snapshot);
    struct att_buffer names;
    const char *text;

    *count = 0;
    att_buffer_open(&names, 1024);
    for (size_t i = 0; i < config->provider_count; i++) {
        if (!kind->can(att_snapshot_provider(errand->snapshot, i)))
            continue;
        if ((*count)++ == 0)
            *first = i;
        att_buffer_format(&names, "%s\"%s\"", names.size ? ", " : "", config->providers[i].name);
    }
    text = att_buffer_ok(&names) && names.size ? att_pool_text(errand->pool, names.data) : NULL;
    att_buffer_close(&names);
    return text ? text : "several";
}

static att_status take_provider(struct att_errand *errand, size_t index)
{
    errand->provider = att_snapshot_config(errand->snapshot)->providers[index].name;
    errand->instance = att_snapshot_provider(errand->snapshot, index);
    return ATT_OK;
}

static att_status find_only(struct att_errand *errand, const struct att_errand_kind *kind)
{
    size_t count, first = 0;
    const char *names = able(errand, kind, &count, &first);

    if (count == 1)
        return take_provider(errand, first);
    if (count == 0)
        return att_fail(errand->error, ATT_CONFIG, "%s", kind->none);
    return att_invalid(errand->error, kind->field, "%s: %s; say which one is meant, by %s or in the options",
                       kind->several, names, kind->option);
}

att_status att_errand_find(struct att_errand *errand, const struct att_errand_kind *kind, const char *name)
{
    const struct att_config *config = att_snapshot_config(errand->snapshot);
    size_t count, first = 0;
    const char *names;

    if (!name)
        return find_only(errand, kind);
    for (size_t i = 0; i < config->provider_count; i++) {
        if (strcmp(config->providers[i].name, name) != 0)
            continue;
        if (kind->can(att_snapshot_provider(errand->snapshot, i)))
            return take_provider(errand, i);
        att_fail(errand->error, ATT_CONFIG, "provider \"%s\" %s", name, kind->unable);
        ATT_ERROR_TEXT(errand->error, provider, name);
        return ATT_CONFIG;
    }
    names = able(errand, kind, &count, &first);
    if (count == 0)
        return find_only(errand, kind);
    att_invalid(errand->error, kind->field, "provider \"%s\" is not configured; %s %s", name, kind->able, names);
    ATT_ERROR_TEXT(errand->error, provider, name);
    return ATT_INVALID;
}

att_status att_errand_open(struct att_errand *errand, att_client *client, const char *event, att_error *error)
{
    *errand = (struct att_errand){.error = error, .event = event, .started_ns = att_clock_monotonic_ns()};
    att_error_clear(error);
    if (!client)
        return att_fail(error, ATT_STATE,
                        "there is no client: it was closed or never opened; open one with att_client_open");
    errand->snapshot = att_engine_snapshot(client->engine, true, error);
    if (!errand->snapshot)
        return ATT_STATE;
    errand->client = att_client_hold(client);
    errand->arena = att_engine_environment(client->engine)->arena;
    errand->pool = att_pool_create();
    if (!errand->pool)
        return att_nomem(error);
    att_engine_request_id(client->engine, errand->request_id);
    return ATT_OK;
}

void att_errand_close(struct att_errand *errand)
{
    att_pool_destroy(errand->pool);
    att_snapshot_release(errand->snapshot);
    if (errand->client)
        att_client_release(errand->client);
}

int64_t att_errand_deadline(const struct att_errand *errand, int64_t timeout_ms)
{
    if (!timeout_ms)
        timeout_ms = errand->client->timeout_ms;
    if (!timeout_ms)
        timeout_ms = att_snapshot_config(errand->snapshot)->timeout_ms;
    if (timeout_ms > INT64_MAX / ATT_NS_PER_MS / 2)
        return INT64_MAX / 2;
    return att_clock_monotonic_ns() + timeout_ms * ATT_NS_PER_MS;
}
