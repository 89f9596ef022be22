/* core/managed/keeping.c: the beginning and the end of a call about managed secrets, and what is kept already. */
#include "core/managed/managed.h"

#include <string.h>

/* The names of the providers that keep secrets, "a, b"; `count` says how many. */
static const char *keepers(const struct att_keeping *keeping, size_t *count, size_t *first)
{
    const struct att_config *config = att_snapshot_config(keeping->snapshot);
    struct att_buffer names;
    const char *text;

    *count = 0;
    att_buffer_open(&names, 1024);
    for (size_t i = 0; i < config->provider_count; i++) {
        if (!att_instance_keeps_secrets(att_snapshot_provider(keeping->snapshot, i)))
            continue;
        if ((*count)++ == 0)
            *first = i;
        att_buffer_format(&names, "%s\"%s\"", names.size ? ", " : "", config->providers[i].name);
    }
    text = att_buffer_ok(&names) && names.size ? att_pool_text(keeping->pool, names.data) : NULL;
    att_buffer_close(&names);
    return text ? text : "several";
}

static att_status take_provider(struct att_keeping *keeping, size_t index)
{
    keeping->provider = att_snapshot_config(keeping->snapshot)->providers[index].name;
    keeping->instance = att_snapshot_provider(keeping->snapshot, index);
    return ATT_OK;
}

static att_status find_only(struct att_keeping *keeping)
{
    size_t count, first = 0;
    const char *names = keepers(keeping, &count, &first);

    if (count == 1)
        return take_provider(keeping, first);
    if (count == 0)
        return att_fail(keeping->error, ATT_CONFIG,
                        "no provider of the configuration keeps secrets; add { name = \"secrets\"; module = "
                        "\"managed_secrets.so\"; } to its providers");
    return att_invalid(keeping->error, "provider",
                       "several providers keep secrets: %s; say which one is meant, by --provider or in the options",
                       names);
}

static att_status find_provider(struct att_keeping *keeping, const char *name)
{
    const struct att_config *config = att_snapshot_config(keeping->snapshot);
    size_t count, first = 0;
    const char *names;

    if (!name)
        return find_only(keeping);
    for (size_t i = 0; i < config->provider_count; i++) {
        if (strcmp(config->providers[i].name, name) != 0)
            continue;
        if (att_instance_keeps_secrets(att_snapshot_provider(keeping->snapshot, i)))
            return take_provider(keeping, i);
        att_fail(keeping->error, ATT_CONFIG,
                 "provider \"%s\" keeps no secrets; name one that does, such as a provider with module = "
                 "\"managed_secrets.so\"",
                 name);
        ATT_ERROR_TEXT(keeping->error, provider, name);
        return ATT_CONFIG;
    }
    names = keepers(keeping, &count, &first);
    if (count == 0)
        return find_only(keeping);
    att_invalid(keeping->error, "provider", "provider \"%s\" is not configured; secrets are kept by %s", name, names);
    ATT_ERROR_TEXT(keeping->error, provider, name);
    return ATT_INVALID;
}

att_status att_keeping_open(struct att_keeping *keeping, att_client *client, const char *event, const char *provider,
                            att_error *error)
{
    *keeping = (struct att_keeping){.error = error, .event = event, .started_ns = att_clock_monotonic_ns()};
    att_error_clear(error);
    if (!client)
        return att_fail(error, ATT_STATE,
                        "there is no client: it was closed or never opened; open one with att_client_open");
    keeping->snapshot = att_engine_snapshot(client->engine, true, error);
    if (!keeping->snapshot)
        return ATT_STATE;
    keeping->client = att_client_hold(client);
    keeping->arena = att_engine_environment(client->engine)->arena;
    keeping->pool = att_pool_create();
    if (!keeping->pool)
        return att_nomem(error);
    att_engine_request_id(client->engine, keeping->request_id);
    return find_provider(keeping, provider);
}

void att_keeping_close(struct att_keeping *keeping)
{
    att_listing_close(&keeping->kept);
    att_pool_destroy(keeping->pool);
    att_snapshot_release(keeping->snapshot);
    if (keeping->client)
        att_client_release(keeping->client);
}

int64_t att_keeping_deadline(const struct att_keeping *keeping)
{
    int64_t timeout_ms = keeping->client->timeout_ms;

    if (!timeout_ms)
        timeout_ms = att_snapshot_config(keeping->snapshot)->timeout_ms;
    if (timeout_ms > INT64_MAX / ATT_NS_PER_MS / 2)
        return INT64_MAX;
    return att_clock_monotonic_ns() + timeout_ms * ATT_NS_PER_MS;
}

const char *att_keeping_doing(struct att_keeping *keeping, const char *name, const char *act)
{
    return att_pool_format(keeping->pool, "secret \"%s\" could not be %s", name, act);
}

att_status att_keeping_list(struct att_keeping *keeping, const char *doing)
{
    struct att_call_report report = {.retry_after_ms = 0};
    att_result result;

    att_listing_close(&keeping->kept);
    result = att_instance_secret_list(keeping->instance, att_keeping_deadline(keeping), &keeping->kept, &report);
    return result == ATT_RESULT_OK ? ATT_OK : att_keeping_fail(keeping, result, &report, doing);
}

const struct att_secret_facts *att_keeping_find(const struct att_keeping *keeping, const char *name)
{
    for (size_t i = 0; i < keeping->kept.count; i++)
        if (strcmp(keeping->kept.list[i].name, name) == 0)
            return &keeping->kept.list[i];
    return NULL;
}

att_status att_keeping_require(struct att_keeping *keeping, const char *name, const char *act,
                               const struct att_secret_facts **facts)
{
    att_status status = att_secret_name_check(keeping, name);
    const char *doing = status == ATT_OK ? att_keeping_doing(keeping, name, act) : NULL;

    if (status == ATT_OK)
        status = doing ? att_keeping_list(keeping, doing) : att_nomem(keeping->error);
    if (status != ATT_OK)
        return status;
    *facts = att_keeping_find(keeping, name);
    if (!*facts) {
        att_fail(keeping->error, ATT_NOT_FOUND,
                 "no secret is named \"%s\" at provider \"%s\"; see which there are with attache secret list", name,
                 keeping->provider);
        ATT_ERROR_TEXT(keeping->error, provider, keeping->provider);
        return ATT_NOT_FOUND;
    }
    keeping->name = name;
    keeping->grant = (*facts)->grant;
    return ATT_OK;
}

void att_keeping_tell(const struct att_keeping *keeping, const struct att_secret_facts *facts,
                      att_secret_callback found, void *context)
{
    const att_secret_info info = {.size = sizeof info,
                                  .name = facts->name,
                                  .grant = facts->grant,
                                  .provider = keeping->provider,
                                  .type = facts->type ? facts->type : "",
                                  .inject = facts->inject ? facts->inject : "",
                                  .origins = facts->origins,
                                  .parts = facts->parts,
                                  .created = facts->created,
                                  .rotated = facts->rotated,
                                  .used = facts->used,
                                  .expires = facts->expires,
                                  .fingerprint = facts->fingerprint,
                                  .fault = facts->fault};

    if (found)
        found(context, &info);
}
