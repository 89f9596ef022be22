/* files.h: which files make up the configuration, and their content. */
#ifndef ATT_FILES_H
#define ATT_FILES_H

#include "core/config/config.h"

#define ATT_CONFIG_FILE_LIMIT ((size_t)1 << 20)

/* Where to look; each may be NULL. */
struct att_config_roots {
    const char *file;   /* one explicit file: nothing else is read */
    const char *system; /* attache.conf and conf.d of the site */
    const char *user;   /* the same of a user, where the site has no attache.conf */
    const char *vendor; /* drop-ins that a file of the same name in conf.d overrides */
};

/* The places of this installation: ATTACHE_CONFIG unless `file` is given, the system's and the user's folders. The
 * environment counts for nothing in a process with raised privileges. False when memory is out. */
bool att_config_roots_find(struct att_pool *pool, const char *file, struct att_config_roots *roots);

/* The files to read, in order; ends with NULL. NULL with a finding when there is no configuration. */
const char **att_config_files(struct att_pool *pool, const struct att_config_roots *roots,
                              struct att_findings *findings);

/* att_config_load() with places to choose. */
struct att_config *att_config_load_from(struct att_pool *pool, const struct att_config_roots *roots,
                                        struct att_findings *findings);

/* The text of a file under the ownership rule, or NULL with a finding. */
const char *att_config_file_read(struct att_pool *pool, const char *path, struct att_findings *findings);

#endif
