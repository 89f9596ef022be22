/* core/engine/check.c: att_check: everything that is wrong with a configuration, without opening an engine. */
#include "core/engine/engine.h"
#include "core/template/template.h"

static void report(const struct att_findings *findings, att_check_callback found, void *context)
{
    for (size_t i = 0; found && i < findings->count; i++) {
        const struct att_finding *finding = &findings->list[i];
        const att_check_finding shown = {.size = sizeof shown,
                                         .warning = finding->severity == ATT_SEVERITY_WARNING,
                                         .file = finding->place.file,
                                         .line = finding->place.line,
                                         .module = finding->module,
                                         .text = finding->text};
        found(context, &shown);
    }
}

att_status att_check(const char *config, att_check_callback found, void *context, att_error *error)
{
    const struct att_environment environment = {0};
    struct att_snapshot_options options = {.file = config, .mode = ATT_SNAPSHOT_PLAN, .environment = &environment};
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    att_status status = ATT_NOMEM;

    att_error_clear(error);
    options.registry = att_registry_create();
    if (!pool || !options.registry) {
        att_pool_destroy(pool);
        att_registry_destroy(options.registry);
        return att_nomem(error);
    }
    att_findings_open(&findings, pool);
    att_snapshot_release(att_snapshot_load(&options, &findings));
    /* They are no part of what an engine opens; who writes one hears of its mistakes here. */
    att_templates_check(pool, config, &findings);
    report(&findings, found, context);
    status = findings.failed ? att_nomem(error) : att_findings_error(&findings, error);
    att_findings_close(&findings);
    att_registry_destroy(options.registry);
    att_pool_destroy(pool);
    return status;
}
