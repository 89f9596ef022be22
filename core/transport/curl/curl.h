/* curl.h: what the files of the curl transport share. Only this folder includes libcurl. */
#ifndef ATT_CURL_CURL_H
#define ATT_CURL_CURL_H

#include <pthread.h>

#include <curl/curl.h>

#include "core/transport/transport.h"

/* ---- memory.c ---------------------------------------------------------------------------------------------------- */

bool att_curl_start(bool clear_memory);
/* Of libcurl, and of its TLS library as far as att_curl_clear_tls can tell it to. */
bool att_curl_memory_is_cleared(void);
/* For CURLOPT_SSL_CTX_FUNCTION. */
CURLcode att_curl_clear_tls(CURL *easy, void *context, void *unused);

/* ---- pool.c: kept handles, each with connections of its own ------------------------------------------------------ */

#define ATT_CURL_TARGETS 4

struct att_curl_handle {
    struct att_curl_handle *next; /* in the pool */
    CURL *easy;                   /* NULL while a forgetful pool keeps the rest */
    CURLM *multi;                 /* of exchanges that can be cancelled; NULL before the first */
    CURLSH *share;                /* of a forgetful pool: what the next easy handle goes on with */
    char *origin;                 /* of the last exchange; NULL before the first */
    /* The header list that libcurl walks. Its nodes are ours and point at the exchange's headers, so that no copy of a
     * secret is made and nothing is allocated per request. */
    struct curl_slist *nodes;
    size_t node_capacity;
    /* The last URLs without a credential in them, and how libcurl reads each: compared once, used whenever it comes
     * again. A client of a backend asks the same few again and again. */
    struct att_curl_target {
        char *url;
        CURLU *parsed;
    } targets[ATT_CURL_TARGETS];
    size_t next_target; /* which is given up for another one */
    CURLU *passing;     /* of an exchange whose URL has a credential in it */
};

struct att_curl_pool {
    pthread_mutex_t lock;
    struct att_curl_handle *idle; /* the last one used first */
    size_t idle_count;
    bool forgetful; /* nothing of an answer is kept between exchanges */
};

bool att_curl_pool_open(struct att_curl_pool *pool, bool forgetful);
void att_curl_pool_close(struct att_curl_pool *pool);
/* A handle that nobody else uses, or NULL when memory is out. After an exchange that went well, put gives it back with
 * all that it was told forgotten; otherwise drop ends it with its connections, whatever state it was left in. */
struct att_curl_handle *att_curl_pool_take(struct att_curl_pool *pool, const char *origin);
/* `secret`: what the handle remembers of its exchange may hold a credential. */
void att_curl_pool_put(struct att_curl_pool *pool, struct att_curl_handle *handle, const char *origin, bool secret);
void att_curl_pool_drop(struct att_curl_handle *handle);

/* ---- transport.c ------------------------------------------------------------------------------------------------- */

struct att_curl_transport {
    struct att_transport base;
    struct att_curl_pool pool;
    char *ca_file, *proxy;
    bool keys_logged; /* libcurl was initialised with SSLKEYLOGFILE in the environment */
};

/* One exchange while it runs. */
struct att_curl_run {
    const struct att_curl_transport *transport;
    struct att_exchange *exchange;
    struct att_curl_handle *handle;
    struct att_pool *texts; /* of headers that must be spelled differently for libcurl; NULL while there are none */
    /* Why a callback of ours ended the exchange; OK while none did. Its detail is written then and there. */
    enum att_exchange_result verdict;
    bool proxied;
    unsigned sent;       /* how often the request was handed to a connection */
    unsigned sockets;    /* opened for it */
    int socket_errno;    /* why none could be opened */
    char objection[160]; /* why an address may not be connected to; "" while none was refused */
    bool answering;      /* the header of the final answer is over: what follows is body, then trailers */
    int status;          /* of the header block that is being read */
    size_t header_bytes, header_count;
};

/* ---- target.c ---------------------------------------------------------------------------------------------------- */

/* exchange->target as libcurl reads it. NULL with the verdict in run when that is not what exchange->url says. Belongs
 * to the handle, until att_curl_target_forget(), which drops one that holds a credential. */
CURLU *att_curl_target(struct att_curl_run *run);
void att_curl_target_forget(struct att_curl_run *run);
void att_curl_targets_drop(struct att_curl_handle *handle);

/* ---- drive.c ----------------------------------------------------------------------------------------------------- */

/* Performs what was configured, until it ends or is cancelled. The outcome is in run. */
void att_curl_drive(struct att_curl_run *run);

/* ---- options.c --------------------------------------------------------------------------------------------------- */

/* Sets every option anew. False with the verdict in run. */
bool att_curl_configure(struct att_curl_run *run, CURLU *target);
/* Takes back what points into an exchange that is over. */
void att_curl_forget(CURL *easy);

/* ---- connect.c: callbacks before the request is sent --------------------------------------------------------------
 */

curl_socket_t att_curl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address);
int att_curl_before_request(void *context, char *remote, char *local, int remote_port, int local_port);

/* ---- body.c: while the request is sent --------------------------------------------------------------------------- */

size_t att_curl_read_body(char *room, size_t one, size_t size, void *context);

/* ---- answer.c: callbacks while the answer comes -------------------------------------------------------------------
 */

size_t att_curl_take_header(char *line, size_t one, size_t size, void *context);
size_t att_curl_take_body(char *data, size_t one, size_t size, void *context);

/* ---- failure.c ----------------------------------------------------------------------------------------------------
 */

/* Ends the exchange from within a callback or before it began; the first verdict stands. Returns false. */
bool att_curl_end(struct att_curl_run *run, enum att_exchange_result verdict, const char *format, ...) ATT_FORMAT(3, 4);
/* The outcome of a perform that ended with `code`, with its sentence in exchange->detail. */
enum att_exchange_result att_curl_outcome(struct att_curl_run *run, CURLcode code);

#endif
