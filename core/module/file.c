/* core/module/file.c: from the name of a module to an open file that only root or the running user could have put
 * there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/walk.h"
#include "core/module/steps.h"

static const char *error_text(int error, char *room, size_t size)
{
    return strerror_r(error, room, size);
}

static bool has_dots(const char *name)
{
    for (const char *at = name; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || !at[2]))
            return true;
    }
    return false;
}

/* The rules of step 1 on the name itself. */
static bool name_is_acceptable(const struct att_loader_rules *rules, const char *name, struct att_buffer *why)
{
    const char *slash = strchr(name, '/');

    if (!*name || strcmp(name, ".") == 0 || (slash && !slash[strcspn(slash, "/")]))
        att_buffer_format(why, "module \"%s\" names no file; write the name of one in %s, as in \"mock.so\"", name,
                          rules->directory);
    else if (has_dots(name))
        att_buffer_format(why, "module \"%s\" has \"..\" in it; write the path without", name);
    else if (slash && name[0] != '/')
        att_buffer_format(why,
                          "module \"%s\" is a relative path; write the name of a file in %s without a slash, or an "
                          "absolute path",
                          name, rules->directory);
    else if (slash && !rules->allow_paths)
        att_buffer_format(why,
                          "module \"%s\" is an absolute path, and this site takes none; put the file into %s, or set "
                          "module_paths = true in settings",
                          name, rules->directory);
    else
        return true;
    return false;
}

static void explain_walk(const struct att_walk *walk, const char *name, const char *setting, struct att_buffer *why)
{
    char room[128];

    att_buffer_format(why, "module \"%s\": ", name);
    if (!att_walk_explain(walk, why))
        att_buffer_format(why, "its directory cannot be found: %s; install the module, or correct %s",
                          error_text(walk->error, room, sizeof room), setting);
}

static bool file_is_safe(const struct stat *status, const char *path, struct att_buffer *why)
{
    if (!S_ISREG(status->st_mode))
        att_buffer_format(why, "module %s is not a regular file; name a shared object", path);
    else if (status->st_uid != 0 && status->st_uid != att_trusted_user()) {
        att_buffer_format(why, "module %s belongs to uid %u; ", path, (unsigned)status->st_uid);
        att_owner_advise(att_trusted_user(), why);
        att_buffer_text(why, ", if you know where it is from");
    } else if (status->st_mode & (S_IWGRP | S_IWOTH))
        att_buffer_format(why,
                          "others may write the module %s (mode %04o); make sure that nobody did, and take that away: "
                          "chmod go-w %s",
                          path, (unsigned)status->st_mode & 07777, path);
    else
        return true;
    return false;
}

static void explain_open(int error, const char *path, struct att_buffer *why)
{
    char room[128];

    if (error == ENOENT)
        att_buffer_format(why, "module %s is not there; install it, or name one that `attache modules` lists", path);
    else if (error == ELOOP)
        att_buffer_format(why, "module %s is a symbolic link; name the file that it points to", path);
    else
        att_buffer_format(why, "module %s cannot be opened: %s; let the running user (uid %u) read it", path,
                          error_text(error, room, sizeof room), (unsigned)geteuid());
}

void att_module_folder_close(struct att_module_folder *folder)
{
    if (folder->descriptor >= 0)
        close(folder->descriptor);
    free(folder->path);
    *folder = (struct att_module_folder){NULL, -1};
}

/* Steps 1 and 2 for one directory. A directory that everybody may write is harmless above the last one when it is
 * sticky (/tmp); in the last one anybody could add modules. */
static bool folder_open(const char *directory, const char *name, const char *setting, struct att_module_folder *folder,
                        struct att_buffer *why)
{
    struct att_walk walk;
    int descriptor = att_walk_open(&walk, directory, att_trusted_user());

    if (descriptor >= 0 && walk.facts.st_mode & (S_IWGRP | S_IWOTH)) {
        walk.fault = ATT_WALK_WRITABLE;
        close(descriptor);
        descriptor = -1;
    }
    if (descriptor < 0)
        explain_walk(&walk, name, setting, why);
    else
        *folder = (struct att_module_folder){strdup(att_walk_path(&walk)), descriptor};
    att_walk_close(&walk);
    if (descriptor >= 0 && !folder->path)
        att_module_folder_close(folder);
    return folder->descriptor >= 0;
}

static int file_open(struct att_pool *pool, const struct att_module_folder *folder, const char *last, const char **path,
                     struct att_buffer *why)
{
    struct stat status;
    int file = -1;

    *path = att_pool_format(pool, "%s/%s", folder->path[1] ? folder->path : "", last);
    if (!*path)
        return -1;
    file = openat(folder->descriptor, last, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0)
        explain_open(errno, *path, why);
    else if (file_is_safe(&status, *path, why))
        return file;
    if (file >= 0)
        close(file);
    return -1;
}

int att_module_open(struct att_pool *pool, const struct att_loader_rules *rules, const char *name, const char **path,
                    struct att_buffer *why)
{
    const char *slash = strrchr(name, '/');
    struct att_module_folder own = {NULL, -1}, *folder = slash || !rules->folder ? &own : rules->folder;
    const char *directory;
    int file = -1;

    if (!name_is_acceptable(rules, name, why))
        return -1;
    directory = slash == name ? "/" : slash ? att_pool_text_size(pool, name, (size_t)(slash - name)) : rules->directory;
    if (!directory)
        return -1;
    if (folder->descriptor >= 0 ||
        folder_open(directory, name, slash ? "the path" : "module_dir in settings", folder, why))
        file = file_open(pool, folder, slash ? slash + 1 : name, path, why);
    att_module_folder_close(&own);
    return file;
}

bool att_read_at(int descriptor, off_t offset, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(descriptor, (char *)bytes + done, size - done, offset + (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}
