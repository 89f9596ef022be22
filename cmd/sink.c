/* cmd/sink.c: where the body of a response goes: standard output, or a file that is made when there is something for
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/sink.h"

/* Returns 0, or the errno that making or writing the file would give, as far as that is known beforehand. */
static int probe(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat facts;
    char *folder;
    int failure;

    if (stat(path, &facts) == 0)
        return S_ISDIR(facts.st_mode) ? EISDIR : access(path, W_OK) != 0 ? errno : 0;
    folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    failure = folder && access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    free(folder);
    return failure;
}

void cmd_sink_open(struct cmd_sink *sink, const char *path)
{
    *sink = (struct cmd_sink){.path = path && strcmp(path, "-") != 0 ? path : NULL, .descriptor = -1};
    if (sink->path)
        sink->failure = probe(sink->path);
    else
        sink->descriptor = STDOUT_FILENO;
}

void cmd_sink_complete(struct cmd_sink *sink)
{
    if (sink->failure != 0 || sink->descriptor >= 0)
        return;
    sink->descriptor = open(sink->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (sink->descriptor < 0)
        sink->failure = errno;
}

/* Standard output may be a pipe that another process made non-blocking. */
static void await_room(int descriptor)
{
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};

    poll(&room, 1, -1);
}

int cmd_sink_write(void *context, const void *data, size_t size)
{
    struct cmd_sink *sink = context;
    const char *at = data;

    if (size > 0)
        cmd_sink_complete(sink);
    while (size > 0 && sink->failure == 0) {
        ssize_t count = write(sink->descriptor, at, size);

        if (count < 0 && errno == EAGAIN)
            await_room(sink->descriptor);
        else if (count < 0 && errno != EINTR)
            sink->failure = errno;
        if (count > 0) {
            at += count;
            size -= (size_t)count;
        }
    }
    return sink->failure != 0;
}

/* What helps besides another place for the body. */
static const char *advice(int failure)
{
    switch (failure) {
    case ENOENT:
        return "create its folder, or ";
    case EACCES:
    case EPERM:
        return "allow writing there, or ";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "make room, or ";
    default:
        return "";
    }
}

int cmd_sink_close(struct cmd_sink *sink, const struct cmd_call *call)
{
    const char *name = sink->path ? sink->path : "standard output";

    if (sink->path && sink->descriptor >= 0 && close(sink->descriptor) != 0 && sink->failure == 0)
        sink->failure = errno;
    sink->descriptor = -1;
    if (sink->failure == 0)
        return 0;
    if (sink->failure == EPIPE)
        return cmd_fail_here(call, ATT_STATE, NULL, "%s: its reader closed it; the rest of the body was not fetched",
                             name);
    return cmd_fail_here(call, ATT_STATE, NULL, "%s: the body cannot be written: %s; %sname another file with -o", name,
                         strerror(sink->failure), advice(sink->failure));
}
