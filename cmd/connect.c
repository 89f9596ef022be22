/* cmd/connect.c: attache connect: lets a user authorise access in a browser, and prints the grants. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/connect.h"
#include "cmd/fail.h"
#include "cmd/grant_table.h"
#include "cmd/session.h"
#include "cmd/waiting.h"

struct flow {
    struct cmd_waiting waiting;
    bool as_json;
};

/* The URL opens the session, so no copy of it is made. */
static int show(void *context, const char *url)
{
    const struct flow *flow = context;
    struct cmd_json json = {.out = stderr};

    if (flow->as_json) {
        cmd_json_open(&json, NULL, '{');
        cmd_json_text(&json, "url", url);
        cmd_json_close(&json, '}');
    } else {
        fputs("attache: open this address in a browser, and show it to nobody else:\n", stderr);
        cmd_print_unkept(stderr, url);
    }
    fputc('\n', stderr);
    return 0;
}

static int look(void *context, int64_t left_ms)
{
    struct flow *flow = context;

    return cmd_waiting_look(&flow->waiting, left_ms);
}

/* The same question as the library's, which opens the browser. */
static bool has_browser(void)
{
    const char *browser = secure_getenv("BROWSER");

    return (browser && *browser == '/') || secure_getenv("DISPLAY") || secure_getenv("WAYLAND_DISPLAY");
}

static int perform(const struct cmd_call *call, struct connect *connect)
{
    bool shows = connect->no_browser || !has_browser();
    struct flow flow = {.as_json = call->json,
                        .waiting = {.what = shows ? "waiting until you have finished"
                                                  : "waiting for you in the browser that was opened",
                                    .silent = call->json}};
    struct cmd_session session = CMD_SESSION_INIT;
    struct grant_table table;
    att_status status;
    int exit_status, number;

    session.token_descriptor = connect->backend.token_descriptor;
    connect->call.show = shows ? show : NULL;
    connect->call.wait = look;
    connect->call.callback_context = &flow;
    grant_table_open(&table, call->json);
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_connect(session.client, &connect->call, grant_table_take, &table, &session.error);
    number = cmd_waiting_end(&flow.waiting);
    if (status == ATT_OK) {
        grant_table_print(&table);
        exit_status = grant_table_finish(&table, call);
    } else {
        exit_status = cmd_fail(call, &session.error);
    }
    grant_table_close(&table);
    cmd_session_close(&session);
    if (status != ATT_OK && number)
        raise(number); /* as it would have acted without us */
    return exit_status;
}

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CONNECT_OPTIONS, {"no-browser", no_argument, NULL, CONNECT_NO_BROWSER}, {0}};
    struct connect connect;
    bool over;
    int exit_status = connect_read(call, table, &connect, count, words, &over);

    if (!over)
        exit_status = perform(call, &connect);
    connect_close(&connect);
    return exit_status;
}

const struct cmd_verb cmd_verb_connect = {
    .name = "connect",
    .summary = "let a user authorise access, and print the grants",
    .usage = "attache connect --provider NAME [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Opens a browser in which the user authorises access, waits until they have finished, and prints\n"
            "each grant that came into being. Where there is no display, the address to open is printed.\n"
            "\n" CONNECT_HELP
            "  --no-browser          print the address on standard error, and open no browser\n" CMD_BACKEND_HELP
            "  --timeout SECONDS     wait this long for the user (default: 300)",
    .run = run,
};
