/* core/transport/curl/answer.c: takes the answer as it comes, within limits, and hands it up piece by piece. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/transport/curl/curl.h"

#define HEADER_BYTES_LIMIT ((size_t)256 * 1024)
#define HEADER_COUNT_LIMIT 1000

/* Any other count than the one given tells libcurl to stop. */
static size_t stop(size_t given)
{
    return given == 0 ? 1 : 0;
}

static bool malformed(struct att_curl_run *run)
{
    return att_curl_end(run, ATT_EXCHANGE_NETWORK,
                        "the upstream's answer has a header that is not well formed; what speaks there is broken or "
                        "not HTTP");
}

static bool too_large(struct att_curl_run *run)
{
    return att_curl_end(run, ATT_EXCHANGE_TOO_LARGE, "the body of the answer is larger than the %llu bytes allowed",
                        (unsigned long long)run->exchange->max_response_bytes);
}

/* "HTTP/1.1 200 OK" begins a header block; a final answer may follow any number of 1xx (RFC 9110 section 15.2). */
static bool take_status(struct att_curl_run *run, const char *line, size_t size)
{
    const char *space = memchr(line, ' ', size);
    int status = 0;

    for (int i = 1; i <= 3; i++) {
        if (!space || space + i >= line + size || space[i] < '0' || space[i] > '9')
            return malformed(run);
        status = status * 10 + (space[i] - '0');
    }
    run->status = status;
    if (status < 200)
        return true;
    run->exchange->http_status = status;
    if (!run->exchange->on_status(run->exchange->context, status))
        return att_curl_end(run, ATT_EXCHANGE_ABORTED, "the answer was not wanted any more");
    return true;
}

static bool name_is(const char *line, size_t name_size, const char *name)
{
    return strlen(name) == name_size && strncasecmp(line, name, name_size) == 0;
}

/* Headers that decide how much is going to come. */
static bool check_framing(struct att_curl_run *run, const char *line, size_t name_size, const char *value, size_t size)
{
    char number[24];

    if (name_is(line, name_size, "content-length") && size < sizeof number) {
        unsigned long long length;
        memcpy(number, value, size);
        number[size] = '\0';
        errno = 0;
        length = strtoull(number, NULL, 10);
        if (errno == 0 && length > run->exchange->max_response_bytes && strcmp(run->exchange->method, "HEAD") != 0 &&
            run->status != 304)
            return too_large(run);
    }
    /* libcurl undoes gzip and the like as a transfer coding even when nobody asked for it. */
    if (name_is(line, name_size, "transfer-encoding") && !(size == 7 && strncasecmp(value, "chunked", 7) == 0))
        return malformed(run);
    return true;
}

static bool take_field(struct att_curl_run *run, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size), *value, *end = line + size;

    if (!colon || !att_text_is_token_size(line, (size_t)(colon - line)) ||
        !att_text_is_field_value(colon + 1, (size_t)(end - colon - 1)))
        return malformed(run);
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
        continue;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (!check_framing(run, line, (size_t)(colon - line), value, (size_t)(end - value)))
        return false;
    if (!run->exchange->on_header(run->exchange->context, line, (size_t)(colon - line), value, (size_t)(end - value)))
        return att_curl_end(run, ATT_EXCHANGE_ABORTED, "the answer was not wanted any more");
    return true;
}

static bool take_line(struct att_curl_run *run, const char *line, size_t size)
{
    while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
        size--;
    if (run->status == 0)
        return take_status(run, line, size);
    if (size == 0) {
        run->answering = run->status >= 200;
        run->status = run->answering ? run->status : 0;
        return true;
    }
    return run->status < 200 || take_field(run, line, size);
}

size_t att_curl_take_header(char *line, size_t one, size_t size, void *context)
{
    struct att_curl_run *run = context;

    size *= one;
    run->header_bytes += size;
    run->header_count++;
    if (run->header_bytes > HEADER_BYTES_LIMIT || run->header_count > HEADER_COUNT_LIMIT) {
        att_curl_end(run, ATT_EXCHANGE_TOO_LARGE, "the header of the answer is larger than %zu bytes or %d lines",
                     HEADER_BYTES_LIMIT, HEADER_COUNT_LIMIT);
        return stop(size);
    }
    if (run->answering) { /* a trailer; nothing in it is needed, and nobody looks what it holds */
        run->exchange->echoed = true;
        return size;
    }
    return take_line(run, line, size) ? size : stop(size);
}

size_t att_curl_take_body(char *data, size_t one, size_t size, void *context)
{
    struct att_curl_run *run = context;
    struct att_exchange *exchange = run->exchange;

    size *= one;
    exchange->bytes_in += size;
    if (exchange->bytes_in > exchange->max_response_bytes) {
        too_large(run);
        return stop(size);
    }
    if (size > 0 && !exchange->on_body(exchange->context, data, size)) {
        att_curl_end(run, ATT_EXCHANGE_ABORTED, "the answer was not wanted any more");
        return stop(size);
    }
    return size;
}
