/* cmd/fail.h: from an error to a line on stderr and an exit status. */
#ifndef ATT_CMD_FAIL_H
#define ATT_CMD_FAIL_H

#include <attache/attache.h>

#include "cmd/verb.h"

#define CMD_FORMAT(string, first) __attribute__((format(printf, string, first)))

/* The exit status of attache(1) for a status of the library. */
int cmd_exit_status(att_status status);

/* Prints an error as one line, or as one JSON object, and returns its exit status. */
int cmd_fail(const struct cmd_call *call, const att_error *error);

/* The same for what the command itself found out. `field` may be NULL. The sentence is "<what>: <why>; <what to do>".
 */
int cmd_fail_here(const struct cmd_call *call, att_status status, const char *field, const char *format, ...)
    CMD_FORMAT(4, 5);

/* Keeps the first complaint about the command line, so that a --json or --help that comes later still counts. */
void cmd_complain(struct cmd_call *call, const char *field, const char *format, ...) CMD_FORMAT(3, 4);

/* Prints the complaint and returns the exit status of a usage error. */
int cmd_fail_complaint(const struct cmd_call *call);

/* Out of memory in the command itself. */
int cmd_fail_memory(const struct cmd_call *call);

#endif
