/* cmd/help.h: the table of verbs and the texts of --help. */
#ifndef ATT_CMD_HELP_H
#define ATT_CMD_HELP_H

#include "cmd/output.h"
#include "cmd/verb.h"

/* The verb of that name, or NULL. */
const struct cmd_verb *cmd_verb_find(const char *name);

/* Prints the help of a verb; NULL: that of the program. */
void cmd_help_print(const struct cmd_verb *verb);

#endif
