/* providers/alter_connect/alter_connect.c: the provider that speaks to the Alter service: its options and its table. */
#include <string.h>

#include "providers/alter/alter.h"

/* One configured entry. */
struct connect {
    const struct att_host *host;
    struct alter *alter;
    bool full; /* what is told of requests */
};

static const char *const switches[] = {"off", "on", NULL};
static const char *const audits[] = {"full", "metadata", "off", NULL};

static const struct att_option options[] = {
    {.name = "api_key",
     .type = ATT_OPTION_SECRET,
     .flags = ATT_OPTION_REQUIRED,
     .help = "a reference to the API key of the service: { file = \"/PATH\"; }"},
    {.name = "base_url", .type = ATT_OPTION_TEXT, .help = "where the service is; the profile's when nothing is said"},
    {.name = "profile",
     .type = ATT_OPTION_DATA,
     .help = "a file with what the service calls things otherwise than alter-1; see attache-alter(7)"},
    {.name = "cache",
     .type = ATT_OPTION_CHOICE,
     .choices = switches,
     .initial = "off",
     .help = "\"on\" keeps credentials, so that not every request is put to the service's policy"},
    {.name = "cache_for",
     .type = ATT_OPTION_DURATION,
     .minimum = 1000,
     .maximum = 86400000,
     .initial = "1m",
     .help = "how long a credential is kept at most, with cache = \"on\""},
    {.name = "timeout",
     .type = ATT_OPTION_DURATION,
     .minimum = 1,
     .maximum = 600000,
     .initial = "30s",
     .help = "how long a question to the service may take with all its attempts"},
    {.name = "attempt_timeout",
     .type = ATT_OPTION_DURATION,
     .minimum = 1,
     .maximum = 600000,
     .initial = "10s",
     .help = "how long one attempt may take"},
    {.name = "retries",
     .type = ATT_OPTION_INTEGER,
     .minimum = 0,
     .maximum = 10,
     .initial = "3",
     .help = "how often what failed for a while is tried again"},
    {.name = "audit",
     .type = ATT_OPTION_CHOICE,
     .choices = audits,
     .initial = "full",
     .help = "what the service is told of each request: with headers and bodies, without, or nothing"},
    {.name = "allow_cookie",
     .type = ATT_OPTION_BOOLEAN,
     .initial = "false",
     .help = "the service may have a credential sent as a cookie"},
    {.name = NULL},
};

static struct alter_setup setup_of(const struct att_host *host, const struct att_settings *settings)
{
    return (struct alter_setup){.settings = settings,
                                .api_key = host->setting_secret(settings, "api_key"),
                                .base_url = host->setting_text(settings, "base_url"),
                                .timeout_ms = host->setting_integer(settings, "timeout"),
                                .attempt_ms = host->setting_integer(settings, "attempt_timeout"),
                                .retries = host->setting_integer(settings, "retries"),
                                .allow_cookie = host->setting_integer(settings, "allow_cookie") != 0};
}

static att_result connect_check(const struct att_host *host, const struct att_settings *settings)
{
    const struct alter_setup setup = setup_of(host, settings);

    return alter_check(host, &setup);
}

static void promise(const struct connect *connect, const struct att_settings *settings)
{
    const struct att_host *host = connect->host;
    struct att_cache_promise kept = {.size = sizeof kept, .longest_ms = host->setting_integer(settings, "cache_for")};

    host->promise_bounded(settings);
    if (strcmp(host->setting_text(settings, "cache"), "on") == 0)
        host->promise_cache(settings, &kept);
    if (strcmp(host->setting_text(settings, "audit"), "off") != 0)
        host->wish_reports(settings);
    if (connect->full && host->wish_exchange)
        host->wish_exchange(settings, ALTER_AUDIT_BODY);
}

static att_result connect_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct alter_setup setup = setup_of(host, settings);
    struct connect *connect = host->allocate(host, sizeof *connect);
    att_result result;

    if (!connect)
        return ATT_RESULT_NOMEM;
    connect->host = host;
    connect->full = strcmp(host->setting_text(settings, "audit"), "full") == 0;
    result = alter_open(host, &setup, &connect->alter);
    if (result != ATT_RESULT_OK) {
        host->release(host, connect);
        return result;
    }
    promise(connect, settings);
    *instance = connect;
    return ATT_RESULT_OK;
}

static void connect_close(void *instance)
{
    struct connect *connect = instance;

    alter_close(connect->alter);
    connect->host->release(connect->host, connect);
}

static struct alter *client(void *instance)
{
    return ((struct connect *)instance)->alter;
}

static att_result connect_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    return alter_fetch(client(instance), fetch, credential);
}

static att_result connect_report(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                                 const struct att_outcome *outcome)
{
    const struct connect *connect = instance;

    (void)credential;
    return alter_report(connect->alter, fetch, outcome, connect->full);
}

static att_result connect_execute(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                                  struct att_answer *answer)
{
    return alter_execute(client(instance), fetch, execution, answer);
}

static att_result connect_approval(void *instance, const struct att_fetch *who, const char *approval,
                                   struct att_answer *answer)
{
    return alter_approval(client(instance), who, approval, answer);
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
    return alter_list(client(instance), who, query, page);
}

static att_result connect_revoke(void *instance, const struct att_fetch *who)
{
    return alter_revoke(client(instance), who);
}

static att_result connect_begin(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                                struct att_connection *connection)
{
    return alter_connect_begin(client(instance), who, wish, connection);
}

static att_result connect_poll(void *instance, const struct att_fetch *who, const struct att_secret *token,
                               struct att_grant_page *page)
{
    return alter_connect_poll(client(instance), who, token, page);
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
    .check = connect_check,
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
