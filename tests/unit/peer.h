/* tests/unit/peer.h: an HTTP server of a test's own, in threads of the test program, that answers byte by byte what a
 * test says. */
#ifndef ATT_PEER_H
#define ATT_PEER_H

#include <stdbool.h>
#include <stddef.h>

struct peer;

/* Serves one connection; runs in a thread of its own. `number` counts connections from 1. */
typedef void (*peer_serve)(struct peer *peer, int connection, unsigned number);

/* Listens on 127.0.0.1 at a free port. `context` is the test's. */
struct peer *peer_open(peer_serve serve, void *context);
/* Stops listening, waits for the threads and frees everything. */
void peer_close(struct peer *peer);
int peer_port(const struct peer *peer);
void *peer_context(const struct peer *peer);
unsigned peer_connections(struct peer *peer);
/* What came over all connections, one request after the other; good until the next call. */
const char *peer_received(struct peer *peer);

/* Reads one whole request (header, and a body of content-length bytes). False when the client has gone. */
bool peer_read(struct peer *peer, int connection);
/* False when the client has gone. */
bool peer_write(int connection, const void *data, size_t size);
bool peer_say(int connection, const char *text);

#endif
