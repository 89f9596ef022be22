/* tests/modules/lender.c: a provider module whose credentials the host may keep.
 *
 * Its tokens count the fetches: "token-number-one", "token-number-two", ..., or are read from the option `parts` each
 * time. Tests look at lender_counts by dlopen(3). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "lender", struct att_provider);

struct lender {
    const struct att_host *host;
    int64_t life_ms, wait_ms, good, report_ms;
    const char *const *origins;
    char origin_text[4][128];
    const char *origin_list[5];
    int reads;
};

/* Of all instances since the last open. */
ATT_MODULE_EXPORT struct {
    atomic_int fetches, invalidates, reports;
    char refused[64], reported[64], reported_to[64], refused_at[64];
    int reported_status;
    char url[256], request_headers[512], response_headers[512], request_body[128], response_body[128];
    int request_cut, response_cut;
} lender_counts;

/* Of the texts: an old instance may still report while a new one opens. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct att_option options[] = {
    {.name = "longest", .type = ATT_OPTION_DURATION, .initial = "1h", .help = "how long a credential may be kept"},
    {.name = "life", .type = ATT_OPTION_DURATION, .initial = "0", .help = "after which a credential expires"},
    {.name = "wait", .type = ATT_OPTION_DURATION, .initial = "0", .help = "how long a fetch takes"},
    {.name = "good", .type = ATT_OPTION_INTEGER, .initial = "1000000", .help = "fetches until it is unavailable"},
    {.name = "origins", .type = ATT_OPTION_TEXT_LIST, .help = "where its credentials may go"},
    {.name = "exchange",
     .type = ATT_OPTION_INTEGER,
     .initial = "-1",
     .help = "bytes of each body to be told; -1: none"},
    {.name = "report_wait", .type = ATT_OPTION_DURATION, .initial = "0", .help = "how long a report takes"},
    {.name = "parts", .type = ATT_OPTION_SECRETS, .help = "read at each fetch"},
    {0},
};

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const struct att_cache_promise promise = {.size = sizeof promise,
                                              .shared = ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_ORIGINS,
                                              .longest_ms = host->setting_integer(settings, "longest")};
    struct lender *lender = host->allocate(host, sizeof *lender);
    const char *const *origins = host->setting_list(settings, "origins");

    if (!lender)
        return ATT_RESULT_NOMEM;
    memset(lender, 0, sizeof *lender);
    atomic_store(&lender_counts.fetches, 0);
    atomic_store(&lender_counts.invalidates, 0);
    atomic_store(&lender_counts.reports, 0);
    lender->host = host;
    lender->life_ms = host->setting_integer(settings, "life");
    lender->wait_ms = host->setting_integer(settings, "wait");
    lender->good = host->setting_integer(settings, "good");
    lender->reads = host->setting_names(settings, "parts") && host->setting_names(settings, "parts")[0];
    for (int i = 0; i < 4 && origins[i]; i++) {
        memcpy(lender->origin_text[i], origins[i], strnlen(origins[i], 127));
        lender->origin_list[i] = lender->origin_text[i];
    }
    host->promise_cache(settings, &promise);
    host->wish_reports(settings);
    lender->report_ms = host->setting_integer(settings, "report_wait");
    if (host->setting_integer(settings, "exchange") >= 0)
        host->wish_exchange(settings, (size_t)host->setting_integer(settings, "exchange"));
    *instance = lender;
    return ATT_RESULT_OK;
}

static void close_instance(void *instance)
{
    struct lender *lender = instance;

    lender->host->release(lender->host, lender);
}

static att_result give_number(const struct lender *lender, int number, struct att_credential *credential)
{
    static const char *const tokens[] = {"token-number-one", "token-number-two", "token-number-three",
                                         "token-number-more"};
    const char *token = tokens[number < 4 ? number - 1 : 3];

    return lender->host->credential_material(credential, "token", token, strlen(token)) ? ATT_RESULT_OK
                                                                                        : ATT_RESULT_NOMEM;
}

static att_result give_part(const struct lender *lender, const struct att_fetch *fetch,
                            struct att_credential *credential)
{
    struct att_secret *secret = lender->host->secret_read(lender->host, fetch->call, "parts", "token");
    int given;

    if (!secret)
        return ATT_RESULT_UNAVAILABLE;
    given = lender->host->credential_secret(credential, "token", secret);
    lender->host->secret_destroy(secret);
    return given ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static att_result fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct lender *lender = instance;
    const struct att_host *host = lender->host;
    int number = atomic_fetch_add(&lender_counts.fetches, 1) + 1;
    struct timespec wait = {lender->wait_ms / 1000, lender->wait_ms % 1000 * 1000000};

    nanosleep(&wait, NULL);
    if (number > lender->good) {
        host->fetch_failed(fetch->call, "the backend answers 503");
        return ATT_RESULT_UNAVAILABLE;
    }
    if (lender->life_ms)
        host->credential_expires(credential, host->wall(host) + lender->life_ms / 1000);
    for (int i = 0; lender->origin_list[i]; i++)
        host->credential_origin(credential, lender->origin_list[i]);
    return lender->reads ? give_part(lender, fetch, credential) : give_number(lender, number, credential);
}

/* The token of a credential that the host shows. */
static void copy_token(const struct lender *lender, const struct att_credential *credential, char copy[64])
{
    const struct att_host *host = lender->host;
    const struct att_secret *part = credential ? host->credential_part(credential, "token") : NULL;
    const unsigned char *bytes;
    size_t size = 0;

    memset(copy, 0, 64);
    if (!part)
        return;
    bytes = host->secret_borrow(part, &size);
    memcpy(copy, bytes, size < 63 ? size : 63);
    host->secret_return(part, bytes);
}

static att_result invalidate(void *instance, const struct att_fetch *fetch)
{
    pthread_mutex_lock(&lock);
    copy_token(instance, fetch->refused, lender_counts.refused);
    snprintf(lender_counts.refused_at, 64, "%s%s", fetch->host, fetch->path);
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&lender_counts.invalidates, 1);
    return ATT_RESULT_OK;
}

static void copy_headers(char text[512], const struct att_fact *headers)
{
    text[0] = '\0';
    for (; headers && headers->name; headers++)
        snprintf(text + strlen(text), 512 - strlen(text), "%s: %s\n", headers->name, headers->value);
}

static void copy_body(char text[128], const void *bytes, size_t size)
{
    memset(text, 0, 128);
    if (bytes)
        memcpy(text, bytes, size < 127 ? size : 127);
}

static void copy_exchange(const struct att_outcome *outcome)
{
    snprintf(lender_counts.url, sizeof lender_counts.url, "%s", outcome->url ? outcome->url : "");
    copy_headers(lender_counts.request_headers, outcome->request_headers);
    copy_headers(lender_counts.response_headers, outcome->response_headers);
    copy_body(lender_counts.request_body, outcome->request_body, outcome->request_body_size);
    copy_body(lender_counts.response_body, outcome->response_body, outcome->response_body_size);
    lender_counts.request_cut = outcome->request_body_cut;
    lender_counts.response_cut = outcome->response_body_cut;
}

static att_result report(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                         const struct att_outcome *outcome)
{
    const struct lender *lender = instance;
    struct timespec wait = {lender->report_ms / 1000, lender->report_ms % 1000 * 1000000};

    if (lender->report_ms)
        nanosleep(&wait, NULL);
    pthread_mutex_lock(&lock);
    copy_exchange(outcome);
    copy_token(instance, credential, lender_counts.reported);
    snprintf(lender_counts.reported_to, 64, "%s%s", fetch->host, fetch->path);
    lender_counts.reported_status = outcome->http_status;
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&lender_counts.reports, 1);
    return ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INVALIDATE | ATT_OFFERS_REPORT | ATT_OFFERS_ORIGINS,
    .needs = ATT_HOST_CACHE | ATT_HOST_KEEPING,
    .name = "lender",
    .version = "1",
    .options = options,
    .option_size = sizeof options[0],
    .open = open_instance,
    .close = close_instance,
    .fetch = fetch,
    .invalidate = invalidate,
    .report = report,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
