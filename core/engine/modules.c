/* core/engine/modules.c: att_modules: what is in the module directory and what of it would load. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/engine/engine.h"

static const char *capabilities(struct att_pool *pool, const struct att_module *module)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } names[] = {{ATT_OFFERS_FETCH, "fetch"},   {ATT_OFFERS_INJECT, "inject"},   {ATT_OFFERS_INVALIDATE, "invalidate"},
                 {ATT_OFFERS_REPORT, "report"}, {ATT_OFFERS_SECRETS, "secrets"}, {ATT_OFFERS_ORIGINS, "origins"},
                 {ATT_OFFERS_GRANTS, "grants"}, {ATT_OFFERS_CONNECT, "connect"}, {ATT_OFFERS_EXECUTE, "execute"}};
    struct att_buffer text;
    const char *copy;

    if (module->kind == ATT_KIND_AUDIT)
        return "append";
    att_buffer_open(&text, 256);
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (module->offers & names[i].bit)
            att_buffer_format(&text, "%s%s", text.size ? " " : "", names[i].name);
    copy = text.data ? att_pool_text(pool, text.data) : "";
    att_buffer_close(&text);
    return copy;
}

static void look_at(struct att_pool *pool, const struct att_loader_rules *rules, const char *file,
                    att_module_callback found, void *context)
{
    att_module_info info = {.size = sizeof info, .capabilities = ""};
    const struct att_module *module = NULL;
    struct att_module_note note;
    struct att_buffer why;
    int descriptor;

    att_buffer_open(&why, 4096);
    info.path = att_pool_format(pool, "%s/%s", rules->directory, file);
    descriptor = att_module_inspect(pool, rules, file, &note, &info.path, &why);
    if (descriptor >= 0) {
        close(descriptor);
        info.kind = att_module_kind_name(note.kind);
        info.name = note.name;
        info.abi_major = note.abi_major;
        info.abi_minor = note.abi_minor;
        module = att_module_load(pool, rules, file, note.kind, NULL, &why);
    }
    if (module) {
        info.version = module->version;
        info.capabilities = capabilities(pool, module);
    } else {
        info.refusal = why.data ? why.data : "out of memory";
    }
    found(context, &info);
    att_buffer_close(&why);
}

static int is_module(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 3 && strcmp(entry->d_name + size - 3, ".so") == 0;
}

/* The directory that the configuration names; what else is wrong with it does not matter here. */
static att_status read_rules(struct att_pool *pool, const char *config, struct att_loader_rules *rules,
                             att_error *error)
{
    struct att_findings findings;
    const struct att_config *loaded;
    att_status status = ATT_OK;

    att_findings_open(&findings, pool);
    loaded = att_config_load(pool, config, &findings);
    if (!loaded && config)
        status = att_findings_error(&findings, error);
    rules->directory = loaded && loaded->module_dir ? loaded->module_dir : att_module_directory(pool);
    att_findings_close(&findings);
    if (status == ATT_OK && !rules->directory)
        status = att_nomem(error);
    return status;
}

att_status att_modules(const char *config, att_module_callback found, void *context, att_error *error)
{
    const struct att_environment environment = {0};
    struct att_host_table table;
    struct att_module_folder folder = {NULL, -1};
    struct att_loader_rules rules = {.folder = &folder, .host = &table.host};
    struct att_pool *pool = att_pool_create();
    struct dirent **entries = NULL;
    att_status status;
    int count = 0;

    att_error_clear(error);
    if (!pool)
        return att_nomem(error);
    att_host_table_fill(&table, &environment, NULL);
    status = read_rules(pool, config, &rules, error);
    if (status == ATT_OK) {
        count = scandir(rules.directory, &entries, is_module, alphasort);
        if (count < 0)
            status = att_fail(error, ATT_MODULE,
                              "the module directory %s cannot be read: %s; install modules there, or set "
                              "module_dir",
                              rules.directory, strerrordesc_np(errno));
    }
    for (int i = 0; i < count; i++) {
        if (found)
            look_at(pool, &rules, entries[i]->d_name, found, context);
        free(entries[i]);
    }
    free(entries);
    att_module_folder_close(&folder);
    att_pool_destroy(pool);
    return status;
}
