/* tests/abi/1.1/lend11.c: a provider module that was built for 1.1 and uses what that brought. */
#include <stdlib.h>
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "lend11", struct att_provider);

struct lend {
    const struct att_host *host;
    uint64_t generation;
    int fetches;
};

static const struct att_option options[] = {
    {.name = "parts", .type = ATT_OPTION_SECRETS, .help = "named references"},
    {.name = NULL},
};

static att_result lend_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct lend *lend = host->allocate(host, sizeof *lend);
    struct att_cache_promise promise = {.size = sizeof promise,
                                        .shared = ATT_SHARED_BY_CALLERS | ATT_SHARED_BY_USERS | ATT_SHARED_BY_ORIGINS,
                                        .longest_ms = 60000};

    if (!lend)
        return ATT_RESULT_NOMEM;
    memset(lend, 0, sizeof *lend);
    lend->host = host;
    if (!host->setting_names(settings, "parts") || strcmp(host->setting_names(settings, "parts")[0], "token") != 0 ||
        strcmp(host->state_directory(settings), "/state") != 0)
        return ATT_RESULT_CONFIG;
    promise.generation = &lend->generation;
    host->promise_cache(settings, &promise);
    *instance = lend;
    return ATT_RESULT_OK;
}

static void lend_close(void *instance)
{
    struct lend *lend = instance;

    lend->host->release(lend->host, lend);
}

/* The token, turned round in place: through secret_room and secret_took. */
static att_result give_reversed(const struct att_host *host, const struct att_secret *secret,
                                struct att_credential *credential)
{
    size_t size = 0, room = 0;
    const unsigned char *from = host->secret_borrow(secret, &size);
    struct att_secret *turned = host->secret_create(host, size);
    unsigned char *to = turned ? host->secret_room(turned, &room) : NULL;
    int given = 0;

    for (size_t i = 0; to && room >= size && i < size; i++)
        to[i] = from[size - 1 - i];
    given = to && host->secret_took(turned, size) && host->credential_secret(credential, "token", turned);
    host->secret_return(secret, from);
    host->secret_destroy(turned);
    return given ? ATT_RESULT_OK : ATT_RESULT_NOMEM;
}

static att_result lend_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct lend *lend = instance;
    const struct att_host *host = lend->host;
    struct att_secret *secret = host->secret_read(host, fetch->call, "parts", "token");
    att_result result = ATT_RESULT_UNAVAILABLE;

    lend->fetches++;
    if (fetch->grant && strcmp(fetch->grant, "count") == 0) {
        char number = (char)('0' + lend->fetches);
        host->secret_destroy(secret);
        return host->credential_material(credential, "token", &number, 1) ? ATT_RESULT_OK : ATT_RESULT_NOMEM;
    }
    if (secret)
        result = give_reversed(host, secret, credential);
    host->secret_destroy(secret);
    if (result == ATT_RESULT_OK && (!host->credential_place(credential, "{ header = \"X-Lent\"; }") ||
                                    !host->credential_origin(credential, "https://api.example.com")))
        result = ATT_RESULT_FAULT;
    return result;
}

/* The credential has expired: it says so by its generation, too. */
static att_result lend_invalidate(void *instance, const struct att_fetch *fetch)
{
    struct lend *lend = instance;

    if (!fetch->refused || !lend->host->credential_part(fetch->refused, "token"))
        return ATT_RESULT_FAULT;
    __atomic_fetch_add(&lend->generation, 1, __ATOMIC_RELEASE);
    return ATT_RESULT_OK;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_INSTANCE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INVALIDATE | ATT_OFFERS_ORIGINS,
    .needs = ATT_HOST_CACHE | ATT_HOST_PLACING | ATT_HOST_KEEPING,
    .name = "lend11",
    .version = "1",
    .options = options,
    .option_size = sizeof options[0],
    .open = lend_open,
    .close = lend_close,
    .fetch = lend_fetch,
    .invalidate = lend_invalidate,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    return ATT_KNOWS(host, secret_took) ? &table : NULL;
}
