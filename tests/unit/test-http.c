/* tests/unit/test-http.c: unit tests of what a module's requests to its own backend do, against servers of this
 * program: core/provider/http.c and backend.c with the transport of the build. Names begin with the row of the table of
 * attacks that they are about. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/provider/instance.h"
#include "tests/unit/peer.h"
#include "tests/unit/unit.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* ---- a module that sends what a test says ---------------------------------------------------------------------------
 */

struct scene {
    struct att_pool *pool;
    struct att_findings findings;
    struct att_environment environment;
    struct att_host_table table;
    struct att_transport_options network;
    struct att_instance *instance;
    struct att_call_report report;
    struct peer *peer;
    char url[256];
    /* Of the one request. */
    bool on_worker;
    int64_t pause_ms; /* 0: it sends */
    struct att_http http;
    struct att_http_answer answer;
    int paused;
};

static struct scene *now; /* the one whose test runs */
static const struct att_host *given;

static att_result act(const struct att_host *host, struct att_call *call)
{
    if (now->pause_ms) {
        now->paused = host->pause(host, call, now->pause_ms);
        return ATT_RESULT_UNAVAILABLE;
    }
    return host->http_send(host, call, &now->http, &now->answer);
}

static att_result open_own(const struct att_host *host, const struct att_settings *settings, void **instance)
{
    if (!now->on_worker)
        host->promise_bounded(settings);
    given = host;
    *instance = NULL;
    return ATT_RESULT_OK;
}

static void close_own(void *instance)
{
    (void)instance;
}

static att_result fetch_own(void *instance, const struct att_fetch *fetch, struct att_credential *credential)
{
    att_result result = act(given, fetch->call);

    (void)instance;
    if (result == ATT_RESULT_OK)
        given->credential_material(credential, "token", "t", 1);
    return result;
}

static att_result execute_own(void *instance, const struct att_fetch *fetch, const struct att_execution *execution,
                              struct att_answer *answer)
{
    (void)instance, (void)execution, (void)answer;
    return act(given, fetch->call);
}

static att_result approval_own(void *instance, const struct att_fetch *who, const char *approval,
                               struct att_answer *answer)
{
    (void)instance, (void)approval, (void)answer;
    return act(given, who->call);
}

static att_result check_own(const struct att_host *host, const struct att_settings *settings)
{
    (void)settings;
    assert_int_equal(host->http_send(host, NULL, &now->http, &now->answer), ATT_RESULT_FAULT);
    assert_int_equal(host->pause(host, NULL, 1), 0);
    return ATT_RESULT_OK;
}

static const struct att_provider asker = {
    .magic = ATT_MODULE_MAGIC,
    .size = sizeof(struct att_provider),
    .abi_major = ATT_ABI_MAJOR,
    .abi_minor = ATT_ABI_MINOR,
    .threading = ATT_THREADING_FREE,
    .offers = ATT_OFFERS_FETCH | ATT_OFFERS_EXECUTE,
    .needs = ATT_HOST_HTTP,
    .name = "asker",
    .version = "1",
    .option_size = sizeof(struct att_option),
    .open = open_own,
    .close = close_own,
    .fetch = fetch_own,
    .check = check_own,
    .execute = execute_own,
    .approval = approval_own,
};

static struct att_instance *open_instance(struct scene *scene)
{
    const struct att_loader_rules rules = {.directory = "/nowhere", .host = &scene->table.host};
    const struct att_entry entry = {"entry", NULL, {"site.conf", 1}, NULL, &scene->network};
    const struct att_module *module;
    struct att_transport *transport;
    att_error error = ATT_ERROR_INIT;
    struct att_buffer why;
    char path[4096];

    att_buffer_open(&why, 4096);
    module = att_module_adopt(scene->pool, &rules, ATT_KIND_PROVIDER, &asker, &why);
    if (!module)
        fail_msg("%s", why.data);
    scene->instance = att_instance_open(&scene->environment, module, &entry, &scene->findings);
    assert_non_null(scene->instance);
    /* The one that the instance would load by itself if this were the library. */
    snprintf(path, sizeof path, "%s/.libs/curl.so", secure_getenv("ATT_BUILD") ? secure_getenv("ATT_BUILD") : ".");
    transport = att_transport_open(path, &scene->instance->backend.options, &error);
    if (!transport)
        fail_msg("%s", error.message);
    atomic_store(&scene->instance->backend.transport, transport);
    att_buffer_close(&why);
    return scene->instance;
}

static void scene_open(struct scene *scene, peer_serve serve, const char *text)
{
    *scene = (struct scene){.pool = att_pool_create()};
    now = scene;
    att_findings_open(&scene->findings, scene->pool);
    scene->environment = (struct att_environment){att_arena_create(), NULL, NULL};
    att_host_table_fill(&scene->table, &scene->environment, NULL);
    scene->peer = peer_open(serve, (void *)(uintptr_t)text);
    snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%d/sdk/token?a=1", peer_port(scene->peer));
    scene->http =
        (struct att_http){.size = sizeof scene->http, .method = "POST", .url = scene->url, .answer_limit = 65536};
    scene->answer.size = sizeof scene->answer;
    open_instance(scene);
}

/* Every secret is gone when all is closed. */
static void scene_close(struct scene *scene)
{
    struct att_arena_state memory;

    assert_true(att_instance_close(scene->instance));
    att_secret_destroy(scene->answer.body);
    peer_close(scene->peer);
    att_arena_state(scene->environment.arena, &memory);
    assert_int_equal(memory.in_use, 0);
    att_arena_destroy(scene->environment.arena);
    att_findings_close(&scene->findings);
    att_pool_destroy(scene->pool);
}

static att_result ask_within(struct scene *scene, int64_t milliseconds)
{
    const struct att_fetch fetch = {.size = sizeof fetch,
                                    .deadline_ns = att_clock_monotonic_ns() + milliseconds * ATT_NS_PER_MS,
                                    .caller = "tester",
                                    .grant = "g",
                                    .method = "GET",
                                    .scheme = "https",
                                    .host = "api.example",
                                    .port = 443,
                                    .path = "/",
                                    .request_id = "r"};
    struct att_credential credential;
    att_result result;

    scene->answer.body = att_secret_destroy(scene->answer.body);
    att_credential_open(&credential, scene->environment.arena);
    result = att_instance_fetch(scene->instance, &fetch, &credential, &scene->report);
    att_credential_close(&credential);
    return result;
}

static att_result execute(struct scene *scene)
{
    static const struct att_execution execution = {.size = sizeof execution, .url = "https://api.example/"};
    const struct att_fetch fetch = {.size = sizeof fetch,
                                    .deadline_ns = att_clock_monotonic_ns() + 10 * ATT_NS_PER_S,
                                    .grant = "g",
                                    .request_id = "r"};
    struct att_answer answer = {.pool = NULL};
    att_result result = att_instance_execute(scene->instance, &fetch, &execution, &answer, &scene->report);

    att_answer_close(&answer);
    scene->answer.body = att_secret_destroy(scene->answer.body);
    return result;
}

static att_result ask(struct scene *scene)
{
    return ask_within(scene, 10000);
}

static void expect_sentence(struct scene *scene, att_result result, const char *sentence)
{
    assert_int_equal(ask(scene), result);
    if (!strstr(scene->report.sentence, sentence))
        fail_msg("\"%s\" is not in: %s", sentence, scene->report.sentence);
}

static void expect_failure(struct scene *scene, att_result result, const char *sentence)
{
    expect_sentence(scene, result, sentence);
    assert_null(scene->answer.body);
}

static const char *body_of(const struct scene *scene)
{
    return att_secret_bytes(scene->answer.body);
}

static struct att_secret *secret_of(struct scene *scene, const char *text)
{
    return att_secret_from(scene->environment.arena, text, strlen(text));
}

/* Answers each request with the test's text. */
static void serve_text(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    while (peer_read(peer, connection) && peer_say(connection, peer_context(peer)))
        continue;
}

/* Answers one request with the test's text, and closes. */
static void serve_and_close(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (peer_read(peer, connection))
        peer_say(connection, peer_context(peer));
}

/* Answers the first request, takes the second one and closes without a word. */
static void serve_once(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (peer_read(peer, connection) && peer_say(connection, OK))
        peer_read(peer, connection);
}

/* Answers nothing. */
static void serve_silence(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    while (peer_read(peer, connection))
        continue;
}

/* ---- what goes out and what comes back -----------------------------------------------------------------------------
 */

static void what_a_module_asks_goes_out_as_it_is_and_the_answer_comes_back(void **state)
{
    static const char *const taken[] = {"x-actor-id", "X-Missing", "x-long", NULL};
    static const char head[] = "HTTP/1.1 429 Too Many Requests\r\nX-Actor-Id: actor-1\r\nX-Actor-Id: actor-2\r\n"
                               "Retry-After: 7\r\nContent-Length: 11\r\nX-Long: ";
    char answer[2048], wanted[512];
    struct scene scene;

    (void)state;
    snprintf(answer, sizeof answer, "%s%0512d\r\n\r\n{\"error\":1}", head, 0);
    scene_open(&scene, serve_text, answer);
    struct att_secret *key = secret_of(&scene, "canary-key"), *body = secret_of(&scene, "{\"grant\":\"g\"}");
    const struct att_http_header headers[] = {
        {"content-type", "application/json", NULL}, {"x-api-key", NULL, key}, {"x-empty", "", NULL}};
    scene.http.headers = headers;
    scene.http.header_count = ATT_COUNT(headers);
    scene.http.body = body;
    scene.http.taken = taken;
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    snprintf(wanted, sizeof wanted,
             "POST /sdk/token?a=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\ncontent-type: application/json\r\n"
             "x-api-key: canary-key\r\nx-empty:\r\nContent-Length: 13\r\n\r\n{\"grant\":\"g\"}",
             peer_port(scene.peer));
    assert_string_equal(peer_received(scene.peer), wanted);
    assert_int_equal(scene.answer.status, 429);
    assert_string_equal(body_of(&scene), "{\"error\":1}");
    assert_int_equal(scene.answer.retry_after_ms, 7000);
    assert_string_equal(scene.answer.taken[0], "actor-1");
    assert_string_equal(scene.answer.taken[1], "");
    assert_string_equal(scene.answer.taken[2], "");
    att_secret_destroy(key);
    att_secret_destroy(body);
    scene_close(&scene);
}

static void an_answer_without_a_body_is_an_empty_secret(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_text, "HTTP/1.1 204 No Content\r\n\r\n");
    scene.http.method = "GET";
    scene.http.answer_limit = 0;
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(scene.answer.status, 204);
    assert_int_equal(att_secret_size(scene.answer.body), 0);
    assert_int_equal(scene.answer.retry_after_ms, -1);
    scene_close(&scene);
}

/* Drips a body of chunks that have no length in front, so that its secret has to grow. */
static void serve_chunks(struct peer *peer, int connection, unsigned number)
{
    char chunk[5000 + 16];

    (void)number;
    if (!peer_read(peer, connection) ||
        !peer_say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: identity\r\n\r\n"))
        return;
    for (int i = 0; i < 10; i++) {
        snprintf(chunk, sizeof chunk, "1388\r\n%05000d\r\n", i);
        peer_say(connection, chunk);
    }
    peer_say(connection, "0\r\n\r\n");
}

static void a_body_of_unknown_length_grows_in_secret_memory(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_chunks, NULL);
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(att_secret_size(scene.answer.body), 50000);
    for (int i = 0; i < 10; i++)
        assert_int_equal(body_of(&scene)[i * 5000 + 4999], '0' + i);
    assert_true(att_arena_contains(scene.environment.arena, body_of(&scene)));
    scene.http.answer_limit = 49999;
    expect_failure(&scene, ATT_RESULT_FAULT, "the body of the answer is larger than the 49999 bytes allowed");
    scene_close(&scene);
}

/* ---- what is refused -----------------------------------------------------------------------------------------------
 */

static void expect_refused_header(struct scene *scene, struct att_http_header header, const char *sentence)
{
    scene->http.headers = &header;
    scene->http.header_count = 1;
    expect_failure(scene, ATT_RESULT_FAULT, sentence);
}

static void b8_names_and_values_that_are_none_are_refused_before_anything_is_sent(void **state)
{
    static const char *const nine[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
    static const char *const connections[] = {"Host",       "content-length", "Transfer-Encoding",
                                              "connection", "Expect",         "proxy-authorization"};
    static const char *const methods[] = {"", "GE T", "GET\r\n", NULL, "ABCDEFGHIJABCDEFGHIJABCDEFGHIJAB"};
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_text, OK);
    struct att_secret *split = secret_of(&scene, "a\r\nx-evil: 1");
    expect_refused_header(&scene, (struct att_http_header){"x a", "v", NULL}, "name of a header is no token");
    expect_refused_header(&scene, (struct att_http_header){NULL, "v", NULL}, "name of a header is no token");
    expect_refused_header(&scene, (struct att_http_header){"x", NULL, NULL}, "a header has no value, or one with a");
    expect_refused_header(&scene, (struct att_http_header){"x", "a\nb", NULL}, "a header has no value, or one with a");
    expect_refused_header(&scene, (struct att_http_header){"x", NULL, split}, "a header has no value, or one with a");
    expect_refused_header(&scene, (struct att_http_header){"x", "a", split}, "a header has two values");
    for (size_t i = 0; i < ATT_COUNT(connections); i++)
        expect_refused_header(&scene, (struct att_http_header){connections[i], "v", NULL},
                              "it sets a header of the connection; ask the module's author");
    scene.http.header_count = 65;
    expect_failure(&scene, ATT_RESULT_FAULT, "it has more than 64 headers");
    scene.http.header_count = 1;
    scene.http.headers = NULL;
    expect_failure(&scene, ATT_RESULT_FAULT, "it has more than 64 headers");
    scene.http.header_count = 0;
    for (size_t i = 0; i < ATT_COUNT(methods); i++) {
        scene.http.method = methods[i];
        expect_failure(&scene, ATT_RESULT_FAULT, "its method is no token of RFC 9110");
    }
    scene.http.method = "GET";
    scene.http.taken = nine;
    expect_failure(&scene, ATT_RESULT_FAULT, "it asks for more than 8 headers of the answer");
    scene.http.taken = NULL;
    scene.http.answer_limit = ((size_t)1 << 20) + 1;
    expect_failure(&scene, ATT_RESULT_FAULT, "it allows an answer of more than 1 MiB");
    scene.http.answer_limit = 1;
    scene.http.timeout_ms = -1;
    expect_failure(&scene, ATT_RESULT_FAULT, "its time is negative");
    scene.http.timeout_ms = 0;
    scene.http.size = offsetof(struct att_http, timeout_ms);
    expect_failure(&scene, ATT_RESULT_FAULT, "its module asks a backend where or how it may not");
    assert_int_equal(peer_connections(scene.peer), 0);
    att_secret_destroy(split);
    scene_close(&scene);
}

static void b1_a10_urls_that_may_not_be_asked_are_refused(void **state)
{
    static const struct {
        const char *url, *sentence;
    } cases[] = {
        {NULL, "the URL of its backend may not be asked: the URL is refused: it does not begin with https://"},
        {"ftp://127.0.0.1/a", "other schemes are not spoken"},
        {"http://api.example/a", "http://api.example may not be asked: plain http is for this machine only; use https"},
        {"http://10.0.0.1/a", "plain http is for this machine only"},
        {"https://me:pw@api.example/a", "the URL of its backend may not be asked"},
        {"https://api.example/a#b", "it has a fragment"},
        {"https://api.example/a/../b", "is not in its one form, which begins with https://api.example/b; write it so"},
        {"https://API.example/a", "is not in its one form, which begins with https://api.example/a; write it so"},
        {"https://169.254.169.254/a", "may not be asked: the backend's name leads to 169.254.169.254"},
    };
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_text, OK);
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        scene.http.url = cases[i].url;
        expect_failure(&scene, ATT_RESULT_CONFIG, cases[i].sentence);
    }
    scene_close(&scene);
}

static void nobody_asks_a_backend_outside_of_a_call(void **state)
{
    struct scene scene;
    struct att_entry entry = {"entry", NULL, {"site.conf", 1}, NULL, NULL};

    (void)state;
    scene_open(&scene, serve_text, OK);
    assert_true(att_settings_check(&scene.environment, att_instance_module(scene.instance), &entry, &scene.findings));
    scene.instance->backend.allowed = false;
    expect_failure(&scene, ATT_RESULT_FAULT, "its module asks a backend where or how it may not");
    assert_int_equal(peer_connections(scene.peer), 0);
    scene_close(&scene);
}

/* ---- the rows of the attacks ---------------------------------------------------------------------------------------
 */

static void a1_a_redirect_of_the_backend_is_an_answer_and_not_followed(void **state)
{
    static const char *const taken[] = {"location", NULL};
    struct peer *other = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct scene scene;
    char answer[256], location[64];

    (void)state;
    snprintf(location, sizeof location, "http://127.0.0.1:%d/", peer_port(other));
    snprintf(answer, sizeof answer, "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n",
             location);
    scene_open(&scene, serve_text, answer);
    scene.http.taken = taken;
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(scene.answer.status, 307);
    assert_string_equal(scene.answer.taken[0], location);
    assert_int_equal(peer_connections(other), 0);
    scene_close(&scene);
    peer_close(other);
}

static void a5_a6_netrc_and_proxy_variables_change_nothing_for_a_backend(void **state)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    struct peer *proxy = peer_open(serve_text, (void *)(uintptr_t)OK);
    char home[] = "/tmp/attache-home-XXXXXX", netrc[64], text[64];
    struct scene scene;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(home));
    snprintf(netrc, sizeof netrc, "%s/.netrc", home);
    file = fopen(netrc, "w");
    assert_non_null(file);
    fputs("machine 127.0.0.1 login eve password evil\ndefault login eve password evil\n", file);
    fclose(file);
    setenv("HOME", home, 1);
    snprintf(text, sizeof text, "http://127.0.0.1:%d", peer_port(proxy));
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        setenv(names[i], text, 1);
    scene_open(&scene, serve_text, OK);
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(peer_connections(proxy), 0);
    assert_null(strcasestr(peer_received(scene.peer), "authorization"));
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        unsetenv(names[i]);
    scene_close(&scene);
    unlink(netrc);
    rmdir(home);
    peer_close(proxy);
}

static void a8_a_connection_is_kept_for_the_instance_and_shared_with_no_other(void **state)
{
    struct scene scene;
    struct att_instance *first;

    (void)state;
    scene_open(&scene, serve_text, OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(peer_connections(scene.peer), 1);
    first = scene.instance;
    open_instance(&scene);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&scene), ATT_RESULT_OK);
    assert_int_equal(peer_connections(scene.peer), 2);
    assert_true(att_instance_close(first));
    scene_close(&scene);
}

static void a8_nothing_of_one_request_is_in_the_next_one(void **state)
{
    struct scene scene;
    const char *second;

    (void)state;
    scene_open(&scene, serve_text, OK);
    struct att_secret *key = secret_of(&scene, "canary-key"), *body = secret_of(&scene, "canary-body");
    const struct att_http_header header = {"x-api-key", NULL, key};
    scene.http.headers = &header;
    scene.http.header_count = 1;
    scene.http.body = body;
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    scene.http.method = "GET";
    scene.http.header_count = 0;
    scene.http.body = NULL;
    assert_int_equal(ask(&scene), ATT_RESULT_OK);
    second = strstr(peer_received(scene.peer), "GET /sdk/token");
    assert_non_null(second);
    assert_null(strstr(second, "canary"));
    assert_null(strcasestr(second, "content-"));
    att_secret_destroy(key);
    att_secret_destroy(body);
    scene_close(&scene);
}

static void f7_a_kept_connection_that_is_dead_is_replaced_before_anything_is_sent(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_and_close, OK);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(ask(&scene), ATT_RESULT_OK);
        usleep(20000); /* until its end has come here */
    }
    assert_int_equal(peer_connections(scene.peer), 3);
    scene_close(&scene);
}

static void f7_what_a_dying_connection_took_is_not_sent_again(void **state)
{
    static const char *const methods[] = {"GET", "POST", "HEAD"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(methods); i++) {
        struct scene scene;
        scene_open(&scene, serve_once, NULL);
        assert_int_equal(ask(&scene), ATT_RESULT_OK);
        scene.http.method = methods[i];
        snprintf(scene.url, sizeof scene.url, "http://127.0.0.1:%d/signed", peer_port(scene.peer));
        expect_failure(&scene, ATT_RESULT_UNAVAILABLE, "gave no answer: the backend closed a kept connection without");
        assert_null(strstr(strstr(peer_received(scene.peer), "/signed") + 1, "/signed"));
        scene_close(&scene);
    }
}

static void f7_answers_that_are_too_large_or_none_are_refused(void **state)
{
    static const struct {
        const char *answer;
        att_result result;
        const char *sentence;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\nx", ATT_RESULT_FAULT,
         "the body of the answer is larger than the 65536 bytes allowed"},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", ATT_RESULT_FAULT,
         "is encoded (gzip), which nobody asked for; see what stands between"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n",
         ATT_RESULT_UNAVAILABLE, "the backend's answer has a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\nX Bad: 1\r\nContent-Length: 2\r\n\r\nok", ATT_RESULT_UNAVAILABLE,
         "the backend's answer has a header that is not well formed"},
        {"ok", ATT_RESULT_UNAVAILABLE, "what the backend answered is not HTTP"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", ATT_RESULT_UNAVAILABLE,
         "the connection was cut off in the middle of the answer"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", ATT_RESULT_UNAVAILABLE,
         "the connection was cut off in the middle of the answer"},
        {"", ATT_RESULT_UNAVAILABLE, "the backend closed the connection without an answer"},
    };

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene, serve_and_close, cases[i].answer);
        expect_failure(&scene, cases[i].result, cases[i].sentence);
        assert_int_equal(peer_connections(scene.peer), 1);
        scene_close(&scene);
    }
}

static void f7_what_the_backend_may_have_done_is_told_when_its_answer_is_lost(void **state)
{
    static const struct {
        const char *answer;
        att_result result;
        const char *why;
    } cases[] = {
        {"", ATT_RESULT_UNAVAILABLE, "gave no answer: the backend closed the connection without an answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", ATT_RESULT_UNAVAILABLE,
         "gave no answer: the connection was cut off in the middle of the answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\nx", ATT_RESULT_FAULT,
         "answered cannot be taken: the body of the answer is larger than the 65536 bytes allowed"},
        {NULL, ATT_RESULT_DEADLINE, "is too slow: no answer came in time"},
    };
    static const char doubt[] =
        ", and whether the backend sent the request is not known; see the upstream before it is sent again";

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct scene scene;
        const char *why;

        scene_open(&scene, cases[i].answer ? serve_and_close : serve_silence, cases[i].answer);
        scene.http.timeout_ms = 300;
        assert_int_equal(execute(&scene), cases[i].result);
        why = strstr(scene.report.sentence, cases[i].why);
        assert_non_null(why);
        assert_string_equal(why + strlen(cases[i].why), doubt);
        scene_close(&scene);
    }
}

/* Sends a body of 10 MiB that no header announces, as fast as it is taken. */
static void serve_flood(struct peer *peer, int connection, unsigned number)
{
    static const char block[65536];

    (void)number;
    if (!peer_read(peer, connection) || !peer_say(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
        return;
    for (int i = 0; i < 160 && peer_write(connection, block, sizeof block); i++)
        continue;
}

static void f7_a_flood_ends_at_the_limit(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_flood, NULL);
    scene.http.answer_limit = 1 << 20;
    expect_failure(&scene, ATT_RESULT_FAULT, "the body of the answer is larger than the 1048576 bytes allowed");
    scene_close(&scene);
}

/* Does not wait to be asked. */
static void serve_at_once(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    peer_say(connection, peer_context(peer));
}

static void a_backend_that_is_not_there_is_unavailable(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, serve_text, OK);
    scene.http.url = "http://127.0.0.1:1/";
    expect_failure(&scene, ATT_RESULT_UNAVAILABLE,
                   "its backend http://127.0.0.1:1 gave no answer: 127.0.0.1 refused the connection: nothing listens");
    assert_int_equal(execute(&scene), ATT_RESULT_UNAVAILABLE);
    assert_null(strstr(scene.report.sentence, "not known"));
    scene.http.url = "https://the-upstream.invalid/";
    expect_failure(
        &scene, ATT_RESULT_UNAVAILABLE,
        "its backend https://the-upstream.invalid gave no answer: the name the-upstream.invalid is not known");
    scene_close(&scene);
    scene_open(&scene, serve_at_once, OK);
    snprintf(scene.url, sizeof scene.url, "https://localhost:%d/", peer_port(scene.peer));
    expect_failure(&scene, ATT_RESULT_UNAVAILABLE, "TLS did not come about: the backend speaks no TLS");
    scene_close(&scene);
}

/* ---- time ----------------------------------------------------------------------------------------------------------
 */

static int64_t ms_since(int64_t begin)
{
    return (att_clock_monotonic_ns() - begin) / ATT_NS_PER_MS;
}

/* Drips its answer, a byte every 20 ms. */
static void serve_drip(struct peer *peer, int connection, unsigned number)
{
    const char *text = OK;

    (void)number;
    if (!peer_read(peer, connection))
        return;
    for (const char *at = text; *at && peer_write(connection, at, 1); at++)
        usleep(20000);
}

static void the_deadline_of_the_call_and_of_the_request_end_it(void **state)
{
    const peer_serve serves[] = {serve_silence, serve_drip};
    int64_t begin;

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(serves); i++) {
        struct scene scene;
        scene_open(&scene, serves[i], NULL);
        scene.http.timeout_ms = 120;
        begin = att_clock_monotonic_ns();
        expect_failure(&scene, ATT_RESULT_DEADLINE, "is too slow: ");
        assert_in_range(ms_since(begin), 110, 1000);
        scene.http.timeout_ms = 0;
        begin = att_clock_monotonic_ns();
        assert_int_equal(ask_within(&scene, 120), ATT_RESULT_DEADLINE);
        assert_in_range(ms_since(begin), 110, 1000);
        scene_close(&scene);
    }
}

static void *cancel_soon(void *argument)
{
    struct scene *scene = argument;

    usleep(100000);
    att_instance_cancel(scene->instance);
    return NULL;
}

static void a_closing_engine_ends_a_request_and_a_pause(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct scene scene;
        pthread_t thread;
        int64_t begin;
        scene_open(&scene, serve_silence, NULL);
        scene.pause_ms = i % 2 ? 60000 : 0;
        scene.on_worker = i / 2;
        assert_true(att_instance_close(scene.instance));
        open_instance(&scene);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &scene), 0);
        begin = att_clock_monotonic_ns();
        expect_sentence(&scene, ATT_RESULT_CANCELLED, "the engine is being closed");
        assert_in_range(ms_since(begin), 90, 1000);
        pthread_join(thread, NULL);
        scene_close(&scene); /* until here the call may still be in its module */
        assert_int_equal(scene.paused, 0);
    }
}

static void a_pause_lasts_as_long_as_it_says_or_until_the_deadline(void **state)
{
    struct scene scene;
    int64_t begin = att_clock_monotonic_ns();

    (void)state;
    scene_open(&scene, serve_silence, NULL);
    scene.pause_ms = 60;
    assert_int_equal(ask(&scene), ATT_RESULT_UNAVAILABLE);
    assert_in_range(ms_since(begin), 60, 1000);
    assert_int_equal(scene.paused, 1);
    scene.pause_ms = INT64_MAX;
    begin = att_clock_monotonic_ns();
    assert_int_equal(ask_within(&scene, 80), ATT_RESULT_DEADLINE);
    assert_in_range(ms_since(begin), 75, 1000);
    assert_int_equal(scene.paused, 0);
    begin = att_clock_monotonic_ns();
    scene.pause_ms = -5;
    assert_int_equal(ask(&scene), ATT_RESULT_UNAVAILABLE);
    assert_int_equal(scene.paused, 1);
    scene_close(&scene);
}

/* ---- TLS -----------------------------------------------------------------------------------------------------------
 */

/* Last, since libcurl keeps what it saw for the life of the process. */
static void a11_nothing_is_sent_to_a_backend_while_libcurl_logs_keys(void **state)
{
    struct scene scene;

    (void)state;
    setenv("SSLKEYLOGFILE", "/dev/null", 1);
    scene_open(&scene, serve_text, OK);
    unsetenv("SSLKEYLOGFILE");
    snprintf(scene.url, sizeof scene.url, "https://localhost:%d/", peer_port(scene.peer));
    expect_failure(&scene, ATT_RESULT_CONFIG, "may not be asked: SSLKEYLOGFILE is set, so libcurl writes the keys");
    assert_int_equal(peer_connections(scene.peer), 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_module_asks_goes_out_as_it_is_and_the_answer_comes_back),
        cmocka_unit_test(an_answer_without_a_body_is_an_empty_secret),
        cmocka_unit_test(a_body_of_unknown_length_grows_in_secret_memory),
        cmocka_unit_test(b8_names_and_values_that_are_none_are_refused_before_anything_is_sent),
        cmocka_unit_test(b1_a10_urls_that_may_not_be_asked_are_refused),
        cmocka_unit_test(nobody_asks_a_backend_outside_of_a_call),
        cmocka_unit_test(a1_a_redirect_of_the_backend_is_an_answer_and_not_followed),
        cmocka_unit_test(a5_a6_netrc_and_proxy_variables_change_nothing_for_a_backend),
        cmocka_unit_test(a8_a_connection_is_kept_for_the_instance_and_shared_with_no_other),
        cmocka_unit_test(a8_nothing_of_one_request_is_in_the_next_one),
        cmocka_unit_test(f7_a_kept_connection_that_is_dead_is_replaced_before_anything_is_sent),
        cmocka_unit_test(f7_what_a_dying_connection_took_is_not_sent_again),
        cmocka_unit_test(f7_answers_that_are_too_large_or_none_are_refused),
        cmocka_unit_test(f7_what_the_backend_may_have_done_is_told_when_its_answer_is_lost),
        cmocka_unit_test(f7_a_flood_ends_at_the_limit),
        cmocka_unit_test(a_backend_that_is_not_there_is_unavailable),
        cmocka_unit_test(the_deadline_of_the_call_and_of_the_request_end_it),
        cmocka_unit_test(a_closing_engine_ends_a_request_and_a_pause),
        cmocka_unit_test(a_pause_lasts_as_long_as_it_says_or_until_the_deadline),
        cmocka_unit_test(a11_nothing_is_sent_to_a_backend_while_libcurl_logs_keys),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
