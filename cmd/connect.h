/* cmd/connect.h: what attache connect and attache session share: whom to ask for what. */
#ifndef ATT_CMD_CONNECT_H
#define ATT_CMD_CONNECT_H

#include <attache/attache.h>

#include "cmd/backend.h"
#include "cmd/input.h"

/* What the command line asks for. */
struct connect {
    struct cmd_backend backend;
    att_connect_options call;
    const char **providers; /* ends with NULL; owned */
    size_t provider_count;
    struct cmd_pairs scopes, metadata;
    bool no_browser;
};

enum {
    CONNECT_DEFAULT_TTL = CMD_BACKEND_OWN,
    CONNECT_MAX_TTL,
    CONNECT_METADATA,
    CONNECT_NO_BROWSER,
    CONNECT_ORIGIN,
    CONNECT_PROVIDER,
    CONNECT_RETURN_URL,
    CONNECT_SCOPE,
};

#define CONNECT_OPTIONS                                                                 \
    CMD_BACKEND_OPTIONS, {"default-ttl", required_argument, NULL, CONNECT_DEFAULT_TTL}, \
        {"max-ttl", required_argument, NULL, CONNECT_MAX_TTL},                          \
        {"metadata", required_argument, NULL, CONNECT_METADATA},                        \
        {"provider", required_argument, NULL, CONNECT_PROVIDER},                        \
        {"return-url", required_argument, NULL, CONNECT_RETURN_URL},                    \
    {                                                                                   \
        "scope", required_argument, NULL, CONNECT_SCOPE                                 \
    }

#define CONNECT_HELP                                                                                  \
    "  --provider NAME       what to connect, such as google; several times to let the user choose\n" \
    "  --scope NAME=SCOPE    require this scope of the provider NAME; several times for several\n"    \
    "  --max-ttl DURATION    the longest lifetime of the grant that the user may choose, as in 7d\n"  \
    "  --default-ttl DURATION\n"                                                                      \
    "                        the lifetime that is preset, as in 1d\n"                                 \
    "  --return-url URL      where the browser goes afterwards\n"                                     \
    "  --metadata NAME=VALUE\n"                                                                       \
    "                        a fact that the backend keeps with the session\n"

/* Reads the words. Returns the exit status and true in *over when the call is over. `connect` is to be closed. */
int connect_read(struct cmd_call *call, const struct option *table, struct connect *connect, int count, char **words,
                 bool *over);
void connect_close(struct connect *connect);

#endif
