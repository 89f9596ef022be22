/* cmd/trace.h: what -v shows of a request and of the head of its response. */
#ifndef ATT_CMD_TRACE_H
#define ATT_CMD_TRACE_H

#include <attache/attache.h>

/* Prints to standard error what was sent, but for what the engine adds, and what came back. Never the credential. */
void cmd_trace(const att_request_options *call, const att_response *response);

#endif
