/* cmd/upload.c: a body that is sent from a file or from standard input while it is read. */
#include "cmd/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/fail.h"

void cmd_upload_take(struct cmd_call *call, struct cmd_upload *upload, const char *path)
{
    struct stat status;

    if (upload->path) {
        cmd_complain(call, "--upload-file", "option --upload-file: it is given twice; one body is sent");
        return;
    }
    upload->path = path;
    upload->descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (upload->descriptor < 0 || fstat(upload->descriptor, &status) != 0) {
        cmd_complain(call, "--upload-file", "option --upload-file: %s cannot be read: %s; name a file that can be",
                     path, strerrordesc_np(errno));
        return;
    }
    if (S_ISDIR(status.st_mode))
        cmd_complain(call, "--upload-file", "option --upload-file: %s is a folder; name a file", path);
    /* Where standard input is in the middle of a file, how much is left is not worth finding out. */
    if (!S_ISREG(status.st_mode) || upload->descriptor == STDIN_FILENO)
        return;
    upload->size = (uint64_t)status.st_size;
    upload->is_empty = status.st_size == 0;
}

size_t cmd_upload_read(void *context, void *buffer, size_t capacity)
{
    struct cmd_upload *upload = context;
    ssize_t got;

    do
        got = read(upload->descriptor, buffer, capacity);
    while (got < 0 && errno == EINTR);
    if (got >= 0)
        return (size_t)got;
    upload->failure = errno;
    return ATT_READ_FAILED;
}

void cmd_upload_close(struct cmd_upload *upload)
{
    if (upload->path && upload->descriptor > STDIN_FILENO)
        close(upload->descriptor);
}
