/* core/process/program.c: which program a path leads to, and whether it may be run. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/base/walk.h"
#include "core/module/steps.h"
#include "core/process/process.h"

enum { LINKS = 40 };

static void explain_walk(const struct att_walk *walk, const char *program, struct att_buffer *why)
{
    att_buffer_format(why, "helper %s: ", program);
    if (!att_walk_explain(walk, why))
        att_buffer_format(why, "its directory cannot be found: %s; install it, or correct the path",
                          strerrordesc_np(walk->error));
}

static bool program_is_safe(const struct stat *facts, const char *path, struct att_buffer *why)
{
    if (!S_ISREG(facts->st_mode)) {
        att_buffer_format(why, "helper %s is not a regular file; name a program", path);
    } else if (facts->st_uid != 0 && facts->st_uid != att_trusted_user()) {
        att_buffer_format(why, "helper %s belongs to uid %u; ", path, (unsigned)facts->st_uid);
        att_owner_advise(att_trusted_user(), why);
        att_buffer_text(why, ", if you know where it is from");
    } else if (facts->st_mode & (S_IWGRP | S_IWOTH)) {
        att_buffer_format(why,
                          "others may write the helper %s (mode %04o); make sure that nobody did, and take that away: "
                          "chmod go-w %s",
                          path, (unsigned)facts->st_mode & 07777, path);
    } else if (!(facts->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))) {
        att_buffer_format(why, "helper %s is not executable (mode %04o); make it so: chmod a+x %s", path,
                          (unsigned)facts->st_mode & 07777, path);
    } else if (facts->st_mode & (S_ISUID | S_ISGID)) {
        att_buffer_format(why,
                          "helper %s is %s (mode %04o), so it would run as somebody else, and perhaps could not be "
                          "ended; name a program that runs as the user who starts it",
                          path, facts->st_mode & S_ISUID ? "setuid" : "setgid", (unsigned)facts->st_mode & 07777);
    } else {
        return true;
    }
    return false;
}

/* Opens the last directory on the way. A directory that others may write is harmless above the last one when it is
 * sticky; in the last one anybody could add programs and links. */
static int directory_open(struct att_walk *walk, const char *path, const char *program, struct att_buffer *why)
{
    const char *slash = strrchr(path, '/');
    char directory[PATH_MAX];
    int descriptor;

    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    descriptor = att_walk_open(walk, slash == path ? "/" : directory, att_trusted_user());
    if (descriptor >= 0 && walk->facts.st_mode & (S_IWGRP | S_IWOTH)) {
        walk->fault = ATT_WALK_WRITABLE;
        close(descriptor);
        descriptor = -1;
    }
    if (descriptor < 0)
        explain_walk(walk, program, why);
    return descriptor;
}

/* Replaces `path` by where the link leads to. Whoever could have put it there was judged with its directory. */
static bool follow(const struct att_walk *walk, int link, char path[PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(link, "", target, sizeof target - 1);
    struct att_buffer way;
    bool good;

    if (size <= 0)
        return false;
    target[size] = '\0';
    att_buffer_open(&way, PATH_MAX - 1);
    if (target[0] != '/')
        att_buffer_format(&way, "%s/", att_walk_path(walk));
    att_buffer_text(&way, target);
    good = att_buffer_ok(&way) && way.data[way.size - 1] != '/';
    if (good)
        memcpy(path, way.data, way.size + 1);
    att_buffer_close(&way);
    return good;
}

static bool hash_is(int file, const char *path, const char *sha256, struct att_buffer *why)
{
    struct att_pool *pool = att_pool_create();
    const char *hash = pool ? att_module_hash(pool, file, "helper", path, why) : NULL;
    bool same = hash && strcmp(hash, sha256) == 0;

    if (hash && !same)
        att_buffer_format(why,
                          "helper %s is not the pinned one: its sha256 is %s; find out who changed it, or pin the new "
                          "one",
                          path, hash);
    att_pool_destroy(pool);
    return same;
}

/* Looks at what `path` names within its checked directory. Returns 1 when it may be run, 0 when it is a link, -1 with a
 * sentence when not. */
static int judge(const struct att_walk *walk, int directory, const char *name, const char *program, const char *sha256,
                 char path[PATH_MAX], struct att_buffer *resolved, struct att_buffer *why)
{
    int file = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), content = -1, verdict = -1;
    struct stat facts;

    att_buffer_clear(resolved);
    att_buffer_format(resolved, "%s/%s", walk->path.size ? walk->path.data : "", name);
    if (file < 0 || fstat(file, &facts) != 0) {
        att_buffer_format(why, "helper %s cannot be found: %s; install it, or correct the path", program,
                          strerrordesc_np(errno));
    } else if (S_ISLNK(facts.st_mode)) {
        verdict = follow(walk, file, path) ? 0 : -1;
        if (verdict < 0)
            att_buffer_format(why, "helper %s is a link that leads nowhere; name the program itself", program);
    } else if (!att_buffer_ok(resolved)) {
        att_buffer_format(why, "helper %s has too long a path; move it", program);
    } else if (program_is_safe(&facts, resolved->data, why)) {
        verdict = 1;
        if (sha256) {
            content = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
            verdict = content >= 0 && hash_is(content, resolved->data, sha256, why) ? 1 : -1;
            if (content < 0)
                att_buffer_format(why, "helper %s cannot be read to compare its sha256: %s; let uid %u read it",
                                  program, strerrordesc_np(errno), (unsigned)geteuid());
        }
    }
    att_child_close(&content);
    att_child_close(&file);
    return verdict;
}

att_result att_process_find(const char *program, const char *sha256, struct att_buffer *path, struct att_buffer *why)
{
    size_t size = program ? strnlen(program, PATH_MAX) : 0;
    char way[PATH_MAX];
    int verdict = 0;

    if (size == 0 || size == PATH_MAX || program[0] != '/' || program[size - 1] == '/') {
        att_buffer_format(why, "helper \"%.200s\" is not the absolute path of a program; write it in full",
                          program ? program : "");
        return ATT_RESULT_CONFIG;
    }
    memcpy(way, program, size + 1);
    for (int links = 0; verdict == 0; links++) {
        struct att_walk walk;
        int directory;

        if (links > LINKS) {
            att_buffer_format(why, "helper %s: more than %d symbolic links are on its way; name the program itself",
                              program, LINKS);
            return ATT_RESULT_CONFIG;
        }
        directory = directory_open(&walk, way, program, why);
        verdict = directory < 0 ? -1 : judge(&walk, directory, strrchr(way, '/') + 1, program, sha256, way, path, why);
        att_child_close(&directory);
        att_walk_close(&walk);
    }
    return verdict > 0 ? ATT_RESULT_OK : ATT_RESULT_CONFIG;
}
