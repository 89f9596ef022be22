/* references.h: managed secrets that are kept elsewhere: files, systemd credentials, keys of the kernel's keyring. They
 * are read anew at each fetch, so that who replaces one need tell nobody. */
#ifndef ATT_MANAGED_REFERENCES_H
#define ATT_MANAGED_REFERENCES_H

#include "providers/managed_secrets/act.h"

struct managed_references;

/* Checks the settings without reading a reference; *option is the one at fault. */
att_result managed_references_check(struct managed_act *act, const struct att_settings *settings, const char **option);
/* Opens an instance by its settings, checked likewise. */
att_result managed_references_open(struct managed_act *act, const struct att_settings *settings,
                                   struct managed_references **references, const char **option);
void managed_references_close(struct managed_references *references);
att_result managed_references_fetch(struct managed_references *references, struct managed_act *act,
                                    const struct att_fetch *fetch, struct att_credential *credential);

#endif
