/* core/transport/curl/transport.c: the transport that libattache loads when the first request is sent. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/transport/curl/curl.h"
#include "core/url/address.h"

/* libcurl writes the keys of every TLS connection to the file that this variable names, privileged or not, so it is
 * looked up the way libcurl does and not through secure_getenv(). What libcurl saw once, it keeps for the life of the
 * process, and so is it kept here (attacks A11). */
static bool keys_are_logged(void)
{
    static const char name[] = "SSLKEYLOGFILE=";
    static atomic_bool seen;

    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, name, sizeof name - 1) == 0 && (*entry)[sizeof name - 1])
            atomic_store(&seen, true);
    return atomic_load(&seen);
}

/* What can be said without a connection. */
static bool may_begin(struct att_curl_run *run)
{
    const struct att_exchange *exchange = run->exchange;
    bool has_body = exchange->body_size > 0 || exchange->on_read;

    if (exchange->url->secure && run->transport->keys_logged)
        return att_curl_end(run, ATT_EXCHANGE_REFUSED,
                            "SSLKEYLOGFILE is set, so libcurl writes the keys of TLS connections to a file; unset it "
                            "and start again");
    if (!exchange->url->secure && !att_address_host_is_local(exchange->url->host))
        return att_curl_end(run, ATT_EXCHANGE_REFUSED,
                            "plain http is for this machine only, and %.100s is not localhost; use https",
                            exchange->url->host);
    if (strcmp(exchange->method, "CONNECT") == 0 || (strcmp(exchange->method, "HEAD") == 0 && has_body))
        return att_curl_end(run, ATT_EXCHANGE_FAULT, "a %s%s cannot be sent; use another method", exchange->method,
                            has_body ? " with a body" : "");
    return true;
}

static enum att_exchange_result send_with(struct att_curl_run *run)
{
    CURLU *target = att_curl_target(run);
    curl_off_t sent = 0;

    if (target && att_curl_configure(run, target)) {
        att_curl_drive(run);
        curl_easy_getinfo(run->handle->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        run->exchange->bytes_out = (uint64_t)sent;
    }
    att_curl_target_forget(run);
    att_pool_destroy(run->texts);
    return run->verdict;
}

static enum att_exchange_result perform(struct att_transport *base, struct att_exchange *exchange)
{
    struct att_curl_transport *transport = (struct att_curl_transport *)base;
    struct att_curl_run run = {.transport = transport, .exchange = exchange};

    exchange->http_status = exchange->resent = 0;
    exchange->sent = false;
    exchange->bytes_in = exchange->bytes_out = 0;
    exchange->detail[0] = '\0';
    /* Plain http never leaves the machine, not through a proxy either. */
    run.proxied = transport->proxy && exchange->url->secure;
    if (!may_begin(&run))
        return run.verdict;
    run.handle = att_curl_pool_take(&transport->pool, exchange->url->origin);
    if (!run.handle) {
        att_curl_end(&run, ATT_EXCHANGE_NOMEM, "out of memory");
        return run.verdict;
    }
    send_with(&run);
    /* A handle that failed is not used again, whatever state it was left in, nor is one that streamed a body. */
    if (run.verdict == ATT_EXCHANGE_OK && !exchange->on_read)
        att_curl_pool_put(&transport->pool, run.handle, exchange->url->origin,
                          exchange->echoed || strcmp(exchange->target, exchange->url->text) != 0);
    else
        att_curl_pool_drop(run.handle);
    return run.verdict;
}

static void close_transport(struct att_transport *base)
{
    struct att_curl_transport *transport = (struct att_curl_transport *)base;

    if (transport) {
        att_curl_pool_close(&transport->pool);
        free(transport->ca_file);
        free(transport->proxy);
        free(transport);
        curl_global_cleanup();
    }
}

static bool copy_text(const char *text, char **copy)
{
    *copy = text ? strdup(text) : NULL;
    return *copy || !text;
}

static struct att_transport *open_transport(const struct att_transport_options *options, char *why, size_t why_size)
{
    struct att_curl_transport *transport = NULL;
    bool cleared;

    if (options->ca_file && access(options->ca_file, R_OK) != 0) {
        snprintf(why, why_size, "the file of trusted certificates %s cannot be read: %s; check ca_file",
                 options->ca_file, strerrordesc_np(errno));
        return NULL;
    }
    if (!att_curl_start(options->clear_memory)) {
        snprintf(why, why_size, "libcurl %s does not start; install another libcurl",
                 curl_version_info(CURLVERSION_NOW)->version);
        return NULL;
    }
    cleared = options->clear_memory && att_curl_memory_is_cleared();
    transport = calloc(1, sizeof *transport);
    if (!transport || !copy_text(options->ca_file, &transport->ca_file) ||
        !copy_text(options->proxy, &transport->proxy) || !att_curl_pool_open(&transport->pool, cleared)) {
        snprintf(why, why_size, "out of memory");
        if (transport) {
            free(transport->ca_file);
            free(transport->proxy);
        }
        free(transport);
        curl_global_cleanup();
        return NULL;
    }
    transport->keys_logged = keys_are_logged();
    transport->base = (struct att_transport){perform, close_transport, cleared};
    return &transport->base;
}

__attribute__((visibility("default"))) extern const struct att_transport_entry attache_transport;
const struct att_transport_entry attache_transport = {ATT_TRANSPORT_VERSION, open_transport};
