/* core/request/sign.c: step 8: the signature over a request, made from what is about to be sent. */
#include <string.h>

#include "core/request/run.h"

/* The request as it is about to be sent. */
static struct att_sign_request as_sent(const struct att_run *run, const struct att_exchange *exchange)
{
    const char *query = strchr(exchange->target, '?');

    return (struct att_sign_request){.method = exchange->method,
                                     .scheme = run->url->scheme,
                                     .host = strstr(run->url->origin, "://") + 3,
                                     .path = run->url->path,
                                     .query = query ? query + 1 : NULL,
                                     .headers = exchange->headers,
                                     .header_count = exchange->header_count,
                                     .body = exchange->body,
                                     .body_size = exchange->body_size,
                                     .streamed = run->stream.wanted,
                                     .read_size = run->options.read_size,
                                     .time = att_clock_wall_us() / 1000000};
}

att_status att_run_sign(struct att_run *run, struct att_exchange *exchange, const char **lines)
{
    struct att_injection *injection = &run->injection;
    struct att_outgoing outgoing = {.grant = att_run_grant(run), .url = run->url, .method = exchange->method};
    struct att_sign_request request;
    struct att_signer *signer;
    att_status status;

    exchange->headers = lines;
    if (!injection->signing || run->crossed_origin)
        return ATT_OK;
    signer = att_snapshot_signer(run->snapshot, run->error);
    if (!signer)
        return run->error->status;
    request = as_sent(run, exchange);
    status = att_injection_sign(injection, signer, &outgoing, &request, run->error);
    /* Before libcurl calls what is bound late. */
    att_wipe_registers();
    if (status != ATT_OK) {
        ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
        return status;
    }
    for (size_t i = injection->placed_lines; i < injection->line_count; i++)
        lines[exchange->header_count++] = att_secret_bytes(injection->lines[i]);
    if (injection->target)
        exchange->target = att_secret_bytes(injection->target);
    return ATT_OK;
}
