/* template.h: types and templates of managed secrets: which parts one is made of, and where they go.
 *
 * A type is built in and says only how a secret is placed; a template knows a service. Templates are data: those
 * installed with Attache, and those of the site in the folder `templates` beside its configuration, of which one takes
 * the place of an installed one of the same name (attache-templates(5)). */
#ifndef ATT_TEMPLATE_H
#define ATT_TEMPLATE_H

#include "core/config/config.h"

#define ATT_TEMPLATE_PARTS 16
#define ATT_TEMPLATE_INJECT 4096 /* bytes that a placement takes as text: more is refused where it is used */

struct att_template_part {
    const char *name;   /* of [a-z0-9_], at most 31 bytes */
    const char *prompt; /* what to ask a human */
    const char *value;  /* the same for everybody, so nobody is asked; or NULL */
    bool hidden;        /* a secret: never shown, never on a command line */
    bool optional;
};

struct att_template {
    const char *name, *title;
    const char *const *origins; /* canonical; ends with NULL; may be empty */
    const struct att_template_part *parts;
    size_t part_count;
    const struct att_value *inject; /* a group or a list of groups; NULL: `inject` has to be said, and */
    const char *place_key;          /* has this key; only in types */
    struct att_place place;         /* file NULL: built in */
};

/* Everything lives in the pool that it was loaded with. */
struct att_template_set {
    struct att_template *list; /* by name */
    size_t count;
};

/* Folders of template files; one that is NULL or not there is empty. */
struct att_template_roots {
    const char *installed, *site;
};

/* The folders of this installation and of the site whose main file is `file`; NULL: no site. False when memory is out.
 */
bool att_template_roots_find(struct att_pool *pool, const char *file, struct att_template_roots *roots);
/* The same of the configuration that att_config_load would read. */
bool att_template_roots_of(struct att_pool *pool, const char *config, struct att_template_roots *roots);

/* The built-in types and all templates. What is wrong with a file goes to `findings`; the others are read all the same.
 * False when memory is out. */
bool att_templates_load(struct att_pool *pool, const struct att_template_roots *roots, struct att_template_set *set,
                        struct att_findings *findings);

/* Looks for what is wrong with the templates of a site. Those that came with Attache are not read: its own tests have,
 * and it would take longer than all the rest of a check. */
void att_templates_check(struct att_pool *pool, const char *config, struct att_findings *findings);

const struct att_template *att_template_find(const struct att_template_set *set, const char *name);
const struct att_template_part *att_template_part(const struct att_template *template, const char *name, size_t size);

/* The templates of one parsed file, appended to `list` of `capacity`; returns how many. */
size_t att_templates_read(struct att_pool *pool, const struct att_value *file, struct att_template *list,
                          size_t capacity, struct att_findings *findings);
/* The built-in types as templates without a file. */
size_t att_template_types(struct att_pool *pool, struct att_template *list, size_t capacity,
                          struct att_findings *findings);

/* ---- placements as values ---------------------------------------------------------------------------------------- */

/* A placement from its text, "{ header = \"X-API-Key\"; }" or a list of such groups, checked by the grammar of
 * `inject`. NULL with findings. */
const struct att_value *att_template_inject_parse(struct att_pool *pool, const char *text,
                                                  struct att_findings *findings);

/* The lines of a placement: each is a group. */
size_t att_template_line_count(const struct att_value *inject);
const struct att_value *att_template_line(const struct att_value *inject, size_t index);

/* The parts that a line places. `needed` is false for one that it can do without. */
struct att_line_part {
    const char *name; /* `size` bytes */
    size_t size;
    bool needed;
};
size_t att_template_line_parts(const struct att_value *line, struct att_line_part *parts, size_t capacity);

/* Whether a line has all the parts that it needs; `given` tells of one. */
typedef bool (*att_part_given)(const void *context, const char *name, size_t size);
bool att_template_line_complete(const struct att_value *line, att_part_given given, const void *context);

/* The text of a placement without the lines that `given` (NULL: every part is there) leaves incomplete; "" when none is
 * left, NULL when memory is out. */
const char *att_template_inject_text(struct att_pool *pool, const struct att_value *inject, att_part_given given,
                                     const void *context);

#endif
