/* tests/modules/provider.h: a provider module with nothing wrong; the file that includes it spoils one thing first. */
#ifndef TEST_PROVIDER_H
#define TEST_PROVIDER_H

#include <attache/module.h>

#ifndef NAME
#define NAME "spoilt"
#endif
#ifndef NOTE_NAME
#define NOTE_NAME NAME
#endif
#ifndef NOTE_KIND
#define NOTE_KIND ATT_KIND_PROVIDER
#endif
#ifndef NOTE_MAJOR
#define NOTE_MAJOR ATT_ABI_MAJOR
#endif
#ifndef NOTE_TABLE
#define NOTE_TABLE sizeof(struct att_provider)
#endif
#ifndef NOTE_BODY
#define NOTE_BODY sizeof(struct att_note) - 20
#endif
#ifndef ENTRY
#define ENTRY attache_provider_v1
#endif
#ifndef TABLE
#define TABLE (&table)
#endif
#ifndef MAGIC
#define MAGIC ATT_MODULE_MAGIC
#endif
#ifndef SIZE
#define SIZE sizeof(struct att_provider)
#endif
#ifndef MAJOR
#define MAJOR ATT_ABI_MAJOR
#endif
#ifndef THREADING
#define THREADING ATT_THREADING_FREE
#endif
#ifndef OFFERS
#define OFFERS ATT_OFFERS_FETCH
#endif
#ifndef NEEDS
#define NEEDS ATT_HOST_SECRETS
#endif
#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef OPTIONS
#define OPTIONS NULL
#endif
#ifndef OPTION_SIZE
#define OPTION_SIZE sizeof(struct att_option)
#endif
#ifndef CLOSE
#define CLOSE close_instance
#endif
#ifndef FETCH
#define FETCH fetch
#endif

static const struct att_note note __attribute__((section(".note.attache"), used, aligned(4))) = {
    8, NOTE_BODY, ATT_NOTE_TYPE, ATT_NOTE_VENDOR, NOTE_KIND, NOTE_MAJOR, ATT_ABI_MINOR, NOTE_TABLE, NOTE_NAME};

static att_result open_instance(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    (void)settings;
    *instance = (void *)(uintptr_t)host;
    return ATT_RESULT_OK;
}

__attribute__((unused)) static void close_instance(void *instance)
{
    (void)instance;
}

__attribute__((unused)) static att_result fetch(void *instance, const struct att_fetch *request,
                                                struct att_credential *credential)
{
    const struct att_host *host = instance;

    (void)request;
    return host->credential_material(credential, "token", "plain", 5) ? ATT_RESULT_OK : ATT_RESULT_FAULT;
}

__attribute__((unused)) static const struct att_provider table = {
    .magic = MAGIC,
    .size = SIZE,
    .abi_major = MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = THREADING,
    .offers = OFFERS,
    .needs = NEEDS,
    .name = NAME,
    .version = VERSION,
    .options = OPTIONS,
    .option_size = OPTION_SIZE,
    .open = open_instance,
    .close = CLOSE,
    .fetch = FETCH,
};

ATT_MODULE_EXPORT const struct att_provider *ENTRY(const struct att_host *host);

const struct att_provider *ENTRY(const struct att_host *host)
{
    (void)host;
    return TABLE;
}

#endif
