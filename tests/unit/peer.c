/* tests/unit/peer.c: an HTTP server of a test's own. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/base.h"
#include "tests/unit/peer.h"

#define CONNECTION_LIMIT 1024

struct visit {
    struct peer *peer;
    pthread_t thread;
    int connection;
    unsigned number;
};

struct peer {
    peer_serve serve;
    void *context;
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    struct visit visits[CONNECTION_LIMIT];
    unsigned count;
    struct att_buffer received, shown;
};

static void *visit_main(void *argument)
{
    struct visit *visit = argument;

    visit->peer->serve(visit->peer, visit->connection, visit->number);
    shutdown(visit->connection, SHUT_RDWR);
    return NULL;
}

static void *peer_main(void *argument)
{
    struct peer *peer = argument;
    int connection;

    while (peer->count < CONNECTION_LIMIT && (connection = accept(peer->listener, NULL, NULL)) >= 0) {
        struct visit *visit = &peer->visits[peer->count];
        *visit = (struct visit){.peer = peer, .connection = connection, .number = peer->count + 1};
        /* Counted first: a client that has its answer finds itself counted. */
        pthread_mutex_lock(&peer->lock);
        peer->count++;
        pthread_mutex_unlock(&peer->lock);
        if (pthread_create(&visit->thread, NULL, visit_main, visit) != 0)
            abort();
    }
    return NULL;
}

struct peer *peer_open(peer_serve serve, void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        abort();
    peer->serve = serve;
    peer->context = context;
    pthread_mutex_init(&peer->lock, NULL);
    att_buffer_open(&peer->received, 64U << 20);
    att_buffer_open(&peer->shown, 64U << 20);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->listener, (struct sockaddr *)&address, size) != 0 || listen(peer->listener, 64) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&peer->thread, NULL, peer_main, peer) != 0)
        abort();
    peer->port = ntohs(address.sin_port);
    return peer;
}

void peer_close(struct peer *peer)
{
    if (!peer)
        return;
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    for (unsigned i = 0; i < peer->count; i++) {
        shutdown(peer->visits[i].connection, SHUT_RDWR);
        pthread_join(peer->visits[i].thread, NULL);
        close(peer->visits[i].connection);
    }
    close(peer->listener);
    att_buffer_close(&peer->received);
    att_buffer_close(&peer->shown);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

int peer_port(const struct peer *peer)
{
    return peer->port;
}

void *peer_context(const struct peer *peer)
{
    return peer->context;
}

unsigned peer_connections(struct peer *peer)
{
    unsigned count;

    pthread_mutex_lock(&peer->lock);
    count = peer->count;
    pthread_mutex_unlock(&peer->lock);
    return count;
}

const char *peer_received(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    att_buffer_clear(&peer->shown);
    att_buffer_add(&peer->shown, peer->received.data, peer->received.size);
    att_buffer_text(&peer->shown, "");
    pthread_mutex_unlock(&peer->lock);
    return peer->shown.data;
}

static size_t content_length(const char *header)
{
    const char *line = strcasestr(header, "\r\ncontent-length:");

    return line ? strtoul(line + 17, NULL, 10) : 0;
}

static bool read_some(int connection, struct att_buffer *request, size_t most)
{
    char chunk[65536];
    ssize_t size = recv(connection, chunk, most < sizeof chunk ? most : sizeof chunk, 0);

    if (size <= 0)
        return false;
    att_buffer_add(request, chunk, (size_t)size);
    return true;
}

bool peer_read(struct peer *peer, int connection)
{
    struct att_buffer request;
    bool whole = true;
    size_t total;

    att_buffer_open(&request, 64U << 20);
    /* Byte by byte, so that nothing of a next request is taken. */
    while (whole && !(request.size >= 4 && memcmp(request.data + request.size - 4, "\r\n\r\n", 4) == 0))
        whole = read_some(connection, &request, 1);
    total = whole ? request.size + content_length(request.data) : 0;
    while (whole && request.size < total)
        whole = read_some(connection, &request, total - request.size);
    pthread_mutex_lock(&peer->lock);
    att_buffer_add(&peer->received, request.data, request.size);
    pthread_mutex_unlock(&peer->lock);
    att_buffer_close(&request);
    return whole;
}

bool peer_write(int connection, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t written = send(connection, at, size, MSG_NOSIGNAL);
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

bool peer_say(int connection, const char *text)
{
    return peer_write(connection, text, strlen(text));
}
