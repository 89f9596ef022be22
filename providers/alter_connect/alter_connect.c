/* providers/alter_connect/alter_connect.c: the provider that speaks to the Alter service: its options and its table. */
#include "providers/alter/alter.h"
#include "providers/alter/options.h"

static const struct att_option options[] = {ALTER_OPTIONS(ATT_OPTION_REQUIRED, ""), {.name = NULL}};

/* An instance is a client. */
static att_result connect_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct alter *alter = NULL;
    att_result result = alter_open(host, settings, &alter);

    if (result == ATT_RESULT_OK)
        *instance = alter;
    return result;
}

static void connect_close(void *instance)
{
    alter_close(instance);
}

static att_result connect_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    return alter_fetch(instance, fetch, credential);
}

static att_result connect_report(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                                 const struct att_outcome *outcome)
{
    (void)credential;
    return alter_report(instance, fetch, outcome);
}

static att_result connect_execute(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                                  struct att_answer *answer)
{
    return alter_execute(instance, fetch, execution, answer);
}

static att_result connect_approval(void *instance, const struct att_fetch *who, const char *approval,
                                   struct att_answer *answer)
{
    return alter_approval(instance, who, approval, answer);
}

/* There is nothing to tell the service: it refreshes what has expired when it is asked again. */
static att_result connect_invalidate(void *instance, const struct att_fetch *fetch)
{
    (void)instance;
    (void)fetch;
    return ATT_RESULT_OK;
}

static att_result connect_list(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                               struct att_grant_page *page)
{
    return alter_list(instance, who, query, page);
}

static att_result connect_revoke(void *instance, const struct att_fetch *who)
{
    return alter_revoke(instance, who);
}

static att_result connect_begin(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                                struct att_connection *connection)
{
    return alter_connect_begin(instance, who, wish, connection);
}

static att_result connect_poll(void *instance, const struct att_fetch *who, const struct att_secret *token,
                               struct att_grant_page *page)
{
    return alter_connect_poll(instance, who, token, page);
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INVALIDATE | ATT_OFFERS_REPORT | ATT_OFFERS_GRANTS | ATT_OFFERS_CONNECT |
              ATT_OFFERS_EXECUTE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_LOG | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_CACHE |
             ATT_HOST_PLACING | ATT_HOST_HTTP | ATT_HOST_DATA | ATT_HOST_GRANTS,
    .name = "alter_connect",
    .version = "0.1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = connect_open,
    .close = connect_close,
    .fetch = connect_fetch,
    .invalidate = connect_invalidate,
    .report = connect_report,
    .check = alter_check,
    .list = connect_list,
    .revoke = connect_revoke,
    .connect_begin = connect_begin,
    .connect_poll = connect_poll,
    .execute = connect_execute,
    .approval = connect_approval,
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "alter_connect", struct att_provider);

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
