/* tests/abi/newer.c: a provider module of some later minor: its table and its options are longer than this host's. */
#include <attache/module.h>

struct newer_provider {
    struct att_provider known;
    att_result (*later)(void *instance, int what);
    uint64_t more[7];
};

struct newer_option {
    struct att_option known;
    const char *unit;
    uint64_t more;
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "newer", struct newer_provider);

static const struct newer_option options[] = {
    {{.name = "token", .type = ATT_OPTION_TEXT, .initial = "from-newer"}, "text", 7},
    {{.name = "part", .type = ATT_OPTION_TEXT, .initial = "token"}, "name", 8},
    {{0}, NULL, 0},
};

struct newer {
    const struct att_host *host;
    char token[32], part[32];
};

static void copy(char *to, const char *from)
{
    size_t i = 0;

    for (; i < 31 && from[i]; i++)
        to[i] = from[i];
    to[i] = '\0';
}

static att_result newer_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct newer *newer = host->allocate(host, sizeof *newer);

    if (!newer)
        return ATT_RESULT_NOMEM;
    newer->host = host;
    copy(newer->token, host->setting_text(settings, "token"));
    copy(newer->part, host->setting_text(settings, "part"));
    *instance = newer;
    return ATT_RESULT_OK;
}

static void newer_close(void *instance)
{
    struct newer *newer = instance;

    newer->host->release(newer->host, newer);
}

static att_result newer_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct newer *newer = instance;
    size_t size = 0;

    (void)fetch;
    while (newer->token[size])
        size++;
    return newer->host->credential_material(credential, newer->part, newer->token, size) ? ATT_RESULT_OK
                                                                                         : ATT_RESULT_FAULT;
}

static att_result newer_later(void *instance, int what)
{
    (void)instance;
    return what;
}

static const struct newer_provider table = {
    .known =
        {
            .magic = ATT_MODULE_MAGIC,
            .size = sizeof(struct newer_provider),
            .abi_major = ATT_ABI_MAJOR,
            .abi_minor = ATT_ABI_MINOR + 7,
            .threading = ATT_THREADING_SERIAL,
            .offers = ATT_OFFERS_FETCH | UINT64_C(1) << 60,
            .needs = ATT_HOST_SETTINGS,
            .name = "newer",
            .version = "9.9",
            .options = &options[0].known,
            .option_size = sizeof(struct newer_option),
            .open = newer_open,
            .close = newer_close,
            .fetch = newer_fetch,
        },
    .later = newer_later,
    .more = {1, 2, 3, 4, 5, 6, 7},
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table.known;
}
