/* core/config/file.c: opening a file under the ownership rule. Every directory on the way is opened and looked at on
 * its descriptor, so nothing can be exchanged between the look and the use. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config.h"

static bool owned_by_us(const struct stat *facts)
{
    return facts->st_uid == 0 || facts->st_uid == geteuid();
}

static void explain_open(const char *path, int error, struct att_buffer *why)
{
    char text[128];

    switch (error) {
    case ENOENT:
    case ENOTDIR:
        att_buffer_format(why, "file \"%s\" cannot be opened: it does not exist; create it, or name another", path);
        break;
    case EACCES:
        att_buffer_format(why,
                          "file \"%s\" cannot be opened: the running user (uid %ld) may not read it; give that user "
                          "read permission",
                          path, (long)geteuid());
        break;
    case ELOOP:
        att_buffer_format(why, "file \"%s\" is refused: it is a symbolic link; name the file it points to", path);
        break;
    default:
        att_buffer_format(why, "file \"%s\" cannot be opened: %s; mend that and try again", path,
                          strerror_r(error, text, sizeof text));
        break;
    }
}

/* Others may write into a sticky directory, but not exchange what is ours in it. */
static bool check_directory(int descriptor, const char *path, const char *directory, struct att_buffer *why)
{
    struct stat facts;

    if (fstat(descriptor, &facts) != 0) {
        explain_open(path, errno, why);
        return false;
    }
    if (!owned_by_us(&facts)) {
        att_buffer_format(why,
                          "file \"%s\" is refused: its directory \"%s\" belongs to uid %ld, not to root or the running "
                          "user (uid %ld); change the owner",
                          path, directory, (long)facts.st_uid, (long)geteuid());
        return false;
    }
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) && !(facts.st_mode & S_ISVTX)) {
        att_buffer_format(why,
                          "file \"%s\" is refused: others may write in its directory \"%s\" (mode %04o); run chmod "
                          "go-w on that",
                          path, directory, (unsigned)facts.st_mode & 07777u);
        return false;
    }
    return true;
}

/* Opens `directory`, a resolved path, from the root down. */
static int open_directory(const char *path, const char *directory, struct att_buffer *why)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    char *so_far = strdup(directory), *at = so_far;
    int descriptor = open("/", flags), next = -1;

    if (!so_far || descriptor < 0) {
        explain_open(path, errno, why);
        goto cleanup;
    }
    if (!check_directory(descriptor, path, "/", why))
        goto cleanup;
    while (*at && at[1]) {
        char *name = at + 1, *end = strchrnul(name, '/'), slash = *end;

        *end = '\0';
        next = openat(descriptor, name, flags);
        if (next < 0)
            explain_open(path, errno, why);
        if (next < 0 || !check_directory(next, path, so_far, why))
            goto cleanup;
        close(descriptor);
        descriptor = next;
        next = -1;
        *end = slash;
        at = end;
    }
    free(so_far);
    return descriptor;

cleanup:
    free(so_far);
    if (next >= 0)
        close(next);
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

/* The directory part of a path, resolved; from malloc, NULL with errno. */
static char *resolve_directory(const char *path, const char *base)
{
    char *directory, *resolved;

    if (base == path)
        return realpath(".", NULL);
    directory = strndup(path, (size_t)(base - path));
    resolved = directory ? realpath(directory, NULL) : NULL;
    free(directory);
    return resolved;
}

/* The group may read a secret of root: that is how root hands one to a service. */
static bool check_secret(const char *path, const struct stat *facts, struct att_buffer *why)
{
    mode_t readers = facts->st_uid == 0 ? S_IROTH : S_IROTH | S_IRGRP;

    if (!(facts->st_mode & readers))
        return true;
    att_buffer_format(why, "file \"%s\" is refused: others may read this secret (mode %04o); run chmod %s on it", path,
                      (unsigned)facts->st_mode & 07777u, facts->st_uid == 0 ? "o-rwx" : "go-rwx");
    return false;
}

static bool check_file(int descriptor, const char *path, bool secret, struct att_buffer *why)
{
    struct stat facts;

    if (fstat(descriptor, &facts) != 0) {
        explain_open(path, errno, why);
        return false;
    }
    if (!S_ISREG(facts.st_mode)) {
        att_buffer_format(why, "file \"%s\" is refused: it is %s; name a regular file", path,
                          S_ISDIR(facts.st_mode) ? "a directory" : "a device, pipe or socket");
        return false;
    }
    if (!owned_by_us(&facts)) {
        att_buffer_format(why,
                          "file \"%s\" is refused: it belongs to uid %ld, not to root or the running user (uid %ld); "
                          "change the owner",
                          path, (long)facts.st_uid, (long)geteuid());
        return false;
    }
    if (facts.st_mode & (S_IWGRP | S_IWOTH)) {
        att_buffer_format(why, "file \"%s\" is refused: others may write to it (mode %04o); run chmod go-w on it", path,
                          (unsigned)facts.st_mode & 07777u);
        return false;
    }
    return !secret || check_secret(path, &facts, why);
}

int att_file_open_checked(const char *path, bool secret, struct att_buffer *why)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char *directory = resolve_directory(path, base);
    int parent = -1, descriptor = -1;

    if (!directory) {
        explain_open(path, errno, why);
        goto cleanup;
    }
    parent = open_directory(path, directory, why);
    if (parent < 0)
        goto cleanup;
    descriptor = openat(parent, *base ? base : ".", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        explain_open(path, errno, why);
    if (descriptor >= 0 && !check_file(descriptor, path, secret, why)) {
        close(descriptor);
        descriptor = -1;
    }

cleanup:
    if (parent >= 0)
        close(parent);
    free(directory);
    return descriptor;
}
