/* transport.h: one HTTP exchange. The core knows only this seam; libcurl is behind it, in a shared object of its own
 * that is loaded when the first request is sent. */
#ifndef ATT_TRANSPORT_H
#define ATT_TRANSPORT_H

#include "core/error/error.h"
#include "core/secret/secret.h"
#include "core/url/url.h"

#define ATT_TRANSPORT_VERSION 4 /* library and transport are of one build: refused when it differs */

/* One hop: no redirect is followed here. */
struct att_exchange {
    /* in */
    const struct att_url *url;
    /* The URL text to send. `url->text`, or longer by the credential's query parameters; then it is secret memory. The
     * transport parses it anew and refuses to send when scheme, host, port or path differ from `url`. */
    const char *target;
    const char *method;
    const char *const *headers; /* "name: value" lines; those of a credential are secret memory */
    size_t header_count;
    const void *body;
    size_t body_size; /* 0: no body */
    /* Or a body that is read while it is sent: up to `capacity` bytes into `buffer`, 0 at its end, ATT_EXCHANGE_NO_READ
     * to end the exchange with ATT_EXCHANGE_ABORTED. NULL: there is none. It cannot be read a second time. */
    size_t (*on_read)(void *context, void *buffer, size_t capacity);
    uint64_t read_size;          /* how many bytes there are; UINT64_MAX: not known */
    int64_t deadline_ns;         /* absolute, monotonic */
    uint64_t max_response_bytes; /* of the body; UINT64_MAX: any number */
    /* Called for each header of the final answer (not of 1xx), then for each piece of its body. false ends the exchange
     * with ATT_EXCHANGE_ABORTED. */
    bool (*on_status)(void *context, int status);
    bool (*on_header)(void *context, const char *name, size_t name_size, const char *value, size_t value_size);
    bool (*on_body)(void *context, const void *data, size_t size);
    void *context;
    /* Asked several times a second while nothing comes; true ends the exchange with ATT_EXCHANGE_CANCELLED. NULL:
     * nobody cancels it. */
    bool (*cancelled)(void *context);
    bool once; /* nothing is sent again, however safe its method is */

    /* out */
    int http_status;
    uint64_t bytes_in, bytes_out; /* of the bodies */
    bool echoed;      /* set by callbacks: a credential came back, so no buffer is kept where memory is cleared */
    bool sent;        /* a connection was there and took some of it: the upstream may have acted on it */
    int resent;       /* 1: sent again because a kept connection was dead */
    char detail[256]; /* of a failure: the transport's own words, never a URL or a header */
};

#define ATT_EXCHANGE_NO_READ ((size_t)-1)

enum att_exchange_result {
    ATT_EXCHANGE_OK,
    ATT_EXCHANGE_NETWORK, /* connect, resolve, TLS, cut off: detail */
    ATT_EXCHANGE_REFUSED, /* the address that a name resolved to may not be used: detail */
    ATT_EXCHANGE_TIMEOUT,
    ATT_EXCHANGE_TOO_LARGE,
    ATT_EXCHANGE_ABORTED,
    ATT_EXCHANGE_CANCELLED,
    ATT_EXCHANGE_NOMEM,
    ATT_EXCHANGE_FAULT,       /* url and target disagree, or another fault of ours */
    ATT_EXCHANGE_NOT_RECORDED /* replay: no such answer in the file: detail */
};

struct att_transport_options {
    const char *ca_file; /* or NULL: the system's */
    const char *proxy;   /* or NULL: none */
    bool clear_memory;   /* initialise libcurl with clearing allocation functions */
    const char *file;    /* of replay */
};

/* A loaded transport: thread-safe, owned by the engine. */
struct att_transport {
    enum att_exchange_result (*perform)(struct att_transport *transport, struct att_exchange *exchange);
    void (*close)(struct att_transport *transport);
    bool memory_cleared; /* clear_memory took effect */
};

/* What a transport's shared object exports as `attache_transport`. */
struct att_transport_entry {
    unsigned version; /* ATT_TRANSPORT_VERSION */
    struct att_transport *(*open)(const struct att_transport_options *options, char *why, size_t why_size);
};

/* Loads <directory of libattache>/attache/transport/NAME.so and opens it; "curl" or "replay". NULL with ATT_CONFIG or
 * ATT_INTERNAL. */
struct att_transport *att_transport_load(const char *name, const struct att_transport_options *options,
                                         att_error *error);
/* The same from a given file. */
struct att_transport *att_transport_open(const char *path, const struct att_transport_options *options,
                                         att_error *error);

#endif
