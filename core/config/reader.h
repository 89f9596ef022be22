/* reader.h: from value trees to the structs of config.h. Private to core/config. */
#ifndef ATT_READER_H
#define ATT_READER_H

#include "core/config/config.h"
#include "core/config/names.h"

struct att_reader {
    struct att_pool *pool;
    struct att_findings *findings;
    struct att_config *config;
    bool complete; /* all files could be read: what is missing is missing */
    struct att_names providers, grants, stacks;
};

#define ATT_REFUSE(reader, where, ...) att_finding((reader)->findings, ATT_SEVERITY_ERROR, (where), __VA_ARGS__)

/* ---- keys: what may stand in a group, as a table ----------------------------------------------------------------- */

enum att_key_type {
    ATT_KEY_OTHER,      /* known; the caller reads it */
    ATT_KEY_TEXT,       /* const char *: not empty, up to `maximum` bytes (0: 4096) */
    ATT_KEY_NAME,       /* const char *: as names of providers, stacks, rules are */
    ATT_KEY_GRANT_NAME, /* const char *: with capitals and slashes too */
    ATT_KEY_PATH,       /* const char *: absolute */
    ATT_KEY_HASH,       /* const char *: SHA-256 in hex, made lower case */
    ATT_KEY_BOOLEAN,    /* bool */
    ATT_KEY_INTEGER,    /* int: minimum to maximum */
    ATT_KEY_DURATION,   /* int64_t milliseconds: minimum to maximum */
    ATT_KEY_SIZE,       /* uint64_t bytes: minimum to maximum */
    ATT_KEY_CHOICE,     /* int: which of choices */
    ATT_KEY_TEXTS,      /* const char **: a text or a list of them, not empty */
    ATT_KEY_GROUP       /* const struct att_value * */
};

enum { ATT_KEY_REQUIRED = 1, ATT_KEY_REPEATS = 2 /* may be set in several files */ };

struct att_key {
    const char *name;
    enum att_key_type type;
    unsigned flags;
    size_t offset; /* in the target */
    int64_t minimum, maximum;
    const char *range;          /* the two as words: "1ms to 1h" */
    const char *const *choices; /* ends with NULL */
};

/* Reads the keys of `group` into `target` by the table. Keys that are not there leave the target as it is; keys that
 * the table does not have, wrong values, missing and repeated keys are findings. `what` names the group: "settings".
 * False when a required key is missing or unusable. */
bool att_read_keys(struct att_reader *reader, const struct att_value *group, const char *what,
                   const struct att_key *keys, size_t count, void *target);

/* A text or a list of texts as a list that ends with NULL; NULL with a finding. */
const char **att_read_texts(struct att_reader *reader, const struct att_value *value, const char *what);

bool att_name_valid(const char *text, bool grant);

/* ---- groups and lists ----------------------------------------------------------------------------------------------
 */

/* "provider \"alter\"", or "provider 2" where there is no name to call it by. */
const char *att_read_title(struct att_reader *reader, const char *noun, const struct att_value *group, size_t index);

/* All members called `name` as one group with the members of all; NULL when there is none. Each file has one. */
const struct att_value *att_read_merged(struct att_reader *reader, const struct att_value *group, const char *name);

/* The groups of all lists called `name`, one after the other. What is no list of groups is a finding. */
struct att_groups {
    const struct att_value **list;
    size_t count;
};
struct att_groups att_read_groups(struct att_reader *reader, const struct att_value *group, const char *name,
                                  const char *what);

/* Zeroed memory for `count` elements and one more; a lack of it is noted. NULL then. */
void *att_read_array(struct att_reader *reader, size_t count, size_t size);

/* ---- the parts -----------------------------------------------------------------------------------------------------
 */

void att_read_settings(struct att_reader *reader, const struct att_value *root);
void att_read_providers(struct att_reader *reader, const struct att_value *root);
void att_read_sinks(struct att_reader *reader, const struct att_value *root);
void att_read_grants(struct att_reader *reader, const struct att_value *root);
void att_read_stacks(struct att_reader *reader, const struct att_value *root);
void att_read_policy(struct att_reader *reader, const struct att_value *root);
/* origins and inject of a grant or a stack. */
void att_read_binding(struct att_reader *reader, const struct att_value *group, const char *what,
                      struct att_config_binding *binding);

/* A placement or a list of them; `what` names it: "inject of grant \"a\"". What is wrong is left out of the list. */
void att_read_injects(struct att_reader *reader, const struct att_value *value, const char *what,
                      struct att_config_inject **injects, size_t *count);
/* What is particular to ATT_INJECT_HMAC, once the keys are read; fills in the key where none was written. */
bool att_read_signature(struct att_reader *reader, struct att_config_inject *inject, const char *what);
/* The member "inject" of a group that `what` names; nothing where there is none. */
void att_read_inject_of(struct att_reader *reader, const struct att_value *group, const char *what,
                        struct att_config_inject **injects, size_t *count);

/* What can be told only when everything is read: names that lead nowhere, circles, ties, what is never used. */
void att_check_references(struct att_reader *reader);

/* The configuration in the trees of its files, of which there is one at least. `complete` says that these are all.
 * NULL when memory is out. */
struct att_config *att_config_read(struct att_pool *pool, const struct att_value *const *files, size_t count,
                                   bool complete, struct att_findings *findings);

#endif
