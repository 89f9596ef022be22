/* core/provider/backend.c: the transport of one instance. */
#include "core/provider/backend.h"

#include <stdlib.h>
#include <string.h>

static bool copy_text(const char *text, const char **copy)
{
    *copy = text ? strdup(text) : NULL;
    return *copy || !text;
}

bool att_backend_open(struct att_backend *backend, const struct att_transport_options *options)
{
    atomic_init(&backend->transport, NULL);
    pthread_mutex_init(&backend->lock, NULL);
    backend->allowed = options != NULL;
    if (!options)
        return true;
    backend->options.clear_memory = options->clear_memory;
    return copy_text(options->ca_file, &backend->options.ca_file) &&
           copy_text(options->proxy, &backend->options.proxy) && copy_text(options->file, &backend->options.file);
}

void att_backend_close(struct att_backend *backend)
{
    struct att_transport *transport = atomic_load(&backend->transport);

    if (transport)
        transport->close(transport);
    pthread_mutex_destroy(&backend->lock);
    free((char *)backend->options.ca_file);
    free((char *)backend->options.proxy);
    free((char *)backend->options.file);
}

struct att_transport *att_backend_transport(struct att_backend *backend, att_error *error)
{
    struct att_transport *transport = atomic_load_explicit(&backend->transport, memory_order_acquire);

    if (transport)
        return transport;
    pthread_mutex_lock(&backend->lock);
    transport = atomic_load_explicit(&backend->transport, memory_order_relaxed);
    if (!transport) {
        transport = att_transport_load(backend->options.file ? "replay" : "curl", &backend->options, error);
        atomic_store_explicit(&backend->transport, transport, memory_order_release);
    }
    pthread_mutex_unlock(&backend->lock);
    return transport;
}
