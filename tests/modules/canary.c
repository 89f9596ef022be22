/* tests/modules/canary.c: a provider module that gives the one secret of its configuration as token, as password and as
 * the secret of a signature, and holds it in secret memory only. For a grant "asks-0-echo" it first sends the secret,
 * as header and as body, to /echo of its first backend. */
#include <stdio.h>
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "canary", struct att_provider);

struct canary {
    const struct att_host *host;
    struct att_secret *secret;
    char backends[2][64];
};

static const char *const promises[] = {"none", "prompt", "keep", NULL};

static const struct att_option options[] = {
    {.name = "secret", .type = ATT_OPTION_SECRET, .flags = ATT_OPTION_REQUIRED, .help = "what it gives"},
    {.name = "promise", .type = ATT_OPTION_CHOICE, .choices = promises, .initial = "none", .help = "made in open"},
    {.name = "backends", .type = ATT_OPTION_TEXT_LIST, .help = "two origins that it may ask"},
    {0},
};

static void close_instance(void *instance)
{
    struct canary *canary = instance;

    canary->host->secret_destroy(canary->secret);
    canary->host->release(canary->host, canary);
}

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct att_secret *given = host->setting_secret(settings, "secret");
    struct canary *canary = host->allocate(host, sizeof *canary);
    const struct att_cache_promise kept = {.size = sizeof kept, .longest_ms = 60000};
    const unsigned char *view;
    const char *promise;
    size_t size = 0, index = 0;
    int copied;

    if (!canary)
        return ATT_RESULT_NOMEM;
    view = host->secret_borrow(given, &size);
    *canary = (struct canary){.host = host, .secret = host->secret_create(host, size)};
    for (const char *const *backend = host->setting_list(settings, "backends"); *backend && index < 2; backend++)
        snprintf(canary->backends[index++], sizeof canary->backends[0], "%s", *backend);
    copied = canary->secret && host->secret_append(canary->secret, view, size);
    host->secret_return(given, view);
    if (!copied) {
        close_instance(canary);
        return ATT_RESULT_NOMEM;
    }
    promise = host->setting_text(settings, "promise");
    if (strcmp(promise, "prompt") == 0)
        host->promise_prompt(settings);
    if (strcmp(promise, "keep") == 0)
        host->promise_cache(settings, &kept);
    *instance = canary;
    return ATT_RESULT_OK;
}

static att_result ask(const struct canary *canary, const struct att_fetch *fetch)
{
    const struct att_host *host = canary->host;
    const struct att_http_header header = {"x-api-key", NULL, canary->secret};
    struct att_http_answer answer = {.size = sizeof answer};
    char url[128];
    struct att_http http = {.size = sizeof http,
                            .method = "POST",
                            .url = url,
                            .headers = &header,
                            .header_count = 1,
                            .body = canary->secret,
                            .answer_limit = 65536};
    att_result result;

    snprintf(url, sizeof url, "%s/%s", canary->backends[fetch->grant[5] == '1'], fetch->grant + 7);
    result = host->http_send(host, fetch->call, &http, &answer);
    host->secret_destroy(answer.body);
    return result == ATT_RESULT_OK && answer.status != 200 ? ATT_RESULT_BACKEND : result;
}

static att_result fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct canary *canary = instance;
    const struct att_host *host = canary->host;
    att_result asked = strncmp(fetch->grant, "asks-", 5) == 0 ? ask(canary, fetch) : ATT_RESULT_OK;

    if (asked != ATT_RESULT_OK)
        return asked;
    if (!host->credential_secret(credential, "token", canary->secret) ||
        !host->credential_material(credential, "username", "residue", 7) ||
        !host->credential_secret(credential, "password", canary->secret) ||
        !host->credential_material(credential, "access_key_id", "AKIDRESIDUE", 11) ||
        !host->credential_secret(credential, "secret_key", canary->secret) ||
        !host->credential_secret(credential, "session_token", canary->secret))
        return ATT_RESULT_NOMEM;
    if (strcmp(fetch->grant, "failing") != 0)
        return ATT_RESULT_OK;
    host->fetch_failed(fetch->call, "it was told to fail");
    return ATT_RESULT_UNAVAILABLE;
}

/* Bearer, as for a credential that has a token only. */
static att_result inject(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    const struct canary *canary = instance;

    (void)credential;
    return canary->host->place_header(placement, "authorization", "Bearer {token}") ? ATT_RESULT_OK : ATT_RESULT_NOMEM;
}

static att_result invalidate(void *instance, const struct att_fetch *fetch)
{
    (void)instance;
    (void)fetch;
    return ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT | ATT_OFFERS_INVALIDATE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_HTTP,
    .name = "canary",
    .version = "1.0",
    .options = options,
    .option_size = sizeof(struct att_option),
    .open = open_instance,
    .close = close_instance,
    .fetch = fetch,
    .inject = inject,
    .invalidate = invalidate,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    return ATT_KNOWS(host, http_send) ? &table : NULL;
}
