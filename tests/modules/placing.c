/* tests/modules/placing.c: a provider module that says where its credential goes in the words of its options: `own` of
 * the credential itself, `says` when it is asked. Its token is "token-of-" and the name of its entry, its secret "key"
 * "key-of-" and that. */
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "placing", struct att_provider);

enum { NAME_SIZE = 64, TEXT_SIZE = 1024 };

struct placing {
    const struct att_host *host;
    char entry[NAME_SIZE], own[TEXT_SIZE], says[TEXT_SIZE];
    char given[TEXT_SIZE];
};

static const struct att_option options[] = {
    {.name = "own", .type = ATT_OPTION_TEXT, .help = "where the credential says that it goes"},
    {.name = "says", .type = ATT_OPTION_TEXT, .help = "where the module says that it goes"},
    {.name = "token", .type = ATT_OPTION_TEXT, .help = "the token, instead of one with the name of the entry"},
    {0},
};

static void close_instance(void *instance)
{
    struct placing *placing = instance;

    placing->host->release(placing->host, placing);
}

static int keep(char *to, size_t size, const char *text)
{
    if (text && strlen(text) >= size)
        return 0;
    if (text)
        memcpy(to, text, strlen(text) + 1);
    return 1;
}

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    struct placing *placing = host->allocate(host, sizeof *placing);

    if (!placing)
        return ATT_RESULT_NOMEM;
    memset(placing, 0, sizeof *placing);
    placing->host = host;
    if (!keep(placing->entry, NAME_SIZE, host->setting_entry(settings)) ||
        !keep(placing->own, TEXT_SIZE, host->setting_text(settings, "own")) ||
        !keep(placing->says, TEXT_SIZE, host->setting_text(settings, "says")) ||
        !keep(placing->given, TEXT_SIZE, host->setting_text(settings, "token"))) {
        close_instance(placing);
        return ATT_RESULT_CONFIG;
    }
    host->promise_prompt(settings);
    *instance = placing;
    return ATT_RESULT_OK;
}

static int give(const struct placing *placing, struct att_credential *credential, const char *part, const char *before)
{
    char text[2 * NAME_SIZE];
    size_t size = strlen(before), name = strlen(placing->entry);

    memcpy(text, before, size);
    memcpy(text + size, placing->entry, name);
    return placing->host->credential_material(credential, part, text, size + name);
}

static att_result fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    const struct placing *placing = instance;
    const struct att_host *host = placing->host;

    (void)fetch;
    if (!give(placing, credential, "token", "token-of-") || !give(placing, credential, "key", "key-of-"))
        return ATT_RESULT_NOMEM;
    if (*placing->given && !host->credential_material(credential, "token", placing->given, strlen(placing->given)))
        return ATT_RESULT_NOMEM;
    if (*placing->own)
        host->credential_place(credential, placing->own); /* the host says why it refuses */
    return ATT_RESULT_OK;
}

static att_result inject(void *instance, const struct att_credential *credential, struct att_placement *placement)
{
    const struct placing *placing = instance;

    (void)credential;
    if (!*placing->says)
        return ATT_RESULT_NONE;
    return placing->host->place(placement, placing->says) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INJECT,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_SETTINGS | ATT_HOST_PLACING,
    .name = "placing",
    .version = "1.0",
    .options = options,
    .option_size = sizeof(struct att_option),
    .open = open_instance,
    .close = close_instance,
    .fetch = fetch,
    .inject = inject,
};

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    return ATT_KNOWS(host, place) ? &table : NULL;
}
