/* providers/managed_secrets/managed_secrets.c: the provider of credentials that the site itself holds. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "providers/managed_secrets/references.h"
#include "providers/managed_secrets/store.h"

/* An instance has one of the two. */
struct managed {
    const struct att_host *host;
    struct managed_store *store;
    struct managed_references *references;
};

static const char *const sources[] = {"local", "references", NULL};

static const struct att_option options[] = {
    {.name = "source",
     .type = ATT_OPTION_CHOICE,
     .choices = sources,
     .initial = "local",
     .help = "local: the sealed store of this machine; references: files and the like; see attache-secrets(7)"},
    {.name = "file",
     .type = ATT_OPTION_PATH,
     .help = "local: the database; secrets.db in the folder of the site's state when nothing is said"},
    {.name = "key_file",
     .type = ATT_OPTION_PATH,
     .help = "local: the file of the key, made on first use; beside the database, with .key in the place of .db, when "
             "nothing is said"},
    {.name = "key", .type = ATT_OPTION_SECRET, .help = "local: a reference to the key, in the place of key_file"},
    {.name = "secrets",
     .type = ATT_OPTION_SECRETS,
     .help = "references: the parts of the credential: { token = { file = \"/PATH\"; }; }"},
    {.name = "parts",
     .type = ATT_OPTION_TEXT_LIST,
     .help = "references: parts that are no secret: [ \"username=ann\" ]"},
    {.name = "grant",
     .type = ATT_OPTION_TEXT,
     .help = "references: the one grant that is served; every one when nothing is said"},
    {.name = "kind",
     .type = ATT_OPTION_TEXT,
     .initial = "api_key",
     .help = "references: what the credential is said to be in policy and audit"},
    {.name = "keep",
     .type = ATT_OPTION_DURATION,
     .minimum = 0,
     .maximum = 3600000,
     .initial = "5s",
     .help = "references: how long a value that was read is used"},
    {.name = NULL},
};

/* Options of the other source would have no effect, and whoever wrote them expects one. */
static bool check_source(const struct att_host *host, const struct att_settings *settings, bool local)
{
    const char *option = NULL, *other = local ? "references" : "local";
    char sentence[128];

    if (local && host->setting_names(settings, "secrets") && host->setting_names(settings, "secrets")[0])
        option = "secrets";
    else if (local && host->setting_list(settings, "parts") && host->setting_list(settings, "parts")[0])
        option = "parts";
    else if (local && host->setting_text(settings, "grant"))
        option = "grant";
    else if (!local && host->setting_text(settings, "file"))
        option = "file";
    else if (!local && host->setting_text(settings, "key_file"))
        option = "key_file";
    else if (!local && host->setting_secret(settings, "key"))
        option = "key";
    if (!option)
        return true;
    snprintf(sentence, sizeof sentence, "belongs to source = \"%s\"; set that, or leave it out", other);
    host->open_failed(settings, option, sentence);
    return false;
}

static bool is_local(const struct att_host *host, const struct att_settings *settings)
{
    const char *source = host->setting_text(settings, "source");

    return !source || strcmp(source, "local") == 0;
}

static att_result managed_check(const struct att_host *host, const struct att_settings *settings)
{
    bool local = is_local(host, settings);
    const char *option = NULL;
    struct managed_act act;
    att_result result;

    managed_act_begin(&act, host, NULL);
    if (!check_source(host, settings, local))
        return ATT_RESULT_CONFIG;
    result = local ? managed_store_check(&act, settings, &option) : managed_references_check(&act, settings, &option);
    if (result != ATT_RESULT_OK)
        host->open_failed(settings, option, act.why);
    return result;
}

static att_result managed_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    bool local = is_local(host, settings);
    const char *option = NULL;
    struct managed_act act;
    struct managed *managed;
    att_result result;

    managed_act_begin(&act, host, NULL);
    if (sodium_init() < 0) {
        host->open_failed(settings, NULL, "libsodium cannot be used: it finds no source of random numbers");
        return ATT_RESULT_FAULT;
    }
    if (!check_source(host, settings, local))
        return ATT_RESULT_CONFIG;
    managed = host->allocate(host, sizeof *managed);
    if (!managed)
        return ATT_RESULT_NOMEM;
    memset(managed, 0, sizeof *managed);
    managed->host = host;
    result = local ? managed_store_open(&act, settings, &managed->store, &option)
                   : managed_references_open(&act, settings, &managed->references, &option);
    if (result != ATT_RESULT_OK) {
        host->open_failed(settings, option, act.why);
        host->release(host, managed);
        return result;
    }
    if (!local)
        host->keeps_no_secrets(settings);
    *instance = managed;
    return ATT_RESULT_OK;
}

static void managed_close(void *instance)
{
    struct managed *managed = instance;

    if (managed->store)
        managed_store_close(managed->store);
    if (managed->references)
        managed_references_close(managed->references);
    managed->host->release(managed->host, managed);
}

static att_result managed_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct managed *managed = instance;
    struct managed_act act;

    managed_act_begin(&act, managed->host, fetch->call);
    return managed_act_end(&act, managed->store
                                     ? managed_store_fetch(managed->store, &act, fetch, credential)
                                     : managed_references_fetch(managed->references, &act, fetch, credential));
}

/* Only the local store takes changes. */
static bool keeps(struct managed *managed, struct managed_act *act, struct att_call *call)
{
    managed_act_begin(act, managed->host, call);
    if (!managed->store)
        managed_refuse(act, ATT_RESULT_CONFIG,
                       "this provider only refers to secrets that are kept elsewhere; change them there");
    return managed->store != NULL;
}

static att_result managed_secret_store(void *instance, struct att_call *call, uint32_t mode,
                                       const struct att_secret_facts *facts, const struct att_named_secret *parts,
                                       size_t part_count)
{
    struct managed *managed = instance;
    struct managed_act act;

    return managed_act_end(&act, keeps(managed, &act, call)
                                     ? managed_store_change(managed->store, &act, mode, facts, parts, part_count)
                                     : ATT_RESULT_CONFIG);
}

static att_result managed_secret_list(void *instance, struct att_call *call, struct att_listing *listing)
{
    struct managed *managed = instance;
    struct managed_act act;

    return managed_act_end(&act, keeps(managed, &act, call) ? managed_store_list(managed->store, &act, listing)
                                                            : ATT_RESULT_CONFIG);
}

static att_result managed_secret_remove(void *instance, struct att_call *call, const char *name)
{
    struct managed *managed = instance;
    struct managed_act act;

    return managed_act_end(&act, keeps(managed, &act, call) ? managed_store_remove(managed->store, &act, name)
                                                            : ATT_RESULT_CONFIG);
}

static att_result managed_secret_rekey(void *instance, struct att_call *call, const char *key_file)
{
    struct managed *managed = instance;
    struct managed_act act;

    return managed_act_end(&act, keeps(managed, &act, call) ? managed_store_rekey(managed->store, &act, key_file)
                                                            : ATT_RESULT_CONFIG);
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_INSTANCE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_SECRETS | ATT_OFFERS_ORIGINS,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_LOG | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_CACHE |
             ATT_HOST_PLACING | ATT_HOST_KEEPING,
    .name = "managed_secrets",
    .version = "0.1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = managed_open,
    .close = managed_close,
    .fetch = managed_fetch,
    .secret_store = managed_secret_store,
    .secret_list = managed_secret_list,
    .secret_remove = managed_secret_remove,
    .secret_rekey = managed_secret_rekey,
    .check = managed_check,
};

ATT_MODULE_NOTE(ATT_KIND_PROVIDER, "managed_secrets", struct att_provider);

const struct att_provider *attache_provider_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
