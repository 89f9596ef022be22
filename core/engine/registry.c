/* core/engine/registry.c: the modules that an engine loaded. */
#include "core/engine/registry.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    struct att_pool *pool;
    const struct att_module *module;
};

struct att_registry {
    struct entry *entries;
};

struct att_registry *att_registry_create(void)
{
    return calloc(1, sizeof(struct att_registry));
}

void att_registry_destroy(struct att_registry *registry)
{
    struct entry *entry = registry ? registry->entries : NULL;

    while (entry) {
        struct entry *next = entry->next;
        att_pool_destroy(entry->pool);
        free(entry);
        entry = next;
    }
    free(registry);
}

/* A file that was replaced on disk is other code under the same path. */
static bool same_code(const struct att_module *left, const struct att_module *right)
{
    return left->kind == right->kind && strcmp(left->file, right->file) == 0 &&
           left->provider.open == right->provider.open && left->audit.open == right->audit.open;
}

const struct att_module *att_registry_load(struct att_registry *registry, const struct att_loader_rules *rules,
                                           const char *name, uint32_t kind, const char *sha256, struct att_buffer *why)
{
    struct att_pool *pool = att_pool_create();
    const struct att_module *module = pool ? att_module_load(pool, rules, name, kind, sha256, why) : NULL;
    struct entry *entry = NULL;

    if (!module)
        goto cleanup;
    for (struct entry *known = registry->entries; known; known = known->next)
        if (same_code(known->module, module)) {
            module = known->module;
            goto cleanup;
        }
    entry = calloc(1, sizeof *entry);
    if (!entry) {
        att_buffer_text(why, "out of memory");
        module = NULL;
        goto cleanup;
    }
    *entry = (struct entry){registry->entries, pool, module};
    registry->entries = entry;
    return module;

cleanup:
    att_pool_destroy(pool);
    return module;
}
