/* tests/unit/test-transport.c: unit tests of core/transport/curl, through the built shared object and against servers
 * of this program. Names begin with the row of the table of attacks that they are about. */
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/transport/transport.h"
#include "core/url/address.h"
#include "tests/unit/peer.h"
#include "tests/unit/unit.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* ---- an exchange and what came back --------------------------------------------------------------------------------
 */

struct talk {
    struct att_exchange exchange;
    struct att_pool *pool;
    struct att_buffer headers; /* "name=value\n" */
    struct att_buffer body;
    uint64_t body_size;
    int status, status_calls;
    uint64_t stop_after; /* bytes of body; 0: never */
};

static bool take_status(void *context, int status)
{
    struct talk *talk = context;

    talk->status = status;
    talk->status_calls++;
    return true;
}

static bool take_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    struct talk *talk = context;

    att_buffer_add(&talk->headers, name, name_size);
    att_buffer_char(&talk->headers, '=');
    att_buffer_add(&talk->headers, value, value_size);
    att_buffer_char(&talk->headers, '\n');
    return true;
}

static bool take_body(void *context, const void *data, size_t size)
{
    struct talk *talk = context;

    talk->body_size += size;
    att_buffer_add(&talk->body, data, size);
    return talk->stop_after == 0 || talk->body_size < talk->stop_after;
}

static void talk_open_url(struct talk *talk, const char *method, const char *text)
{
    struct att_url *url = NULL;

    *talk = (struct talk){.pool = att_pool_create()};
    att_buffer_open(&talk->headers, 1 << 20);
    att_buffer_open(&talk->body, 1 << 16);
    att_buffer_text(&talk->headers, "");
    att_buffer_text(&talk->body, "");
    assert_int_equal(att_url_parse(talk->pool, text, &url, NULL), ATT_OK);
    talk->exchange = (struct att_exchange){.url = url,
                                           .target = url->text,
                                           .method = method,
                                           .deadline_ns = att_clock_monotonic_ns() + 10 * ATT_NS_PER_S,
                                           .max_response_bytes = 1 << 20,
                                           .on_status = take_status,
                                           .on_header = take_header,
                                           .on_body = take_body,
                                           .context = talk};
}

static void talk_open(struct talk *talk, const char *method, const struct peer *peer, const char *path)
{
    char text[256];

    snprintf(text, sizeof text, "http://localhost:%d%s", peer_port(peer), path);
    talk_open_url(talk, method, text);
}

static void talk_close(struct talk *talk)
{
    att_buffer_close(&talk->headers);
    att_buffer_close(&talk->body);
    att_pool_destroy(talk->pool);
}

static const char *built_object(const char *name)
{
    static char path[4096];
    const char *build = secure_getenv("ATT_BUILD");

    snprintf(path, sizeof path, "%s/%s.so", build ? build : ".", name);
    return path;
}

static const char *object_path(void)
{
    return built_object(".libs/curl");
}

static struct att_transport *open_with(const struct att_transport_options *options)
{
    att_error error = ATT_ERROR_INIT;
    struct att_transport *transport = att_transport_open(object_path(), options, &error);

    if (!transport)
        fail_msg("%s", error.message);
    return transport;
}

static int open_plain(void **state)
{
    *state = open_with(&(struct att_transport_options){0});
    return 0;
}

static int close_plain(void **state)
{
    struct att_transport *transport = *state;

    transport->close(transport);
    return 0;
}

static enum att_exchange_result perform(void **state, struct talk *talk)
{
    struct att_transport *transport = *state;

    return transport->perform(transport, &talk->exchange);
}

/* One exchange of which only the outcome and its sentence matter. */
static void expect_failure(void **state, struct talk *talk, enum att_exchange_result result, const char *sentence)
{
    assert_int_equal(perform(state, talk), result);
    if (!strstr(talk->exchange.detail, sentence))
        fail_msg("\"%s\" is not in \"%s\"", sentence, talk->exchange.detail);
    talk_close(talk);
}

/* ---- servers -------------------------------------------------------------------------------------------------------
 */

/* Answers every request on a connection with the same text, which is the context. */
static void serve_text(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    while (peer_read(peer, connection) && peer_say(connection, peer_context(peer)))
        continue;
}

/* Answers the first request of a connection only, then reads the next and closes without a word. */
static void serve_once(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (peer_read(peer, connection) && peer_say(connection, OK))
        peer_read(peer, connection);
}

static void serve_slowly(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (!peer_read(peer, connection) || !peer_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
        return;
    while (peer_say(connection, "x"))
        usleep(20000);
}

static void serve_endless_body(struct peer *peer, int connection, unsigned number)
{
    static char block[65536];

    (void)number;
    if (!peer_read(peer, connection) || !peer_say(connection, "HTTP/1.1 200 OK\r\n\r\n"))
        return;
    while (peer_write(connection, block, sizeof block))
        continue;
}

static void serve_endless_header(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (!peer_read(peer, connection) || !peer_say(connection, "HTTP/1.1 200 OK\r\n"))
        return;
    while (peer_say(connection, "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n"))
        continue;
}

/* ---- what is sent ---------------------------------------------------------------------------------------------------
 */

static void a_get_sends_exactly_the_headers_given_and_returns_the_answer(void **state)
{
    static const char *const headers[] = {"X-One: 1", "X-Empty:", "Authorization: Bearer canary"};
    static char answer[] = "HTTP/1.1 201 Created\r\nX-A:  b \r\nEmpty:\r\nContent-Length: 2\r\n\r\nok";
    struct peer *peer = peer_open(serve_text, answer);
    struct talk talk;
    char wanted[512];

    talk_open(&talk, "GET", peer, "/a%2Fb?q=1");
    talk.exchange.headers = headers;
    talk.exchange.header_count = ATT_COUNT(headers);
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    snprintf(wanted, sizeof wanted,
             "GET /a%%2Fb?q=1 HTTP/1.1\r\nHost: localhost:%d\r\nAccept: */*\r\nX-One: 1\r\nX-Empty:\r\n"
             "Authorization: Bearer canary\r\n\r\n",
             peer_port(peer));
    assert_string_equal(peer_received(peer), wanted);
    assert_int_equal(talk.exchange.bytes_out, 0);
    assert_int_equal(talk.exchange.http_status, 201);
    assert_int_equal(talk.status, 201);
    assert_string_equal(talk.headers.data, "X-A=b\nEmpty=\nContent-Length=2\n");
    assert_string_equal(talk.body.data, "ok");
    assert_int_equal(talk.exchange.bytes_in, 2);
    assert_string_equal(talk.exchange.detail, "");
    talk_close(&talk);
    peer_close(peer);
}

static void methods_go_out_with_the_right_framing(void **state)
{
    static const struct {
        const char *method, *body, *type, *length, *sent_type;
    } cases[] = {
        {"POST", "{}", "Content-Type: application/json", "\r\nContent-Length: 2\r\n",
         "\r\nContent-Type: application/json\r\n"},
        {"POST", "", "X: y", "\r\nContent-Length: 0\r\n", NULL},
        {"PUT", "", "X: y", "\r\nContent-Length: 0\r\n", NULL},
        {"PATCH", "abc", "X: y", "\r\nContent-Length: 3\r\n", NULL},
        {"GET", "abc", "X: y", "\r\nContent-Length: 3\r\n", NULL},
        {"DELETE", "", "X: y", NULL, NULL},
        {"DELETE", "abc", "X: y", "\r\nContent-Length: 3\r\n", NULL},
        {"OPTIONS", "", "X: y", NULL, NULL},
        {"REPORT", "", "X: y", NULL, NULL},
    };

    for (size_t i = 0; i < ATT_COUNT(cases); i++) {
        struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
        struct talk talk;
        talk_open(&talk, cases[i].method, peer, "/");
        talk.exchange.headers = &cases[i].type;
        talk.exchange.header_count = 1;
        talk.exchange.body = cases[i].body;
        talk.exchange.body_size = strlen(cases[i].body);
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        assert_memory_equal(peer_received(peer), cases[i].method, strlen(cases[i].method));
        if (cases[i].length)
            assert_non_null(strstr(peer_received(peer), cases[i].length));
        else
            assert_null(strcasestr(peer_received(peer), "content-length"));
        if (cases[i].sent_type)
            assert_non_null(strstr(peer_received(peer), cases[i].sent_type));
        else
            assert_null(strcasestr(peer_received(peer), "content-type"));
        assert_null(strcasestr(peer_received(peer), "expect"));
        assert_non_null(strstr(peer_received(peer), "\r\n\r\n"));
        assert_string_equal(strstr(peer_received(peer), "\r\n\r\n") + 4, cases[i].body);
        assert_int_equal(talk.exchange.bytes_out, strlen(cases[i].body));
        talk_close(&talk);
        peer_close(peer);
    }
}

static void a_head_has_no_body_whatever_its_length_says(void **state)
{
    struct peer *peer =
        peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    struct talk talk;

    talk_open(&talk, "HEAD", peer, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_int_equal(talk.body_size, 0);
    assert_string_equal(talk.headers.data, "Content-Length=99999999999\n");
    talk.exchange.body = "x";
    talk.exchange.body_size = 1;
    expect_failure(state, &talk, ATT_EXCHANGE_FAULT, "a HEAD with a body cannot be sent");
    peer_close(peer);
}

static void F7_a_large_body_is_sent_without_waiting_for_100_continue(void **state)
{
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct talk talk;
    char *body = calloc(1, 3U << 20);

    assert_non_null(body);
    memset(body, 'b', 3U << 20);
    talk_open(&talk, "POST", peer, "/");
    talk.exchange.body = body;
    talk.exchange.body_size = 3U << 20;
    talk.exchange.deadline_ns = att_clock_monotonic_ns() + 5 * ATT_NS_PER_S;
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_null(strcasestr(peer_received(peer), "expect"));
    assert_non_null(strstr(peer_received(peer), "\r\nContent-Length: 3145728\r\n"));
    assert_int_equal(talk.exchange.bytes_out, 3U << 20);
    talk_close(&talk);
    peer_close(peer);
    free(body);
}

static void interim_answers_and_trailers_are_passed_over(void **state)
{
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n"
                                                                  "HTTP/1.1 100 Continue\r\n\r\n"
                                                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                                                  "Trailer: X-T\r\n\r\n"
                                                                  "2\r\nok\r\n0\r\nX-T: 1\r\n\r\n");
    struct talk talk;

    talk_open(&talk, "GET", peer, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_int_equal(talk.status_calls, 1);
    assert_string_equal(talk.headers.data, "Transfer-Encoding=chunked\nTrailer=X-T\n");
    assert_string_equal(talk.body.data, "ok");
    talk_close(&talk);
    peer_close(peer);
}

/* ---- where it goes
 * --------------------------------------------------------------------------------------------------- */

static void A1_A2_A3_A4_no_redirect_is_followed_whatever_it_points_to(void **state)
{
    static const char *const places[] = {"http://127.0.0.1:1/", "https://other.example/", "ftp://localhost/",
                                         "file:///etc/passwd", "/same"};

    for (size_t i = 0; i < ATT_COUNT(places); i++) {
        char answer[256];
        struct peer *peer;
        struct talk talk;
        snprintf(answer, sizeof answer, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", places[i]);
        peer = peer_open(serve_text, answer);
        talk_open(&talk, "GET", peer, "/");
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        assert_int_equal(talk.exchange.http_status, 302);
        assert_non_null(strstr(talk.headers.data, places[i]));
        assert_int_equal(peer_connections(peer), 1);
        assert_null(strstr(peer_received(peer), "/same"));
        talk_close(&talk);
        peer_close(peer);
    }
}

static void A5_A6_netrc_and_proxy_variables_change_nothing(void **state)
{
    char home[] = "/tmp/attache-home-XXXXXX", netrc[64];
    static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "all_proxy",  "ALL_PROXY"};
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct peer *proxy = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct talk talk;
    char text[64];
    FILE *file;

    assert_non_null(mkdtemp(home));
    snprintf(netrc, sizeof netrc, "%s/.netrc", home);
    file = fopen(netrc, "w");
    assert_non_null(file);
    fputs("machine localhost login eve password evil\ndefault login eve password evil\n", file);
    fclose(file);
    setenv("HOME", home, 1);
    snprintf(text, sizeof text, "http://127.0.0.1:%d", peer_port(proxy));
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        setenv(names[i], text, 1);
    unsetenv("no_proxy");
    talk_open(&talk, "GET", peer, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_int_equal(peer_connections(proxy), 0);
    assert_null(strcasestr(peer_received(peer), "authorization"));
    for (size_t i = 0; i < ATT_COUNT(names); i++)
        unsetenv(names[i]);
    unlink(netrc);
    rmdir(home);
    talk_close(&talk);
    peer_close(peer);
    peer_close(proxy);
}

static void A6_a_configured_proxy_gets_no_header_of_the_request_and_no_variable_bypasses_it(void **state)
{
    static const char *const headers[] = {"Authorization: Bearer canary"};
    struct peer *proxy =
        peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
                                                  "X-Proxy: 1\r\n\r\n");
    struct peer *plain = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct att_transport *transport;
    struct talk talk;
    char address[64];

    (void)state;
    snprintf(address, sizeof address, "http://127.0.0.1:%d", peer_port(proxy));
    setenv("no_proxy", "*", 1);
    transport = open_with(&(struct att_transport_options){.proxy = address});
    talk_open_url(&talk, "GET", "https://upstream.example/secret?q=1");
    talk.exchange.headers = headers;
    talk.exchange.header_count = 1;
    assert_int_equal(transport->perform(transport, &talk.exchange), ATT_EXCHANGE_NETWORK);
    assert_string_equal(talk.exchange.detail, "the proxy does not connect to the upstream (it answered 407)");
    assert_memory_equal(peer_received(proxy), "CONNECT upstream.example:443 ", 29);
    assert_null(strstr(peer_received(proxy), "canary"));
    assert_null(strstr(peer_received(proxy), "secret"));
    assert_int_equal(talk.status_calls, 0);
    assert_string_equal(talk.headers.data, "");
    talk_close(&talk);
    /* Plain http stays on this machine. */
    talk_open(&talk, "GET", plain, "/");
    assert_int_equal(transport->perform(transport, &talk.exchange), ATT_EXCHANGE_OK);
    assert_int_equal(peer_connections(proxy), 1);
    unsetenv("no_proxy");
    talk_close(&talk);
    transport->close(transport);
    peer_close(proxy);
    peer_close(plain);
}

static void A8_nothing_of_one_exchange_is_in_the_next_one(void **state)
{
    static const char *const first[] = {"Authorization: Bearer first", "Cookie: a=b", "User-Agent: one",
                                        "Content-Type: text/plain"};
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nSet-Cookie: session=evil\r\n"
                                                                  "Content-Length: 2\r\n\r\nok");
    struct talk talk;
    const char *second;

    talk_open(&talk, "PUT", peer, "/one");
    talk.exchange.headers = first;
    talk.exchange.header_count = ATT_COUNT(first);
    talk.exchange.body = "body";
    talk.exchange.body_size = 4;
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    talk_close(&talk);
    talk_open(&talk, "GET", peer, "/two");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    second = strstr(peer_received(peer), "GET /two HTTP/1.1\r\nHost: localhost:");
    assert_non_null(second);
    assert_non_null(strstr(second, "\r\nAccept: */*\r\n\r\n"));
    assert_null(strcasestr(second, "first"));
    assert_null(strcasestr(second, "cookie"));
    assert_null(strcasestr(second, "user-agent"));
    assert_null(strcasestr(second, "content-"));
    talk_close(&talk);
    talk_open(&talk, "DELETE", peer, "/three");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    talk_close(&talk);
    talk_open(&talk, "HEAD", peer, "/four");
    perform(state, &talk);
    assert_non_null(strstr(peer_received(peer), "HEAD /four HTTP/1.1\r\n"));
    assert_int_equal(peer_connections(peer), 1);
    talk_close(&talk);
    peer_close(peer);
}

static void A10_plain_http_goes_to_this_machine_only(void **state)
{
    struct talk talk;

    talk_open_url(&talk, "GET", "http://upstream.example/");
    expect_failure(state, &talk, ATT_EXCHANGE_REFUSED,
                   "plain http is for this machine only, and upstream.example is not localhost; use https");
    talk_open_url(&talk, "GET", "http://10.0.0.1/");
    expect_failure(state, &talk, ATT_EXCHANGE_REFUSED, "plain http is for this machine only");
}

static void A11_nothing_is_sent_over_TLS_while_libcurl_logs_keys(void **state)
{
    struct att_transport *transport;
    struct talk talk;

    (void)state;
    setenv("SSLKEYLOGFILE", "/dev/null", 1);
    transport = open_with(&(struct att_transport_options){0});
    unsetenv("SSLKEYLOGFILE");
    talk_open_url(&talk, "GET", "https://localhost:1/");
    assert_int_equal(transport->perform(transport, &talk.exchange), ATT_EXCHANGE_REFUSED);
    assert_string_equal(talk.exchange.detail,
                        "SSLKEYLOGFILE is set, so libcurl writes the keys of TLS connections to a "
                        "file; unset it and start again");
    talk_close(&talk);
    transport->close(transport);
}

static void B1_what_libcurl_reads_differently_is_not_sent(void **state)
{
    static const char *const targets[][2] = {
        {"http://localhost:", "/b"},         {"http://127.0.0.1:", "/a"},       {"https://localhost:", "/a"},
        {"http://localhost:1", "/a"},        {"http://u:p@localhost:", "/a"},   {"http://localhost:", "/a?x=1"},
        {"http://localhost:", "/a#f"},       {"http://evil@localhost:", "/a"},  {"http://localhost:", "\\@evil/a"},
        {"http://localhost:", "/../a"},      {"ftp://localhost:", "/a"},        {"localhost:", "/a"},
        {"http://localhost:", "/a?q=2&k=v"}, {"http://localhost:", "/a?q=1k=v"}};
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    char target[256];
    struct talk talk;

    for (size_t i = 0; i < ATT_COUNT(targets); i++) {
        talk_open(&talk, "GET", peer, "/a?q=1");
        snprintf(target, sizeof target, "%s%d%s", targets[i][0], peer_port(peer), targets[i][1]);
        talk.exchange.target = target;
        expect_failure(state, &talk, ATT_EXCHANGE_FAULT, "libcurl reads the URL differently");
    }
    assert_int_equal(peer_connections(peer), 0);
    talk_open(&talk, "GET", peer, "/a?q=1");
    snprintf(target, sizeof target, "http://localhost:%d/a?q=1&key=v", peer_port(peer));
    talk.exchange.target = target;
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_memory_equal(peer_received(peer), "GET /a?q=1&key=v HTTP/1.1\r\n", 27);
    talk_close(&talk);
    /* Nor where that very target was right a moment ago, for another URL. */
    talk_open(&talk, "GET", peer, "/b");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    snprintf(target, sizeof target, "%s", talk.exchange.target);
    talk_close(&talk);
    talk_open(&talk, "GET", peer, "/a");
    talk.exchange.target = target;
    expect_failure(state, &talk, ATT_EXCHANGE_FAULT, "libcurl reads the URL differently");
    peer_close(peer);
}

static void judge(const char *text, enum att_address_class wanted)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *info = NULL;
    const char *what;

    assert_int_equal(getaddrinfo(text, NULL, &hints, &info), 0);
    if (att_address_judge(info->ai_addr, &what) != wanted)
        fail_msg("%s is judged wrongly", text);
    assert_int_equal(what != NULL, wanted == ATT_ADDRESS_REFUSED);
    freeaddrinfo(info);
}

static void B3_addresses_are_judged_by_what_they_are_not_by_how_they_are_written(void **state)
{
    static const char *const refused[] = {"0.0.0.0",
                                          "0.1.2.3",
                                          "169.254.0.1",
                                          "169.254.169.254",
                                          "224.0.0.1",
                                          "239.1.1.1",
                                          "255.255.255.255",
                                          "::",
                                          "fe80::1",
                                          "febf::1",
                                          "ff02::1",
                                          "::ffff:0.0.0.0",
                                          "fd00:ec2::254",
                                          "::ffff:169.254.169.254",
                                          "64:ff9b::169.254.169.254",
                                          "::224.0.0.1",
                                          "2002:a9fe:a9fe::1",
                                          "100.100.100.200"};
    static const char *const loopback[] = {"127.0.0.1", "127.1",       "0x7f.1",           "2130706433",
                                           "::1",       "127.255.0.9", "::ffff:127.0.0.1", "64:ff9b::7f00:1"};
    static const char *const other[] = {"10.0.0.1",        "192.168.1.1",     "8.8.8.8",       "169.253.255.255",
                                        "126.255.255.255", "128.0.0.1",       "fd00::1",       "fec0::1",
                                        "2001:db8::1",     "223.255.255.255", "::ffff:8.8.8.8"};

    (void)state;
    for (size_t i = 0; i < ATT_COUNT(refused); i++)
        judge(refused[i], ATT_ADDRESS_REFUSED);
    for (size_t i = 0; i < ATT_COUNT(loopback); i++)
        judge(loopback[i], ATT_ADDRESS_LOOPBACK);
    for (size_t i = 0; i < ATT_COUNT(other); i++)
        judge(other[i], ATT_ADDRESS_OTHER);
    assert_true(att_address_host_is_local("localhost"));
    assert_true(att_address_host_is_local("api.localhost"));
    assert_true(att_address_host_is_local("127.0.0.1"));
    assert_true(att_address_host_is_local("[::1]"));
    assert_true(att_address_host_is_local("[::ffff:127.0.0.1]"));
    assert_false(att_address_host_is_local(".localhost"));
    assert_false(att_address_host_is_local("evillocalhost"));
    assert_false(att_address_host_is_local("localhost.evil"));
    assert_false(att_address_host_is_local("10.0.0.1"));
    assert_false(att_address_host_is_local("[::2]"));
    assert_false(att_address_host_is_local("0.0.0.0"));
}

static void B3_a_refused_address_is_named_with_the_reason(void **state)
{
    struct talk talk;

    talk_open_url(&talk, "GET", "https://169.254.169.254/latest/meta-data");
    expect_failure(
        state, &talk, ATT_EXCHANGE_REFUSED,
        "the upstream's name leads to 169.254.169.254, a link-local address, where metadata services answer");
    talk_open_url(&talk, "GET", "https://[fe80::1]/");
    expect_failure(state, &talk, ATT_EXCHANGE_REFUSED, "leads to fe80::1, a link-local address");
}

/* This machine's own name is what a foreign name that resolves to loopback looks like, where the hosts file says so. */
static void B4_a_foreign_name_that_leads_to_this_machine_is_refused(void **state)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *info = NULL;
    char host[256] = "", text[300];
    bool local = true;
    struct talk talk;
    const char *what;

    gethostname(host, sizeof host - 1);
    if (getaddrinfo(host, NULL, &hints, &info) != 0)
        skip();
    for (struct addrinfo *at = info; at; at = at->ai_next)
        local = local && att_address_judge(at->ai_addr, &what) == ATT_ADDRESS_LOOPBACK;
    freeaddrinfo(info);
    if (!local || att_address_host_is_local(host))
        skip();
    snprintf(text, sizeof text, "https://%s:1/", host);
    talk_open_url(&talk, "GET", text);
    expect_failure(state, &talk, ATT_EXCHANGE_REFUSED, "an address of this machine, which only localhost may mean");
}

static void B8_a_header_with_a_line_break_is_not_sent(void **state)
{
    static const char *const bad[] = {"X: a\r\nY: b", "X: a\nY: b", "X: a\r", "no colon", ": empty name"};
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct talk talk;

    for (size_t i = 0; i < ATT_COUNT(bad); i++) {
        talk_open(&talk, "GET", peer, "/");
        talk.exchange.headers = &bad[i];
        talk.exchange.header_count = 1;
        expect_failure(state, &talk, ATT_EXCHANGE_FAULT, "not of the form \"name: value\" on one line");
    }
    assert_int_equal(peer_connections(peer), 0);
    peer_close(peer);
}

/* ---- limits
 * ----------------------------------------------------------------------------------------------------------- */

static void F7_an_answer_over_the_limit_is_cut_off(void **state)
{
    struct peer *announced =
        peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n");
    struct peer *endless = peer_open(serve_endless_body, NULL);
    struct peer *header = peer_open(serve_endless_header, NULL);
    struct talk talk;

    talk_open(&talk, "GET", announced, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_TOO_LARGE, "larger than the 1048576 bytes allowed");
    talk_open(&talk, "GET", endless, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_TOO_LARGE);
    assert_true(talk.body_size <= 1048576);
    talk_close(&talk);
    talk_open(&talk, "GET", header, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_TOO_LARGE, "the header of the answer is larger than");
    peer_close(announced);
    peer_close(endless);
    peer_close(header);
}

static void F7_a_gigabyte_streams_through_in_constant_memory(void **state)
{
    struct peer *peer = peer_open(serve_endless_body, NULL);
    struct rusage before, after;
    struct talk talk;

    talk_open(&talk, "GET", peer, "/");
    talk.exchange.max_response_bytes = UINT64_MAX;
    talk.exchange.deadline_ns += 60 * ATT_NS_PER_S;
    talk.stop_after = 1U << 30;
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_ABORTED);
    getrusage(RUSAGE_SELF, &after);
    assert_true(talk.body_size >= 1U << 30);
    assert_true(after.ru_maxrss - before.ru_maxrss < 8192);
    assert_int_equal(talk.exchange.bytes_in, talk.body_size);
    talk_close(&talk);
    peer_close(peer);
}

static void F7_compression_is_neither_asked_for_nor_undone(void **state)
{
    struct peer *content = peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                                                                     "Content-Length: 4\r\n\r\n\x1f\x8b\x08x");
    struct peer *transfer =
        peer_open(serve_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
    struct talk talk;

    talk_open(&talk, "GET", content, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    assert_memory_equal(talk.body.data, "\x1f\x8b\x08x", 4);
    assert_null(strcasestr(peer_received(content), "accept-encoding"));
    talk_close(&talk);
    talk_open(&talk, "GET", transfer, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "not well formed");
    peer_close(content);
    peer_close(transfer);
}

static void headers_that_are_not_well_formed_end_the_exchange(void **state)
{
    static const char *const bad[][2] = {
        {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n", "a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n", "a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n", "a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n", "a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\nA: \x1b[2J\r\nContent-Length: 0\r\n\r\n", "a header that is not well formed"},
        {"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n", "is not HTTP"}};

    for (size_t i = 0; i < ATT_COUNT(bad); i++) {
        struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)bad[i][0]);
        struct talk talk;
        talk_open(&talk, "GET", peer, "/");
        expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, bad[i][1]);
        peer_close(peer);
    }
}

static void a_deadline_ends_the_exchange_wherever_it_is(void **state)
{
    struct peer *slow = peer_open(serve_slowly, NULL);
    struct peer *silent = peer_open(serve_text, (void *)(uintptr_t) "");
    struct talk talk;
    int64_t began;

    talk_open(&talk, "GET", slow, "/");
    talk.exchange.deadline_ns = began = att_clock_monotonic_ns();
    expect_failure(state, &talk, ATT_EXCHANGE_TIMEOUT, "the deadline had passed before the request could be sent");
    talk_open(&talk, "GET", slow, "/");
    talk.exchange.deadline_ns = att_clock_monotonic_ns() + 200 * ATT_NS_PER_MS;
    expect_failure(state, &talk, ATT_EXCHANGE_TIMEOUT, "the answer began and did not end in time");
    talk_open(&talk, "GET", silent, "/");
    talk.exchange.deadline_ns = att_clock_monotonic_ns() + 200 * ATT_NS_PER_MS;
    expect_failure(state, &talk, ATT_EXCHANGE_TIMEOUT, "no answer came in time");
    assert_true(att_clock_monotonic_ns() - began < 3 * ATT_NS_PER_S);
    peer_close(slow);
    peer_close(silent);
}

/* ---- connections
 * -------------------------------------------------------------------------------------------------------- */

static void a_connection_is_kept_for_the_next_request(void **state)
{
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct peer *other = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct talk talk;

    for (int i = 0; i < 20; i++) {
        talk_open(&talk, "GET", i % 2 ? peer : other, "/");
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        talk_close(&talk);
    }
    assert_int_equal(peer_connections(peer), 1);
    assert_int_equal(peer_connections(other), 1);
    peer_close(peer);
    peer_close(other);
}

struct nest {
    void **state;
    struct peer *peer;
};

/* Asks another server while an answer is being read, so that two handles are in use at once. */
static bool ask_another(void *context, int status)
{
    struct nest *nest = context;
    struct talk talk;

    (void)status;
    talk_open(&talk, "GET", nest->peer, "/");
    assert_int_equal(perform(nest->state, &talk), ATT_EXCHANGE_OK);
    talk_close(&talk);
    return true;
}

static bool pass_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    (void)context, (void)name, (void)name_size, (void)value, (void)value_size;
    return true;
}

static bool pass_body(void *context, const void *data, size_t size)
{
    (void)context, (void)data, (void)size;
    return true;
}

static void the_handle_that_has_a_connection_to_the_origin_is_used(void **state)
{
    struct peer *outer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct peer *inner = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct nest nest = {state, inner};
    struct talk talk;

    talk_open(&talk, "GET", outer, "/");
    talk.exchange.on_status = ask_another;
    talk.exchange.on_header = pass_header;
    talk.exchange.on_body = pass_body;
    talk.exchange.context = &nest;
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    ask_another(&nest, 0);
    assert_int_equal(peer_connections(inner), 1);
    talk_close(&talk);
    peer_close(outer);
    peer_close(inner);
}

static void F7_a_dead_kept_connection_is_tried_once_again_for_safe_methods_only(void **state)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS"};
    static const char *const unsafe[] = {"POST", "PUT", "PATCH", "DELETE", "REPORT"};

    for (size_t i = 0; i < ATT_COUNT(safe); i++) {
        struct peer *peer = peer_open(serve_once, NULL);
        struct talk talk;
        talk_open(&talk, "GET", peer, "/first");
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        assert_int_equal(talk.exchange.resent, 0);
        talk_close(&talk);
        talk_open(&talk, safe[i], peer, "/again");
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        assert_int_equal(talk.exchange.resent, 1);
        assert_int_equal(peer_connections(peer), 2);
        talk_close(&talk);
        peer_close(peer);
    }
    for (size_t i = 0; i < ATT_COUNT(unsafe); i++) {
        struct peer *peer = peer_open(serve_once, NULL);
        struct talk talk;
        char *seen;
        talk_open(&talk, "GET", peer, "/first");
        assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
        talk_close(&talk);
        talk_open(&talk, unsafe[i], peer, "/pay");
        expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "it may have acted on the ");
        seen = strstr(peer_received(peer), "/pay");
        assert_non_null(seen);
        assert_null(strstr(seen + 1, "/pay"));
        peer_close(peer);
    }
}

/* Answers the first connection once; later ones close as soon as they have read a request. */
static void serve_and_die(struct peer *peer, int connection, unsigned number)
{
    if (peer_read(peer, connection) && number == 1 && peer_say(connection, OK))
        peer_read(peer, connection);
}

static void F7_a_second_dead_connection_ends_the_exchange(void **state)
{
    struct peer *peer = peer_open(serve_and_die, NULL);
    struct talk talk;

    talk_open(&talk, "GET", peer, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    talk_close(&talk);
    talk_open(&talk, "GET", peer, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "closed the connection without an answer");
    assert_int_equal(peer_connections(peer), 2);
    peer_close(peer);
}

static void each_way_a_connection_fails_has_its_own_sentence(void **state)
{
    struct peer *garbage = peer_open(serve_text, (void *)(uintptr_t) "hello\r\n\r\n");
    struct peer *shorter = peer_open(serve_once, NULL);
    struct talk talk;
    char text[64];

    talk_open_url(&talk, "GET", "https://name.invalid/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "the name name.invalid is not known");
    talk_open_url(&talk, "GET", "http://127.0.0.1:1/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK,
                   "127.0.0.1 refused the connection: nothing listens on port 1 there");
    talk_open(&talk, "GET", garbage, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "not HTTP");
    snprintf(text, sizeof text, "https://127.0.0.1:%d/", peer_port(shorter));
    talk_open_url(&talk, "GET", text);
    talk.exchange.deadline_ns = att_clock_monotonic_ns() + 300 * ATT_NS_PER_MS;
    expect_failure(state, &talk, ATT_EXCHANGE_TIMEOUT, "the connection was not made in time");
    peer_close(garbage);
    peer_close(shorter);
}

static void serve_cut_body(struct peer *peer, int connection, unsigned number)
{
    (void)number;
    if (peer_read(peer, connection))
        peer_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void serve_garbage_for_tls(struct peer *peer, int connection, unsigned number)
{
    (void)peer, (void)number;
    peer_say(connection, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

static void an_answer_that_is_cut_off_and_a_peer_without_TLS_are_told_apart(void **state)
{
    struct peer *cut = peer_open(serve_cut_body, NULL);
    struct peer *plain = peer_open(serve_garbage_for_tls, NULL);
    struct talk talk;
    char text[64];

    talk_open(&talk, "GET", cut, "/");
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "the connection was cut off in the middle of the answer");
    snprintf(text, sizeof text, "https://127.0.0.1:%d/", peer_port(plain));
    talk_open_url(&talk, "GET", text);
    expect_failure(state, &talk, ATT_EXCHANGE_NETWORK, "TLS did not come about");
    peer_close(cut);
    peer_close(plain);
}

struct crowd {
    struct att_transport *transport;
    struct peer *peer;
    int failures;
};

static void *crowd_main(void *argument)
{
    struct crowd *crowd = argument;

    for (int i = 0; i < 200; i++) {
        struct talk talk;
        talk_open(&talk, "GET", crowd->peer, "/");
        if (crowd->transport->perform(crowd->transport, &talk.exchange) != ATT_EXCHANGE_OK ||
            strcmp(talk.body.data, "ok") != 0)
            crowd->failures++;
        talk_close(&talk);
    }
    return NULL;
}

static void threads_share_the_kept_connections(void **state)
{
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct crowd crowd[8];
    pthread_t threads[8];

    for (int i = 0; i < 8; i++) {
        crowd[i] = (struct crowd){.transport = *state, .peer = peer};
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_main, &crowd[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowd[i].failures, 0);
    }
    assert_true(peer_connections(peer) <= 8);
    peer_close(peer);
}

static volatile sig_atomic_t pipes_broken;

static void count_broken_pipe(int number)
{
    (void)number;
    pipes_broken++;
}

/* Sends a large body to a peer that closes at once. */
static void serve_nothing(struct peer *peer, int connection, unsigned number)
{
    struct linger linger = {1, 0};

    (void)peer, (void)number;
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    shutdown(connection, SHUT_RD);
}

static void F5_a_peer_that_goes_away_raises_no_signal(void **state)
{
    struct sigaction action = {.sa_handler = count_broken_pipe}, before;
    struct peer *peer = peer_open(serve_nothing, NULL);
    char *body = calloc(1, 16U << 20);
    struct talk talk;

    sigaction(SIGPIPE, &action, &before);
    talk_open(&talk, "POST", peer, "/");
    talk.exchange.body = body;
    talk.exchange.body_size = 16U << 20;
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_NETWORK);
    assert_int_equal(pipes_broken, 0);
    sigaction(SIGPIPE, &before, NULL);
    talk_close(&talk);
    peer_close(peer);
    free(body);
}

static void ignore_alarm(int number)
{
    (void)number;
}

static void F5_interrupted_system_calls_change_nothing(void **state)
{
    struct sigaction action = {.sa_handler = ignore_alarm}, before; /* without SA_RESTART */
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {0};
    struct peer *peer = peer_open(serve_slowly, NULL);
    enum att_exchange_result result;
    struct talk talk;

    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    talk_open(&talk, "GET", peer, "/");
    talk.stop_after = 20;
    result = perform(state, &talk);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(result, ATT_EXCHANGE_ABORTED);
    assert_int_equal(talk.body_size, 20);
    talk_close(&talk);
    peer_close(peer);
}

static void F5_a_process_without_free_descriptors_gets_an_error(void **state)
{
    struct peer *peer = peer_open(serve_text, (void *)(uintptr_t)OK);
    struct rlimit limit, none;
    struct talk talk;

    /* The connection needs two descriptors besides; the first exchange makes sure that libcurl has its own. */
    talk_open(&talk, "GET", peer, "/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_OK);
    talk_close(&talk);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    talk_open_url(&talk, "GET", "https://127.0.0.1:9/");
    assert_int_equal(perform(state, &talk), ATT_EXCHANGE_NETWORK);
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_string_equal(talk.exchange.detail, "no connection to 127.0.0.1: Too many open files");
    talk_close(&talk);
    peer_close(peer);
}

/* ---- loading
 * ------------------------------------------------------------------------------------------------------------ */

static void memory_is_not_said_to_be_cleared_where_libcurl_was_in_use_before(void **state)
{
    struct att_transport *transport = open_with(&(struct att_transport_options){.clear_memory = true});

    (void)state;
    assert_false(transport->memory_cleared);
    transport->close(transport);
}

static void a_transport_that_cannot_be_loaded_is_explained(void **state)
{
    att_error error = ATT_ERROR_INIT;
    struct att_transport_options options = {.ca_file = "/nowhere/ca.pem"};

    (void)state;
    assert_null(att_transport_load("curl", &options, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_non_null(strstr(error.message, "/attache/transport/curl.so is not installed: No such file"));
    assert_null(att_transport_open(object_path(), &options, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_non_null(strstr(error.message, "the file of trusted certificates /nowhere/ca.pem cannot be read: No such "
                                          "file or directory; check ca_file"));
    assert_null(att_transport_open("/proc/self/exe", &options, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_non_null(strstr(error.message, "transport /proc/self/exe cannot be loaded: "));
    assert_null(att_transport_open(built_object("tests/modules/.libs/plain"), &options, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_non_null(strstr(error.message, "is none: it has no symbol attache_transport; install Attache again"));
    assert_null(att_transport_open(built_object("tests/modules/.libs/later-transport"), &options, &error));
    assert_int_equal(error.status, ATT_CONFIG);
    assert_non_null(strstr(error.message, "is of another build: it has version 5, the library 4; install both from one "
                                          "package"));
    att_error_clear(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_sends_exactly_the_headers_given_and_returns_the_answer),
        cmocka_unit_test(methods_go_out_with_the_right_framing),
        cmocka_unit_test(a_head_has_no_body_whatever_its_length_says),
        cmocka_unit_test(interim_answers_and_trailers_are_passed_over),
        cmocka_unit_test(A1_A2_A3_A4_no_redirect_is_followed_whatever_it_points_to),
        cmocka_unit_test(A5_A6_netrc_and_proxy_variables_change_nothing),
        cmocka_unit_test(A6_a_configured_proxy_gets_no_header_of_the_request_and_no_variable_bypasses_it),
        cmocka_unit_test(A8_nothing_of_one_exchange_is_in_the_next_one),
        cmocka_unit_test(A10_plain_http_goes_to_this_machine_only),
        cmocka_unit_test(A11_nothing_is_sent_over_TLS_while_libcurl_logs_keys),
        cmocka_unit_test(B1_what_libcurl_reads_differently_is_not_sent),
        cmocka_unit_test(B3_addresses_are_judged_by_what_they_are_not_by_how_they_are_written),
        cmocka_unit_test(B3_a_refused_address_is_named_with_the_reason),
        cmocka_unit_test(B4_a_foreign_name_that_leads_to_this_machine_is_refused),
        cmocka_unit_test(B8_a_header_with_a_line_break_is_not_sent),
        cmocka_unit_test(F5_a_peer_that_goes_away_raises_no_signal),
        cmocka_unit_test(F5_interrupted_system_calls_change_nothing),
        cmocka_unit_test(F5_a_process_without_free_descriptors_gets_an_error),
        cmocka_unit_test(F7_an_answer_over_the_limit_is_cut_off),
        cmocka_unit_test(F7_a_gigabyte_streams_through_in_constant_memory),
        cmocka_unit_test(F7_a_large_body_is_sent_without_waiting_for_100_continue),
        cmocka_unit_test(F7_compression_is_neither_asked_for_nor_undone),
        cmocka_unit_test(F7_a_dead_kept_connection_is_tried_once_again_for_safe_methods_only),
        cmocka_unit_test(F7_a_second_dead_connection_ends_the_exchange),
        cmocka_unit_test(headers_that_are_not_well_formed_end_the_exchange),
        cmocka_unit_test(a_deadline_ends_the_exchange_wherever_it_is),
        cmocka_unit_test(a_connection_is_kept_for_the_next_request),
        cmocka_unit_test(the_handle_that_has_a_connection_to_the_origin_is_used),
        cmocka_unit_test(each_way_a_connection_fails_has_its_own_sentence),
        cmocka_unit_test(an_answer_that_is_cut_off_and_a_peer_without_TLS_are_told_apart),
        cmocka_unit_test(threads_share_the_kept_connections),
        cmocka_unit_test(memory_is_not_said_to_be_cleared_where_libcurl_was_in_use_before),
        cmocka_unit_test(a_transport_that_cannot_be_loaded_is_explained),
    };

    return cmocka_run_group_tests_name("transport", tests, open_plain, close_plain);
}
