/* tests/abi/shorter.c: a provider module whose table ends with fetch, as 1.0 allows: what is optional is not there. */
#include <attache/module.h>

struct shorter_provider {
    uint32_t magic, size;
    uint16_t abi_major, abi_minor;
    uint32_t threading;
    uint64_t offers, needs;
    const char *name, *version;
    const struct att_option *options;
    size_t option_size;
    att_result (*open)(const struct att_host *host, const struct att_settings *settings, void **instance);
    void (*close)(void *instance);
    att_result (*fetch)(void *instance, const struct att_fetch *fetch, struct att_credential *credential);
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "shorter", struct shorter_provider);

static att_result shorter_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    (void)settings;
    *instance = (void *)(uintptr_t)host;
    return ATT_RESULT_OK;
}

static void shorter_close(void *instance)
{
    (void)instance;
}

static att_result shorter_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct att_host *host = instance;

    (void)fetch;
    return host->credential_material(credential, "username", "u", 1) &&
                   host->credential_material(credential, "password", "from-shorter", 12)
               ? ATT_RESULT_OK
               : ATT_RESULT_FAULT;
}

/* What follows the table in memory must not be taken for more of it. */
static const struct {
    struct shorter_provider table;
    void *poison[8];
} box = {
    {
        .magic = ATT_MODULE_MAGIC,
        .size = sizeof(struct shorter_provider),
        .abi_major = ATT_ABI_MAJOR,
        .threading = ATT_THREADING_FREE,
        .offers = ATT_OFFERS_FETCH,
        .name = "shorter",
        .version = "0.1",
        .open = shorter_open,
        .close = shorter_close,
        .fetch = shorter_fetch,
    },
    {(void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1},
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return (const struct att_provider *)(const void *)&box.table;
}
