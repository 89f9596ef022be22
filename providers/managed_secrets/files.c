/* providers/managed_secrets/files.c: making and checking the folder and the files of the store. */
#include "providers/managed_secrets/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_BY_OTHERS = 0022, ANY_BY_OTHERS = 0077, FIRST_FREE_DESCRIPTOR = 3 };

/* The folder of a path, "/" included for files right under it. */
static void folder_of(const char *path, char *folder)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash && slash > path ? (size_t)(slash - path) : 1;

    snprintf(folder, MANAGED_PATH_SIZE, "%.*s", (int)size, slash ? path : ".");
}

static att_result check_owner(struct managed_act *act, const char *path, const struct stat *found, mode_t forbidden,
                              const char *advice)
{
    if (found->st_uid != 0 && found->st_uid != geteuid())
        return managed_refuse(act, ATT_RESULT_CONFIG,
                              "%.300s belongs to uid %u; it has to belong to root or to the running user (uid %u)",
                              path, (unsigned)found->st_uid, (unsigned)geteuid());
    if (found->st_mode & forbidden)
        return managed_refuse(act, ATT_RESULT_CONFIG, "%.300s has mode %04o, so others may %s it; run: %s", path,
                              (unsigned)found->st_mode & 07777,
                              found->st_mode & forbidden & WRITE_BY_OTHERS ? "write" : "read", advice);
    return ATT_RESULT_OK;
}

att_result managed_file_check(struct managed_act *act, const char *path, bool secret, struct stat *found)
{
    char advice[MANAGED_PATH_SIZE];

    if (lstat(path, found) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return ATT_RESULT_NOT_FOUND;
        return managed_refuse_errno(act, path, "examined", errno);
    }
    if (S_ISLNK(found->st_mode))
        return managed_refuse(act, ATT_RESULT_CONFIG, "%.300s is a symbolic link; name the file itself", path);
    if (!S_ISREG(found->st_mode))
        return managed_refuse(act, ATT_RESULT_CONFIG, "%.300s is not a regular file; name another path", path);
    snprintf(advice, sizeof advice, "chmod 600 %.300s", path);
    return check_owner(act, path, found, secret ? ANY_BY_OTHERS : WRITE_BY_OTHERS, advice);
}

/* The nearest folder above `folder` that is there goes into `above`; false when there is none, or it cannot be seen. */
static bool find_above(const char *folder, char *above, struct stat *found)
{
    snprintf(above, MANAGED_PATH_SIZE, "%s", folder);
    do {
        char *slash = strrchr(above, '/');

        if (!slash)
            return false;
        slash[slash == above] = '\0';
        if (stat(above, found) == 0)
            return true;
    } while (errno == ENOENT && above[1]);
    return false;
}

/* Makes the folders that are missing above `folder`, as the XDG base directory specification wants it for
 * ~/.local/state: mode 0700. Not where somebody else could have a hand in it. */
static att_result make_above(struct managed_act *act, const char *folder)
{
    char path[MANAGED_PATH_SIZE];
    struct stat found;

    if (!find_above(folder, path, &found))
        return managed_refuse_errno(act, folder, "made", errno);
    if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || found.st_mode & S_IWOTH)
        return managed_refuse(
            act, ATT_RESULT_CONFIG,
            "%.300s cannot be made: %.300s, above it, does not belong to the running user (uid %u) alone; "
            "make the folders between them, or name another path",
            folder, path, (unsigned)geteuid());
    for (size_t at = strlen(path) + 1; folder[at]; at++) {
        if (folder[at] != '/')
            continue;
        snprintf(path, sizeof path, "%.*s", (int)at, folder);
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return managed_refuse_errno(act, path, "made", errno);
        managed_folder_sync(path);
    }
    return ATT_RESULT_OK;
}

static att_result make_folder(struct managed_act *act, const char *folder)
{
    int made = mkdir(folder, 0700);

    if (made != 0 && errno == ENOENT) {
        att_result result = make_above(act, folder);

        if (result != ATT_RESULT_OK)
            return result;
        made = mkdir(folder, 0700);
    }
    if (made != 0 && errno != EEXIST)
        return managed_refuse_errno(act, folder, "made", errno);
    if (made == 0)
        managed_folder_sync(folder);
    return ATT_RESULT_OK;
}

att_result managed_folder_check(struct managed_act *act, const char *path, bool make)
{
    char folder[MANAGED_PATH_SIZE], advice[MANAGED_PATH_SIZE];
    struct stat found;
    att_result result;

    folder_of(path, folder);
    result = make ? make_folder(act, folder) : ATT_RESULT_OK;
    if (result != ATT_RESULT_OK)
        return result;
    if (stat(folder, &found) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return ATT_RESULT_NOT_FOUND;
        return managed_refuse_errno(act, folder, "examined", errno);
    }
    if (!S_ISDIR(found.st_mode))
        return managed_refuse(act, ATT_RESULT_CONFIG, "%.300s is not a folder; name another path", folder);
    snprintf(advice, sizeof advice, "chmod 700 %.300s", folder);
    return check_owner(act, folder, &found, WRITE_BY_OTHERS, advice);
}

int managed_file_open(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

    if (descriptor >= 0 && descriptor < FIRST_FREE_DESCRIPTOR) {
        int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR);
        int saved = errno;

        close(descriptor);
        errno = saved;
        descriptor = higher;
    }
    return descriptor;
}

void managed_file_name_new(const char *path, char *name, size_t size)
{
    uint64_t number;

    randombytes_buf(&number, sizeof number);
    snprintf(name, size, "%s.%016" PRIx64, path, number);
}

void managed_folder_sync(const char *path)
{
    char folder[MANAGED_PATH_SIZE];
    int descriptor;

    folder_of(path, folder);
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    fsync(descriptor);
    close(descriptor);
}

/* 0, or the errno of what failed. */
static int write_all(int descriptor, const unsigned char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t written = write(descriptor, bytes + done, size - done);
        if (written < 0 && errno != EINTR)
            return errno;
        done += written > 0 ? (size_t)written : 0;
    }
    return fsync(descriptor) == 0 ? 0 : errno;
}

att_result managed_file_make(struct managed_act *act, const char *path, const void *bytes, size_t size, bool *won)
{
    char name[MANAGED_PATH_SIZE];
    int descriptor, error;

    managed_file_name_new(path, name, sizeof name);
    descriptor = managed_file_open(name, O_WRONLY | O_CREAT | O_EXCL);
    if (descriptor < 0)
        return managed_refuse_errno(act, path, "made", errno);
    error = write_all(descriptor, bytes, size);
    if (close(descriptor) != 0 && !error)
        error = errno;
    if (error) {
        unlink(name);
        return managed_refuse_errno(act, path, "written", error);
    }
    return managed_file_link(act, name, path, won);
}

att_result managed_file_link(struct managed_act *act, const char *from, const char *path, bool *won)
{
    bool linked = link(from, path) == 0;
    int error = linked ? 0 : errno;

    unlink(from);
    if (won)
        *won = linked;
    if (error && error != EEXIST)
        return managed_refuse_errno(act, path, "made", error);
    managed_folder_sync(path);
    return ATT_RESULT_OK;
}

att_result managed_file_rename(struct managed_act *act, const char *from, const char *path)
{
    if (rename(from, path) != 0)
        return managed_refuse_errno(act, path, "replaced", errno);
    managed_folder_sync(path);
    return ATT_RESULT_OK;
}
