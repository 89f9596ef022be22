/* core/transport/curl/pool.c: easy handles that are kept between exchanges.
 *
 * Every handle has its own connections, name and TLS session caches. A thread takes one for itself and gives it back,
 * so no lock is held while an exchange runs, and a connection is reused by whichever thread asks next. libcurl's own
 * sharing of connections between the handles of threads (CURLSH) is not used: its documentation says it is not safe
 * when they run at once, and it would take a lock for each step of each exchange. Sharing names and TLS sessions alone
 * would spare a thread's first handshake only, and costs a lock per exchange to prune the shared names.
 *
 * A handle keeps its last URL, and the header and the last piece of the last answer. Who asked for cleared memory gets
 * a new handle after an exchange with a credential in one of them, and what is kept then is a share: the connections,
 * names and TLS sessions of one thread at a time.
 *
 * No credential is ever bound to a connection here (no client certificate, no NTLM, no Negotiate), so a connection may
 * serve any grant. */
#include <stdlib.h>
#include <string.h>

#include "core/transport/curl/curl.h"

#define IDLE_LIMIT 64

void att_curl_pool_drop(struct att_curl_handle *handle)
{
    if (handle) {
        curl_easy_cleanup(handle->easy);
        curl_multi_cleanup(handle->multi);
        att_curl_targets_drop(handle);
        curl_share_cleanup(handle->share);
        free(handle->origin);
        free(handle->nodes);
        free(handle);
    }
}

static bool open_share(struct att_curl_handle *handle)
{
    static const curl_lock_data kept[] = {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_DNS, CURL_LOCK_DATA_SSL_SESSION};

    handle->share = curl_share_init();
    for (size_t i = 0; handle->share && i < ATT_COUNT(kept); i++)
        if (curl_share_setopt(handle->share, CURLSHOPT_SHARE, kept[i]) != CURLSHE_OK)
            return false;
    return handle->share != NULL;
}

static bool open_easy(struct att_curl_handle *handle)
{
    handle->easy = curl_easy_init();
    return handle->easy && (!handle->share || curl_easy_setopt(handle->easy, CURLOPT_SHARE, handle->share) == CURLE_OK);
}

static struct att_curl_handle *create(bool forgetful)
{
    struct att_curl_handle *handle = calloc(1, sizeof *handle);

    if (handle && (!forgetful || open_share(handle)))
        return handle;
    att_curl_pool_drop(handle);
    return NULL;
}

bool att_curl_pool_open(struct att_curl_pool *pool, bool forgetful)
{
    *pool = (struct att_curl_pool){.forgetful = forgetful};
    return pthread_mutex_init(&pool->lock, NULL) == 0;
}

void att_curl_pool_close(struct att_curl_pool *pool)
{
    while (pool->idle) {
        struct att_curl_handle *next = pool->idle->next;
        att_curl_pool_drop(pool->idle);
        pool->idle = next;
    }
    pthread_mutex_destroy(&pool->lock);
}

/* The place of a handle whose last exchange was with the same origin and which therefore likely has a connection
 * there; else of the last one that was put back. */
static struct att_curl_handle **choose(struct att_curl_pool *pool, const char *origin)
{
    for (struct att_curl_handle **place = &pool->idle; *place; place = &(*place)->next) {
        if ((*place)->origin && strcmp((*place)->origin, origin) == 0)
            return place;
    }
    return &pool->idle;
}

struct att_curl_handle *att_curl_pool_take(struct att_curl_pool *pool, const char *origin)
{
    struct att_curl_handle **place, *handle;

    pthread_mutex_lock(&pool->lock);
    place = choose(pool, origin);
    handle = *place;
    if (handle) {
        *place = handle->next;
        pool->idle_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!handle)
        handle = create(pool->forgetful);
    if (handle && !handle->easy && !open_easy(handle)) {
        att_curl_pool_drop(handle);
        handle = NULL;
    }
    return handle;
}

void att_curl_pool_put(struct att_curl_pool *pool, struct att_curl_handle *handle, const char *origin, bool secret)
{
    bool kept;

    if (pool->forgetful && secret) {
        curl_easy_cleanup(handle->easy);
        handle->easy = NULL;
    } else {
        att_curl_forget(handle->easy);
    }
    if (!handle->origin || strcmp(handle->origin, origin) != 0) {
        free(handle->origin);
        handle->origin = strdup(origin);
    }
    pthread_mutex_lock(&pool->lock);
    kept = pool->idle_count < IDLE_LIMIT;
    if (kept) {
        handle->next = pool->idle;
        pool->idle = handle;
        pool->idle_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        att_curl_pool_drop(handle);
}
