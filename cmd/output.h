/* cmd/output.h: printing: JSON, text from outside made safe for a terminal, colours, and the check at the end. */
#ifndef ATT_CMD_OUTPUT_H
#define ATT_CMD_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/verb.h"

/* A JSON text that is being written. Names are trusted ASCII; a NULL name writes an element of a list. Texts may hold
 * any bytes: controls are escaped, and what is not UTF-8 becomes U+FFFD. A NULL text and a number 0 are left out. */
struct cmd_json {
    FILE *out;
    bool comma;
};

void cmd_json_open(struct cmd_json *json, const char *name, char bracket);
void cmd_json_close(struct cmd_json *json, char bracket);
void cmd_json_text(struct cmd_json *json, const char *name, const char *text);
void cmd_json_number(struct cmd_json *json, const char *name, int64_t number);
void cmd_json_count(struct cmd_json *json, const char *name, int64_t number); /* written also when it is 0 */
void cmd_json_boolean(struct cmd_json *json, const char *name, bool value);
void cmd_json_list(struct cmd_json *json, const char *name, const char *const *texts);

/* Prints text from outside: control characters and bytes that are not UTF-8 as \xNN, so it cannot steer a terminal. */
void cmd_print_safe(FILE *out, const char *text);
/* The same, and no copy of it stays in memory but in the buffer of `out`. */
void cmd_print_unkept(FILE *out, const char *text);
/* The same as a new text, to be freed; NULL when memory is out. NULL gives "". */
char *cmd_safe_text(const char *text);
/* How many columns a safe text takes, one for each character. */
int cmd_text_width(const char *text);

enum cmd_colour { CMD_RED, CMD_GREEN, CMD_YELLOW, CMD_BOLD, CMD_DIM };
#define CMD_PLAIN "\033[0m"
/* The sequence that starts a colour; "" unless `out` is a terminal that shows colours and NO_COLOR is not set. */
const char *cmd_colour(FILE *out, enum cmd_colour colour);
/* Prints a text in a colour. */
void cmd_print_colour(FILE *out, enum cmd_colour colour, const char *text);

/* Writes out what stdout still holds. Returns the exit status: 0, or 1 with a line on stderr when it could not. */
int cmd_output_finish(const struct cmd_call *call);

#endif
