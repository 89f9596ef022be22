/* core/transport/recorder.c: writing answers for the replay transport. */
#include "core/transport/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct att_recorder {
    int descriptor;
    pthread_mutex_t lock;
};

struct att_recorder *att_recorder_open(const char *file, att_error *error)
{
    struct att_recorder *recorder = calloc(1, sizeof *recorder);

    if (!recorder) {
        att_nomem(error);
        return NULL;
    }
    recorder->descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (recorder->descriptor < 0) {
        att_fail(error, ATT_CONFIG, "the record file %s cannot be written: %s; correct settings.record", file,
                 strerrordesc_np(errno));
        free(recorder);
        return NULL;
    }
    pthread_mutex_init(&recorder->lock, NULL);
    return recorder;
}

void att_recorder_close(struct att_recorder *recorder)
{
    if (!recorder)
        return;
    close(recorder->descriptor);
    pthread_mutex_destroy(&recorder->lock);
    free(recorder);
}

/* What belongs to one connection, and what is a credential by itself. */
static bool is_left_out(const char *name)
{
    static const char *const names[] = {"connection", "keep-alive",  "transfer-encoding", "content-length",
                                        "set-cookie", "set-cookie2", "authorization",     "proxy-authenticate",
                                        "x-api-key",  "x-auth-token"};

    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (att_text_equal_nocase(name, names[i]))
            return true;
    return false;
}

static void add_headers(struct att_buffer *line, const att_pair *headers)
{
    bool first = true;

    att_json_name(line, "headers");
    att_buffer_char(line, '[');
    for (; headers->name; headers++) {
        if (is_left_out(headers->name))
            continue;
        att_buffer_text(line, first ? "[" : ",[");
        att_json_text(line, headers->name);
        att_buffer_char(line, ',');
        att_json_text(line, headers->value);
        att_buffer_char(line, ']');
        first = false;
    }
    att_buffer_char(line, ']');
}

/* Text is written as text, for people to read and change; anything else in base64. */
static void add_body(struct att_buffer *line, const char *body, size_t size)
{
    size_t encoded = att_base64_size(size);
    char *room;

    if (!size)
        return;
    if (att_text_is_utf8(body, size) && !memchr(body, '\0', size)) {
        att_json_name(line, "body");
        att_json_text_size(line, body, size);
        return;
    }
    att_json_name(line, "body_base64");
    att_buffer_char(line, '"');
    room = att_buffer_reserve(line, encoded);
    if (room) {
        att_base64_encode(room, body, size);
        att_buffer_advance(line, encoded);
    }
    att_buffer_char(line, '"');
}

static bool write_whole(int descriptor, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool att_recorder_write(struct att_recorder *recorder, const char *method, const char *url, int status,
                        const att_pair *headers, const void *body, size_t body_size)
{
    struct att_buffer line;
    bool written = false;

    att_buffer_open(&line, 7 * body_size + ((size_t)1 << 20));
    att_buffer_char(&line, '{');
    att_json_member(&line, "method", method);
    att_json_member(&line, "url", url);
    att_json_member_number(&line, "status", status);
    add_headers(&line, headers);
    add_body(&line, body, body_size);
    att_buffer_text(&line, "}\n");
    if (att_buffer_ok(&line)) {
        pthread_mutex_lock(&recorder->lock);
        written = write_whole(recorder->descriptor, line.data, line.size);
        pthread_mutex_unlock(&recorder->lock);
    }
    att_buffer_close(&line);
    return written;
}
