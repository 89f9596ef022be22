/* cmd/input.h: values of options: pairs, numbers, durations, sizes, times, and data from files. */
#ifndef ATT_CMD_INPUT_H
#define ATT_CMD_INPUT_H

#include <attache/attache.h>

#include "cmd/verb.h"

/* Pairs from options such as --query k=v; `list` ends with a NULL name once there is one. Names are owned. */
struct cmd_pairs {
    att_pair *list;
    size_t count;
};

/* Takes "name=value" as an option's value. */
void cmd_pairs_take(struct cmd_call *call, struct cmd_pairs *pairs, const char *option, const char *value);
/* Takes "Name: value", or curl's "Name;" for an empty one. */
void cmd_pairs_take_header(struct cmd_call *call, struct cmd_pairs *pairs, const char *value);
/* The value of the first pair of that name without case, or NULL. */
const char *cmd_pairs_find(const struct cmd_pairs *pairs, const char *name);
/* Takes the first pair of that name out and returns its value, or NULL. */
const char *cmd_pairs_remove(struct cmd_pairs *pairs, const char *name);
void cmd_pairs_close(struct cmd_pairs *pairs);

/* "2.5": seconds, as milliseconds; at least one. */
void cmd_take_seconds(struct cmd_call *call, const char *option, const char *value, int64_t *milliseconds);
/* "90s" "10m" "12h" "7d", as milliseconds; at least one second, at most a hundred years. */
void cmd_take_duration(struct cmd_call *call, const char *option, const char *value, int64_t *milliseconds);
/* A number of digits alone, from `least` to `most`. */
void cmd_take_number(struct cmd_call *call, const char *option, const char *value, int64_t least, int64_t most,
                     int64_t *number);
/* "64" "10KiB" "5MiB" "1GiB" "10kB" "5MB" "1GB": bytes, at least one. */
void cmd_take_size(struct cmd_call *call, const char *option, const char *value, uint64_t *bytes);
/* An RFC 3339 time after 1970, as Unix seconds. */
void cmd_take_time(struct cmd_call *call, const char *option, const char *value, int64_t *seconds);
/* The number of an open descriptor. */
void cmd_take_descriptor(struct cmd_call *call, const char *option, const char *value, int *descriptor);

/* Bytes of a body that are put together from one or several options; owned, ends with a NUL that does not count. */
struct cmd_data {
    char *bytes;
    size_t size;
    bool given, reads_stdin;
};

/* Appends the value of -d, --data-binary or --json: the text itself, or with "@FILE" the file's bytes ("@-": standard
 * input). `separator` (may be 0) goes between two values; with `strip` line ends and NULs of a file are left out. */
void cmd_data_take(struct cmd_call *call, struct cmd_data *data, const char *option, const char *value, char separator,
                   bool strip);
void cmd_data_close(struct cmd_data *data);

#endif
