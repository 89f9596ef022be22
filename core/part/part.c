/* core/part/part.c: finds and loads a part of the library, so that only programs which need it pay for it. */
#include "core/part/part.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory of the file that this very function was loaded from, links followed: parts are installed beside the
 * library, wherever that was relocated to. Any function of the library would do for dladdr. */
static bool library_directory(char directory[PATH_MAX])
{
    Dl_info info;
    char *slash;

    if (!dladdr((void *)(uintptr_t)att_part_load, &info) || !info.dli_fname || !realpath(info.dli_fname, directory))
        return false;
    slash = strrchr(directory, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

/* What the dynamic loader said, with the cure for the one cause that a user can mend alone. */
static void fail_to_load(const struct att_part *part, const char *path, att_error *error)
{
    const char *reason = dlerror();
    bool lacking = reason && strstr(reason, part->library);

    att_fail(error, ATT_CONFIG, "%s %s cannot be loaded: %s; %s", part->kind, path, reason ? reason : "no reason given",
             lacking ? part->cure : "install Attache again");
}

const void *att_part_open(const struct att_part *part, const char *path, att_error *error)
{
    const unsigned *entry;
    void *object;

    if (access(path, F_OK) != 0) {
        att_fail(error, ATT_CONFIG, "%s %s is not installed: %s; install Attache again", part->kind, path,
                 strerrordesc_np(errno));
        return NULL;
    }
    /* Never unloaded: libcurl may keep our allocation functions, and OpenSSL its exit handlers, for the life of the
     * process. Lazy, unlike a module: this object is of our own build, and binding all that the thirty libraries behind
     * libcurl might call is a third of the time that a command takes to start. */
    object = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        fail_to_load(part, path, error);
        return NULL;
    }
    entry = dlsym(object, part->symbol);
    if (!entry) {
        att_fail(error, ATT_CONFIG, "%s %s is none: it has no symbol %s; install Attache again", part->kind, path,
                 part->symbol);
        return NULL;
    }
    if (*entry != part->version) {
        att_fail(error, ATT_CONFIG,
                 "%s %s is of another build: it has version %u, the library %u; install both from one package",
                 part->kind, path, *entry, part->version);
        return NULL;
    }
    return entry;
}

const void *att_part_load(const struct att_part *part, const char *name, att_error *error)
{
    char directory[PATH_MAX], path[PATH_MAX + 64];

    if (!library_directory(directory)) {
        att_fail(error, ATT_INTERNAL,
                 "%s \"%s\" is not found: the dynamic loader does not say where Attache's "
                 "library lies; run it from a file that exists",
                 part->kind, name);
        return NULL;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/attache/%s/%s.so", directory, part->folder, name) >= sizeof path) {
        att_fail(error, ATT_INTERNAL,
                 "%s \"%s\" is not found: its path is too long; install Attache in a "
                 "shorter one",
                 part->kind, name);
        return NULL;
    }
    return att_part_open(part, path, error);
}
