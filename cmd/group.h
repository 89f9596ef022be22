/* cmd/group.h: a verb that has verbs of its own, as attache secret has. */
#ifndef ATT_CMD_GROUP_H
#define ATT_CMD_GROUP_H

#include <stddef.h>

#include "cmd/verb.h"

/* Runs the one of `verbs` that the first operand names; call->verb is the group. The verbs are named "GROUP NAME", and
 * `choices` names them in a sentence: "set, list or remove". */
int cmd_group_run(struct cmd_call *call, int count, char **words, const struct cmd_verb *const *verbs,
                  size_t verb_count, const char *choices);

#endif
