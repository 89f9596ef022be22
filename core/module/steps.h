/* steps.h: the steps of loading that loader.c puts in order. */
#ifndef ATT_MODULE_STEPS_H
#define ATT_MODULE_STEPS_H

#include <sys/types.h>

#include "core/module/loader.h"

/* Where a member ends: how much of a struct 1.0 had, when `member` was its last. */
#define ATT_UPTO(type, member) (offsetof(struct type, member) + sizeof(((struct type *)NULL)->member))

/* Steps 1 to 3: finds the file of `name` and opens it under the rules of ownership. A descriptor, or -1. */
int att_module_open(struct att_pool *pool, const struct att_loader_rules *rules, const char *name, const char **path,
                    struct att_buffer *why);

/* The hash of all that the descriptor holds, in lower hex. NULL with a sentence about `what`, a "module" or "helper".
 */
const char *att_module_hash(struct att_pool *pool, int descriptor, const char *what, const char *path,
                            struct att_buffer *why);

/* Step 4: the note of `kind` and our major, else the first of any; with kind 0 the first. */
bool att_note_read(int descriptor, const char *path, uint32_t kind, struct att_module_note *note,
                   struct att_buffer *why);

/* Whether an object of that path is loaded already. */
bool att_image_is_loaded(const char *path);

/* Whether the shared object behind `handle` is the file behind the descriptor. dlopen matches by name: a file that was
 * replaced since an earlier load is not the one whose code runs, so what was loaded before is compared in memory. */
bool att_image_is_file(void *handle, int descriptor, bool was_loaded);

/* Reads exactly `size` bytes, or fails. */
bool att_read_at(int descriptor, off_t offset, void *bytes, size_t size);

/* Step 6: copies a table by size into the module's and checks every field. `note` is NULL for a module that is linked
 * into the program. */
bool att_table_take(struct att_pool *pool, const struct att_loader_rules *rules, const void *table,
                    const struct att_module_note *note, struct att_module *module, struct att_buffer *why);
/* How large a table of the kind is at least: what 1.0 could not do without. */
uint32_t att_table_least(uint32_t kind);

/* Copies the options that stand `step` bytes apart. */
bool att_options_take(struct att_pool *pool, const struct att_option *options, size_t step, struct att_module *module,
                      struct att_buffer *why);

#endif
