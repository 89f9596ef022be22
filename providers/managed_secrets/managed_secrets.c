/* providers/managed_secrets/managed_secrets.c: the provider of credentials that the site itself holds. */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "providers/alter/alter.h"
#include "providers/alter/options.h"
#include "providers/managed_secrets/references.h"
#include "providers/managed_secrets/store.h"

enum source { LOCAL, REFERENCES, ALTER };

static const char *const sources[] = {"local", "references", "alter", NULL};

/* An instance has one of the three. Any number of calls may wait for the Alter service, which is far away; those of the
 * other two come one at a time. */
struct managed {
    const struct att_host *host;
    pthread_mutex_t turn;
    struct managed_store *store;
    struct managed_references *references;
    struct alter *alter;
};

static const struct att_option options[] = {
    {.name = "source",
     .type = ATT_OPTION_CHOICE,
     .choices = sources,
     .initial = "local",
     .help = "local: the sealed store of this machine; references: files and the like; alter: the Alter service; see "
             "attache-secrets(7)"},
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
    ALTER_OPTIONS(0, "alter: "),
    {.name = NULL},
};

static enum source source_of(const struct att_host *host, const struct att_settings *settings)
{
    const char *source = host->setting_text(settings, "source");

    for (size_t i = 0; source && sources[i]; i++)
        if (strcmp(source, sources[i]) == 0)
            return (enum source)i;
    return LOCAL;
}

static const char *local_option(const struct att_host *host, const struct att_settings *settings)
{
    if (host->setting_text(settings, "file"))
        return "file";
    if (host->setting_text(settings, "key_file"))
        return "key_file";
    return host->setting_secret(settings, "key") ? "key" : NULL;
}

static const char *reference_option(const struct att_host *host, const struct att_settings *settings)
{
    if (host->setting_names(settings, "secrets") && host->setting_names(settings, "secrets")[0])
        return "secrets";
    if (host->setting_list(settings, "parts") && host->setting_list(settings, "parts")[0])
        return "parts";
    return host->setting_text(settings, "grant") ? "grant" : NULL;
}

/* Options of another source would have no effect, and whoever wrote them expects one. */
static bool check_source(const struct att_host *host, const struct att_settings *settings, enum source source)
{
    const char *(*const written[])(const struct att_host *, const struct att_settings *) = {
        [LOCAL] = local_option, [REFERENCES] = reference_option, [ALTER] = alter_option_said};
    char sentence[128];

    for (size_t i = LOCAL; i <= ALTER; i++) {
        const char *option = i == source ? NULL : written[i](host, settings);

        if (!option)
            continue;
        snprintf(sentence, sizeof sentence, "belongs to source = \"%s\"; set that, or leave it out", sources[i]);
        host->open_failed(settings, option, sentence);
        return false;
    }
    if (source != ALTER || host->setting_secret(settings, "api_key"))
        return true;
    host->open_failed(settings, "source", "it needs the key of the service; write api_key = { file = \"/PATH\"; }");
    return false;
}

static att_result managed_check(const struct att_host *host, const struct att_settings *settings)
{
    enum source source = source_of(host, settings);
    const char *option = NULL;
    struct managed_act act;
    att_result result;

    managed_act_begin(&act, host, NULL);
    if (!check_source(host, settings, source))
        return ATT_RESULT_CONFIG;
    if (source == ALTER)
        return alter_check(host, settings);
    result = source == LOCAL ? managed_store_check(&act, settings, &option)
                             : managed_references_check(&act, settings, &option);
    if (result != ATT_RESULT_OK)
        host->open_failed(settings, option, act.why);
    return result;
}

/* Says itself what is wrong. */
static att_result open_source(struct managed *managed, const struct att_settings *settings, enum source source)
{
    const struct att_host *host = managed->host;
    const char *option = NULL;
    struct managed_act act;
    att_result result;

    if (source == ALTER)
        return alter_open(host, settings, &managed->alter);
    managed_act_begin(&act, host, NULL);
    result = source == LOCAL ? managed_store_open(&act, settings, &managed->store, &option)
                             : managed_references_open(&act, settings, &managed->references, &option);
    if (result != ATT_RESULT_OK)
        host->open_failed(settings, option, act.why);
    return result;
}

static att_result managed_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    enum source source = source_of(host, settings);
    struct managed *managed;
    att_result result;

    if (sodium_init() < 0) {
        host->open_failed(settings, NULL, "libsodium cannot be used: it finds no source of random numbers");
        return ATT_RESULT_FAULT;
    }
    if (!check_source(host, settings, source))
        return ATT_RESULT_CONFIG;
    managed = host->allocate(host, sizeof *managed);
    if (!managed)
        return ATT_RESULT_NOMEM;
    memset(managed, 0, sizeof *managed);
    managed->host = host;
    result = open_source(managed, settings, source);
    if (result != ATT_RESULT_OK) {
        host->release(host, managed);
        return result;
    }
    pthread_mutex_init(&managed->turn, NULL);
    if (source != LOCAL)
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
    alter_close(managed->alter);
    pthread_mutex_destroy(&managed->turn);
    managed->host->release(managed->host, managed);
}

/* Whoever waits here for longer than its deadline has been answered by the host. */
static void enter(struct managed *managed, struct managed_act *act, struct att_call *call)
{
    pthread_mutex_lock(&managed->turn);
    managed_act_begin(act, managed->host, call);
}

static att_result leave(struct managed *managed, struct managed_act *act, att_result result)
{
    pthread_mutex_unlock(&managed->turn);
    return managed_act_end(act, result);
}

/* The service tells how a credential is placed, and not what it is. */
static att_result fetch_from_alter(struct managed *managed, const struct att_fetch *fetch,
                                   struct att_credential *credential)
{
    att_result result = alter_fetch(managed->alter, fetch, credential);

    if (result == ATT_RESULT_OK)
        managed->host->credential_kind(credential, "managed_secret");
    return result;
}

static att_result managed_fetch(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    struct managed *managed = instance;
    struct managed_act act;

    if (managed->alter)
        return fetch_from_alter(managed, fetch, credential);
    enter(managed, &act, fetch->call);
    return leave(managed, &act,
                 managed->store ? managed_store_fetch(managed->store, &act, fetch, credential)
                                : managed_references_fetch(managed->references, &act, fetch, credential));
}

/* The Alter service refreshes by itself. What is kept here or read anew needs no word either. */
static att_result managed_invalidate(void *instance, const struct att_fetch *fetch)
{
    (void)instance;
    (void)fetch;
    return ATT_RESULT_OK;
}

static att_result managed_report(void *instance, const struct att_fetch *fetch, const struct att_credential *credential,
                                 const struct att_outcome *outcome)
{
    const struct managed *managed = instance;

    (void)credential;
    return managed->alter ? alter_report(managed->alter, fetch, outcome) : ATT_RESULT_OK;
}

/* Only the local store takes changes. */
static bool keeps(struct managed *managed, struct managed_act *act, struct att_call *call)
{
    enter(managed, act, call);
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

    return leave(managed, &act,
                 keeps(managed, &act, call) ? managed_store_change(managed->store, &act, mode, facts, parts, part_count)
                                            : ATT_RESULT_CONFIG);
}

static att_result managed_secret_list(void *instance, struct att_call *call, struct att_listing *listing)
{
    struct managed *managed = instance;
    struct managed_act act;

    return leave(managed, &act,
                 keeps(managed, &act, call) ? managed_store_list(managed->store, &act, listing) : ATT_RESULT_CONFIG);
}

static att_result managed_secret_remove(void *instance, struct att_call *call, const char *name)
{
    struct managed *managed = instance;
    struct managed_act act;

    return leave(managed, &act,
                 keeps(managed, &act, call) ? managed_store_remove(managed->store, &act, name) : ATT_RESULT_CONFIG);
}

static att_result managed_secret_rekey(void *instance, struct att_call *call, const char *key_file)
{
    struct managed *managed = instance;
    struct managed_act act;

    return leave(managed, &act,
                 keeps(managed, &act, call) ? managed_store_rekey(managed->store, &act, key_file) : ATT_RESULT_CONFIG);
}

static const struct att_provider table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_INVALIDATE | ATT_OFFERS_REPORT | ATT_OFFERS_SECRETS | ATT_OFFERS_ORIGINS,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SECRETS | ATT_HOST_LOG | ATT_HOST_SETTINGS | ATT_HOST_CLOCK | ATT_HOST_CACHE |
             ATT_HOST_PLACING | ATT_HOST_KEEPING | ATT_HOST_HTTP | ATT_HOST_DATA | ATT_HOST_GRANTS,
    .name = "managed_secrets",
    .version = "0.1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = managed_open,
    .close = managed_close,
    .fetch = managed_fetch,
    .invalidate = managed_invalidate,
    .report = managed_report,
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
