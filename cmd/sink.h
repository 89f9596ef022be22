/* cmd/sink.h: where the body of a response goes: standard output, or a file that is made when there is something for
 * it. */
#ifndef ATT_CMD_SINK_H
#define ATT_CMD_SINK_H

#include <stddef.h>

#include "cmd/verb.h"

struct cmd_sink {
    const char *path; /* NULL: standard output */
    int descriptor;   /* -1: not opened yet */
    int failure;      /* errno of what went wrong, or 0 */
};

/* Sets `failure` where a file cannot be made or written, so that nothing is sent in vain. */
void cmd_sink_open(struct cmd_sink *sink, const char *path);
/* An att_write_callback. Once it failed, everything after is refused. */
int cmd_sink_write(void *sink, const void *data, size_t size);
/* The response is complete: a file exists from here on, even an empty one. */
void cmd_sink_complete(struct cmd_sink *sink);
/* Closes the file. Returns the exit status: 0, or 1 after a line on stderr if anything could not be written. */
int cmd_sink_close(struct cmd_sink *sink, const struct cmd_call *call);

#endif
