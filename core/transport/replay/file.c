/* core/transport/replay/file.c: reads a file of recorded answers.
 *
 * One JSON object on each line (JSON Lines); empty lines and lines that begin with "#" are passed over:
 *
 *     {"method":"GET","url":"https://api.example.com/v1/me?full=1","status":200,
 *      "headers":[["Content-Type","application/json"]],"body":"{\"name\":\"Ada\"}"}
 *
 *     method       optional; GET
 *     url          as the application asks for it, without what the credential adds to the query
 *     status       200 to 599
 *     headers      optional; pairs of name and value, in order
 *     body         text, or
 *     body_base64  bytes in base64 (RFC 4648 section 4); at most one of both
 *     once         optional; true: after this answer was given, it is not given again
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "core/transport/replay/replay.h"
#include "core/url/url.h"

/* One line while it is read; the first complaint stands. */
struct reading {
    struct att_pool *pool;
    char complaint[160];
};

static bool complain(struct reading *reading, const char *sentence)
{
    if (!reading->complaint[0])
        snprintf(reading->complaint, sizeof reading->complaint, "%s", sentence);
    return false;
}

static const char *keep(struct reading *reading, const char *text)
{
    const char *copy = text ? att_pool_text(reading->pool, text) : NULL;

    if (!copy)
        complain(reading, "out of memory");
    return copy;
}

static bool names_are_known(struct reading *reading, json_t *object)
{
    static const char *const known[] = {"method", "url", "status", "headers", "body", "body_base64", "once"};
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < ATT_COUNT(known); i++)
            found = found || strcmp(name, known[i]) == 0;
        if (!found)
            return complain(reading, "a member is unknown; known are method, url, status, headers, body, body_base64 "
                                     "and once");
    }
    return true;
}

static bool read_request(struct reading *reading, json_t *object, struct att_replay_answer *answer)
{
    const char *method =
        json_object_get(object, "method") ? json_string_value(json_object_get(object, "method")) : "GET";
    const char *text = json_string_value(json_object_get(object, "url"));
    att_error error = ATT_ERROR_INIT;
    struct att_url *url = NULL;

    if (!method || !att_text_is_token(method))
        return complain(reading, "method is none; write one such as \"GET\"");
    if (!text)
        return complain(reading, "url is missing; write the URL that the application asks for");
    if (att_url_parse(reading->pool, text, &url, &error) != ATT_OK) {
        complain(reading, error.message);
        att_error_clear(&error);
        return false;
    }
    answer->url = url->text;
    answer->method = keep(reading, method);
    return answer->method != NULL;
}

static bool read_headers(struct reading *reading, json_t *list, struct att_replay_answer *answer)
{
    struct att_replay_header *headers;
    size_t count = json_array_size(list);

    if (list && !json_is_array(list))
        return complain(reading, "headers is no list; write [[\"name\",\"value\"]]");
    headers = att_pool_take(reading->pool, (count + 1) * sizeof *headers);
    if (!headers)
        return complain(reading, "out of memory");
    for (size_t i = 0; i < count; i++) {
        json_t *pair = json_array_get(list, i);
        const char *name = json_string_value(json_array_get(pair, 0)),
                   *value = json_string_value(json_array_get(pair, 1));
        if (json_array_size(pair) != 2 || !name || !value || !att_text_is_token(name) ||
            !att_text_is_field_value(value, strlen(value)))
            return complain(reading,
                            "a header is not well formed; write [\"name\",\"value\"] without control characters");
        headers[i] = (struct att_replay_header){keep(reading, name), keep(reading, value)};
        if (!headers[i].name || !headers[i].value)
            return false;
    }
    answer->headers = headers;
    answer->header_count = count;
    return true;
}

static bool read_body(struct reading *reading, json_t *object, struct att_replay_answer *answer)
{
    json_t *body = json_object_get(object, "body"), *encoded = json_object_get(object, "body_base64");
    json_t *given = body ? body : encoded;
    size_t size = json_string_length(given);
    char *bytes;

    if (!given)
        return true;
    if ((body && encoded) || !json_is_string(given))
        return complain(reading, "body is no text; write one of body and body_base64");
    bytes = att_pool_take(reading->pool, size + 1);
    if (!bytes)
        return complain(reading, "out of memory");
    if (body)
        memcpy(bytes, json_string_value(body), size);
    else if (sodium_base642bin((unsigned char *)bytes, size, json_string_value(encoded), size, NULL, &size, NULL,
                               sodium_base64_VARIANT_ORIGINAL) != 0)
        return complain(reading, "body_base64 is not base64; encode it as RFC 4648 section 4 says");
    answer->body = bytes;
    answer->body_size = size;
    return true;
}

static bool read_answer(struct reading *reading, json_t *object, struct att_replay_answer *answer)
{
    json_t *status = json_object_get(object, "status"), *once = json_object_get(object, "once");

    if (!json_is_object(object))
        return complain(reading, "the line is no JSON object; write {\"url\":...,\"status\":...}");
    if (!names_are_known(reading, object))
        return false;
    if (!json_is_integer(status) || json_integer_value(status) < 200 || json_integer_value(status) > 599)
        return complain(reading, "status is none; write a number from 200 to 599");
    if (once && !json_is_boolean(once))
        return complain(reading, "once is neither true nor false");
    answer->status = (int)json_integer_value(status);
    answer->once = json_is_true(once);
    return read_request(reading, object, answer) && read_headers(reading, json_object_get(object, "headers"), answer) &&
           read_body(reading, object, answer);
}

static bool add_answer(struct att_replay_file *file, const struct att_replay_answer *answer)
{
    size_t capacity = file->capacity ? file->capacity * 2 : 16;
    struct att_replay_answer *larger = file->answers;

    if (file->count == file->capacity) {
        larger = realloc(file->answers, capacity * sizeof *larger);
        if (!larger)
            return false;
        file->capacity = capacity;
    }
    file->answers = larger;
    file->answers[file->count++] = *answer;
    return true;
}

static bool read_line(struct att_replay_file *file, struct reading *reading, const char *line, size_t size)
{
    struct att_replay_answer answer = {.body = ""};
    json_error_t error;
    json_t *object;
    bool good;

    if (line[strspn(line, " \t\r\n")] == '\0' || line[0] == '#')
        return true;
    object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        /* jansson ends its text with a piece of the file, which may hold any byte. */
        const char *piece = strstr(error.text, " near '");
        snprintf(reading->complaint, sizeof reading->complaint,
                 "it is no JSON: %.*s in column %d; write one object on one line",
                 piece ? (int)(piece - error.text) : 100, error.text, error.column);
        return false;
    }
    good = read_answer(reading, object, &answer) && (add_answer(file, &answer) || complain(reading, "out of memory"));
    json_decref(object);
    return good;
}

/* Opened by hand: fopen() would block on a pipe. */
static FILE *open_regular(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    FILE *stream = NULL;

    if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
        errno = S_ISREG(status.st_mode) ? 0 : EINVAL;
        stream = errno ? NULL : fdopen(descriptor, "r");
    }
    if (!stream && descriptor >= 0) {
        int saved = errno;
        close(descriptor);
        errno = saved;
    }
    return stream;
}

bool att_replay_file_read(struct att_replay_file *file, const char *path, char *why, size_t why_size)
{
    struct reading reading = {.pool = att_pool_create()};
    FILE *stream = reading.pool ? open_regular(path) : NULL;
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t size;
    bool good = stream != NULL;

    *file = (struct att_replay_file){.pool = reading.pool};
    if (!stream)
        snprintf(why, why_size, "the file of recorded answers %s cannot be read: %s; check its path", path,
                 strerrordesc_np(errno));
    while (good && (size = getline(&line, &capacity, stream)) >= 0) {
        number++;
        good = read_line(file, &reading, line, (size_t)size);
        if (!good)
            snprintf(why, why_size, "%s:%zu: %s", path, number, reading.complaint);
    }
    /* Out of memory looks like the end, but for the mark of the end. */
    if (good && !feof(stream)) {
        good = false;
        snprintf(why, why_size, "the file of recorded answers %s cannot be read: out of memory", path);
    }
    free(line);
    if (stream)
        fclose(stream);
    if (!good)
        att_replay_file_close(file);
    return good;
}

void att_replay_file_close(struct att_replay_file *file)
{
    free(file->answers);
    att_pool_destroy(file->pool);
    *file = (struct att_replay_file){0};
}
