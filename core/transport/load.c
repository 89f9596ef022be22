/* core/transport/load.c: finds and loads a transport, so that only programs that send a request pay for libcurl. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/transport/transport.h"

#define ENTRY "attache_transport"

/* The directory of the file that this very function was loaded from, links followed: transports are installed beside
 * the library, wherever that was relocated to. Any function of the library would do for dladdr. */
static bool library_directory(char directory[PATH_MAX])
{
    Dl_info info;
    char *slash;

    if (!dladdr((void *)(uintptr_t)att_transport_load, &info) || !info.dli_fname ||
        !realpath(info.dli_fname, directory))
        return false;
    slash = strrchr(directory, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

/* What the dynamic loader said, with the cure for the one cause that a user can mend alone. */
static void fail_to_load(const char *path, att_error *error)
{
    const char *reason = dlerror();
    bool curl = reason && strstr(reason, "libcurl");

    att_fail(error, ATT_CONFIG, "transport %s cannot be loaded: %s; %s", path, reason ? reason : "no reason given",
             curl ? "install libcurl (Debian: libcurl4), which every request over the network needs"
                  : "install Attache again");
}

struct att_transport *att_transport_open(const char *path, const struct att_transport_options *options,
                                         att_error *error)
{
    char why[4096] = ""; /* room for a path and what to do about it */
    const struct att_transport_entry *entry;
    struct att_transport *transport;
    void *object;

    if (access(path, F_OK) != 0) {
        att_fail(error, ATT_CONFIG, "transport %s is not installed: %s; install Attache again", path,
                 strerrordesc_np(errno));
        return NULL;
    }
    /* Never unloaded: libcurl may keep our allocation functions for the life of the process. Lazy, unlike a module:
     * this object is of our own build, and binding all that the thirty libraries behind libcurl might call is a third
     * of the time that a command takes to start. */
    object = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        fail_to_load(path, error);
        return NULL;
    }
    entry = dlsym(object, ENTRY);
    if (!entry) {
        att_fail(error, ATT_CONFIG, "transport %s is none: it has no symbol " ENTRY "; install Attache again", path);
        return NULL;
    }
    if (entry->version != ATT_TRANSPORT_VERSION) {
        att_fail(error, ATT_CONFIG,
                 "transport %s is of another build: it has version %u, the library %u; install both from one package",
                 path, entry->version, ATT_TRANSPORT_VERSION);
        return NULL;
    }
    transport = entry->open(options, why, sizeof why);
    if (!transport)
        att_fail(error, ATT_CONFIG, "transport %s does not open: %s", path, why);
    return transport;
}

struct att_transport *att_transport_load(const char *name, const struct att_transport_options *options,
                                         att_error *error)
{
    char directory[PATH_MAX], path[PATH_MAX + 64];

    if (!library_directory(directory)) {
        att_fail(error, ATT_INTERNAL,
                 "transport \"%s\" is not found: the dynamic loader does not say where Attache's "
                 "library lies; run it from a file that exists",
                 name);
        return NULL;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/attache/transport/%s.so", directory, name) >= sizeof path) {
        att_fail(error, ATT_INTERNAL,
                 "transport \"%s\" is not found: its path is too long; install Attache in a "
                 "shorter one",
                 name);
        return NULL;
    }
    return att_transport_open(path, options, error);
}
