/* cmd/connect_session.c: attache session: a session in which a user may connect, for a page of one's own. */
#include <stdio.h>
#include <string.h>

#include "cmd/connect.h"
#include "cmd/fail.h"
#include "cmd/output.h"
#include "cmd/session.h"

/* Token and URL open the session: nothing of them stays in memory behind the output. */
static char buffer[16384];

static void print(void *context, const att_connect_session *session)
{
    const bool *as_json = context;
    struct cmd_json json = {.out = stdout};

    if (*as_json) {
        cmd_json_open(&json, NULL, '{');
        cmd_json_text(&json, "token", session->token);
        cmd_json_text(&json, "url", session->url);
        cmd_json_number(&json, "expires", session->expires);
        cmd_json_close(&json, '}');
    } else {
        cmd_print_unkept(stdout, session->token);
        putchar('\n');
        cmd_print_unkept(stdout, session->url);
    }
    putchar('\n');
}

static int perform(const struct cmd_call *call, struct connect *connect)
{
    struct cmd_session session = CMD_SESSION_INIT;
    bool as_json = call->json;
    att_status status;
    int exit_status;

    session.token_descriptor = connect->backend.token_descriptor;
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_connect_session_create(session.client, &connect->call, print, &as_json, &session.error);
    exit_status = status == ATT_OK ? cmd_output_finish(call) : cmd_fail(call, &session.error);
    explicit_bzero(buffer, sizeof buffer);
    cmd_session_close(&session);
    return exit_status;
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CONNECT_OPTIONS, {"origin", required_argument, NULL, CONNECT_ORIGIN}, {0}};
    struct connect connect;
    bool over;
    int exit_status = connect_read(call, table, &connect, count, words, &over);

    if (!over)
        exit_status = perform(call, &connect);
    connect_close(&connect);
    return exit_status;
}

const struct cmd_verb cmd_verb_session = {
    .name = "session",
    .summary = "create a session for a page in which users connect",
    .usage = "attache session --provider NAME [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Creates a session in which a user may authorise access, for a page of one's own with the widget\n"
            "of the backend, and prints its token on one line and its address on another. Both open the\n"
            "session: hand them to that user's browser and to nobody else.\n"
            "\n" CONNECT_HELP "  --origin URL          the page that opens the widget, https://HOST\n" CMD_BACKEND_HELP
            "  --timeout SECONDS     give up after this time",
    .run = run,
};
