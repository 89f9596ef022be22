/* tests/modules/unruly.c: a provider module that does whatever its option `act` says, most of it wrong. The same source
 * is built as a shared object and linked into the unit test. */
#include <string.h>
#include <time.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "unruly", struct att_provider);

enum { MEBIBYTE = 1 << 20 };

struct unruly {
    const struct att_host *host;
    char act[32];
    int64_t number;
    char *large; /* MEBIBYTE + 1 bytes, of which none is NUL */
};

static const struct att_option options[] = {
    {.name = "act", .type = ATT_OPTION_TEXT, .initial = "good", .help = "what to do"},
    {.name = "number", .type = ATT_OPTION_INTEGER, .help = "a result, or milliseconds to wait"},
    {.name = "prompt", .type = ATT_OPTION_BOOLEAN, .initial = "false", .help = "promise to be prompt"},
    {0},
};

static int is(const struct unruly *unruly, const char *act)
{
    return strcmp(unruly->act, act) == 0;
}

static void close_instance(void *instance)
{
    struct unruly *unruly = instance;

    if (unruly->large)
        unruly->host->release(unruly->host, unruly->large);
    unruly->host->release(unruly->host, unruly);
}

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const char *act = host->setting_text(settings, "act");
    struct unruly *unruly = host->allocate(host, sizeof *unruly);

    if (!unruly)
        return ATT_RESULT_NOMEM;
    memset(unruly, 0, sizeof *unruly);
    unruly->host = host;
    if (act && strlen(act) < sizeof unruly->act)
        memcpy(unruly->act, act, strlen(act) + 1);
    unruly->number = host->setting_integer(settings, "number");
    unruly->large = host->allocate(host, MEBIBYTE + 1);
    if (!unruly->large || is(unruly, "refuse-open") || is(unruly, "fail-with-instance")) {
        host->open_failed(settings, is(unruly, "refuse-open") ? "act" : NULL, "it does not want to\r\n\x1b[2J");
        if (is(unruly, "fail-with-instance"))
            *instance = &unruly->number;
        close_instance(unruly);
        return ATT_RESULT_CONFIG;
    }
    memset(unruly->large, 'A', MEBIBYTE + 1);
    if (is(unruly, "undeclared"))
        host->setting_text(settings, "colour");
    if (is(unruly, "wrong-type"))
        host->setting_integer(settings, "act");
    if (host->setting_integer(settings, "prompt"))
        host->promise_prompt(settings);
    *instance = unruly;
    return ATT_RESULT_OK;
}

static void wait_ms(int64_t milliseconds)
{
    struct timespec time = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};

    nanosleep(&time, NULL);
}

static int give(const struct unruly *unruly, struct att_credential *credential, const char *token)
{
    return unruly->host->credential_material(credential, "token", token, strlen(token));
}

/* Uses each function of the host from within a call. */
static att_result reenter(const struct unruly *unruly, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct att_host *host = unruly->host;
    struct att_secret *secret = host->secret_create(host, 16), *other = host->secret_create(host, 16);
    const unsigned char *view;
    size_t size = 0;
    int good = secret && other && host->secret_append(secret, "again", 5) && host->secret_append(other, "again", 5) &&
               !host->secret_append(secret, "0123456789abcdef", 16) && host->secret_equal(secret, other) &&
               !host->secret_create(host, (size_t)MEBIBYTE + 1) && !host->cancelled(fetch->call) &&
               host->now_ns(host) > 0 && host->wall(host) > 1600000000;

    view = good ? host->secret_borrow(secret, &size) : NULL;
    good = good && size == 5 && memcmp(view, "again", 5) == 0;
    if (view)
        host->secret_return(secret, view);
    host->log(host, 99, "one\ntwo");
    good = good && host->credential_secret(credential, "token", secret) &&
           host->credential_kind(credential, "api_key") && host->credential_expires(credential, 4000000000) &&
           host->credential_scopes(credential, "read write") && host->credential_account(credential, "me@example") &&
           host->credential_has(credential, "token") && !host->credential_has(credential, "password");
    host->secret_destroy(secret);
    host->secret_destroy(other);
    return good ? ATT_RESULT_OK : ATT_RESULT_DENIED;
}

/* Values that no credential may hold. */
static void give_bad_value(const struct unruly *unruly, struct att_credential *credential)
{
    const struct att_host *host = unruly->host;

    if (is(unruly, "crlf"))
        host->credential_material(credential, "token", "a\r\nx-evil: 1", 12);
    else if (is(unruly, "nul"))
        host->credential_material(credential, "token", "a\0b", 3);
    else if (is(unruly, "blank"))
        host->credential_material(credential, "token", "", 0);
    else if (is(unruly, "huge"))
        host->credential_material(credential, "token", unruly->large, MEBIBYTE + 1);
    else if (is(unruly, "endless"))
        host->credential_material(credential, "token", "a", SIZE_MAX);
    else if (is(unruly, "null"))
        host->credential_material(credential, "token", NULL, 5);
    else if (is(unruly, "part-name"))
        host->credential_material(credential, "The Token", "a", 1);
    else if (is(unruly, "endless-name"))
        host->credential_material(credential, unruly->large, "a", 1);
    else if (is(unruly, "endless-kind"))
        host->credential_kind(credential, unruly->large);
    else if (is(unruly, "bad-scopes"))
        host->credential_scopes(credential, "read\nwrite");
    else if (is(unruly, "bad-grant"))
        host->credential_grant(credential, "g\n1");
    else if (is(unruly, "bad-expiry"))
        host->credential_expires(credential, -1);
    for (char name[] = "p0"; is(unruly, "many") && name[1] < '0' + 17; name[1]++)
        host->credential_material(credential, name[1] > '9' ? (char[]){'q', (char)(name[1] - 10), 0} : name, "a", 1);
}

/* All that there is to say of a failure, some of it too long, and some with what a terminal might obey. */
static att_result tell_facts(const struct unruly *unruly, struct att_call *call)
{
    const struct att_host *host = unruly->host;

    host->failure_text(call, ATT_FAILURE_CODE, "policy\x1b[2J_error");
    host->failure_text(call, ATT_FAILURE_RULE, unruly->large);
    host->failure_text(call, ATT_FAILURE_DETAILS, "why\nnot");
    for (int i = 0; i < 20; i++)
        host->failure_text(call, ATT_FAILURE_MISSING_SCOPE, i ? "read" : unruly->large);
    host->failure_text(call, ATT_FAILURE_APPROVAL, is(unruly, "facts") ? "approval-1" : unruly->large);
    host->failure_text(call, ATT_FAILURE_APPROVAL_URL,
                       is(unruly, "facts") ? "https://a.example/1" : "https://a.example/\r\nx");
    host->failure_text(call, ATT_FAILURE_STATE, "pending");
    host->failure_text(call, ATT_FAILURE_HTTP_STATUS, "403");
    host->failure_text(call, 77, "nothing");
    host->failure_text(call, ATT_FAILURE_CODE, NULL);
    host->failure_text(NULL, ATT_FAILURE_CODE, "code");
    host->failure_number(NULL, ATT_FAILURE_EXPIRES, 1);
    host->failure_number(call, ATT_FAILURE_HTTP_STATUS, is(unruly, "facts") ? 403 : 12345);
    host->failure_number(call, ATT_FAILURE_EXPIRES, is(unruly, "facts") ? 1700000000 : -1);
    host->failure_number(call, ATT_FAILURE_CODE, 1);
    return ATT_RESULT_PENDING;
}

static att_result fetch_wrongly(struct unruly *unruly, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct att_host *host = unruly->host;

    if (is(unruly, "result"))
        return (att_result)unruly->number;
    if (is(unruly, "nothing"))
        return ATT_RESULT_OK;
    if (is(unruly, "error-and-data")) {
        give(unruly, credential, "CANARY-of-an-error");
        host->fetch_failed(fetch->call, "the backend said\tno\x1b[31m\xff \xc3\xa9\xc3");
        host->retry_after(fetch->call, 1500);
        return ATT_RESULT_DENIED;
    }
    if (is(unruly, "data-and-error")) {
        give(unruly, credential, "fine");
        host->fetch_failed(fetch->call, "all is well");
        return ATT_RESULT_OK;
    }
    if (is(unruly, "facts") || is(unruly, "bad-facts"))
        return tell_facts(unruly, fetch->call);
    if (is(unruly, "candidates")) {
        for (char name[] = "grant-0"; name[6] <= '9'; name[6]++)
            host->candidate(fetch->call, name);
        host->candidate(fetch->call, unruly->large);
        return ATT_RESULT_AMBIGUOUS;
    }
    if (is(unruly, "endless-text")) {
        host->fetch_failed(fetch->call, unruly->large);
        host->log(host, ATT_LEVEL_INFO, unruly->large);
        return ATT_RESULT_UNAVAILABLE;
    }
    give(unruly, credential, "good");
    give_bad_value(unruly, credential);
    return ATT_RESULT_OK;
}

static att_result fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct unruly *unruly = instance;
    const struct att_host *host = unruly->host;

    if (is(unruly, "good"))
        return give(unruly, credential, "good") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
    if (is(unruly, "basic"))
        return host->credential_material(credential, "username", "me", 2) &&
                       host->credential_material(credential, "password", "pass word", 9)
                   ? ATT_RESULT_OK
                   : ATT_RESULT_FAULT;
    if (is(unruly, "other"))
        return host->credential_material(credential, "secret_key", "k", 1) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
    if (is(unruly, "mebibyte"))
        return host->credential_material(credential, "token", unruly->large, MEBIBYTE) ? ATT_RESULT_OK
                                                                                       : ATT_RESULT_FAULT;
    if (is(unruly, "echo"))
        return host->credential_secret(credential, "token", fetch->user_token) &&
                       host->credential_account(credential, fetch->context[1].value)
                   ? ATT_RESULT_OK
                   : ATT_RESULT_FAULT;
    if (is(unruly, "reenter"))
        return reenter(unruly, fetch, credential);
    if (is(unruly, "slow") || is(unruly, "deaf")) {
        wait_ms(unruly->number);
        return give(unruly, credential, "late") ? ATT_RESULT_OK : ATT_RESULT_FAULT;
    }
    if (is(unruly, "hang")) {
        while (!host->cancelled(fetch->call))
            wait_ms(1);
        give(unruly, credential, "CANARY-of-an-abandoned-call");
        return ATT_RESULT_CANCELLED;
    }
    return fetch_wrongly(unruly, fetch, credential);
}

static att_result inject(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    struct unruly *unruly = instance;
    const struct att_host *host = unruly->host;

    if (is(unruly, "reenter")) {
        /* The fetch is over: what it gave cannot be changed through a cast. */
        struct att_credential *stolen = (struct att_credential *)(uintptr_t)credential;
        if (host->credential_material(stolen, "token", "other", 5) || host->credential_expires(stolen, 1))
            return ATT_RESULT_DENIED;
        return host->place_header(placement, "X-Api-Key", "{token}") &&
                       host->place_query(placement, "key", "a{token}b") &&
                       host->place_cookie(placement, "session", "{token}") && host->place_basic(placement)
                   ? ATT_RESULT_OK
                   : ATT_RESULT_FAULT;
    }
    if (is(unruly, "mebibyte"))
        return host->place_header(placement, "Host", "{token}") ? ATT_RESULT_DENIED : ATT_RESULT_OK;
    if (is(unruly, "slow"))
        return 77;
    return is(unruly, "other") ? ATT_RESULT_NONE : ATT_RESULT_OK;
}

static att_result invalidate(void *instance, const struct att_fetch *fetch)
{
    struct unruly *unruly = instance;

    if (is(unruly, "hang"))
        while (!unruly->host->cancelled(fetch->call))
            wait_ms(1);
    return is(unruly, "good") ? ATT_RESULT_OK : 1234;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT | ATT_OFFERS_INVALIDATE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_CLOCK,
    .name = "unruly",
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
    return ATT_KNOWS(host, place_cookie) ? &table : NULL;
}
