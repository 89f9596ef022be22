/* cmd/connect_options.c: what attache connect and attache session share: whom to ask for what. */
#include <stdlib.h>

#include "cmd/connect.h"
#include "cmd/fail.h"

static void take_ttl(struct cmd_call *call, const char *option, const char *value, int64_t *seconds)
{
    int64_t milliseconds = 0;

    cmd_take_duration(call, option, value, &milliseconds);
    *seconds = milliseconds / 1000;
}

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct connect *connect = context;

    if (cmd_backend_take(call, &connect->backend, option, value))
        return;
    switch (option) {
    case CONNECT_DEFAULT_TTL:
        take_ttl(call, "--default-ttl", value, &connect->call.default_ttl_s);
        break;
    case CONNECT_MAX_TTL:
        take_ttl(call, "--max-ttl", value, &connect->call.max_ttl_s);
        break;
    case CONNECT_METADATA:
        cmd_pairs_take(call, &connect->metadata, "--metadata", value);
        break;
    case CONNECT_NO_BROWSER:
        connect->no_browser = true;
        break;
    case CONNECT_ORIGIN:
        connect->call.origin = value;
        break;
    case CONNECT_PROVIDER:
        connect->providers[connect->provider_count++] = value;
        break;
    case CONNECT_RETURN_URL:
        connect->call.return_url = value;
        break;
    default:
        cmd_pairs_take(call, &connect->scopes, "--scope", value);
        break;
    }
}

int connect_read(struct cmd_call *call, const struct option *table, struct connect *connect, int count, char **words,
                 bool *over)
{
    const struct cmd_options options = {.letters = ":", .table = table, .take = take, .context = connect};
    int exit_status = 0;

    *connect = (struct connect){.backend = CMD_BACKEND_INIT, .call = {.size = sizeof connect->call}};
    *over = true;
    connect->providers = calloc((size_t)count + 1, sizeof *connect->providers);
    if (!connect->providers)
        return cmd_fail_memory(call);
    if (cmd_options_read(call, &options, count, words, &exit_status) < 0)
        return exit_status;
    if (connect->provider_count == 0)
        cmd_complain(call, "--provider",
                     "%s: no provider is named; add --provider NAME, several times to let the user choose",
                     call->verb->name);
    if (connect->call.max_ttl_s && connect->call.default_ttl_s > connect->call.max_ttl_s)
        cmd_complain(call, "--default-ttl", "option --default-ttl: it is longer than --max-ttl; make it shorter");
    if (call->complaint_field)
        return cmd_fail_complaint(call);
    connect->call.backend = connect->backend.backend;
    connect->call.reason = connect->backend.reason;
    connect->call.timeout_ms = connect->backend.timeout_ms;
    connect->call.providers = connect->providers;
    connect->call.scopes = connect->scopes.list;
    connect->call.metadata = connect->metadata.list;
    *over = false;
    return 0;
}

void connect_close(struct connect *connect)
{
    cmd_pairs_close(&connect->scopes);
    cmd_pairs_close(&connect->metadata);
    free(connect->providers);
}
