/* cmd/approve.c: attache approve: requests that a human decides on. */
#include <signal.h>

#include "cmd/backend.h"
#include "cmd/fail.h"
#include "cmd/group.h"
#include "cmd/held.h"
#include "cmd/response.h"
#include "cmd/session.h"

enum { DEFAULT_WAIT_MS = 300000 };

struct approve {
    struct cmd_backend backend;
    const char *output;
    struct cmd_response response;
};

static void take(struct cmd_call *call, void *context, int option, const char *value)
{
    struct approve *approve = context;

    if (cmd_backend_take(call, &approve->backend, option, value))
        return;
    if (option == 'o')
        approve->output = value;
    else if (option == 'i')
        approve->response.include = true;
    else
        approve->response.fail = true;
}

static int perform(const struct cmd_call *call, struct approve *approve, const char *id)
{
    const struct cmd_backend *backend = &approve->backend;
    struct cmd_response *out = &approve->response;
    struct cmd_session session = CMD_SESSION_INIT;
    att_response *response = NULL;
    att_status status;
    int exit_status, number = 0;

    if (out->sink.failure != 0)
        return cmd_sink_close(&out->sink, call);
    out->waits = true;
    session.token_descriptor = backend->token_descriptor;
    status = cmd_session_open(&session, call);
    if (status == ATT_OK)
        status = att_approval_await(session.client, ATT_HELD(.id = id, .backend = backend->backend), &response,
                                    &session.error);
    if (cmd_is_held(&session.error))
        status = cmd_held_await(&session, call, backend->timeout_ms ? backend->timeout_ms : DEFAULT_WAIT_MS, &response,
                                &number);
    if (response)
        cmd_response_take(out, response);
    exit_status = cmd_response_close(out, call, status);
    if (exit_status == 0 && !cmd_response_succeeded(out, status))
        exit_status = cmd_response_fail(out, call, &session.error);
    if (number)
        raise(number); /* as it would have acted without us */
    att_response_free(&response);
    cmd_session_close(&session);
    return exit_status;
}

static int run_wait(struct cmd_call *call, int count, char **words)
{
    static const struct option table[] = {CMD_COMMON_OPTIONS,
                                          CMD_JSON_OPTION,
                                          {"backend", required_argument, NULL, CMD_BACKEND_NAME},
                                          {"fail", no_argument, NULL, 'f'},
                                          {"include", no_argument, NULL, 'i'},
                                          {"output", required_argument, NULL, 'o'},
                                          {"timeout", required_argument, NULL, CMD_BACKEND_TIMEOUT},
                                          {"user-token-fd", required_argument, NULL, CMD_BACKEND_TOKEN},
                                          {0}};
    struct approve approve = {.backend = CMD_BACKEND_INIT};
    const struct cmd_options options = {
        .letters = ":fio:", .table = table, .take = take, .context = &approve, .fewest = 1, .most = 1};
    int exit_status = 0;
    int first = cmd_options_read(call, &options, count, words, &exit_status);

    if (first < 0)
        return exit_status;
    cmd_sink_open(&approve.response.sink, approve.output);
    return perform(call, &approve, words[first]);
}

static const struct cmd_verb verb_wait = {
    .name = "approve wait",
    .summary = "wait for the decision on a request, and print its response",
    .usage = "attache approve wait ID [OPTION...]",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Waits until a human has decided on a request that the backend holds, and prints the body of its\n"
            "response as attache request does; meanwhile the time that is left is shown. ID is the one that\n"
            "attache request --by-backend tells. The request is performed once, whoever waits and however\n"
            "often.\n"
            "\n"
            "  --timeout SECONDS     wait this long for the decision (default: 300)\n"
            "  --backend NAME        the configured provider that holds it, where several can\n"
            "  --user-token-fd N     read the end user's token from descriptor N\n"
            "  -i, --include         write the response's headers in front of its body\n"
            "  -o, --output FILE     write the body to FILE\n"
            "  -f, --fail            let an upstream's 4xx or 5xx be a failure: no body, exit status 10",
    .run = run_wait,
};

static int run(struct cmd_call *call, int count, char **words)
{
    static const struct cmd_verb *const verbs[] = {&verb_wait};

    return cmd_group_run(call, count, words, verbs, 1, "wait");
}

const struct cmd_verb cmd_verb_approve = {
    .name = "approve",
    .summary = "wait for a human to decide on a request",
    .usage = "attache approve VERB [OPTION...] ID",
    .takes = CMD_TAKES_CONFIG | CMD_TAKES_CALLER | CMD_TAKES_JSON,
    .help = "Requests that a backend holds until a human has decided on them. The verb has its own --help.\n"
            "\n"
            "  wait ID               wait for the decision, and print the response\n",
    .run = run,
};
