/* core/transport/replay/replay.c: the transport that answers from a file and never opens a socket.
 *
 * An answer is found by method and URL. Several answers to one request are given in the order of the file; the last one
 * is given again and again, unless it says "once". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transport/replay/replay.h"
#include "core/transport/transport.h"

struct replay {
    struct att_transport base;
    struct att_replay_file file;
    pthread_mutex_t lock; /* over the `used` of the answers */
};

static bool answers(const struct att_replay_answer *answer, const struct att_exchange *exchange)
{
    return strcmp(answer->url, exchange->url->text) == 0 && strcmp(answer->method, exchange->method) == 0;
}

/* The first one that was not used, else the last one that may be used again; NULL when there is none. */
static const struct att_replay_answer *choose(struct replay *replay, const struct att_exchange *exchange)
{
    struct att_replay_answer *chosen = NULL;

    pthread_mutex_lock(&replay->lock);
    for (size_t i = 0; i < replay->file.count; i++) {
        struct att_replay_answer *answer = &replay->file.answers[i];
        if (!answers(answer, exchange))
            continue;
        chosen = answer->used && answer->once ? NULL : answer;
        if (!answer->used)
            break;
    }
    if (chosen)
        chosen->used = true;
    pthread_mutex_unlock(&replay->lock);
    return chosen;
}

static enum att_exchange_result end(struct att_exchange *exchange, enum att_exchange_result result, const char *detail)
{
    snprintf(exchange->detail, sizeof exchange->detail, "%s", detail);
    return result;
}

static enum att_exchange_result give(struct att_exchange *exchange, const struct att_replay_answer *answer)
{
    static const char unwanted[] = "the answer was not wanted any more";
    bool has_body = answer->body_size > 0 && strcmp(exchange->method, "HEAD") != 0;

    if (has_body && answer->body_size > exchange->max_response_bytes)
        return end(exchange, ATT_EXCHANGE_TOO_LARGE, "the body of the recorded answer is larger than allowed");
    exchange->http_status = answer->status;
    if (!exchange->on_status(exchange->context, answer->status))
        return end(exchange, ATT_EXCHANGE_ABORTED, unwanted);
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct att_replay_header *header = &answer->headers[i];
        if (!exchange->on_header(exchange->context, header->name, strlen(header->name), header->value,
                                 strlen(header->value)))
            return end(exchange, ATT_EXCHANGE_ABORTED, unwanted);
    }
    exchange->bytes_in = has_body ? answer->body_size : 0;
    if (has_body && !exchange->on_body(exchange->context, answer->body, answer->body_size))
        return end(exchange, ATT_EXCHANGE_ABORTED, unwanted);
    return ATT_EXCHANGE_OK;
}

/* A body that is read goes nowhere, and is read all the same. False when that failed. */
static bool read_body(struct att_exchange *exchange)
{
    char buffer[16384];
    size_t got;

    do {
        got = exchange->on_read(exchange->context, buffer, sizeof buffer);
        if (got > sizeof buffer)
            return false;
        exchange->bytes_out += got;
    } while (got);
    return true;
}

static enum att_exchange_result perform(struct att_transport *base, struct att_exchange *exchange)
{
    struct replay *replay = (struct replay *)base;
    const struct att_replay_answer *answer;

    exchange->http_status = exchange->resent = 0;
    exchange->sent = false;
    exchange->bytes_in = 0;
    exchange->bytes_out = exchange->body_size;
    exchange->detail[0] = '\0';
    if (exchange->deadline_ns <= att_clock_monotonic_ns())
        return end(exchange, ATT_EXCHANGE_TIMEOUT, "the deadline had passed before the request could be sent");
    if (exchange->on_read && !read_body(exchange))
        return end(exchange, ATT_EXCHANGE_ABORTED, "its body could not be read");
    answer = choose(replay, exchange);
    if (answer)
        return give(exchange, answer);
    exchange->bytes_out = 0;
    /* Values in a query may be private; the names of method, origin and path suffice to find the line to add. */
    snprintf(exchange->detail, sizeof exchange->detail,
             "no answer to %.20s %.60s%.80s%s is recorded, or it was used up; record it, or add a line for it",
             exchange->method, exchange->url->origin, exchange->url->path, exchange->url->query ? "?..." : "");
    return ATT_EXCHANGE_NOT_RECORDED;
}

static void close_replay(struct att_transport *base)
{
    struct replay *replay = (struct replay *)base;

    if (replay) {
        att_replay_file_close(&replay->file);
        pthread_mutex_destroy(&replay->lock);
        free(replay);
    }
}

static struct att_transport *open_replay(const struct att_transport_options *options, char *why, size_t why_size)
{
    struct replay *replay = calloc(1, sizeof *replay);

    if (!replay || pthread_mutex_init(&replay->lock, NULL) != 0) {
        snprintf(why, why_size, "out of memory");
        free(replay);
        return NULL;
    }
    if (!att_replay_file_read(&replay->file, options->file, why, why_size)) {
        close_replay(&replay->base);
        return NULL;
    }
    /* Nothing that is sent passes through libcurl here, so nothing of it can be left behind. */
    replay->base = (struct att_transport){perform, close_replay, true};
    return &replay->base;
}

__attribute__((visibility("default"))) extern const struct att_transport_entry attache_transport;
const struct att_transport_entry attache_transport = {ATT_TRANSPORT_VERSION, open_replay};
