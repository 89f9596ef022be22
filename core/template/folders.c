/* core/template/folders.c: where templates are: of this installation, and of a site. */
#include <string.h>
#include <unistd.h>

#include "core/config/files.h"
#include "core/module/loader.h"
#include "core/template/template.h"

/* Where data of this installation is: ATT_DATADIR, behind the folder that an installation was moved into, as the
 * library's own place tells. */
static const char *installed_folder(struct att_pool *pool)
{
    static const char tail[] = ATT_LIBDIR "/attache";
    const char *modules = att_module_directory(pool);
    size_t size = modules ? strlen(modules) : 0;
    int root = 0;

    if (size > strlen(tail) && strcmp(modules + size - strlen(tail), tail) == 0)
        root = (int)(size - strlen(tail));
    return modules ? att_pool_format(pool, "%.*s%s/attache/templates", root, modules, ATT_DATADIR) : NULL;
}

static const char *site_folder(struct att_pool *pool, const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash ? att_pool_format(pool, "%.*s/templates", (int)(slash - file), file)
                 : att_pool_text(pool, "templates");
}

bool att_template_roots_find(struct att_pool *pool, const char *file, struct att_template_roots *roots)
{
    *roots = (struct att_template_roots){.installed = installed_folder(pool)};
    if (file)
        roots->site = site_folder(pool, file);
    return roots->installed && (!file || roots->site);
}

/* The main file of the site, or NULL where there is none: the types and what is installed are there all the same. */
static const char *site_file(struct att_pool *pool, const char *config)
{
    struct att_config_roots roots;
    struct att_findings unheard;
    const char **files;

    att_findings_open(&unheard, pool);
    files = att_config_roots_find(pool, config, &roots) ? att_config_files(pool, &roots, &unheard) : NULL;
    att_findings_close(&unheard);
    return files ? files[0] : NULL;
}

bool att_template_roots_of(struct att_pool *pool, const char *config, struct att_template_roots *roots)
{
    return att_template_roots_find(pool, site_file(pool, config), roots);
}

void att_templates_check(struct att_pool *pool, const char *config, struct att_findings *findings)
{
    const char *file = site_file(pool, config);
    struct att_template_roots roots = {.installed = NULL};
    struct att_template_set set;

    if (!file)
        return;
    roots.site = site_folder(pool, file);
    if (!roots.site || (access(roots.site, F_OK) == 0 && !att_templates_load(pool, &roots, &set, findings)))
        findings->failed = true;
}
