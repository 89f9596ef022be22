/* cmd/backend.c: what the verbs share that ask a backend about its grants. */
#include "cmd/backend.h"
#include "cmd/input.h"

bool cmd_backend_take(struct cmd_call *call, struct cmd_backend *backend, int option, const char *value)
{
    switch (option) {
    case CMD_BACKEND_NAME:
        backend->backend = value;
        return true;
    case CMD_BACKEND_REASON:
        backend->reason = value;
        return true;
    case CMD_BACKEND_TIMEOUT:
        cmd_take_seconds(call, "--timeout", value, &backend->timeout_ms);
        return true;
    case CMD_BACKEND_TOKEN:
        cmd_take_descriptor(call, "--user-token-fd", value, &backend->token_descriptor);
        return true;
    default:
        return false;
    }
}
