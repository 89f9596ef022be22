/* cmd/response.c: writing a response in the manner of curl, and what became of its request. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/fail.h"
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

int cmd_response_close(struct cmd_response *response, const struct cmd_call *call, att_status status)
{
    if (cmd_response_succeeded(response, status))
        cmd_sink_complete(&response->sink);
    return cmd_sink_close(&response->sink, call);
}

/* When to try again, and that -f is why the response is not there to be seen. */
int cmd_response_fail(const struct cmd_response *response, const struct cmd_call *call, const att_error *error)
{
    bool discarded = response->discard && error->status == ATT_UPSTREAM;
    const char *advice = discarded ? strrchr(error->message, ';') : NULL;
    size_t kept = advice ? (size_t)(advice - error->message) : strlen(error->message);
    bool is_busy = error->retry_after_ms > 0 && (error->status == ATT_UPSTREAM || error->status == ATT_BACKEND);
    char retry[64] = "";

    if (call->json || (!discarded && !is_busy))
        return cmd_fail(call, error);
    if (is_busy)
        snprintf(retry, sizeof retry, "; try again in %" PRId64 " s", (error->retry_after_ms + 999) / 1000);
    return cmd_fail_here(call, error->status, NULL, "%.*s%s%s", (int)kept, error->message, retry,
                         discarded ? "; without -f its body is printed" : "");
}
