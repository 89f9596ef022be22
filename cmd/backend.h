/* cmd/backend.h: what the verbs share that ask a backend about its grants. */
#ifndef ATT_CMD_BACKEND_H
#define ATT_CMD_BACKEND_H

#include <stdint.h>

#include "cmd/options.h"

struct cmd_backend {
    const char *backend; /* NULL: the only one that can */
    const char *reason;
    int token_descriptor; /* -1: none */
    int64_t timeout_ms;   /* 0: the default */
};

#define CMD_BACKEND_INIT       \
    {                          \
        .token_descriptor = -1 \
    }

/* Codes of their options, and where a verb's own begin. */
enum {
    CMD_BACKEND_NAME = CMD_OPTION_OWN,
    CMD_BACKEND_REASON,
    CMD_BACKEND_TIMEOUT,
    CMD_BACKEND_TOKEN,
    CMD_BACKEND_OWN,
};

#define CMD_BACKEND_OPTIONS                                                                      \
    CMD_COMMON_OPTIONS, CMD_JSON_OPTION, {"backend", required_argument, NULL, CMD_BACKEND_NAME}, \
        {"reason", required_argument, NULL, CMD_BACKEND_REASON},                                 \
        {"timeout", required_argument, NULL, CMD_BACKEND_TIMEOUT},                               \
    {                                                                                            \
        "user-token-fd", required_argument, NULL, CMD_BACKEND_TOKEN                              \
    }

/* What --help says of them, but for --timeout. */
#define CMD_BACKEND_HELP                                                          \
    "  --backend NAME        the configured provider to ask, where several can\n" \
    "  --reason TEXT         say why, for the audit record and the backend\n"     \
    "  --user-token-fd N     read the end user's token from descriptor N\n"

/* Takes one of these options. False when it is none of them. */
bool cmd_backend_take(struct cmd_call *call, struct cmd_backend *backend, int option, const char *value);

#endif
