/* tests/abi/1.0/mock10.c: a provider module as one was written for ABI 1.0, compiled against the header of that day. */
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "mock10", struct att_provider);

struct mock10 {
    const struct att_host *host;
    struct att_secret *key;
    int64_t lifetime_ms;
    int stale;
};

static const struct att_option options[] = {
    {.name = "key", .type = ATT_OPTION_SECRET, .flags = ATT_OPTION_REQUIRED, .help = "the token to give"},
    {.name = "lifetime", .type = ATT_OPTION_DURATION, .initial = "1h", .help = "how long a token is good"},
    {.name = "grants", .type = ATT_OPTION_TEXT_LIST, .help = "which grants are known"},
    {0},
};

static void mock10_close(void *instance)
{
    struct mock10 *mock = instance;

    mock->host->secret_destroy(mock->key);
    mock->host->release(mock->host, mock);
}

static att_result mock10_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct att_secret *key = host->setting_secret(settings, "key");
    struct mock10 *mock = host->allocate(host, sizeof *mock);
    const unsigned char *view;
    size_t size;

    if (!mock)
        return ATT_RESULT_NOMEM;
    memset(mock, 0, sizeof *mock);
    mock->host = host;
    mock->lifetime_ms = host->setting_integer(settings, "lifetime");
    view = host->secret_borrow(key, &size);
    mock->key = host->secret_create(host, size);
    if (!mock->key || !host->secret_append(mock->key, view, size) || host->setting_list(settings, "grants")[0]) {
        host->open_failed(settings, "grants", "this mock knows every grant; leave the list out");
        host->secret_return(key, view);
        mock10_close(mock);
        return ATT_RESULT_CONFIG;
    }
    host->secret_return(key, view);
    host->promise_prompt(settings);
    host->log(host, ATT_LEVEL_DEBUG, host->setting_entry(settings));
    *instance = mock;
    return ATT_RESULT_OK;
}

static att_result mock10_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct mock10 *mock = instance;
    const struct att_host *host = mock->host;

    if (!fetch->grant)
        return ATT_RESULT_NONE;
    if (strcmp(fetch->grant, "gone") == 0) {
        host->fetch_failed(fetch->call, "the mock has lost it");
        return ATT_RESULT_REVOKED;
    }
    if (host->cancelled(fetch->call) || host->now_ns(host) > fetch->deadline_ns)
        return ATT_RESULT_DEADLINE;
    return host->credential_secret(credential, "token", mock->key) &&
                   host->credential_kind(credential, mock->stale ? "fresh" : "oauth") &&
                   host->credential_expires(credential, host->wall(host) + mock->lifetime_ms / 1000) &&
                   host->credential_scopes(credential, "read") && host->credential_account(credential, fetch->caller)
               ? ATT_RESULT_OK
               : ATT_RESULT_FAULT;
}

static att_result mock10_inject(void *instance, const struct att_credential *credential,
                                struct att_placement *placement)
{
    struct mock10 *mock = instance;

    if (!mock->host->credential_has(credential, "token"))
        return ATT_RESULT_NONE;
    return mock->host->place_header(placement, "x-mock-key", "mock {token}") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result mock10_invalidate(void *instance, const struct att_fetch *fetch)
{
    struct mock10 *mock = instance;

    (void)fetch;
    mock->stale = 1;
    return ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_INSTANCE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT | ATT_OFFERS_INVALIDATE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_LOG | ATT_HOST_SETTINGS | ATT_HOST_CLOCK,
    .name = "mock10",
    .version = "1.0",
    .options = options,
    .option_size = sizeof(struct att_option),
    .open = mock10_open,
    .close = mock10_close,
    .fetch = mock10_fetch,
    .inject = mock10_inject,
    .invalidate = mock10_invalidate,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    return host->magic == ATT_HOST_MAGIC && ATT_KNOWS(host, place_cookie) ? &table : NULL;
}
