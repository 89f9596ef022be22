/* core/module/loader.c: the seven steps from a name in the configuration to a checked table of functions. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/module/steps.h"

const char *att_module_kind_name(uint32_t kind)
{
    static const char *const names[] = {"unknown kind", "provider", "audit", "policy"};

    return names[kind < ATT_COUNT(names) ? kind : 0];
}

const char *att_module_directory(struct att_pool *pool)
{
    Dl_info here;
    char *file = NULL, *slash;
    const char *directory = NULL;

    if (dladdr((const void *)(uintptr_t)att_module_directory, &here) && here.dli_fname)
        file = realpath(here.dli_fname, NULL);
    slash = file ? strrchr(file, '/') : NULL;
    if (slash)
        directory = att_pool_format(pool, "%.*s/attache", (int)(slash - file), file);
    free(file);
    return directory;
}

/* Steps 1 to 4 for a module of one kind, or of any when it is 0. */
static int inspect(struct att_pool *pool, const struct att_loader_rules *rules, const char *name, uint32_t kind,
                   struct att_module_note *note, const char **path, struct att_buffer *why)
{
    int file = att_module_open(pool, rules, name, path, why);

    if (file >= 0 && !att_note_read(file, *path, kind, note, why)) {
        close(file);
        file = -1;
    }
    return file;
}

int att_module_inspect(struct att_pool *pool, const struct att_loader_rules *rules, const char *name,
                       struct att_module_note *note, const char **path, struct att_buffer *why)
{
    return inspect(pool, rules, name, 0, note, path, why);
}

/* The rest of step 4: whether a file with this note is what the configuration asks for. */
static bool note_fits(const struct att_module_note *note, uint32_t kind, const char *path, struct att_buffer *why)
{
    if (note->kind != kind)
        att_buffer_format(why,
                          "module %s is of kind \"%s\" (%u), and one of kind \"%s\" is wanted here; name another file, "
                          "or use this one elsewhere",
                          path, att_module_kind_name(note->kind), note->kind, att_module_kind_name(kind));
    else if (note->abi_major != ATT_ABI_MAJOR)
        att_buffer_format(
            why, "module %s is built for ABI %u.%u, and this Attache takes major %u; install a build of it for that",
            path, note->abi_major, note->abi_minor, ATT_ABI_MAJOR);
    else if (note->table_size < att_table_least(kind))
        att_buffer_format(why, "module %s has a table of %u bytes, and at least %u are needed; build it anew", path,
                          note->table_size, att_table_least(kind));
    else
        return true;
    return false;
}

static bool hash_fits(struct att_module *module, const char *pinned, struct att_buffer *why)
{
    if (!pinned || att_text_equal_nocase(module->sha256, pinned))
        return true;
    att_buffer_format(why,
                      "module %s has the sha256 %s, and %s is pinned; install the file that was pinned, or pin this "
                      "one once it is checked",
                      module->file, module->sha256, pinned);
    return false;
}

/* Step 5. The file is loaded by its real path, since the loader keeps objects under the name they were loaded by. */
static void *load(const struct att_module *module, int file, struct att_buffer *why)
{
    bool was_loaded = att_image_is_loaded(module->file);
    void *handle = dlopen(module->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *cause = handle ? NULL : dlerror();

    if (!handle)
        att_buffer_format(why, "module %s cannot be loaded: %s; install what it lacks, or build it anew", module->file,
                          cause ? cause : "no reason given");
    else if (!att_image_is_file(handle, file, was_loaded)) {
        att_buffer_format(why, "module %s was replaced since it was checked or first loaded; start the program anew",
                          module->file);
        handle = NULL;
    }
    return handle;
}

/* The majors of the entry that a file has, for the message that ours is not among them. */
static void explain_symbol(void *handle, const struct att_module *module, struct att_buffer *why)
{
    const char *kind = att_module_kind_name(module->kind);

    att_buffer_format(why, "module %s does not export attache_%s_v%d", module->file, kind, ATT_ABI_MAJOR);
    for (int major = 0; major < 10; major++) {
        char symbol[40] = "";
        struct att_buffer text;

        att_buffer_open(&text, sizeof symbol - 1);
        att_buffer_format(&text, "attache_%s_v%d", kind, major);
        if (att_buffer_ok(&text) && dlsym(handle, text.data))
            att_buffer_format(why, ", but %s", text.data);
        att_buffer_close(&text);
    }
    att_buffer_text(why, "; export it with ATT_MODULE_EXPORT");
}

/* Calls the entry of step 6. The table lives as long as the process. */
static const void *enter(void *handle, const struct att_module *module, const struct att_host *host,
                         struct att_buffer *why)
{
    bool provider = module->kind == ATT_KIND_PROVIDER;
    void *symbol = dlsym(handle, provider ? "attache_provider_v1" : "attache_audit_v1");
    const void *table = NULL;

    if (!symbol) {
        explain_symbol(handle, module, why);
        return NULL;
    }
    if (provider) {
        const struct att_provider *(*entry)(const struct att_host *);
        memcpy(&entry, &symbol, sizeof entry);
        table = entry(host);
    } else {
        const struct att_audit *(*entry)(const struct att_host *);
        memcpy(&entry, &symbol, sizeof entry);
        table = entry(host);
    }
    if (!table)
        att_buffer_format(
            why,
            "module %s refused this Attache (%s): its entry returned no table; see the log, or use another build of it",
            module->file, host->version);
    return table;
}

/* Step 7. */
static void report(const struct att_module *module, const struct att_host *host)
{
    struct att_buffer line;

    att_buffer_open(&line, 8192);
    att_buffer_format(&line, "module %s %s: %s, ABI %u.%u, offers", module->name, module->version,
                      att_module_kind_name(module->kind), module->abi_major, module->abi_minor);
    if (module->kind == ATT_KIND_AUDIT)
        att_buffer_text(&line, " append");
    else
        att_buffer_format(&line, " fetch%s%s", module->provider.inject ? " inject" : "",
                          module->provider.invalidate ? " invalidate" : "");
    att_buffer_format(&line, ", from %s", module->file);
    if (module->sha256)
        att_buffer_format(&line, ", sha256 %.12s", module->sha256);
    if (att_buffer_ok(&line))
        host->log(host, ATT_LEVEL_INFO, line.data);
    att_buffer_close(&line);
}

/* Steps 5 and 6 on a file that passed all before. */
static bool take(struct att_pool *pool, const struct att_loader_rules *rules, int file,
                 const struct att_module_note *note, struct att_module *module, struct att_buffer *why)
{
    void *handle = load(module, file, why);
    const void *table = handle ? enter(handle, module, rules->host, why) : NULL;

    return table && att_table_take(pool, rules, table, note, module, why);
}

const struct att_module *att_module_load(struct att_pool *pool, const struct att_loader_rules *rules, const char *name,
                                         uint32_t kind, const char *sha256, struct att_buffer *why)
{
    struct att_module *module = att_pool_take(pool, sizeof *module);
    struct att_module_note note;
    bool good = false;
    int file = -1;

    if (!module)
        goto cleanup;
    module->kind = kind;
    file = inspect(pool, rules, name, kind, &note, &module->file, why);
    if (file < 0)
        goto cleanup;
    if (sha256) {
        module->sha256 = att_module_hash(pool, file, "module", module->file, why);
        if (!module->sha256)
            goto cleanup;
    }
    good = hash_fits(module, sha256, why) && note_fits(&note, kind, module->file, why) &&
           take(pool, rules, file, &note, module, why);
    if (good)
        report(module, rules->host);

cleanup:
    if (!good && !why->size)
        att_buffer_format(why, "module \"%s\": out of memory; free some and try again", name);
    if (file >= 0)
        close(file);
    return good ? module : NULL;
}

const struct att_module *att_module_adopt(struct att_pool *pool, const struct att_loader_rules *rules, uint32_t kind,
                                          const void *table, struct att_buffer *why)
{
    struct att_module *module = att_pool_take(pool, sizeof *module);

    if (!module)
        return NULL;
    module->kind = kind;
    module->file = "(built in)";
    return att_table_take(pool, rules, table, NULL, module, why) ? module : NULL;
}
