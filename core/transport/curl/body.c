/* core/transport/curl/body.c: the body of a request that is read while it is sent. */
#include "core/transport/curl/curl.h"

size_t att_curl_read_body(char *room, size_t one, size_t size, void *context)
{
    struct att_curl_run *run = context;
    struct att_exchange *exchange = run->exchange;
    size_t capacity = one * size, got = 0;

    if (exchange->on_read)
        got = exchange->on_read(exchange->context, room, capacity);
    if (got <= capacity)
        return got;
    att_curl_end(run, ATT_EXCHANGE_ABORTED, "its body could not be read");
    return CURL_READFUNC_ABORT;
}
