/* cmd/held.c: waiting, in front of a human, for another one to decide on a request. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/held.h"
#include "cmd/output.h"
#include "cmd/waiting.h"

/* FAREWELL_MS: for the call that is given up to be recorded. */
enum { TICK_MS = 200, FAREWELL_MS = 1000 };

/* The call of the library, in a thread of its own: in slices it would be as many calls, each with its audit records,
 * and none would know how long the backend wants to be left alone. */
struct wait {
    att_client *client;
    att_approval_options options;
    att_response *response;
    att_error error;
    att_status status;
    int done; /* it is closed behind the call */
};

bool cmd_is_held(const att_error *error)
{
    return error->status == ATT_APPROVAL && error->state && strcmp(error->state, "pending") == 0;
}

static void tell(const struct cmd_call *call, const att_error *error)
{
    struct cmd_json json = {.out = stderr};
    const char *advice;
    char *text;

    if (call->quiet)
        return;
    if (call->json) {
        cmd_json_open(&json, NULL, '{');
        cmd_json_text(&json, "approval_id", error->approval_id);
        cmd_json_text(&json, "approval_url", error->approval_url);
        cmd_json_close(&json, '}');
        fputc('\n', stderr);
        return;
    }
    text = cmd_safe_text(error->message);
    advice = text ? strrchr(text, ';') : NULL;
    if (text)
        fprintf(stderr, "attache: %.*s\n", advice ? (int)(advice - text) : (int)strlen(text), text);
    free(text);
}

static void *await(void *context)
{
    struct wait *wait = context;

    wait->status = att_approval_await(wait->client, &wait->options, &wait->response, &wait->error);
    close(wait->done);
    return NULL;
}

/* The signals that give up are for the thread that shows the time. */
static int start(pthread_t *thread, struct wait *wait)
{
    sigset_t given, before;
    int failure;

    sigemptyset(&given);
    sigaddset(&given, SIGHUP);
    sigaddset(&given, SIGINT);
    sigaddset(&given, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &given, &before);
    failure = pthread_create(thread, NULL, await, wait);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

/* Returns the signal that gave up, or 0 once the other end of the pipe is closed. */
static int watch(const struct cmd_call *call, int descriptor, int64_t wait_ms)
{
    struct cmd_waiting waiting = {.what = "waiting for a human to decide", .silent = call->json || call->quiet};
    struct pollfd done = {.fd = descriptor, .events = POLLIN};
    int64_t until = cmd_now_ms() + wait_ms, left = wait_ms;

    while (cmd_waiting_look(&waiting, left) == 0 && poll(&done, 1, TICK_MS) <= 0)
        left = until > cmd_now_ms() ? until - cmd_now_ms() : 0;
    return cmd_waiting_end(&waiting);
}

att_status cmd_held_await(struct cmd_session *session, const struct cmd_call *call, int64_t wait_ms,
                          att_response **response, int *number)
{
    static struct wait wait; /* a thread that is given up may outlive this call */
    int ends[2];
    pthread_t thread;

    wait = (struct wait){.client = session->client, .error = ATT_ERROR_INIT, .status = session->error.status};
    wait.options = (att_approval_options){.size = sizeof wait.options,
                                          .id = session->error.approval_id,
                                          .backend = session->error.provider,
                                          .wait_ms = wait_ms};
    tell(call, &session->error);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return session->error.status;
    wait.done = ends[1];
    if (start(&thread, &wait) != 0) {
        close(ends[0]);
        close(ends[1]);
        return session->error.status;
    }
    *number = watch(call, ends[0], wait_ms);
    if (*number) {
        att_engine_close(&session->engine);
        poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, FAREWELL_MS);
        return session->error.status;
    }
    close(ends[0]);
    pthread_join(thread, NULL);
    *response = wait.response;
    if (cmd_is_held(&wait.error)) {
        att_error_clear(&wait.error);
    } else {
        att_error_clear(&session->error);
        session->error = wait.error;
    }
    return wait.status;
}
