/* providers/exec/environment.c: the environment of a helper: what the site names, what the protocol wants, and nothing
 * else. */
#include <stdlib.h>
#include <string.h>

#include "providers/exec/exec.h"

static const char default_path[] = "/usr/sbin:/usr/bin:/sbin:/bin";

static bool name_is_sound(const char *name, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    return size > 0 && size < 256 && !(name[0] >= '0' && name[0] <= '9') && strspn(name, letters) >= size;
}

static bool has(const struct exec *exec, const char *name, size_t size)
{
    for (size_t i = 0; i < exec->environment_count; i++)
        if (strncmp(exec->environment[i], name, size) == 0 && exec->environment[i][size] == '=')
            return true;
    return false;
}

static bool add(struct exec *exec, const struct att_settings *settings, const char *name, size_t size,
                const char *value)
{
    const char *variable;

    if (exec->environment_count == EXEC_VARIABLES)
        return exec_refuse(exec, settings, "environment", "it has more than %d entries; set them in a script",
                           EXEC_VARIABLES);
    variable = exec_keep_format(exec, "%.*s=%s", (int)size, name, value);
    if (!variable)
        return exec_refuse(exec, settings, NULL, "out of memory");
    exec->environment[exec->environment_count++] = variable;
    return true;
}

/* One entry as the site wrote it. A variable that this process does not have is left out. */
static bool read_entry(struct exec *exec, const struct att_settings *settings, const char *entry)
{
    const char *equals = strchr(entry, '=');
    size_t size = equals ? (size_t)(equals - entry) : strlen(entry);
    const char *value;

    if (!name_is_sound(entry, size))
        return exec_refuse(exec, settings, "environment",
                           "\"%.60s\" is no variable; write \"NAME=value\", or \"NAME\" for that of this process",
                           entry);
    if (has(exec, entry, size))
        return exec_refuse(exec, settings, "environment", "%.*s stands in it twice; leave one out", (int)size, entry);
    value = equals ? equals + 1 : secure_getenv(entry);
    return !value || add(exec, settings, entry, size, value);
}

bool exec_environment_read(struct exec *exec, const struct att_settings *settings)
{
    const char *const *list = exec->host->setting_list(settings, "environment");

    for (; list && *list; list++)
        if (!read_entry(exec, settings, *list))
            return false;
    return has(exec, "PATH", 4) || add(exec, settings, "PATH", 4, default_path);
}

bool exec_environment_add(struct exec *exec, const struct att_settings *settings, const char *name, const char *value)
{
    if (has(exec, name, strlen(name)))
        return exec_refuse(exec, settings, "environment", "%s is set by the protocol %s; leave it out", name,
                           exec->protocol->name);
    return add(exec, settings, name, strlen(name), value);
}
