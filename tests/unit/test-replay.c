/* tests/unit/test-replay.c: unit tests of core/transport/replay, through the built shared object, and of recorder.c. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/transport/recorder.h"
#include "core/transport/transport.h"
#include "tests/unit/unit.h"

struct seen {
    int status;
    struct att_buffer text; /* headers, then the body */
};

static bool take_status(void *context, int status)
{
    struct seen *seen = context;

    seen->status = status;
    return true;
}

static bool take_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    struct seen *seen = context;

    att_buffer_add(&seen->text, name, name_size);
    att_buffer_char(&seen->text, '=');
    att_buffer_add(&seen->text, value, value_size);
    att_buffer_char(&seen->text, '\n');
    return true;
}

static bool take_body(void *context, const void *data, size_t size)
{
    struct seen *seen = context;

    att_buffer_add(&seen->text, data, size);
    return true;
}

static struct att_transport *open_file(const char *text, att_error *error)
{
    const char *build = secure_getenv("ATT_BUILD");
    char path[] = "/tmp/attache-replay-XXXXXX", object[4096];
    struct att_transport_options options = {.file = path};
    struct att_transport *transport;
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    snprintf(object, sizeof object, "%s/.libs/replay.so", build ? build : ".");
    transport = att_transport_open(object, &options, error);
    unlink(path);
    return transport;
}

static struct att_transport *open_good(const char *text)
{
    att_error error = ATT_ERROR_INIT;
    struct att_transport *transport = open_file(text, &error);

    if (!transport)
        fail_msg("%s", error.message);
    return transport;
}

static struct att_exchange exchange_of(struct att_pool *pool, const char *method, const char *text, struct seen *seen)
{
    struct att_url *url = NULL;

    assert_int_equal(att_url_parse(pool, text, &url, NULL), ATT_OK);
    return (struct att_exchange){.url = url,
                                 .target = url->text,
                                 .method = method,
                                 .deadline_ns = att_clock_monotonic_ns() + ATT_NS_PER_S,
                                 .max_response_bytes = 1000,
                                 .on_status = take_status,
                                 .on_header = take_header,
                                 .on_body = take_body,
                                 .context = seen};
}

static void expect_bytes(struct att_transport *transport, const char *method, const char *url, int status,
                         const char *text, size_t size)
{
    struct att_pool *pool = att_pool_create();
    struct seen seen = {0};
    struct att_exchange exchange = exchange_of(pool, method, url, &seen);

    att_buffer_open(&seen.text, 10000);
    att_buffer_text(&seen.text, "");
    assert_int_equal(transport->perform(transport, &exchange), ATT_EXCHANGE_OK);
    assert_int_equal(seen.status, status);
    assert_int_equal(exchange.http_status, status);
    assert_int_equal(seen.text.size, size);
    assert_memory_equal(seen.text.data, text, size);
    att_buffer_close(&seen.text);
    att_pool_destroy(pool);
}

static void expect(struct att_transport *transport, const char *method, const char *url, int status, const char *text)
{
    expect_bytes(transport, method, url, status, text, strlen(text));
}

static void expect_failure(struct att_transport *transport, const char *method, const char *url,
                           enum att_exchange_result result, const char *sentence)
{
    struct att_pool *pool = att_pool_create();
    struct seen seen = {0};
    struct att_exchange exchange = exchange_of(pool, method, url, &seen);

    assert_int_equal(transport->perform(transport, &exchange), result);
    assert_string_equal(exchange.detail, sentence);
    assert_int_equal(seen.status, 0);
    att_pool_destroy(pool);
}

static void recorded_answers_are_given_by_method_and_url(void **state)
{
    struct att_transport *transport =
        open_good("# a comment\n\n"
                  "{\"url\":\"https://api.example/a?q=1\",\"status\":200,\"headers\":[[\"X-A\",\"1\"],[\"x-a\",\"2\"]],"
                  "\"body\":\"get\"}\n"
                  "{\"method\":\"POST\",\"url\":\"HTTPS://API.example:443/%61?q=1\",\"status\":201,"
                  "\"body_base64\":\"cG9zdA==\"}\n"
                  "{\"method\":\"HEAD\",\"url\":\"https://api.example/a?q=1\",\"status\":204,\"body\":\"never\"}");

    (void)state;
    expect(transport, "GET", "https://api.example/a?q=1", 200, "X-A=1\nx-a=2\nget");
    expect(transport, "POST", "https://api.example/a?q=1", 201, "post");
    expect(transport, "HEAD", "https://api.example/a?q=1", 204, "");
    transport->close(transport);
}

static void several_answers_come_in_order_and_the_last_one_repeats_unless_it_is_once(void **state)
{
    struct att_transport *transport =
        open_good("{\"url\":\"https://api.example/a\",\"status\":503}\n"
                  "{\"url\":\"https://api.example/b\",\"status\":200,\"body\":\"b\"}\n"
                  "{\"url\":\"https://api.example/a\",\"status\":200,\"body\":\"a\"}\n"
                  "{\"url\":\"https://api.example/b\",\"status\":200,\"body\":\"b2\",\"once\":true}\n");

    (void)state;
    expect(transport, "GET", "https://api.example/a", 503, "");
    expect(transport, "GET", "https://api.example/b", 200, "b");
    expect(transport, "GET", "https://api.example/a", 200, "a");
    expect(transport, "GET", "https://api.example/a", 200, "a");
    expect(transport, "GET", "https://api.example/b", 200, "b2");
    expect_failure(transport, "GET", "https://api.example/b", ATT_EXCHANGE_NOT_RECORDED,
                   "no answer to GET https://api.example/b is recorded, or it was used up; record it, or add a line "
                   "for it");
    transport->close(transport);
}

static void a_request_that_was_not_recorded_is_named_without_its_query_values(void **state)
{
    struct att_transport *transport = open_good("");

    (void)state;
    expect_failure(transport, "DELETE", "https://api.example/a?private=1", ATT_EXCHANGE_NOT_RECORDED,
                   "no answer to DELETE https://api.example/a?... is recorded, or it was used up; record it, or add a "
                   "line for it");
    transport->close(transport);
}

static void a_recorded_answer_over_the_limit_is_refused(void **state)
{
    char text[2000];
    struct att_transport *transport;

    (void)state;
    snprintf(text, sizeof text, "{\"url\":\"https://api.example/\",\"status\":200,\"body\":\"%01001d\"}", 0);
    transport = open_good(text);
    expect_failure(transport, "GET", "https://api.example/", ATT_EXCHANGE_TOO_LARGE,
                   "the body of the recorded answer is larger than allowed");
    transport->close(transport);
}

static void a_file_that_is_wrong_is_refused_with_its_line_and_the_cure(void **state)
{
    static const struct {
        const char *line, *complaint;
    } cases[] = {
        {"{", ":2: it is no JSON: "},
        {"[]", ":2: the line is no JSON object; write {\"url\":...,\"status\":...}"},
        {"{\"url\":\"https://a.example/\"}", ":2: status is none; write a number from 200 to 599"},
        {"{\"url\":\"https://a.example/\",\"status\":100}", ":2: status is none"},
        {"{\"url\":\"https://a.example/\",\"status\":\"200\"}", ":2: status is none"},
        {"{\"status\":200}", ":2: url is missing; write the URL that the application asks for"},
        {"{\"url\":\"https://u:p@a.example/\",\"status\":200}", ":2: the URL is refused: "},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"method\":\"a b\"}", ":2: method is none"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"bdy\":\"\"}", ":2: a member is unknown; known are method"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"status\":200}", ":2: it is no JSON: duplicate object key"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"headers\":{}}", ":2: headers is no list"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"headers\":[[\"a\"]]}", ":2: a header is not well formed"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"headers\":[[\"a\",\"b\\r\\nc\"]]}",
         ":2: a header is not well formed"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"body\":1}", ":2: body is no text"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"body\":\"\",\"body_base64\":\"\"}", ":2: body is no text"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"body_base64\":\"!\"}", ":2: body_base64 is not base64"},
        {"{\"url\":\"https://a.example/\",\"status\":200,\"once\":1}", ":2: once is neither true nor false"},
    };
    att_error error = ATT_ERROR_INIT;
    char text[300];

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        snprintf(text, sizeof text, "\n%s\n", cases[i].line);
        assert_null(open_file(text, &error));
        assert_int_equal(error.status, ATT_CONFIG);
        if (!strstr(error.message, cases[i].complaint))
            fail_msg("\"%s\" is not in \"%s\"", cases[i].complaint, error.message);
    }
    att_error_clear(&error);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    const char *build = secure_getenv("ATT_BUILD");
    att_error error = ATT_ERROR_INIT;
    char object[4096];

    (void)state;
    snprintf(object, sizeof object, "%s/.libs/replay.so", build ? build : ".");
    assert_null(att_transport_open(object, &(struct att_transport_options){.file = "/nowhere/a.jsonl"}, &error));
    assert_non_null(strstr(error.message, "the file of recorded answers /nowhere/a.jsonl cannot be read: No such file "
                                          "or directory; check its path"));
    assert_null(att_transport_open(object, &(struct att_transport_options){.file = "/dev/null"}, &error));
    assert_non_null(strstr(error.message, "the file of recorded answers /dev/null cannot be read: "));
    att_error_clear(&error);
}

static void *ask_once(void *argument)
{
    struct att_transport *transport = argument;
    struct att_pool *pool = att_pool_create();
    struct seen seen = {0};
    struct att_exchange exchange = exchange_of(pool, "GET", "https://api.example/", &seen);
    enum att_exchange_result result = transport->perform(transport, &exchange);

    att_pool_destroy(pool);
    return result == ATT_EXCHANGE_OK ? transport : NULL;
}

static void an_answer_that_is_once_goes_to_one_of_many_threads(void **state)
{
    struct att_transport *transport = open_good("{\"url\":\"https://api.example/\",\"status\":200,\"once\":true}\n");
    pthread_t threads[8];
    int answered = 0;

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, transport), 0);
    for (size_t i = 0; i < ATT_COUNT(threads); i++) {
        void *result;
        pthread_join(threads[i], &result);
        answered += result != NULL;
    }
    assert_int_equal(answered, 1);
    transport->close(transport);
}

static void what_is_recorded_is_replayed_without_credentials(void **state)
{
    static const att_pair headers[] = {{"Content-Type", "text/plain; charset=\"utf-8\""},
                                       {"Set-Cookie", "session=canary"},
                                       {"SET-COOKIE2", "canary"},
                                       {"X-Api-Key", "canary"},
                                       {"Authorization", "canary"},
                                       {"Content-Length", "5"},
                                       {"X-Twice", "1"},
                                       {"x-twice", "2"},
                                       {NULL, NULL}};
    static const att_pair none[] = {{NULL, NULL}};
    char path[] = "/tmp/attache-record-XXXXXX", text[4096];
    struct att_recorder *recorder;
    struct att_transport *transport;
    struct stat status;
    ssize_t size;
    int descriptor = mkstemp(path);

    (void)state;
    assert_true(descriptor >= 0);
    unlink(path);
    recorder = att_recorder_open(path, NULL);
    assert_non_null(recorder);
    assert_true(att_recorder_write(recorder, "GET", "https://api.example/a?q=1", 200, headers, "t\"\\\n\x1b", 5));
    assert_true(att_recorder_write(recorder, "POST", "https://api.example/b", 500, none, "\0\xff\x80z", 4));
    assert_true(att_recorder_write(recorder, "DELETE", "https://api.example/c", 204, none, NULL, 0));
    att_recorder_close(recorder);
    close(descriptor);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    descriptor = open(path, O_RDONLY);
    size = read(descriptor, text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    close(descriptor);
    unlink(path);
    assert_null(strstr(text, "canary"));
    transport = open_good(text);
    expect(transport, "GET", "https://api.example/a?q=1", 200,
           "Content-Type=text/plain; charset=\"utf-8\"\nX-Twice=1\nx-twice=2\nt\"\\\n\x1b");
    expect_bytes(transport, "POST", "https://api.example/b", 500, "\0\xff\x80z", 4);
    expect(transport, "DELETE", "https://api.example/c", 204, "");
    transport->close(transport);
}

static void a_record_file_is_never_a_link(void **state)
{
    char folder[] = "/tmp/attache-record-XXXXXX", path[64], sentence[200];
    att_error error = ATT_ERROR_INIT;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_null(att_recorder_open(path, &error));
    snprintf(sentence, sizeof sentence,
             "the record file %s cannot be written: Too many levels of symbolic links; correct settings.record", path);
    assert_int_equal(error.status, ATT_CONFIG);
    assert_string_equal(error.message, sentence);
    unlink(path);
    rmdir(folder);
    att_error_clear(&error);
}

static void expect_no_recorder(const char *path, const char *sentence)
{
    att_error error = ATT_ERROR_INIT;
    char message[300];

    snprintf(message, sizeof message, "the record file %s %s", path, sentence);
    assert_null(att_recorder_open(path, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_string_equal(error.message, message);
    att_error_clear(&error);
}

static void a_record_file_that_others_may_read_is_refused(void **state)
{
    char path[] = "/tmp/attache-record-XXXXXX";
    int descriptor = mkstemp(path);
    struct att_recorder *recorder;

    (void)state;
    assert_true(descriptor >= 0);
    assert_int_equal(fchmod(descriptor, 0644), 0);
    expect_no_recorder(path, "is open to others (mode 0644); run chmod 600 on it, or correct settings.record");
    assert_int_equal(fchmod(descriptor, 0620), 0);
    expect_no_recorder(path, "is open to others (mode 0620); run chmod 600 on it, or correct settings.record");
    assert_int_equal(fchmod(descriptor, 0600), 0);
    recorder = att_recorder_open(path, NULL);
    assert_non_null(recorder);
    att_recorder_close(recorder);
    if (geteuid() == 0) {
        assert_int_equal(fchown(descriptor, 12345, 12345), 0);
        expect_no_recorder(path, "belongs to another user (uid 12345); remove it, or correct settings.record");
    }
    close(descriptor);
    unlink(path);
    expect_no_recorder("/dev/null", "is not a regular file; correct settings.record");
}

/* In a process of its own: the largest file is so small that the second of three lines is cut off within. */
static int record_three_lines(const char *path)
{
    static const att_pair none[] = {{NULL, NULL}};
    static char body[1000];
    struct rlimit limit;
    struct att_recorder *recorder = att_recorder_open(path, NULL);
    int wrong = !recorder;

    signal(SIGXFSZ, SIG_IGN);
    memset(body, 'x', sizeof body);
    if (wrong || getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    limit.rlim_cur = 500;
    wrong |= setrlimit(RLIMIT_FSIZE, &limit) != 0;
    wrong |= !att_recorder_write(recorder, "GET", "https://api.example/a", 200, none, "first", 5);
    wrong |= att_recorder_write(recorder, "GET", "https://api.example/b", 200, none, body, sizeof body);
    wrong |= !att_recorder_write(recorder, "GET", "https://api.example/c", 200, none, "third", 5);
    att_recorder_close(recorder);
    return wrong;
}

static void half_a_line_is_taken_back_when_the_disk_is_full(void **state)
{
    char path[] = "/tmp/attache-record-XXXXXX", text[4096];
    struct att_transport *transport;
    int descriptor = mkstemp(path), status;
    ssize_t size;
    pid_t child;

    (void)state;
    assert_true(descriptor >= 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(record_three_lines(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    size = read(descriptor, text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    close(descriptor);
    unlink(path);
    transport = open_good(text);
    expect(transport, "GET", "https://api.example/a", 200, "first");
    expect(transport, "GET", "https://api.example/c", 200, "third");
    expect_failure(
        transport, "GET", "https://api.example/b", ATT_EXCHANGE_NOT_RECORDED,
        "no answer to GET https://api.example/b is recorded, or it was used up; record it, or add a line for it");
    transport->close(transport);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_answers_are_given_by_method_and_url),
        cmocka_unit_test(several_answers_come_in_order_and_the_last_one_repeats_unless_it_is_once),
        cmocka_unit_test(a_request_that_was_not_recorded_is_named_without_its_query_values),
        cmocka_unit_test(a_recorded_answer_over_the_limit_is_refused),
        cmocka_unit_test(a_file_that_is_wrong_is_refused_with_its_line_and_the_cure),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(an_answer_that_is_once_goes_to_one_of_many_threads),
        cmocka_unit_test(what_is_recorded_is_replayed_without_credentials),
        cmocka_unit_test(a_record_file_is_never_a_link),
        cmocka_unit_test(a_record_file_that_others_may_read_is_refused),
        cmocka_unit_test(half_a_line_is_taken_back_when_the_disk_is_full),
    };

    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
