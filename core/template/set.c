/* core/template/set.c: all types and templates there are: built in, installed, and the site's. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/files.h"
#include "core/template/template.h"

enum { TEMPLATE_LIMIT = 2048 };

/* One folder's templates, or the types. */
struct part_set {
    struct att_template *list;
    size_t count;
};

static int is_template_file(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return *entry->d_name != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

static void read_file(struct att_pool *pool, const char *folder, const char *name, struct part_set *set,
                      struct att_findings *findings)
{
    const char *path = att_pool_format(pool, "%s/%s", folder, name);
    const char *text = path ? att_config_file_read(pool, path, findings) : NULL;
    const struct att_value *value = text ? att_config_parse(pool, path, text, findings) : NULL;

    findings->failed = findings->failed || !path;
    if (value)
        set->count += att_templates_read(pool, value, set->list + set->count, TEMPLATE_LIMIT - set->count, findings);
}

static int compare(const void *left, const void *right)
{
    const struct att_template *one = left, *other = right;
    int order = strcmp(one->name, other->name);

    if (order == 0 && one->place.file && other->place.file)
        order = strcmp(one->place.file, other->place.file);
    return order ? order : (one->place.line > other->place.line) - (one->place.line < other->place.line);
}

static void refuse_doubles(const struct part_set *set, struct att_findings *findings)
{
    for (size_t i = 1; i < set->count; i++) {
        const struct att_template *one = &set->list[i - 1], *other = &set->list[i];

        if (strcmp(one->name, other->name) == 0)
            att_finding(findings, ATT_SEVERITY_ERROR, other->place,
                        "template \"%s\" is there twice: here and at %s:%d; remove or rename one of the two",
                        other->name, one->place.file, one->place.line);
    }
}

/* A folder that is not there is empty. */
static bool read_folder(struct att_pool *pool, const char *folder, struct part_set *set, struct att_findings *findings)
{
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, is_template_file, alphasort) : 0;

    findings->failed = findings->failed || (count < 0 && errno == ENOMEM);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR && errno != ENOMEM)
        att_finding(findings, ATT_SEVERITY_ERROR, (struct att_place){folder, 0},
                    "directory \"%s\" cannot be read: its templates would be left out; give the running user (uid %ld) "
                    "read permission",
                    folder, (long)geteuid());
    if (count > 0)
        set->list = att_pool_take(pool, TEMPLATE_LIMIT * sizeof *set->list);
    for (int i = 0; i < count; i++) {
        if (set->list)
            read_file(pool, folder, entries[i]->d_name, set, findings);
        free(entries[i]);
    }
    free(entries);
    if (count > 0 && !set->list)
        return false;
    if (set->count)
        qsort(set->list, set->count, sizeof *set->list, compare);
    refuse_doubles(set, findings);
    return true;
}

static const struct att_template *find(const struct att_template *list, size_t count, const char *name)
{
    const struct att_template wanted = {.name = name};

    for (size_t low = 0, high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(wanted.name, list[middle].name);

        if (order == 0)
            return &list[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct att_template *att_template_find(const struct att_template_set *set, const char *name)
{
    return find(set->list, set->count, name);
}

const struct att_template_part *att_template_part(const struct att_template *template, const char *name, size_t size)
{
    for (size_t i = 0; i < template->part_count; i++)
        if (strlen(template->parts[i].name) == size && memcmp(template->parts[i].name, name, size) == 0)
            return &template->parts[i];
    return NULL;
}

/* Adds what has no namesake in `before`. A type keeps its name, whoever wants it. */
static void merge(struct att_template_set *set, const struct part_set *added, const struct part_set *before,
                  const struct part_set *types, struct att_findings *findings)
{
    for (size_t i = 0; i < added->count; i++) {
        const struct att_template *template = &added->list[i];

        if (types && find(types->list, types->count, template->name))
            att_finding(findings, ATT_SEVERITY_ERROR, template->place,
                        "template \"%s\" has the name of a built-in type: rename it", template->name);
        else if (!before || !find(before->list, before->count, template->name))
            set->list[set->count++] = *template;
    }
}

bool att_templates_load(struct att_pool *pool, const struct att_template_roots *roots, struct att_template_set *set,
                        struct att_findings *findings)
{
    struct part_set types = {.list = att_pool_take(pool, 32 * sizeof(struct att_template))};
    struct part_set installed = {.count = 0}, site = {.count = 0};

    *set = (struct att_template_set){.count = 0};
    if (!types.list || !read_folder(pool, roots->installed, &installed, findings) ||
        !read_folder(pool, roots->site, &site, findings))
        return false;
    types.count = att_template_types(pool, types.list, 32, findings);
    set->list = att_pool_take(pool, (types.count + installed.count + site.count + 1) * sizeof *set->list);
    if (!set->list)
        return false;
    merge(set, &types, NULL, NULL, findings);
    merge(set, &site, NULL, &types, findings);
    merge(set, &installed, &site, &types, findings);
    qsort(set->list, set->count, sizeof *set->list, compare);
    return !findings->failed;
}
