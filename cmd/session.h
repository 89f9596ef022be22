/* cmd/session.h: an engine and a client on it, for one call of the library. */
#ifndef ATT_CMD_SESSION_H
#define ATT_CMD_SESSION_H

#include <attache/attache.h>

#include "cmd/verb.h"

struct cmd_session {
    att_engine *engine;
    att_client *client;
    att_error error;
    int token_descriptor; /* that the end user's token is read from; -1: there is none */
    bool verbose;
    char *token; /* pages of its own; NULL until it is read */
    size_t token_size;
    char trouble[192]; /* what is wrong with it */
};

#define CMD_SESSION_INIT                                \
    {                                                   \
        .error = ATT_ERROR_INIT, .token_descriptor = -1 \
    }

/* Opens both. The session stays where it is until it is closed, which it has to be whatever comes back. */
att_status cmd_session_open(struct cmd_session *session, const struct cmd_call *call);
void cmd_session_close(struct cmd_session *session);

#endif
