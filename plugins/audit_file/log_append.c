/* plugins/audit_file/log_append.c: appending lines, and going on after a line that was cut off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "plugins/audit_file/log_file.h"

/* A line is written again when it was cut off, or landed on the cut-off line of another process. Both at once, and then
 * whole, is three times. */
enum { TRIES = 3, QUIET_LOOKS = 2 };

struct recovery {
    char text[512];
};

/* The path of this program with all but plain characters replaced, so that it can stand in JSON as it is. */
static void find_exe(char *exe, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", exe, size - 1);

    exe[length < 0 ? 0 : length] = '\0';
    for (char *at = exe; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            *at = '?';
}

static size_t format_recovery(struct recovery *recovery, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    char moment[sizeof "2026-11-22T15:42:20"];
    char exe[257];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%S", &utc);
    find_exe(exe, sizeof exe);
    return (size_t)snprintf(recovery->text, sizeof recovery->text,
                            "{\"schema\":1,\"time\":\"%s.%06dZ\",\"event\":\"audit_recovered\",\"pid\":%ld,\"uid\":%lu,"
                            "\"exe\":\"%s\",\"detail\":\"the line before this one is cut off\"}\n",
                            moment, (int)(time_us % 1000000), (long)getpid(), (unsigned long)getuid(), exe);
}

static bool is_line_end(const struct log_file *file, off_t end)
{
    char last = '\n';

    return end <= 0 || pread(file->descriptor, &last, 1, end - 1) != 1 || last == '\n';
}

/* What one writev(2) is to write. */
struct parts {
    struct iovec list[4];
    int count;
    size_t size;
};

static void add_part(struct parts *parts, const void *bytes, size_t size)
{
    parts->list[parts->count++] = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    parts->size += size;
}

/* A process that has the file for itself, as most have, is spared a system call per record. */
static bool is_alone(const struct log_file *file)
{
    return !file->foreign && file->quiet_looks >= QUIET_LOOKS;
}

/* Whether the last write landed on a line that another process did not end. Makes `end` exact. */
static bool is_glued(struct log_file *file, ssize_t written)
{
    off_t end = lseek(file->descriptor, 0, SEEK_CUR);
    off_t start = end - written;
    bool moved = start != file->end;

    file->foreign = file->foreign || moved;
    file->end = end;
    return moved && !is_line_end(file, start);
}

/* Whether the file ends with the torn line that this process knows of. What another process is writing right now is
 * none of it. */
static bool ends_torn(const struct log_file *file)
{
    return file->torn && lseek(file->descriptor, 0, SEEK_END) == file->end && !is_line_end(file, file->end);
}

static ssize_t write_parts(const struct log_file *file, const struct parts *parts)
{
    ssize_t written;

    do
        written = writev(file->descriptor, parts->list, parts->count);
    while (written < 0 && errno == EINTR);
    return written;
}

/* One write of the line, after the end of a torn one and a recovery record where that is due. False with errno where
 * nothing was written; false with errno 0 and `torn` where the line has to be written again. */
static bool write_line(struct log_file *file, const struct att_record *record)
{
    struct parts parts = {.count = 0};
    struct recovery recovery;
    bool gap = ends_torn(file);
    bool cut, glued = false;
    ssize_t written;

    if (gap)
        add_part(&parts, "\n", 1);
    if (file->torn)
        add_part(&parts, recovery.text, format_recovery(&recovery, record->time_us));
    add_part(&parts, record->json, record->json_size);
    add_part(&parts, "\n", 1);
    written = write_parts(file, &parts);
    if (written < 0)
        return false;
    cut = (size_t)written < parts.size;
    if (cut || file->torn || !is_alone(file))
        glued = is_glued(file, written);
    else
        file->end += written;
    file->torn = cut || (glued && !gap);
    errno = 0;
    return !file->torn;
}

bool log_file_append(struct log_file *file, const struct att_record *record, struct log_sentence *why)
{
    for (int i = 0; i < TRIES; i++) {
        if (write_line(file, record))
            return true;
        if (errno != 0)
            return log_refuse_errno(why, file, "written", errno);
    }
    return log_refuse(why, "audit file %s took a part of the record only; see to its file system", file->path);
}

bool log_file_sync(struct log_file *file, struct log_sentence *why)
{
    return fdatasync(file->descriptor) == 0 || log_refuse_errno(why, file, "brought to the disk", errno);
}
