/* cmd/response.c: writing a response in the manner of curl, and what became of its request. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
#include "cmd/held.h"
#include "cmd/output.h"
#include "cmd/response.h"

/* The head of the response in front of its body. To a terminal its controls are escaped; else it is as it came. */
static void write_head(struct cmd_sink *sink, const att_response *response)
{
    const att_pair *headers = att_response_headers(response);
    bool is_terminal = !sink->path && isatty(STDOUT_FILENO);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        sink->failure = errno;
        return;
    }
    fprintf(out, "HTTP %d\r\n", att_response_status(response));
    for (size_t i = 0; headers[i].name; i++) {
        char *value = is_terminal ? cmd_safe_text(headers[i].value) : NULL;

        fprintf(out, "%s: %s\r\n", headers[i].name, value ? value : headers[i].value);
        free(value);
    }
    fputs("\r\n", out);
    if (fclose(out) == 0)
        cmd_sink_write(sink, text, size);
    else
        sink->failure = errno;
    free(text);
}

int cmd_response_take_head(struct cmd_response *response, const att_response *head)
{
    response->discard = response->fail && att_response_status(head) >= 400;
    if (response->include && !response->discard)
        write_head(&response->sink, head);
    return response->sink.failure != 0;
}

int cmd_response_take_body(struct cmd_response *response, const void *data, size_t size)
{
    return response->discard ? 0 : cmd_sink_write(&response->sink, data, size);
}

bool cmd_response_succeeded(const struct cmd_response *response, att_status status)
{
    return status == ATT_OK || (status == ATT_UPSTREAM && !response->fail);
}

void cmd_response_take(struct cmd_response *response, const att_response *whole)
{
    size_t size = 0;
    const void *body = att_response_body(whole, &size);

    if (cmd_response_take_head(response, whole) == 0 && size > 0)
        cmd_response_take_body(response, body, size);
}

int cmd_response_close(struct cmd_response *response, const struct cmd_call *call, att_status status)
{
    if (cmd_response_succeeded(response, status))
        cmd_sink_complete(&response->sink);
    return cmd_sink_close(&response->sink, call);
}

/* A shell takes it as it is: what a backend says may be pasted. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return word && *word && *word != '-' && !word[strspn(word, plain)];
}

/* Another provider may hold requests, too: the one that holds this is named. */
static bool can_go_on(const att_error *error)
{
    return cmd_is_held(error) && is_plain(error->approval_id) && is_plain(error->provider);
}

/* What a person needs beside the message: when to try again, how to go on, and that -f is why the response is not there
 * to be seen. `advice` gets it; returns how much of the message is kept. */
static size_t advise(const struct cmd_response *response, const att_error *error, char **advice)
{
    bool discarded = response->discard && error->status == ATT_UPSTREAM;
    bool goes_on = can_go_on(error);
    bool is_busy = error->retry_after_ms > 0 && (error->status == ATT_UPSTREAM || error->status == ATT_BACKEND);
    const char *cut = discarded || goes_on ? strrchr(error->message, ';') : NULL;
    char retry[64] = "";
    int size = 0;

    if (is_busy)
        snprintf(retry, sizeof retry, "; try again in %" PRId64 " s", (error->retry_after_ms + 999) / 1000);
    if (goes_on)
        size =
            asprintf(advice, "; go on with attache approve wait %s --backend %s", error->approval_id, error->provider);
    else
        size = asprintf(advice, "%s%s", retry, discarded ? "; without -f its body is printed" : "");
    if (size < 0)
        *advice = NULL;
    return cut ? (size_t)(cut - error->message) : strlen(error->message);
}

int cmd_response_fail(const struct cmd_response *response, const struct cmd_call *call, const att_error *error)
{
    att_error told = *error;
    char *advice = NULL, *message = NULL;
    size_t kept = advise(response, error, &advice);
    int exit_status;

    if (!call->json && advice && asprintf(&message, "%.*s%s", (int)kept, error->message, advice) < 0)
        message = NULL;
    if (message)
        told.message = message;
    exit_status = cmd_fail(call, &told);
    free(advice);
    free(message);
    return response->waits && cmd_is_held(error) ? 8 : exit_status; /* the wait that the user chose is over */
}
