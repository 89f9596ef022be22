/* tests/abi/1.2/ask12.c: a provider module that was built for 1.2 and uses what that brought. */
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "ask12", struct att_provider);

struct ask {
    const struct att_host *host;
    char token[32];
};

static const struct att_option options[] = {
    {.name = "data", .type = ATT_OPTION_DATA, .help = "a file with a token"},
    {.name = NULL},
};

static att_result ask_check(const struct att_host *host, const struct att_settings *settings)
{
    for (const struct att_datum *at = host->setting_data(settings, "data"); at->name; at++)
        if (strcmp(at->name, "token") != 0 || at->type != ATT_OPTION_TEXT)
            host->data_failed(settings, "data", at->line, "only the text \"token\" is known; take the rest out");
    return ATT_RESULT_OK;
}

static att_result ask_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct att_datum *data = host->setting_data(settings, "data");
    struct ask *ask = host->allocate(host, sizeof *ask);

    if (!ask)
        return ATT_RESULT_NOMEM;
    memset(ask, 0, sizeof *ask);
    ask->host = host;
    if (data->name && strlen(data->text) < sizeof ask->token)
        memcpy(ask->token, data->text, strlen(data->text));
    host->promise_bounded(settings);
    *instance = ask;
    return ATT_RESULT_OK;
}

static void ask_close(void *instance)
{
    struct ask *ask = instance;

    ask->host->release(ask->host, ask);
}

/* A backend of which the host allows no request. */
static att_result ask_backend(const struct ask *ask, const struct att_fetch *fetch)
{
    static const char *const taken[] = {"x-id", NULL};
    const struct att_http_header header = {"x-a", "b", NULL};
    struct att_http http = {.size = sizeof http,
                            .method = "GET",
                            .url = "http://backend.example/",
                            .headers = &header,
                            .header_count = 1,
                            .taken = taken};
    struct att_http_answer answer = {.size = sizeof answer, .status = 1, .taken = {"left over"}};
    att_result result = ask->host->http_send(ask->host, fetch->call, &http, &answer);

    if (answer.body || answer.status || answer.taken[0][0] || answer.retry_after_ms != -1)
        return ATT_RESULT_FAULT;
    ask->host->failure_text(fetch->call, ATT_FAILURE_CODE, "unreachable");
    ask->host->failure_number(fetch->call, ATT_FAILURE_HTTP_STATUS, 503);
    return result;
}

static att_result ask_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct ask *ask = instance;
    const struct att_host *host = ask->host;

    if (strcmp(fetch->grant, "backend") == 0)
        return ask_backend(ask, fetch);
    return host->pause(host, fetch->call, 1) &&
                   host->credential_material(credential, "token", ask->token, strlen(ask->token)) &&
                   host->credential_grant(credential, "g-12") && host->credential_scopes_outdated(credential)
               ? ATT_RESULT_OK
               : ATT_RESULT_FAULT;
}

static att_result ask_list(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                           struct att_grant_page *page)
{
    struct ask *ask = instance;
    static const char *const scopes[] = {"read", NULL};
    const struct att_grant_facts facts = {.size = sizeof facts,
                                          .grant = "g-12",
                                          .provider = query->provider,
                                          .account = who->caller,
                                          .scopes = scopes,
                                          .scopes_outdated = 1,
                                          .expires = 4000000000};

    if (!ask->host->grant_listed(page, &facts))
        return ATT_RESULT_NOMEM;
    ask->host->grant_total(page, 7, 1);
    return ATT_RESULT_OK;
}

static att_result ask_revoke(void *instance, const struct att_fetch *who)
{
    (void)instance;
    return strcmp(who->grant, "g-12") == 0 ? ATT_RESULT_OK : ATT_RESULT_NOT_FOUND;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_GRANTS,
    .needs = ATT_HOST_HTTP | ATT_HOST_DATA | ATT_HOST_GRANTS,
    .name = "ask12",
    .version = "1",
    .options = options,
    .option_size = sizeof options[0],
    .open = ask_open,
    .close = ask_close,
    .fetch = ask_fetch,
    .check = ask_check,
    .list = ask_list,
    .revoke = ask_revoke,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    return ATT_KNOWS(host, answer_body) ? &table : NULL;
}
