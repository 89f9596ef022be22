/* tests/rig/upstream.c: a small HTTP API on loopback for the demo and the tests.
 *
 *     upstream --log FILE [--port N]
 *
 * Prints "port N" and serves until its standard input ends or SIGTERM comes. Every request is answered with what came
 * in, but never with a credential, and leaves one line of JSON in FILE with its credentials masked. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <microhttpd.h>

#include "core/base/base.h"

#define BODY_KEPT ((size_t)64 << 10)
#define TEXT_LIMIT ((size_t)1 << 20)
#define SHOWN_CHARACTERS 4

struct exchange {
    char *uri;
    struct att_buffer body;
    size_t body_size;
};

static bool is_secret_name(const char *name)
{
    static const char *const words[] = {"key", "token", "auth", "cookie", "secret", "password", "credential"};

    for (size_t i = 0; i < ATT_COUNT(words); i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* A scheme stays, so that a reader sees "Bearer abcd…(40 characters)". A short secret shows nothing of itself. */
static void mask(struct att_buffer *out, const char *value, size_t size)
{
    const char *blank = memchr(value, ' ', size);
    size_t scheme = blank ? (size_t)(blank - value) + 1 : 0;
    size_t shown = size - scheme >= 4 * SHOWN_CHARACTERS ? SHOWN_CHARACTERS : 0;

    att_buffer_add(out, value, scheme + shown);
    att_buffer_format(out, "…(%zu characters)", size - scheme);
}

/* The query with the values of secret parameters masked. */
static void mask_query(struct att_buffer *out, const char *query)
{
    while (*query) {
        size_t size = strcspn(query, "&");
        const char *equals = memchr(query, '=', size);
        size_t name_size = equals ? (size_t)(equals - query) + 1 : size;
        char name[128];

        snprintf(name, sizeof name, "%.*s", (int)name_size, query);
        if (equals && is_secret_name(name)) {
            att_buffer_add(out, query, name_size);
            mask(out, equals + 1, size - name_size);
        } else {
            att_buffer_add(out, query, size);
        }
        query += size;
        if (*query)
            att_buffer_char(out, *query++);
    }
}

struct header_writer {
    struct att_buffer *out;
    bool with_secrets; /* masked; else left out */
};

static enum MHD_Result write_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct header_writer *writer = context;
    bool secret = is_secret_name(name);
    struct att_buffer text;

    (void)kind;
    if (secret && !writer->with_secrets)
        return MHD_YES;
    att_buffer_open(&text, TEXT_LIMIT);
    if (secret)
        mask(&text, value ? value : "", value ? strlen(value) : 0);
    else
        att_buffer_text(&text, value ? value : "");
    att_json_member(writer->out, name, text.data);
    att_buffer_close(&text);
    return MHD_YES;
}

static void write_headers(struct att_buffer *out, struct MHD_Connection *connection, bool with_secrets)
{
    struct header_writer writer = {out, with_secrets};

    att_json_name(out, "headers");
    att_buffer_char(out, '{');
    MHD_get_connection_values(connection, MHD_HEADER_KIND, write_header, &writer);
    att_buffer_char(out, '}');
}

static bool log_request(int log, struct MHD_Connection *connection, const struct exchange *exchange, const char *path,
                        const char *query, const char *method, const char *version)
{
    struct att_buffer request, line;
    bool written;

    att_buffer_open(&request, TEXT_LIMIT);
    att_buffer_format(&request, "%s %s%s%s %s", method, path, *query ? "?" : "", query, version);
    att_buffer_open(&line, TEXT_LIMIT);
    att_buffer_char(&line, '{');
    att_json_member(&line, "request", request.data);
    write_headers(&line, connection, true);
    att_json_member_number(&line, "body_size", (int64_t)exchange->body_size);
    att_buffer_text(&line, "}\n");
    written = att_buffer_ok(&line) && write(log, line.data, line.size) == (ssize_t)line.size;
    att_buffer_close(&line);
    att_buffer_close(&request);
    return written;
}

static enum MHD_Result answer(struct MHD_Connection *connection, const struct exchange *exchange, const char *path,
                              const char *query, const char *method)
{
    struct MHD_Response *response;
    struct att_buffer text;
    enum MHD_Result result;

    att_buffer_open(&text, TEXT_LIMIT);
    att_buffer_char(&text, '{');
    att_json_member(&text, "method", method);
    att_json_member(&text, "path", path);
    att_json_member(&text, "query", query);
    write_headers(&text, connection, false);
    att_json_member_number(&text, "body_size", (int64_t)exchange->body_size);
    att_json_name(&text, "body");
    att_json_text_size(&text, exchange->body.data ? exchange->body.data : "", exchange->body.size);
    att_buffer_text(&text, "}\n");
    response = MHD_create_response_from_buffer(text.size, text.data, MHD_RESPMEM_MUST_COPY);
    att_buffer_close(&text);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "content-type", "application/json");
    result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

/* libmicrohttpd calls this with the head, then with each piece of the body, then with size 0. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state)
{
    struct exchange *exchange = *state;
    const int *log = context;
    struct att_buffer query;
    enum MHD_Result result = MHD_NO;
    char *question;

    (void)url;
    if (!exchange->body.limit) {
        att_buffer_open(&exchange->body, BODY_KEPT);
        return MHD_YES;
    }
    if (*size) {
        size_t room = BODY_KEPT - exchange->body.size;
        att_buffer_add(&exchange->body, data, *size < room ? *size : room);
        exchange->body_size += *size;
        *size = 0;
        return MHD_YES;
    }
    question = strchr(exchange->uri, '?');
    if (question)
        *question = '\0';
    att_buffer_open(&query, TEXT_LIMIT);
    att_buffer_text(&query, "");
    mask_query(&query, question ? question + 1 : "");
    if (att_buffer_ok(&query) && log_request(*log, connection, exchange, exchange->uri, query.data, method, version))
        result = answer(connection, exchange, exchange->uri, query.data, method);
    att_buffer_close(&query);
    return result;
}

/* Called with the request target as it stood on the wire; what it returns becomes the state of the request. */
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    (void)context;
    (void)connection;
    if (!exchange || !(exchange->uri = strdup(uri)))
        abort();
    return exchange;
}

static void end(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;

    (void)context;
    (void)connection;
    (void)code;
    if (!exchange)
        return;
    att_buffer_close(&exchange->body);
    free(exchange->uri);
    free(exchange);
    *state = NULL;
}

/* Returns when standard input has ended or a signal asks for the end. */
static void wait_for_end(const sigset_t *signals)
{
    struct pollfd descriptors[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
    char ignored[256];

    descriptors[1].fd = signalfd(-1, signals, SFD_CLOEXEC);
    for (;;) {
        if (poll(descriptors, 2, -1) < 0 && errno != EINTR)
            break;
        if (descriptors[1].revents)
            break;
        if (descriptors[0].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
            break;
    }
    close(descriptors[1].fd);
}

static struct MHD_Daemon *start(uint16_t port, int *log)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, handle, log, MHD_OPTION_SOCK_ADDR,
                            &address, MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, NULL,
                            MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"log", required_argument, NULL, 'l'}, {"port", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    const union MHD_DaemonInfo *bound;
    struct MHD_Daemon *daemon;
    sigset_t signals;
    unsigned long port = 0;
    int log = -1, option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'l')
            log = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        else if (option == 'p')
            port = strtoul(optarg, NULL, 10);
    }
    if (log < 0 || port > UINT16_MAX || optind != argc) {
        fprintf(stderr, "usage: upstream --log FILE [--port N]\n");
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    daemon = start((uint16_t)port, &log);
    bound = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!bound) {
        fprintf(stderr, "upstream: cannot listen on 127.0.0.1 port %lu\n", port);
        return 1;
    }
    printf("port %u\n", (unsigned)bound->port);
    fflush(stdout);
    wait_for_end(&signals);
    MHD_stop_daemon(daemon);
    close(log);
    return 0;
}
