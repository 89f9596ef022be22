/* managed.h: one running call about secrets that a provider keeps: att_secret_set and its sisters.
 *
 * A call checks what it was given, looks up what is kept, records what it is about to do, has the module do it, and
 * records what came of it. A refusal before the first record changed nothing and leaves no record, as in att_request.
 */
#ifndef ATT_MANAGED_H
#define ATT_MANAGED_H

#include "core/errand/errand.h"
#include "core/template/template.h"

struct att_keeping {
    struct att_errand errand;
    const char *name;        /* of the secret; NULL: all */
    struct att_listing kept; /* by att_keeping_list */
};

/* Finds the provider: the one of that name, or (NULL) the only one that keeps secrets. */
att_status att_keeping_open(struct att_keeping *keeping, att_client *client, const char *event, const char *provider,
                            att_error *error);
void att_keeping_close(struct att_keeping *keeping);

/* What is kept, anew. `doing` is what this is for, as in att_keeping_fail. */
att_status att_keeping_list(struct att_keeping *keeping, const char *doing);
/* The secret of that name, or NULL. */
const struct att_secret_facts *att_keeping_find(const struct att_keeping *keeping, const char *name);
/* The same, and ATT_NOT_FOUND where there is none. Sets keeping->grant. `act` is what is to be done: "rotated". */
att_status att_keeping_require(struct att_keeping *keeping, const char *name, const char *act,
                               const struct att_secret_facts **facts);
/* "secret \"x\" could not be rotated" for the act "rotated"; NULL when memory is out. */
const char *att_keeping_doing(struct att_keeping *keeping, const char *name, const char *act);

/* The record of what came of it: `result` of the module as the caller's status. `done` is what happened when it is OK:
 * "secret \"x\" was kept". */
att_status att_keeping_conclude(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                                const char *doing, const char *done);
/* A result that is not OK as a status with its message; `doing` is "secret \"x\" could not be kept". */
att_status att_keeping_fail(struct att_keeping *keeping, att_result result, const struct att_call_report *report,
                            const char *doing);
/* Hands facts to the application. */
void att_keeping_tell(const struct att_keeping *keeping, const struct att_secret_facts *facts,
                      att_secret_callback found, void *context);

/* ---- what a new secret is ---------------------------------------------------------------------------------------- */

/* "letters, digits, dots, underscores and hyphens", at most 64. */
att_status att_secret_name_check(struct att_keeping *keeping, const char *name);

/* The type or template of that name. */
att_status att_secret_type_find(struct att_keeping *keeping, const char *type, const struct att_template **template);

/* Where a new secret belongs and may go. */
struct att_secret_plan {
    const struct att_template *template;
    const struct att_value *inject;
    const char *grant;
    const char *const *origins;
};

/* Grant, origins and placement of a new secret by the options, else by its template, else by the site. */
att_status att_secret_plan_make(struct att_keeping *keeping, const att_secret_options *options,
                                struct att_secret_plan *plan);

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* The parts of a secret with their values; what is not there was left out. */
struct att_secret_parts {
    struct att_named_secret list[ATT_TEMPLATE_PARTS];
    struct att_secret *values[ATT_TEMPLATE_PARTS];
    size_t count;
};

/* Takes the open parts from the options and has the others read into secret memory, each checked. `wanted` are the
 * template's, or on a rotation those that are kept. */
att_status att_secret_parts_read(struct att_keeping *keeping, const att_secret_options *options,
                                 const struct att_template_part *wanted, size_t count, struct att_secret_parts *parts);
void att_secret_parts_close(struct att_secret_parts *parts); /* wipes */
bool att_secret_parts_have(const struct att_secret_parts *parts, const char *name, size_t size);

#endif
