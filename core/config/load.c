/* core/config/load.c: from files to a configuration. */
#include <string.h>

#include "core/config/files.h"
#include "core/config/reader.h"

enum { DEFAULT_TIMEOUT_MS = 30000 };

/* The keys of all files in one group. */
static struct att_value *join(struct att_reader *reader, const struct att_value *const *files, size_t count)
{
    struct att_value *root = att_read_array(reader, 1, sizeof *root);
    size_t keys = 0;

    for (size_t i = 0; i < count; i++)
        keys += files[i]->count;
    if (!root)
        return NULL;
    *root = *files[0];
    root->count = 0;
    root->items = att_read_array(reader, keys, sizeof(struct att_value *));
    if (!root->items)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (files[i]->count)
            memcpy(root->items + root->count, files[i]->items, files[i]->count * sizeof *root->items);
        root->count += files[i]->count;
    }
    return root;
}

struct att_config *att_config_read(struct att_pool *pool, const struct att_value *const *files, size_t count,
                                   bool complete, struct att_findings *findings)
{
    struct att_reader reader = {.pool = pool, .findings = findings, .complete = complete};
    struct att_config *config = att_read_array(&reader, 1, sizeof *config);
    struct att_value *root = join(&reader, files, count);

    if (!config || !root)
        return NULL;
    reader.config = config;
    config->timeout_ms = DEFAULT_TIMEOUT_MS;
    config->max_response_bytes = UINT64_C(64) << 20;
    config->mask_secrets = true;
    config->files = att_read_array(&reader, count, sizeof *config->files);
    for (size_t i = 0; config->files && i < count; i++)
        config->files[i] = files[i]->place.file;

    att_read_settings(&reader, root);
    att_read_providers(&reader, root);
    att_read_grants(&reader, root);
    att_read_stacks(&reader, root);
    att_read_policy(&reader, root);
    att_read_sinks(&reader, root);
    if (complete && !findings->failed)
        att_check_references(&reader);
    return findings->failed ? NULL : config;
}

struct att_config *att_config_load_from(struct att_pool *pool, const struct att_config_roots *roots,
                                        struct att_findings *findings)
{
    const char **files = att_config_files(pool, roots, findings);
    const struct att_value **values;
    size_t count = 0, read = 0;

    while (files && files[count])
        count++;
    values = att_pool_take(pool, (count + 1) * sizeof *values);
    if (!files || !values) {
        findings->failed = findings->failed || !values;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = att_config_file_read(pool, files[i], findings);
        const struct att_value *value = text ? att_config_parse(pool, files[i], text, findings) : NULL;

        if (value)
            values[read++] = value;
    }
    return read ? att_config_read(pool, values, read, read == count, findings) : NULL;
}

struct att_config *att_config_load(struct att_pool *pool, const char *file, struct att_findings *findings)
{
    struct att_config_roots roots;

    if (!att_config_roots_find(pool, file, &roots)) {
        findings->failed = true;
        return NULL;
    }
    return att_config_load_from(pool, &roots, findings);
}
