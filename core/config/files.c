/* core/config/files.c: which files make up the configuration, and their content. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config.h"
#include "core/config/files.h"

enum { DROP_IN_LIMIT = 256, READ_SIZE = 8192 };

struct drop_ins {
    const char *paths[DROP_IN_LIMIT];
    const char *names[DROP_IN_LIMIT];
    size_t count;
};

bool att_config_roots_find(struct att_pool *pool, const char *file, struct att_config_roots *roots)
{
    const char *named = secure_getenv("ATTACHE_CONFIG");
    const char *config_home = secure_getenv("XDG_CONFIG_HOME");
    const char *home = secure_getenv("HOME");

    *roots = (struct att_config_roots){
        .file = file ? file : named, .system = ATT_SYSCONFDIR "/attache", .vendor = ATT_DATADIR "/attache/conf.d"};
    if (roots->file && !*roots->file)
        roots->file = NULL;
    if (config_home && *config_home == '/')
        roots->user = att_pool_format(pool, "%s/attache", config_home);
    else if (home && *home == '/')
        roots->user = att_pool_format(pool, "%s/.config/attache", home);
    else
        return true;
    return roots->user != NULL;
}

/* NN-name.conf */
static bool is_drop_in(const char *name)
{
    size_t size = strlen(name);

    return size > strlen("00-.conf") && strspn(name, "0123456789") == 2 && name[2] == '-' &&
           strcmp(name + size - 5, ".conf") == 0;
}

/* A file that looks like a drop-in and is none is likely one that somebody waits for. */
static void warn_of_stray(const char *folder, const char *name, struct att_findings *findings)
{
    size_t size = strlen(name);

    if (*name != '.' && size > 5 && strcmp(name + size - 5, ".conf") == 0)
        att_finding(findings, ATT_SEVERITY_WARNING, (struct att_place){folder, 0},
                    "file \"%s/%s\" is not read: drop-ins are named NN-name.conf; rename it", folder, name);
}

static void add_drop_in(struct drop_ins *found, struct att_pool *pool, const char *folder, const char *name,
                        struct att_findings *findings)
{
    const char *path = att_pool_format(pool, "%s/%s", folder, name);
    size_t at = 0;

    while (at < found->count && strcmp(found->names[at], name) != 0)
        at++;
    if (at == DROP_IN_LIMIT) {
        att_finding(findings, ATT_SEVERITY_ERROR, (struct att_place){folder, 0},
                    "there are more than %d drop-ins in \"%s\": put several into one file", DROP_IN_LIMIT, folder);
        return;
    }
    found->paths[at] = path;
    if (at == found->count)
        found->names[found->count++] = path ? path + strlen(folder) + 1 : NULL;
    if (!path) {
        found->count = 0;
        findings->failed = true;
    }
}

/* A later folder overrides files of the same name. A folder that is not there is empty. */
static void add_folder(struct drop_ins *found, struct att_pool *pool, const char *folder, struct att_findings *findings)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;

    if (!directory) {
        if (errno != ENOENT)
            att_finding(findings, ATT_SEVERITY_ERROR, (struct att_place){folder, 0},
                        "directory \"%s\" cannot be read: the drop-ins in it would be left out; give the running user "
                        "(uid %ld) read permission",
                        folder, (long)geteuid());
        return;
    }
    while (!findings->failed && (entry = readdir(directory))) {
        if (is_drop_in(entry->d_name))
            add_drop_in(found, pool, folder, entry->d_name, findings);
        else
            warn_of_stray(folder, entry->d_name, findings);
    }
    closedir(directory);
}

static int compare_paths(const void *left, const void *right)
{
    const char *const *one = left, *const *other = right;

    return strcmp(strrchr(*one, '/'), strrchr(*other, '/'));
}

/* Whether there is a configuration in a folder. One that may not be looked at counts, so that the attempt to read it
 * says why. */
static const char *main_file(struct att_pool *pool, const char *folder, struct att_findings *findings)
{
    const char *path = folder ? att_pool_format(pool, "%s/attache.conf", folder) : NULL;
    struct stat facts;

    if (folder && !path)
        findings->failed = true;
    return path && (lstat(path, &facts) == 0 || (errno != ENOENT && errno != ENOTDIR)) ? path : NULL;
}

static const char **list_with(struct att_pool *pool, const char *first, const struct drop_ins *found,
                              struct att_findings *findings)
{
    const char **files = att_pool_take(pool, (found->count + 2) * sizeof *files);

    if (!files || !first) {
        findings->failed = true;
        return NULL;
    }
    files[0] = first;
    if (found->count)
        memcpy(files + 1, found->paths, found->count * sizeof *files);
    return files;
}

const char **att_config_files(struct att_pool *pool, const struct att_config_roots *roots,
                              struct att_findings *findings)
{
    struct drop_ins found = {.count = 0};
    const char *folder = roots->system, *first, *conf_d;

    if (roots->file)
        return list_with(pool, att_pool_text(pool, roots->file), &found, findings);

    first = main_file(pool, folder, findings);
    if (!first) {
        folder = roots->user;
        first = main_file(pool, folder, findings);
    }
    if (!first) {
        if (!findings->failed)
            att_finding(findings, ATT_SEVERITY_ERROR, (struct att_place){NULL, 0},
                        "there is no configuration: neither \"%s/attache.conf\" nor \"%s/attache.conf\" exists; create "
                        "one, or name a file with --config or ATTACHE_CONFIG",
                        roots->system, roots->user ? roots->user : "~/.config/attache");
        return NULL;
    }
    if (roots->vendor)
        add_folder(&found, pool, roots->vendor, findings);
    conf_d = att_pool_format(pool, "%s/conf.d", folder);
    if (!conf_d) {
        findings->failed = true;
        return NULL;
    }
    add_folder(&found, pool, conf_d, findings);
    qsort(found.paths, found.count, sizeof found.paths[0], compare_paths);
    return list_with(pool, first, &found, findings);
}

/* False with errno, or with errno 0 when the file is too large. */
static bool read_all(int descriptor, struct att_buffer *content)
{
    for (;;) {
        char *room = att_buffer_reserve(content, READ_SIZE);
        ssize_t size = room ? read(descriptor, room, READ_SIZE) : -1;

        if (!room) {
            errno = ENOMEM;
            return false;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size == 0;
        att_buffer_advance(content, (size_t)size);
        if (content->size > ATT_CONFIG_FILE_LIMIT) {
            errno = 0;
            return false;
        }
    }
}

static const char *check_content(struct att_pool *pool, const char *path, const struct att_buffer *content,
                                 struct att_findings *findings)
{
    const char *text = content->size ? content->data : "";
    struct att_place place = {path, 1};
    size_t size = strlen(text);

    if (size != content->size) {
        for (size_t i = 0; i < size; i++)
            place.line += text[i] == '\n';
        att_finding(findings, ATT_SEVERITY_ERROR, place,
                    "the file has a NUL byte in it: it is damaged, or no text; write it anew");
        return NULL;
    }
    text = att_pool_text_size(pool, text, size);
    if (!text)
        findings->failed = true;
    return text;
}

const char *att_config_file_read(struct att_pool *pool, const char *path, struct att_findings *findings)
{
    struct att_place place = {path, 0};
    struct att_buffer why, content;
    const char *text = NULL;
    char cause[128];
    int descriptor;

    att_buffer_open(&why, 8192);
    att_buffer_open(&content, ATT_CONFIG_FILE_LIMIT + READ_SIZE);
    descriptor = att_file_open_checked(path, false, &why);
    if (descriptor < 0)
        att_finding(findings, ATT_SEVERITY_ERROR, place, "%s",
                    why.size ? why.data : "a file cannot be opened: its name is too long; shorten it");
    else if (read_all(descriptor, &content))
        text = check_content(pool, path, &content, findings);
    else if (errno == 0)
        att_finding(findings, ATT_SEVERITY_ERROR, place,
                    "file \"%s\" is refused: it is larger than 1 MiB; split it into drop-ins", path);
    else
        att_finding(findings, ATT_SEVERITY_ERROR, place, "file \"%s\" cannot be read: %s; mend that and try again",
                    path, strerror_r(errno, cause, sizeof cause));
    if (descriptor >= 0)
        close(descriptor);
    att_buffer_close(&content);
    att_buffer_close(&why);
    return text;
}
