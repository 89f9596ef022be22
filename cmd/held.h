/* cmd/held.h: waiting, in front of a human, for another one to decide on a request. */
#ifndef ATT_CMD_HELD_H
#define ATT_CMD_HELD_H

#include "cmd/session.h"

/* True for the error of a request that a human has yet to decide on. */
bool cmd_is_held(const att_error *error);

/* Tells what session->error holds of a held request, and waits at most `wait_ms` for the decision while the time that
 * is left is shown. Returns what became of it, and keeps the error where it is still held. *number gets the signal that
 * gave up, or 0; after one a call of the library may still run, so the process has to end by it and close nothing. */
att_status cmd_held_await(struct cmd_session *session, const struct cmd_call *call, int64_t wait_ms,
                          att_response **response, int *number);

#endif
