/* core/transport/recorder.c: writing answers for the replay transport. */
#include "core/transport/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct att_recorder {
    int descriptor;
    pthread_mutex_t lock;
};

/* Answers may be as private as what is behind the credential. */
static bool is_private(int descriptor, const char *file, att_error *error)
{
    struct stat facts;

    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
        att_fail(error, ATT_CONFIG, "the record file %s is not a regular file; correct settings.record", file);
    else if (facts.st_uid != geteuid())
        att_fail(error, ATT_CONFIG,
                 "the record file %s belongs to another user (uid %u); remove it, or correct settings.record", file,
                 facts.st_uid);
    else if (facts.st_mode & 077)
        att_fail(error, ATT_CONFIG,
                 "the record file %s is open to others (mode %04o); run chmod 600 on it, or correct settings.record",
                 file, facts.st_mode & 07777);
    else
        return true;
    return false;
}

struct att_recorder *att_recorder_open(const char *file, att_error *error)
{
    struct att_recorder *recorder = calloc(1, sizeof *recorder);

    if (!recorder) {
        att_nomem(error);
        return NULL;
    }
    recorder->descriptor =
        open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (recorder->descriptor < 0) {
        att_fail(error, ATT_CONFIG, "the record file %s cannot be written: %s; correct settings.record", file,
                 strerrordesc_np(errno));
        free(recorder);
        return NULL;
    }
    if (!is_private(recorder->descriptor, file, error)) {
        close(recorder->descriptor);
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

/* Half a line, where the disk is full, would spoil the next one too: it is taken back. The lock of the file keeps the
 * recorders of other engines away until then; that of this one keeps its threads apart, who share the file's. */
static bool write_line(struct att_recorder *recorder, const struct att_buffer *line)
{
    struct stat before;
    bool written = false;

    pthread_mutex_lock(&recorder->lock);
    while (flock(recorder->descriptor, LOCK_EX) != 0 && errno == EINTR)
        continue;
    if (fstat(recorder->descriptor, &before) == 0) {
        written = write_whole(recorder->descriptor, line->data, line->size);
        if (!written)
            (void)!ftruncate(recorder->descriptor, before.st_size); /* where that fails too, nothing is left to try */
    }
    flock(recorder->descriptor, LOCK_UN);
    pthread_mutex_unlock(&recorder->lock);
    return written;
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
    if (att_buffer_ok(&line))
        written = write_line(recorder, &line);
    att_buffer_close(&line);
    return written;
}
