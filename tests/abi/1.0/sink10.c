/* tests/abi/1.0/sink10.c: an audit module as one was written for ABI 1.0, compiled against the header of that day. */
#include <string.h>

#include <attache/module.h>

ATT_MODULE_NOTE(ATT_KIND_AUDIT, "sink10", struct att_audit);

static att_result sink10_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    (void)settings;
    *instance = (void *)(uintptr_t)host;
    return ATT_RESULT_OK;
}

static void sink10_close(void *instance)
{
    (void)instance;
}

static att_result sink10_append(void *instance, struct att_call *call, const struct att_record *record)
{
    const struct att_host *host = instance;

    if (record->json_size != strlen(record->json) || !record->event || record->time_us <= 0) {
        host->fetch_failed(call, "a record came broken");
        return ATT_RESULT_FAULT;
    }
    host->log(host, ATT_LEVEL_INFO, record->json);
    return ATT_RESULT_OK;
}

static const struct att_audit table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_audit),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_SERIAL,
    .needs = ATT_HOST_LOG,
    .name = "sink10",
    .version = "1.0",
    .open = sink10_open,
    .close = sink10_close,
    .append = sink10_append,
};

const struct att_audit *attache_audit_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
