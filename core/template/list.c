/* core/template/list.c: att_templates: every type and template, for who looks for one. */
#include <string.h>

#include "core/error/error.h"
#include "core/template/template.h"

static bool tell(struct att_pool *pool, const struct att_template *template, att_template_callback found, void *context)
{
    att_template_info info = {.size = sizeof info, .name = template->name, .title = template->title, .inject = ""};
    size_t count = 0;
    const char **parts = att_pool_take(pool, (template->part_count + 1) * sizeof *parts);

    if (template->inject)
        info.inject = att_template_inject_text(pool, template->inject, NULL, NULL);
    if (!parts || !info.inject)
        return false;
    for (size_t i = 0; i < template->part_count; i++)
        if (!template->parts[i].value)
            parts[count++] = template->parts[i].name;
    info.parts = parts;
    info.origins = template->origins;
    info.file = template->place.file;
    info.line = template->place.file ? template->place.line : 0;
    found(context, &info);
    return true;
}

att_status att_templates(const char *config, att_template_callback found, void *context, att_error *error)
{
    struct att_pool *pool = att_pool_create();
    struct att_template_roots roots;
    struct att_template_set set;
    struct att_findings findings;
    att_status status = ATT_OK;

    att_error_clear(error);
    if (!pool)
        return att_nomem(error);
    att_findings_open(&findings, pool);
    if (!att_template_roots_of(pool, config, &roots) || !att_templates_load(pool, &roots, &set, &findings))
        status = att_nomem(error);
    else
        status = att_findings_error(&findings, error);
    for (size_t i = 0; status == ATT_OK && found && i < set.count; i++)
        if (!tell(pool, &set.list[i], found, context))
            status = att_nomem(error);
    att_findings_close(&findings);
    att_pool_destroy(pool);
    return status;
}
