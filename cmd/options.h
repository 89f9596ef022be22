/* cmd/options.h: reading a command line, GNU style. */
#ifndef ATT_CMD_OPTIONS_H
#define ATT_CMD_OPTIONS_H

#include <getopt.h>

#include "cmd/verb.h"

/* Codes of long options: those that verbs share, and where a verb's own begin. */
enum {
    CMD_OPTION_HELP = 256,
    CMD_OPTION_CONFIG,
    CMD_OPTION_CALLER,
    CMD_OPTION_CALLER_TYPE,
    CMD_OPTION_JSON,
    CMD_OPTION_OWN,
};

/* The rows that a table of options starts with. Every verb but `request`, where --json is curl's, adds the second. */
#define CMD_COMMON_OPTIONS                                                                                \
    {"help", no_argument, NULL, CMD_OPTION_HELP}, {"config", required_argument, NULL, CMD_OPTION_CONFIG}, \
        {"caller", required_argument, NULL, CMD_OPTION_CALLER},                                           \
    {                                                                                                     \
        "caller-type", required_argument, NULL, CMD_OPTION_CALLER_TYPE                                    \
    }
#define CMD_JSON_OPTION                            \
    {                                              \
        "json", no_argument, NULL, CMD_OPTION_JSON \
    }

/* Takes one option that is the verb's own; says what is wrong with it by cmd_complain(). */
typedef void (*cmd_option_taker)(struct cmd_call *call, void *context, int option, const char *value);

struct cmd_options {
    const char *letters;        /* as for getopt_long(3), beginning with ":" or "+:" */
    const struct option *table; /* ends with a row of zeroes */
    cmd_option_taker take;      /* NULL where the verb has none of its own */
    void *context;
    int fewest, most; /* how many operands there may be; most -1: any number */
};

/* Reads `words` (words[0] is the verb or the program) and moves the operands to the end. Returns the index of the first
 * operand; or -1 when the call is over, because of --help or of something that is wrong: then *exit_status is set. */
int cmd_options_read(struct cmd_call *call, const struct cmd_options *options, int count, char **words,
                     int *exit_status);

#endif
