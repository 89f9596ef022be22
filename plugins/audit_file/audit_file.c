/* plugins/audit_file/audit_file.c: the audit module that appends records to a file, one line of JSON each.
 *
 * One record is one writev(2) on a descriptor with O_APPEND. Linux finds the end of a regular file and writes there
 * under the lock of the inode, so lines of several processes never mix. What can still happen is a write that ends
 * early: the disk is full, or the process is killed. Then the file ends within a line, and whoever appends next would
 * write on that line. So
 *   - after its own short write, and when it opens a file that does not end with a newline, a sink first ends the line
 *     and writes a recovery record;
 *   - after each write a sink compares where it landed with where it ended before. When another process wrote in
 *     between and did not end its line, the record is written again after a recovery record. A sink that saw no other
 *     writer for a while leaves the comparison to the look at the path, once a second.
 * The lock of the instance makes "write, then look where" one step; the kernel takes writers one by one in any case. */
#include <attache/module.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "plugins/audit_file/log_file.h"

struct sink {
    const struct att_host *host;
    bool sync;
    pthread_mutex_t lock; /* what follows */
    struct log_file file;
    time_t looked; /* the second in which the path was last compared with the file */
};

static const char *const sync_choices[] = {"none", "record", NULL};

static const struct att_option options[] = {
    {.name = "path",
     .type = ATT_OPTION_PATH,
     .flags = ATT_OPTION_REQUIRED,
     .help = "the file; created when it does not exist, and reopened when it is renamed or removed"},
    {.name = "sync",
     .type = ATT_OPTION_CHOICE,
     .choices = sync_choices,
     .initial = "none",
     .help = "record: each record is on the disk before the request goes on; none: the system decides when"},
    {.name = "mode",
     .type = ATT_OPTION_TEXT,
     .initial = "0600",
     .help = "permissions of the file in octal; a file that gives others more is refused"},
    {.name = NULL},
};

static bool read_mode(const struct att_host *host, const struct att_settings *settings, mode_t *bits)
{
    const char *mode = host->setting_text(settings, "mode");

    if (mode && log_mode_parse(mode, bits))
        return true;
    host->open_failed(settings, "mode",
                      "it is no octal number that lets the owner read and write; write for example \"0640\"");
    return false;
}

static att_result sink_check(const struct att_host *host, const struct att_settings *settings)
{
    mode_t bits;

    return read_mode(host, settings, &bits) ? ATT_RESULT_OK : ATT_RESULT_CONFIG;
}

static att_result sink_open(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    const char *path = host->setting_text(settings, "path");
    const char *sync = host->setting_text(settings, "sync");
    struct log_sentence why;
    struct sink *sink;
    mode_t bits;

    if (!path || !sync || !read_mode(host, settings, &bits))
        return ATT_RESULT_CONFIG;
    sink = host->allocate(host, sizeof *sink + strlen(path) + 1);
    if (!sink)
        return ATT_RESULT_NOMEM;
    *sink = (struct sink){.host = host, .sync = strcmp(sync, "record") == 0};
    memcpy(sink + 1, path, strlen(path) + 1);
    if (!log_file_open(&sink->file, (const char *)(sink + 1), bits, &why)) {
        host->open_failed(settings, "path", why.text);
        host->release(host, sink);
        return ATT_RESULT_CONFIG;
    }
    pthread_mutex_init(&sink->lock, NULL);
    *instance = sink;
    return ATT_RESULT_OK;
}

static void sink_close(void *instance)
{
    struct sink *sink = instance;

    log_file_close(&sink->file);
    pthread_mutex_destroy(&sink->lock);
    sink->host->release(sink->host, sink);
}

/* Once a second, so that a file that was rotated or removed is not written to for longer. */
static bool follow_path(struct sink *sink, struct log_sentence *why)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec == sink->looked)
        return true;
    if (!log_file_follow(&sink->file, why))
        return false;
    sink->looked = now.tv_sec;
    return true;
}

static att_result sink_append(void *instance, struct att_call *call, const struct att_record *record)
{
    struct sink *sink = instance;
    struct log_sentence why;
    bool done;

    pthread_mutex_lock(&sink->lock);
    done = follow_path(sink, &why) && log_file_append(&sink->file, record, &why);
    if (done && sink->sync)
        done = log_file_sync(&sink->file, &why);
    pthread_mutex_unlock(&sink->lock);
    if (done)
        return ATT_RESULT_OK;
    sink->host->fetch_failed(call, why.text);
    return ATT_RESULT_UNAVAILABLE;
}

static const struct att_audit table = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof table,
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .needs = ATT_HOST_MEMORY | ATT_HOST_SETTINGS,
    .name = "audit_file",
    .version = "0.1.0",
    .options = options,
    .option_size = sizeof options[0],
    .open = sink_open,
    .close = sink_close,
    .append = sink_append,
    .check = sink_check,
};

ATT_MODULE_NOTE(ATT_KIND_AUDIT, "audit_file", struct att_audit);

const struct att_audit *attache_audit_v1(const struct att_host *host)
{
    (void)host;
    return &table;
}
