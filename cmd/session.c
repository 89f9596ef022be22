/* cmd/session.c: an engine and a client on it, for one call of the library. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/output.h"
#include "cmd/session.h"

/* The longest token that the library takes, and the room for one that is longer, with its line end. */
enum { TOKEN_SIZE = 8192, TOKEN_ROOM = TOKEN_SIZE + 3 };

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

static att_status give_up(struct cmd_session *session, const char *why, const char *advice)
{
    snprintf(session->trouble, sizeof session->trouble, "option --user-token-fd: descriptor %d %s; %s",
             session->token_descriptor, why, advice);
    session->error.status = ATT_INVALID;
    session->error.field = "--user-token-fd";
    session->error.message = session->trouble;
    return ATT_INVALID;
}

/* Reads until the end, or until there is one byte more than a token can have. -1 with errno. */
static ssize_t read_all(int descriptor, char *buffer, size_t capacity)
{
    size_t size = 0;
    ssize_t count;

    do {
        count = read(descriptor, buffer + size, capacity - size);
        size += count > 0 ? (size_t)count : 0;
    } while (size < capacity && (count > 0 || (count < 0 && errno == EINTR)));
    return count < 0 ? -1 : (ssize_t)size;
}

/* A descriptor can be read once, and the library may ask several times, so the token stays here as long as the session.
 * One line end behind it is not part of it. */
static att_status read_token(struct cmd_session *session)
{
    ssize_t count;
    size_t size;

    session->token = mmap(NULL, TOKEN_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (session->token == MAP_FAILED) {
        session->token = NULL;
        return give_up(session, "cannot be read into memory", "free some, and run it again");
    }
    mlock(session->token, TOKEN_ROOM); /* where the limit on it is low, the engine warns */
    count = read_all(session->token_descriptor, session->token, TOKEN_ROOM);
    if (count < 0)
        return give_up(session, "cannot be read", "open it for reading, as in 3<FILE behind the command");
    size = (size_t)count;
    size -= size > 0 && session->token[size - 1] == '\n';
    size -= size > 0 && session->token[size - 1] == '\r';
    if (size == 0)
        return give_up(session, "gave no token", "write the user's token to it, or leave the option out");
    if (size > TOKEN_SIZE)
        return give_up(session, "gave more than 8192 bytes", "write the user's token to it, and nothing else");
    if (memchr(session->token, '\n', size) || memchr(session->token, '\r', size))
        return give_up(session, "gave more than one line", "write the user's token to it, and nothing else");
    session->token_size = size;
    return ATT_OK;
}

/* An att_user_token_callback. */
static size_t give_token(void *context, char *buffer, size_t capacity)
{
    const struct cmd_session *session = context;

    if (session->token_size > capacity)
        return 0;
    memcpy(buffer, session->token, session->token_size);
    return session->token_size;
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
                                               .user_token = session->token_descriptor < 0 ? NULL : give_token,
                                               .user_token_context = session};
    att_status status = att_engine_open_with(&engine_options, &session->engine, &session->error);

    if (status == ATT_OK && session->token_descriptor >= 0)
        status = read_token(session);
    return status == ATT_OK ? att_client_open(session->engine, &client_options, &session->client, &session->error)
                            : status;
}

void cmd_session_close(struct cmd_session *session)
{
    att_client_close(&session->client);
    att_engine_close(&session->engine);
    att_error_clear(&session->error);
    if (session->token) {
        explicit_bzero(session->token, TOKEN_ROOM);
        munmap(session->token, TOKEN_ROOM);
    }
    session->token = NULL;
}
