/* cmd/grant_table.h: grants as they are listed, for a human or for a program. */
#ifndef ATT_CMD_GRANT_TABLE_H
#define ATT_CMD_GRANT_TABLE_H

#include <attache/attache.h>

#include "cmd/table.h"

struct grant_table {
    struct cmd_table table;
    struct cmd_json json;
    bool as_json;
    bool begun;
};

/* Nothing is printed before there is something to print, so a failure leaves standard output empty. */
void grant_table_open(struct grant_table *grants, bool as_json);
/* An att_grant_callback. */
void grant_table_take(void *grants, const att_grant_info *info);
/* Prints the table, or {"grants": [...], of which a program may be told more until grant_table_finish(). */
void grant_table_print(struct grant_table *grants);
/* Ends the output. Returns the exit status: 0, or 1 with a line on stderr when not all could be written. */
int grant_table_finish(struct grant_table *grants, const struct cmd_call *call);
void grant_table_close(struct grant_table *grants);

#endif
