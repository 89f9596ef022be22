/* core/base/walk.c: opening a directory step by step. Each is looked at on its descriptor, so nothing can be exchanged
 * between the look and the use, and a symbolic link counts only where nobody else can have put it. */
#include "core/base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { LINKS = 40, STEP = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

uid_t att_trusted_user(void)
{
    return getauxval(AT_SECURE) ? 0 : geteuid();
}

const char *att_walk_path(const struct att_walk *walk)
{
    return walk->path.size ? walk->path.data : "/";
}

void att_walk_close(struct att_walk *walk)
{
    att_buffer_close(&walk->path);
}

bool att_walk_explain_link(const struct att_walk *walk, struct att_buffer *why)
{
    if (walk->fault == ATT_WALK_LINK)
        att_buffer_format(why,
                          "the symbolic link \"%s\" on its way belongs to uid %ld, and others may write where it "
                          "stands; name the directory it points to",
                          att_walk_path(walk), (long)walk->facts.st_uid);
    else if (walk->fault == ATT_WALK_ENDLESS)
        att_buffer_format(why, "more than %d symbolic links are on its way; name the directory they lead to", LINKS);
    else
        return false;
    return true;
}

static bool refuse(struct att_walk *walk, enum att_walk_fault fault, int error)
{
    walk->fault = fault;
    walk->error = error;
    return false;
}

static bool is_trusted(const struct att_walk *walk, const struct stat *facts)
{
    return facts->st_uid == 0 || facts->st_uid == walk->user;
}

static bool is_open_to_others(const struct stat *facts)
{
    return (facts->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* Others may write into a sticky directory, but not exchange what is ours in it. */
static bool check_directory(struct att_walk *walk, int directory)
{
    if (fstat(directory, &walk->facts) != 0)
        return refuse(walk, ATT_WALK_FAILED, errno);
    if (!is_trusted(walk, &walk->facts))
        return refuse(walk, ATT_WALK_OWNER, 0);
    if (is_open_to_others(&walk->facts) && !(walk->facts.st_mode & S_ISVTX))
        return refuse(walk, ATT_WALK_WRITABLE, 0);
    return true;
}

static bool add_name(struct att_walk *walk, const char *name)
{
    if (strcmp(name, "..") == 0) {
        while (walk->path.size && walk->path.data[--walk->path.size] != '/')
            ;
        if (walk->path.data)
            walk->path.data[walk->path.size] = '\0';
    } else {
        att_buffer_format(&walk->path, "/%s", name);
    }
    return att_buffer_ok(&walk->path) || refuse(walk, ATT_WALK_FAILED, walk->path.starved ? ENOMEM : ENAMETOOLONG);
}

/* Replaces `rest`, what is still to go after the link `name`, by the way through the link. The directory that holds
 * the link was checked, and its facts are the walk's. */
static bool follow(struct att_walk *walk, int directory, const char *name, struct att_buffer *rest, const char *after)
{
    struct att_buffer way;
    struct stat facts;
    char target[PATH_MAX];
    int link = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    ssize_t size = -1;
    bool good = false;

    att_buffer_open(&way, 2 * PATH_MAX);
    if (link < 0 || fstat(link, &facts) != 0) {
        refuse(walk, ATT_WALK_FAILED, errno);
    } else if (!S_ISLNK(facts.st_mode)) {
        refuse(walk, ATT_WALK_FAILED, ENOTDIR);
    } else if (is_open_to_others(&walk->facts) && !is_trusted(walk, &facts)) {
        walk->facts = facts;
        if (add_name(walk, name))
            refuse(walk, ATT_WALK_LINK, 0);
    } else if ((size = readlinkat(link, "", target, sizeof target)) <= 0 || size == sizeof target) {
        refuse(walk, ATT_WALK_FAILED, size < 0 ? errno : ENAMETOOLONG);
    } else {
        att_buffer_add(&way, target, (size_t)size);
        att_buffer_format(&way, "/%s", after);
        good = att_buffer_ok(&way) || refuse(walk, ATT_WALK_FAILED, way.starved ? ENOMEM : ENAMETOOLONG);
    }
    if (link >= 0)
        close(link);
    att_buffer_close(good ? rest : &way);
    if (good)
        *rest = way;
    return good;
}

/* A relative path starts where the program runs: that is gone through from the root too. */
static bool begin(struct att_walk *walk, const char *path, struct att_buffer *rest)
{
    char here[PATH_MAX];

    att_buffer_open(rest, 2 * PATH_MAX);
    if (*path != '/') {
        if (!getcwd(here, sizeof here))
            return refuse(walk, ATT_WALK_FAILED, errno);
        if (*here != '/')
            return refuse(walk, ATT_WALK_FAILED, ENOENT);
        att_buffer_format(rest, "%s/", here);
    }
    att_buffer_text(rest, path);
    return att_buffer_ok(rest) || refuse(walk, ATT_WALK_FAILED, rest->starved ? ENOMEM : ENAMETOOLONG);
}

/* The root takes the place of the directory; -1 with the fault. */
static int restart(struct att_walk *walk, int directory)
{
    if (directory >= 0)
        close(directory);
    att_buffer_clear(&walk->path);
    directory = open("/", STEP);
    if (directory < 0)
        refuse(walk, ATT_WALK_FAILED, errno);
    else if (check_directory(walk, directory))
        return directory;
    if (directory >= 0)
        close(directory);
    return -1;
}

/* The directory `name` takes the place of the directory. */
static int enter(struct att_walk *walk, int directory, const char *name, int next)
{
    close(directory);
    if (add_name(walk, name) && check_directory(walk, next))
        return next;
    close(next);
    return -1;
}

int att_walk_open(struct att_walk *walk, const char *path, uid_t user)
{
    struct att_buffer rest;
    int directory = -1, links = 0;
    char *at;

    *walk = (struct att_walk){.user = user};
    att_buffer_open(&walk->path, PATH_MAX);
    if (begin(walk, path, &rest))
        directory = restart(walk, directory);
    at = rest.data;
    while (directory >= 0 && *(at += strspn(at, "/"))) {
        char *name = at, *end = strchrnul(name, '/');
        int next;

        at = *end ? end + 1 : end;
        *end = '\0';
        if (strcmp(name, ".") == 0)
            continue;
        next = openat(directory, name, STEP);
        if (next >= 0) {
            directory = enter(walk, directory, name, next);
            continue;
        }
        if (errno != ENOTDIR && errno != ELOOP)
            refuse(walk, ATT_WALK_FAILED, errno);
        else if (++links > LINKS)
            refuse(walk, ATT_WALK_ENDLESS, 0);
        else if (follow(walk, directory, name, &rest, at)) {
            at = rest.data;
            if (*at == '/')
                directory = restart(walk, directory);
            continue;
        }
        close(directory);
        directory = -1;
    }
    att_buffer_close(&rest);
    return directory;
}

void att_owner_advise(uid_t user, struct att_buffer *why)
{
    if (user == geteuid())
        att_buffer_format(why, "make it belong to root or to the running user (uid %u)", (unsigned)user);
    else
        att_buffer_text(why, "a program with raised privileges trusts only root: make it belong to root");
}

bool att_walk_explain(const struct att_walk *walk, struct att_buffer *why)
{
    const char *path = att_walk_path(walk);

    if (att_walk_explain_link(walk, why))
        return true;
    if (walk->fault == ATT_WALK_OWNER) {
        att_buffer_format(why, "its directory %s belongs to uid %u; ", path, (unsigned)walk->facts.st_uid);
        att_owner_advise(walk->user, why);
        return true;
    }
    if (walk->fault == ATT_WALK_WRITABLE)
        att_buffer_format(why, "others may write its directory %s (mode %04o); take that away: chmod go-w %s", path,
                          (unsigned)walk->facts.st_mode & 07777, path);
    return walk->fault == ATT_WALK_WRITABLE;
}
