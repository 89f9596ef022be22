/* tests/modules/liar.c: a provider module whose calls about grants do whatever its option `act` says, most of it wrong.
 * Linked into the unit test. */
#include <string.h>
#include <time.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "liar", struct att_provider);

struct liar {
    const struct att_host *host;
    char act[32];
    char large[70000]; /* of which only the last byte is NUL */
    struct att_secret *token, *url, *other;
};

static const struct att_option options[] = {
    {.name = "act", .type = ATT_OPTION_TEXT, .initial = "good", .help = "what to do"},
    {0},
};

static int is(const struct liar *liar, const char *act)
{
    return strcmp(liar->act, act) == 0;
}

static struct att_secret *seal(const struct att_host *host, const char *text)
{
    struct att_secret *secret = host->secret_create(host, strlen(text));

    if (secret)
        host->secret_append(secret, text, strlen(text));
    return secret;
}

static void close_instance(void *instance)
{
    struct liar *liar = instance;
    const struct att_host *host = liar->host;

    host->secret_destroy(liar->token);
    host->secret_destroy(liar->url);
    host->secret_destroy(liar->other);
    host->release(host, liar);
}

/* The texts that a session is opened with. */
static void prepare(struct liar *liar)
{
    const char *url = is(liar, "plain-http")   ? "http://connect.example/#session=s"
                      : is(liar, "script-url") ? "javascript:alert(1)"
                      : is(liar, "quoted-url") ? "https://connect.example/\"><script>"
                      : is(liar, "long-url")   ? liar->large
                      : is(liar, "local-url")  ? "http://[::1]:8080/#session=s"
                                               : "https://connect.example/#session=s";

    liar->url = seal(liar->host, url);
    liar->token = seal(liar->host, is(liar, "bad-token") ? "a\nb" : "s");
    liar->other = seal(liar->host, "");
}

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const char *act = host->setting_text(settings, "act");
    struct liar *liar = host->allocate(host, sizeof *liar);

    if (!liar)
        return ATT_RESULT_NOMEM;
    memset(liar, 0, sizeof *liar);
    memset(liar->large, 'x', sizeof liar->large - 1);
    memcpy(liar->large, "https://", 8);
    liar->host = host;
    memcpy(liar->act, act, strnlen(act, sizeof liar->act - 1));
    prepare(liar);
    *instance = liar;
    return ATT_RESULT_OK;
}

static att_result fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct liar *liar = instance;

    (void)fetch;
    return liar->host->credential_material(credential, "token", "t", 1) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

/* Waits until nobody waits for it. */
static att_result hang(const struct liar *liar, const struct att_fetch *who)
{
    while (!liar->host->cancelled(who->call))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return ATT_RESULT_CANCELLED;
}

static att_result fill(struct liar *liar, struct att_grant_page *page)
{
    const char *scopes[301] = {NULL};
    struct att_grant_facts facts = {.size = sizeof facts, .grant = "g-1", .account = "ann\x1b[2J\xff", .created = -5};

    for (int i = 0; i < 300; i++)
        scopes[i] = "read";
    facts.scopes = scopes;
    facts.label = liar->large;
    facts.scopes_outdated = 7;
    if (is(liar, "no-id"))
        facts.grant = NULL;
    else if (is(liar, "empty-id"))
        facts.grant = "";
    else if (is(liar, "long-id"))
        facts.grant = liar->large;
    else if (is(liar, "line-id"))
        facts.grant = "g\n1";
    else if (is(liar, "old-facts"))
        facts.size = (size_t)((const char *)(&facts.grant + 1) - (const char *)&facts);
    for (int i = 0; i < (is(liar, "endless") ? 2000 : is(liar, "too-many") ? 3 : 1); i++)
        liar->host->grant_listed(page, &facts);
    liar->host->grant_total(page, is(liar, "bad-total") ? -77 : 9, 2);
    return is(liar, "denied-with-data") ? ATT_RESULT_DENIED : is(liar, "result") ? 1234 : ATT_RESULT_OK;
}

static att_result list(void *instance, const struct att_fetch *who, const struct att_grant_query *query,
                       struct att_grant_page *page)
{
    struct liar *liar = instance;

    (void)query;
    return is(liar, "hang") ? hang(liar, who) : fill(liar, page);
}

static att_result revoke(void *instance, const struct att_fetch *who)
{
    return is(instance, "hang") ? hang(instance, who) : ATT_RESULT_OK;
}

static att_result connect_begin(void *instance, const struct att_fetch *who, const struct att_connect_wish *wish,
                                struct att_connection *connection)
{
    struct liar *liar = instance;
    const struct att_host *host = liar->host;

    (void)who;
    (void)wish;
    if (is(liar, "no-session"))
        return ATT_RESULT_OK;
    host->connection_opened(connection, is(liar, "empty-token") ? liar->other : liar->token, liar->url, -9);
    if (is(liar, "two-sessions"))
        host->connection_opened(connection, liar->token, liar->url, 0);
    return is(liar, "denied-with-data") ? ATT_RESULT_DENIED : ATT_RESULT_OK;
}

static att_result connect_poll(void *instance, const struct att_fetch *who, const struct att_secret *token,
                               struct att_grant_page *page)
{
    (void)who;
    (void)token;
    return fill(instance, page);
}

static att_result give(struct liar *liar, struct att_answer *answer)
{
    const struct att_host *host = liar->host;
    static const char *const lines[][2] = {{"x-good", "yes"}, {"bad name", "v"}, {"x-bad", "a\r\nx-evil: 1"},
                                           {"", "v"},         {"x-null", NULL},  {"x-last", ""}};

    if (is(liar, "no-answer"))
        return ATT_RESULT_OK;
    host->answer_status(answer, is(liar, "bad-status") ? 99 : 201);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        host->answer_header(answer, lines[i][0], lines[i][1]);
    for (int i = 0; is(liar, "many-headers") && i < 1000; i++)
        host->answer_header(answer, "x-more", i % 2 ? "v" : liar->large);
    host->answer_body(answer, "body\0more", 9, 0);
    if (is(liar, "two-bodies"))
        host->answer_body(answer, "again", 5, 0);
    if (is(liar, "huge-body"))
        host->answer_body(answer, "x", SIZE_MAX, 0);
    return ATT_RESULT_OK;
}

static att_result execute(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                          struct att_answer *answer)
{
    struct liar *liar = instance;

    (void)execution;
    if (is(liar, "hang"))
        return hang(liar, fetch);
    if (is(liar, "held-late"))
        hang(liar, fetch);
    if (is(liar, "held") || is(liar, "held-late"))
        liar->host->failure_text(fetch->call, ATT_FAILURE_APPROVAL, "a-1");
    return strncmp(liar->act, "held", 4) == 0 ? ATT_RESULT_PENDING : give(liar, answer);
}

static att_result approval(void *instance, const struct att_fetch *who, const char *id, struct att_answer *answer)
{
    (void)who;
    (void)id;
    return is(instance, "held") ? ATT_RESULT_PENDING : give(instance, answer);
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_GRANTS | ATT_OFFERS_CONNECT | ATT_OFFERS_EXECUTE,
    .needs = ATT_HOST_SECRETS | ATT_HOST_GRANTS,
    .name = "liar",
    .version = "1",
    .options = options,
    .option_size = sizeof options[0],
    .open = open_instance,
    .close = close_instance,
    .fetch = fetch,
    .list = list,
    .revoke = revoke,
    .connect_begin = connect_begin,
    .connect_poll = connect_poll,
    .execute = execute,
    .approval = approval,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
