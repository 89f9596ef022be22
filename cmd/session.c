/* cmd/session.c: an engine and a client on it, for one call of the library. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/output.h"
#include "cmd/session.h"

/* What the library did with a secret without being asked. */
static bool is_note(int level, const char *line)
{
    return level == ATT_LOG_INFO && strncmp(line, "secret \"", 8) == 0;
}

/* What will go wrong later has to be seen, too. */
static void print_log(void *context, int level, const char *line)
{
    const struct cmd_session *session = context;

    if (level <= ATT_LOG_WARNING)
        fputs("attache: warning: ", stderr);
    else if (session->verbose && level <= ATT_LOG_INFO)
        fputs("* ", stderr);
    else if (is_note(level, line))
        fputs("attache: ", stderr);
    else
        return;
    cmd_print_safe(stderr, line);
    fputc('\n', stderr);
}

/* Reads the user's token straight into the engine's secret memory. One line end behind it is not part of it. Returns 0
 * when there is none, or when it does not fit. */
static size_t read_token(void *context, char *buffer, size_t capacity)
{
    const struct cmd_session *session = context;
    size_t size = 0;
    ssize_t count;

    do {
        count = read(session->token_descriptor, buffer + size, capacity - size);
        size += count > 0 ? (size_t)count : 0;
    } while (size < capacity && (count > 0 || (count < 0 && errno == EINTR)));
    if (count < 0 || size == capacity)
        return 0;
    size -= size > 0 && buffer[size - 1] == '\n';
    size -= size > 0 && buffer[size - 1] == '\r';
    return size;
}

att_status cmd_session_open(struct cmd_session *session, const struct cmd_call *call)
{
    const att_engine_options engine_options = {.size = sizeof engine_options,
                                               .config = call->config,
                                               .log = call->json || call->quiet ? NULL : print_log,
                                               .log_context = session,
                                               .clear_http_memory = 1};
    const att_client_options client_options = {.size = sizeof client_options,
                                               .caller = cmd_caller(call),
                                               .caller_type = call->caller_type,
                                               .user_token = session->token_descriptor < 0 ? NULL : read_token,
                                               .user_token_context = session};
    att_status status = att_engine_open_with(&engine_options, &session->engine, &session->error);

    return status == ATT_OK ? att_client_open(session->engine, &client_options, &session->client, &session->error)
                            : status;
}

void cmd_session_close(struct cmd_session *session)
{
    att_client_close(&session->client);
    att_engine_close(&session->engine);
    att_error_clear(&session->error);
}
