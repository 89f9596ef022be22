/* core/config/file.c: opening a file under the ownership rule: what is on the way to it, and the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/walk.h"
#include "core/config/config.h"

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

/* With raised privileges the running user is not trusted, and `user` is root. */
static void explain_owner(uid_t owner, uid_t user, struct att_buffer *why)
{
    if (user == geteuid())
        att_buffer_format(why, "belongs to uid %ld, not to root or the running user (uid %ld); change the owner",
                          (long)owner, (long)user);
    else
        att_buffer_format(why,
                          "belongs to uid %ld, and a program with raised privileges trusts only root; make it belong "
                          "to root",
                          (long)owner);
}

static void explain_walk(const struct att_walk *walk, const char *path, struct att_buffer *why)
{
    if (walk->fault == ATT_WALK_FAILED) {
        explain_open(path, walk->error, why);
        return;
    }
    att_buffer_format(why, "file \"%s\" is refused: ", path);
    if (att_walk_explain_link(walk, why))
        return;
    if (walk->fault == ATT_WALK_OWNER) {
        att_buffer_format(why, "its directory \"%s\" ", att_walk_path(walk));
        explain_owner(walk->facts.st_uid, walk->user, why);
    } else {
        att_buffer_format(why, "others may write in its directory \"%s\" (mode %04o); run chmod go-w on that",
                          att_walk_path(walk), (unsigned)walk->facts.st_mode & 07777u);
    }
}

/* Opens the directory of a file; `base` is where its name begins. */
static int open_directory(const char *path, const char *base, uid_t user, struct att_buffer *why)
{
    char *directory = base == path ? strdup(".") : strndup(path, (size_t)(base - path));
    struct att_walk walk;
    int descriptor;

    if (!directory) {
        explain_open(path, errno, why);
        return -1;
    }
    descriptor = att_walk_open(&walk, directory, user);
    if (descriptor < 0)
        explain_walk(&walk, path, why);
    att_walk_close(&walk);
    free(directory);
    return descriptor;
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

static bool check_file(int descriptor, const char *path, bool secret, uid_t user, struct att_buffer *why)
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
    if (facts.st_uid != 0 && facts.st_uid != user) {
        att_buffer_format(why, "file \"%s\" is refused: it ", path);
        explain_owner(facts.st_uid, user, why);
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
    uid_t user = secret ? geteuid() : att_trusted_user(); /* where a secret is, a trusted configuration has said */
    int descriptor = -1, parent = open_directory(path, base, user, why);

    if (parent < 0)
        return -1;
    descriptor = openat(parent, *base ? base : ".", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        explain_open(path, errno, why);
    if (descriptor >= 0 && !check_file(descriptor, path, secret, user, why)) {
        close(descriptor);
        descriptor = -1;
    }
    close(parent);
    return descriptor;
}
