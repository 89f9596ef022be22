/* value.h: a parsed configuration as a tree of values, each with the file and line where it stands.
 *
 * The tree is made once from libconfig's and owned by a pool; libconfig is not used after that. */
#ifndef ATT_VALUE_H
#define ATT_VALUE_H

#include <attache/attache.h>

#include "core/base/base.h"

struct att_place {
    const char *file; /* lives as long as the pool */
    int line;
};

enum att_value_type {
    ATT_VALUE_GROUP, /* { name = value; } */
    ATT_VALUE_LIST,  /* ( ... ) and [ ... ] */
    ATT_VALUE_TEXT,
    ATT_VALUE_INTEGER,
    ATT_VALUE_REAL,
    ATT_VALUE_BOOLEAN
};

struct att_value {
    enum att_value_type type;
    const char *name; /* in a group; else NULL */
    struct att_place place;
    const char *text;
    int64_t integer; /* boolean too */
    double real;
    struct att_value **items; /* of groups and lists */
    size_t count;
};

/* The member of a group, or NULL. */
const struct att_value *att_value_member(const struct att_value *group, const char *name);

/* A copy with everything below it, `place` included; NULL when memory is out. */
struct att_value *att_value_copy(struct att_pool *pool, const struct att_value *value);

/* ---- findings: everything that is wrong with a configuration, not the first thing only. ------------------------- */

enum att_severity { ATT_SEVERITY_ERROR, ATT_SEVERITY_WARNING };

struct att_finding {
    enum att_severity severity;
    struct att_place place; /* file NULL: no place */
    const char *module;     /* the module at fault, or NULL */
    const char *text;       /* names the thing, the cause, the next step */
};

struct att_findings {
    struct att_pool *pool;
    struct att_finding *list;
    size_t count, capacity;
    size_t errors;
    bool failed; /* memory ran out: findings were lost */
};

void att_findings_open(struct att_findings *findings, struct att_pool *pool);
void att_findings_close(struct att_findings *findings);
void att_finding(struct att_findings *findings, enum att_severity severity, struct att_place place, const char *format,
                 ...) ATT_FORMAT(4, 5);
void att_finding_module(struct att_findings *findings, struct att_place place, const char *module, const char *format,
                        ...) ATT_FORMAT(4, 5);
/* Fills an error from the first finding that is an error: ATT_CONFIG, or ATT_MODULE when it names a module. The message
 * is "FILE:LINE: text", with "(and N more; see attache check)" where there are more. ATT_OK when there is none. */
att_status att_findings_error(const struct att_findings *findings, att_error *error);

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* "250ms" "30s" "5m" "2h" "7d": to milliseconds. "64" "10KiB" "5MiB" "1GiB" "10kB" "5MB" "1GB": to bytes. A duration
 * without a unit is refused, but for "0". False when it is none or out of range. */
bool att_duration_parse(const char *text, int64_t *milliseconds);
bool att_size_parse(const char *text, int64_t *bytes);

#endif
