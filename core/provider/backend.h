/* backend.h: the client with which one instance asks a backend of its own: a transport that nobody else uses, so that
 * its connections are neither those of the application's requests nor another instance's (attacks A8, A9). It is loaded
 * when the first request is sent. */
#ifndef ATT_BACKEND_H
#define ATT_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/transport/transport.h"

struct att_backend {
    struct att_transport_options options; /* copies */
    bool allowed;
    pthread_mutex_t lock; /* while the transport is loaded */
    _Atomic(struct att_transport *) transport;
};

/* `options` may be NULL: no backend is asked. False when memory is out; att_backend_close() in both cases, which zeroed
 * memory may be given to, too. */
bool att_backend_open(struct att_backend *backend, const struct att_transport_options *options);
void att_backend_close(struct att_backend *backend);
/* NULL with the error. */
struct att_transport *att_backend_transport(struct att_backend *backend, att_error *error);

#endif
