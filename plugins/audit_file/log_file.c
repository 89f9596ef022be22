/* plugins/audit_file/log_file.c: opening a file of lines under rules of ownership, and following its path. */
#include "plugins/audit_file/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OTHERS = 0077, FIRST_FREE_DESCRIPTOR = 3, PATIENCE_MS = 20 };

bool log_refuse(struct log_sentence *why, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return false;
}

bool log_mode_parse(const char *text, mode_t *mode)
{
    char *end;
    unsigned long bits;

    if (text[0] < '0' || text[0] > '7')
        return false;
    bits = strtoul(text, &end, 8);
    if (*end || bits > 0777 || (bits & 0600) != 0600)
        return false;
    *mode = (mode_t)bits;
    return true;
}

static const char *advice(int error)
{
    switch (error) {
    case EISDIR:
        return "name a file";
    case ENOENT:
    case ENOTDIR:
        return "create its directory";
    case EACCES:
    case EPERM:
        return "let this user write to it, or name another path";
    case EROFS:
        return "name a path on a file system that can be written";
    case ENOSPC:
    case EDQUOT:
        return "make room on its file system";
    case EFBIG:
        return "rotate it, or raise the limit of file sizes";
    default:
        return "see to its file system";
    }
}

bool log_refuse_errno(struct log_sentence *why, const struct log_file *file, const char *verb, int error)
{
    const char *hint = advice(error);

    errno = error;
    return log_refuse(why, "audit file %s cannot be %s: %m; %s", file->path, verb, hint);
}

/* A descriptor, or -1 with errno. The permissions are exact whatever the umask is. Standard descriptors that a program
 * closed are not taken, since the program may still write to them. */
static int open_or_create(const struct log_file *file)
{
    enum { FLAGS = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    int descriptor = open(file->path, FLAGS);

    if (descriptor < 0 && errno == ENOENT) {
        descriptor = open(file->path, FLAGS | O_CREAT | O_EXCL, file->mode);
        if (descriptor >= 0)
            fchmod(descriptor, file->mode);
        else if (errno == EEXIST)
            descriptor = open(file->path, FLAGS);
    }
    if (descriptor >= 0 && descriptor < FIRST_FREE_DESCRIPTOR) {
        int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR);
        int saved = errno;

        close(descriptor);
        errno = saved;
        descriptor = higher;
    }
    return descriptor;
}

static bool check(const struct log_file *file, const struct stat *found, struct log_sentence *why)
{
    if (!S_ISREG(found->st_mode))
        return log_refuse(why, "audit file %s is not a regular file; name another path", file->path);
    if (found->st_uid != 0 && found->st_uid != geteuid())
        return log_refuse(why,
                          "audit file %s belongs to uid %u; it has to belong to root or to the running user (uid %u)",
                          file->path, (unsigned)found->st_uid, (unsigned)geteuid());
    if (found->st_mode & OTHERS & ~file->mode)
        return log_refuse(why,
                          "audit file %s has mode %04o, which gives others more than %04o; chmod it, or set the "
                          "option mode",
                          file->path, (unsigned)found->st_mode & 07777, (unsigned)file->mode);
    return true;
}

/* A file that does not end with a newline is torn, unless another process is in the middle of a write and its size
 * still grows. 1 torn, 0 not, -1 with errno. */
static int is_torn(int descriptor, off_t size)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct stat found = {.st_size = size};
    char last = '\n';

    if (size > 0 && pread(descriptor, &last, 1, size - 1) < 0)
        return -1;
    if (last == '\n')
        return 0;
    for (int i = 0; i < PATIENCE_MS && found.st_size == size; i++) {
        nanosleep(&pause, NULL);
        if (fstat(descriptor, &found) != 0)
            return -1;
    }
    return found.st_size == size;
}

/* Fills what a descriptor tells about the file; false with the sentence when it is not to be used. */
static bool examine(struct log_file *file, struct log_sentence *why)
{
    struct stat found;
    int torn;

    if (fstat(file->descriptor, &found) != 0)
        return log_refuse_errno(why, file, "examined", errno);
    if (!check(file, &found, why))
        return false;
    file->device = found.st_dev;
    file->inode = found.st_ino;
    file->end = found.st_size;
    torn = is_torn(file->descriptor, found.st_size);
    if (torn < 0)
        return log_refuse_errno(why, file, "read", errno);
    file->torn = torn;
    return true;
}

bool log_file_open(struct log_file *file, const char *path, mode_t mode, struct log_sentence *why)
{
    struct log_file opened = {.path = path, .mode = mode};

    opened.descriptor = open_or_create(&opened);
    if (opened.descriptor < 0) {
        if (errno == ELOOP)
            return log_refuse(why, "audit file %s is a symbolic link; name the file itself", path);
        return log_refuse_errno(why, &opened, "opened", errno);
    }
    if (!examine(&opened, why)) {
        log_file_close(&opened);
        return false;
    }
    *file = opened;
    return true;
}

void log_file_close(struct log_file *file)
{
    close(file->descriptor);
}

bool log_file_follow(struct log_file *file, struct log_sentence *why)
{
    struct log_file opened;
    struct stat found;

    if (lstat(file->path, &found) == 0 && found.st_dev == file->device && found.st_ino == file->inode) {
        if (found.st_size == file->end)
            file->quiet_looks++;
        else
            file->foreign = true;
        return true;
    }
    if (!log_file_open(&opened, file->path, file->mode, why))
        return false;
    log_file_close(file);
    *file = opened;
    return true;
}
