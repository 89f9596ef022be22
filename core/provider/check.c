/* core/provider/check.c: what a module says of the options of an entry: its own check, and why it cannot open. */
#include <string.h>

#include "core/provider/instance.h"

enum { TURN_WAIT_S = 10 };

/* Where the option stands that the module names as the one at fault, else the entry. */
static struct att_place place_of(const struct att_settings *settings, struct att_place entry)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->list[i].option->name, settings->opening->option) == 0 && settings->list[i].value)
            return settings->list[i].value->place;
    return entry;
}

void att_settings_explain(const struct att_settings *settings, const struct att_module *module, att_result result,
                          struct att_findings *findings)
{
    const struct att_place place = settings->entry->place;
    const struct att_opening *opening = settings->opening;
    const char *cause = opening->fault[0]            ? opening->fault
                        : opening->sentence[0]       ? opening->sentence
                        : result == ATT_RESULT_NOMEM ? "out of memory"
                                                     : "the module gave no reason; see the log";

    if (opening->data_faults && !opening->sentence[0] && !opening->fault[0])
        return; /* all is told */
    if (opening->option[0])
        att_finding_module(findings, place_of(settings, place), module->name,
                           "\"%s\" cannot be opened with option \"%s\": %s", settings->entry->name, opening->option,
                           cause);
    else
        att_finding_module(findings, place, module->name, "\"%s\" cannot be opened: %s", settings->entry->name, cause);
}

/* A secret that the site gave can be told from one that it did not, and is not read. */
static void stand_in_for_secrets(struct att_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        settings->list[i].unread = settings->list[i].option->type == ATT_OPTION_SECRET && settings->list[i].value;
}

static bool has_check(const struct att_module *module)
{
    return module->kind == ATT_KIND_PROVIDER ? module->provider.check != NULL : module->audit.check != NULL;
}

static att_result ask(const struct att_environment *environment, const struct att_module *module,
                      const struct att_settings *settings)
{
    /* No arena: nothing is a secret here, in an engine as in `attache check`. */
    const struct att_environment without = {.log = environment->log, .log_context = environment->log_context};
    struct att_host_table table;
    att_result result;

    att_host_table_fill(&table, &without, settings->entry->name);
    if (module->turn && !att_turn_take(module->turn, att_clock_monotonic_ns() + TURN_WAIT_S * ATT_NS_PER_S)) {
        att_setting_open_failed(settings, NULL, "another call into the module has not come back");
        return ATT_RESULT_DEADLINE;
    }
    result = module->kind == ATT_KIND_PROVIDER ? module->provider.check(&table.host, settings)
                                               : module->audit.check(&table.host, settings);
    if (module->turn)
        att_turn_give(module->turn);
    return result == ATT_RESULT_OK && (settings->opening->fault[0] || settings->opening->data_faults) ? ATT_RESULT_FAULT
                                                                                                      : result;
}

bool att_settings_check(const struct att_environment *environment, const struct att_module *module,
                        const struct att_entry *entry, struct att_findings *findings)
{
    struct att_pool *pool = att_pool_create();
    struct att_opening opening = {0};
    struct att_settings settings = {.entry = entry, .opening = &opening};
    att_result result = ATT_RESULT_OK;
    bool good = false;

    if (pool)
        good = att_settings_take(&settings, pool, module, findings);
    else
        att_finding_module(findings, entry->place, module->name, "out of memory for the options of module %s",
                           module->name);
    if (good && has_check(module)) {
        stand_in_for_secrets(&settings);
        result = ask(environment, module, &settings);
    }
    if (result != ATT_RESULT_OK)
        att_settings_explain(&settings, module, result, findings);
    att_pool_destroy(pool);
    return good && result == ATT_RESULT_OK;
}
