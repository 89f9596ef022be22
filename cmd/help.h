/* cmd/help.h: the table of verbs and the texts of --help. */
#ifndef ATT_CMD_HELP_H
#define ATT_CMD_HELP_H

#include "cmd/output.h"
#include "cmd/verb.h"

/* The verb of that name, or NULL. */
const struct cmd_verb *cmd_verb_find(const char *name);

/* Says that there is no such verb, and which may have been meant. Returns the exit status of a usage error. */
int cmd_verb_refuse(struct cmd_call *call, const char *name);

/* Whether a word is a name but for a slip: one letter too many, missing, wrong, or swapped with the next. */
bool cmd_help_resembles(const char *word, const char *name);

/* Prints the help of a verb; NULL: that of the program. */
void cmd_help_print(const struct cmd_verb *verb);

#endif
