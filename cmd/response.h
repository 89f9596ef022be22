/* cmd/response.h: writing a response in the manner of curl, and what became of its request. */
#ifndef ATT_CMD_RESPONSE_H
#define ATT_CMD_RESPONSE_H

#include <attache/attache.h>

#include "cmd/sink.h"

struct cmd_response {
    struct cmd_sink sink;
    bool include; /* -i */
    bool fail;    /* -f */
    bool waits;   /* for a human, as long as the user chose */
    bool discard; /* -f, and the upstream answered with an error: its body is not wanted */
};

/* Takes status and headers of the response; non-zero when they cannot be written. */
int cmd_response_take_head(struct cmd_response *response, const att_response *head);
/* Takes a piece of its body; as an att_write_callback. */
int cmd_response_take_body(struct cmd_response *response, const void *data, size_t size);
/* Takes a response that is here as a whole. */
void cmd_response_take(struct cmd_response *response, const att_response *whole);

/* True when an error of the upstream, if there was one, is none of ours: without -f. */
bool cmd_response_succeeded(const struct cmd_response *response, att_status status);
/* Ends the output. Returns the exit status: 0, or 1 after a line on stderr if anything could not be written. */
int cmd_response_close(struct cmd_response *response, const struct cmd_call *call, att_status status);
/* Prints the failure, with what a person needs beside it, and returns its exit status. */
int cmd_response_fail(const struct cmd_response *response, const struct cmd_call *call, const att_error *error);

#endif
