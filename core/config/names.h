/* names.h: the names that a configuration defines, and which of them a misspelt one may mean. */
#ifndef ATT_NAMES_H
#define ATT_NAMES_H

#include "core/config/value.h"

struct att_name {
    const char *text;
    struct att_place place;
    size_t order;
};

/* All names of one kind. Filled first, then sorted, then asked. */
struct att_names {
    const char *noun; /* "provider" */
    struct att_name *list;
    size_t count, capacity;
};

/* Room for `capacity` names; false when memory is out. */
bool att_names_open(struct att_names *names, struct att_pool *pool, const char *noun, size_t capacity);
void att_names_add(struct att_names *names, const char *text, struct att_place place);
/* Each name that is there twice is a finding that names both places. */
void att_names_sort(struct att_names *names, struct att_findings *findings);
const struct att_name *att_names_find(const struct att_names *names, const char *text);
/* The nearest name to a misspelt one, or NULL when none is near. */
const char *att_names_nearest(const struct att_names *names, const char *text);

/* The same over any list: try each, then look at `best`. */
struct att_nearest {
    const char *wanted;
    const char *best; /* NULL: none is near */
    size_t distance;
};
void att_nearest_try(struct att_nearest *nearest, const char *candidate);

#endif
