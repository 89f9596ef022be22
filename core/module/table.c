/* core/module/table.c: takes over the table of a module: copied by size, and every field checked. */
#include <string.h>

#include "core/module/steps.h"

/* What all kinds of tables begin with. */
struct head {
    uint32_t magic, size;
    uint16_t abi_major, abi_minor;
    uint32_t threading;
    uint64_t offers, needs;
    const char *name, *version;
    const struct att_option *options;
    size_t option_size;
};

#define HEAD_IS_OF(table)                                                                  \
    _Static_assert(offsetof(struct head, abi_major) == offsetof(table, abi_major) &&       \
                       offsetof(struct head, threading) == offsetof(table, threading) &&   \
                       offsetof(struct head, needs) == offsetof(table, needs) &&           \
                       offsetof(struct head, version) == offsetof(table, version) &&       \
                       offsetof(struct head, option_size) == offsetof(table, option_size), \
                   "all kinds of tables begin alike")
HEAD_IS_OF(struct att_provider);
HEAD_IS_OF(struct att_audit);

uint32_t att_table_least(uint32_t kind)
{
    return kind == ATT_KIND_PROVIDER ? ATT_UPTO(att_provider, fetch) : ATT_UPTO(att_audit, append);
}

static const char *feature_name(unsigned bit)
{
    static const char *const names[] = {"memory", "secrets", "log",     "settings", "clock", "http",  "process",
                                        "state",  "cache",   "placing", "keeping",  "data",  "grants"};

    return bit < ATT_COUNT(names) ? names[bit] : "a later feature";
}

static bool version_is_whole(const char *version)
{
    return version && *version && strnlen(version, 64) < 64 && !att_text_has_control(version);
}

static bool shape_is_known(const struct head *head, const struct att_module_note *note, const struct att_module *module,
                           struct att_buffer *why)
{
    if (head->magic != ATT_MODULE_MAGIC)
        att_buffer_format(why, "module %s: its table begins with %08x instead of %08x; set magic to ATT_MODULE_MAGIC",
                          module->file, head->magic, ATT_MODULE_MAGIC);
    else if (head->size < att_table_least(module->kind))
        att_buffer_format(why,
                          "module %s: its table has %u bytes and needs at least %u; set size to sizeof of the table",
                          module->file, head->size, att_table_least(module->kind));
    else if (note && head->size != note->table_size)
        att_buffer_format(why, "module %s: its table says %u bytes and its note %u; build all of it anew", module->file,
                          head->size, note->table_size);
    else if (head->abi_major != ATT_ABI_MAJOR)
        att_buffer_format(why,
                          "module %s: its table is of ABI %u.%u and this Attache takes major %u; build it for that",
                          module->file, head->abi_major, head->abi_minor, ATT_ABI_MAJOR);
    else
        return true;
    return false;
}

static bool head_is_sound(const struct head *head, const struct att_module_note *note, const struct att_module *module,
                          const struct att_host *host, struct att_buffer *why)
{
    uint64_t missing = head->needs & ~ATT_HOST_OFFERED;

    if (!head->name || !*head->name || strnlen(head->name, 48) == 48 || att_text_has_control(head->name))
        att_buffer_format(why, "module %s: its table has no name of 1 to 47 characters; give it one", module->file);
    else if (note && strcmp(head->name, note->name) != 0)
        att_buffer_format(why, "module %s: its table is named \"%s\" and its note \"%s\"; give both the same name",
                          module->file, head->name, note->name);
    else if (!version_is_whole(head->version))
        att_buffer_format(why, "module %s: its table has no version of 1 to 63 characters; give it one", module->file);
    else if (head->threading > ATT_THREADING_FREE)
        att_buffer_format(why, "module %s: its threading %u is not known to this Attache; use serial, instance or free",
                          module->file, head->threading);
    else if (missing)
        att_buffer_format(why,
                          "module %s needs the host's feature \"%s\" (bit %d), which Attache %s lacks; use a later "
                          "Attache or an earlier module",
                          module->file, feature_name((unsigned)__builtin_ctzll(missing)), __builtin_ctzll(missing),
                          host->version);
    else
        return true;
    return false;
}

/* What a module of 1.2 offers and has no function for. */
static const char *grants_gap(const struct att_provider *table)
{
    if ((table->offers & ATT_OFFERS_GRANTS) && !(table->list && table->revoke))
        return "offers grants and lacks one of list and revoke";
    if ((table->offers & ATT_OFFERS_CONNECT) && !(table->connect_begin && table->connect_poll))
        return "offers to connect and lacks one of connect_begin and connect_poll";
    if ((table->offers & ATT_OFFERS_EXECUTE) && !(table->execute && table->approval))
        return "offers to execute and lacks one of execute and approval";
    return NULL;
}

static const char *provider_gap(struct att_provider *table)
{
    if (!table->open || !table->close)
        return "lacks open or close";
    if (!(table->offers & ATT_OFFERS_FETCH))
        return "does not offer fetch";
    if (!table->fetch)
        return "offers fetch and has no such function";
    if ((table->offers & ATT_OFFERS_INJECT) && !table->inject)
        return "offers inject and has no such function";
    if ((table->offers & ATT_OFFERS_INVALIDATE) && !table->invalidate)
        return "offers invalidate and has no such function";
    if ((table->offers & ATT_OFFERS_REPORT) && !table->report)
        return "offers report and has no such function";
    if ((table->offers & ATT_OFFERS_SECRETS) &&
        !(table->secret_store && table->secret_list && table->secret_remove && table->secret_rekey))
        return "offers to keep secrets and lacks one of secret_store, secret_list, secret_remove and secret_rekey";
    if (!(table->offers & ATT_OFFERS_INJECT))
        table->inject = NULL;
    if (!(table->offers & ATT_OFFERS_INVALIDATE))
        table->invalidate = NULL;
    if (!(table->offers & ATT_OFFERS_REPORT))
        table->report = NULL;
    return grants_gap(table);
}

static const char *audit_gap(const struct att_audit *table)
{
    return !table->open || !table->close ? "lacks open or close" : !table->append ? "lacks append" : NULL;
}

/* What the module's copy of the table has of the functions that its kind cannot do without. */
static bool functions_are_there(struct att_module *module, const void *table, size_t size, struct att_buffer *why)
{
    const char *gap;

    if (module->kind == ATT_KIND_PROVIDER) {
        memcpy(&module->provider, table, size < sizeof module->provider ? size : sizeof module->provider);
        gap = provider_gap(&module->provider);
    } else {
        memcpy(&module->audit, table, size < sizeof module->audit ? size : sizeof module->audit);
        gap = audit_gap(&module->audit);
    }
    if (gap)
        att_buffer_format(why, "module %s %s; complete its table", module->file, gap);
    return !gap;
}

static bool turn_make(struct att_pool *pool, struct att_module *module)
{
    if (module->threading != ATT_THREADING_SERIAL)
        return true;
    module->turn = att_pool_take(pool, sizeof *module->turn);
    return module->turn && att_turn_open(module->turn);
}

bool att_table_take(struct att_pool *pool, const struct att_loader_rules *rules, const void *table,
                    const struct att_module_note *note, struct att_module *module, struct att_buffer *why)
{
    struct head head = {0};

    memcpy(&head, table, offsetof(struct head, abi_major));
    if (head.magic == ATT_MODULE_MAGIC && head.size >= sizeof head)
        memcpy(&head, table, sizeof head);
    if (!shape_is_known(&head, note, module, why) || !head_is_sound(&head, note, module, rules->host, why) ||
        !functions_are_there(module, table, head.size, why))
        return false;
    module->name = head.name;
    module->version = head.version;
    module->abi_major = head.abi_major;
    module->abi_minor = head.abi_minor;
    module->threading = head.threading;
    module->offers = head.offers;
    module->needs = head.needs;
    return turn_make(pool, module) && att_options_take(pool, head.options, head.option_size, module, why);
}
