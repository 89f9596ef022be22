/* registry.h: the modules that an engine loaded. Code is never unloaded, and a module that allows one call at a time
 * allows it over all snapshots, so each file has one struct att_module as long as the engine lives. */
#ifndef ATT_REGISTRY_H
#define ATT_REGISTRY_H

#include "core/module/loader.h"

struct att_registry;

struct att_registry *att_registry_create(void);
void att_registry_destroy(struct att_registry *registry);

/* att_module_load with all its checks; gives the struct of an earlier load of the same code. Not thread-safe: the
 * engine loads under its reload lock. */
const struct att_module *att_registry_load(struct att_registry *registry, const struct att_loader_rules *rules,
                                           const char *name, uint32_t kind, const char *sha256, struct att_buffer *why);

#endif
