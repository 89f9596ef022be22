/* core/transport/curl/options.c: every option of libcurl that decides where a request goes and what goes with it.
 *
 * All are set for each exchange, the same ones on every path, so that nothing is carried over from the one before
 * (attacks A8); no option is ever set elsewhere. Where libcurl's default is what we want, the option is set all the
 * same if a later libcurl or a distribution could have another. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/transport/curl/curl.h"

/* A day. Longer deadlines are the same to libcurl, whose milliseconds may be 32 bits wide. */
#define LONGEST_MS (INT64_C(24) * 3600 * 1000)

/* libcurl takes one option after the other; the first that is refused sticks. */
struct setting {
    CURL *easy;
    CURLcode code;
};

static void set_long(struct setting *to, CURLoption option, long value)
{
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, option, value);
}

static void set_text(struct setting *to, CURLoption option, const char *value)
{
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, option, value);
}

static void set_pointer(struct setting *to, CURLoption option, const void *value)
{
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, option, value);
}

/* Where to, and nowhere else: no redirect, no other scheme, nothing from the environment or the home directory. */
static void set_target(struct setting *to, struct att_curl_run *run, CURLU *target)
{
    bool secure = run->exchange->url->secure;
    const char *protocols = secure ? "https" : "http";

    set_pointer(to, CURLOPT_CURLU, target);
    set_text(to, CURLOPT_PROTOCOLS_STR, protocols);
    set_text(to, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    set_long(to, CURLOPT_FOLLOWLOCATION, 0);
    set_long(to, CURLOPT_PATH_AS_IS, 1);
    set_long(to, CURLOPT_NETRC, CURL_NETRC_IGNORED);
    set_long(to, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
    set_long(to, CURLOPT_UNRESTRICTED_AUTH, 0);
    /* An empty proxy stops libcurl from asking http_proxy and ALL_PROXY, a given list from asking no_proxy. */
    set_text(to, CURLOPT_PROXY, run->proxied ? run->transport->proxy : "");
    set_text(to, CURLOPT_NOPROXY, run->proxied ? "" : "*");
    set_long(to, CURLOPT_HTTPPROXYTUNNEL, run->proxied);
    set_long(to, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
    set_long(to, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
}

/* A site that names a file of certificates trusts that file, and the system's folder no longer. */
static void set_tls(struct setting *to, const struct att_curl_transport *transport)
{
    set_long(to, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(to, CURLOPT_SSL_VERIFYHOST, 2);
    set_long(to, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_long(to, CURLOPT_PROXY_SSL_VERIFYPEER, 1);
    set_long(to, CURLOPT_PROXY_SSL_VERIFYHOST, 2);
    set_long(to, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (transport->ca_file) { /* the same for every exchange of a transport */
        set_text(to, CURLOPT_CAINFO, transport->ca_file);
        set_text(to, CURLOPT_CAPATH, NULL);
        set_text(to, CURLOPT_PROXY_CAINFO, transport->ca_file);
        set_text(to, CURLOPT_PROXY_CAPATH, NULL);
    }
    if (transport->base.memory_cleared && to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_SSL_CTX_FUNCTION, att_curl_clear_tls);
    /* The library that speaks HTTP/2 has allocation functions of its own, which free header blocks as they are and keep
     * names and values in its compression table: two copies of a key were left behind. Who asks for cleared memory gets
     * HTTP/1.1. */
    set_long(to, CURLOPT_HTTP_VERSION, transport->base.memory_cleared ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
}

static void set_callbacks(struct setting *to, struct att_curl_run *run)
{
    set_long(to, CURLOPT_NOSIGNAL, 1);
    set_long(to, CURLOPT_NOPROGRESS, 1);
    set_long(to, CURLOPT_VERBOSE, 0);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_OPENSOCKETFUNCTION, att_curl_open_socket);
    set_pointer(to, CURLOPT_OPENSOCKETDATA, run);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_PREREQFUNCTION, att_curl_before_request);
    set_pointer(to, CURLOPT_PREREQDATA, run);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_HEADERFUNCTION, att_curl_take_header);
    set_pointer(to, CURLOPT_HEADERDATA, run);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_WRITEFUNCTION, att_curl_take_body);
    set_pointer(to, CURLOPT_WRITEDATA, run);
    /* What is not decompressed cannot be a bomb; a caller that asks for compression gets the bytes as they came. */
    set_text(to, CURLOPT_ACCEPT_ENCODING, NULL);
    set_long(to, CURLOPT_HTTP_CONTENT_DECODING, 0);
    set_long(to, CURLOPT_HTTP09_ALLOWED, 0);
    /* libcurl's defaults. A reset while memory was out leaves them at 0, and to read 0 bytes looks like a closed
     * connection. */
    set_long(to, CURLOPT_BUFFERSIZE, CURL_MAX_WRITE_SIZE);
    set_long(to, CURLOPT_UPLOAD_BUFFERSIZE, 4L * CURL_MAX_WRITE_SIZE);
    set_long(to, CURLOPT_TCP_NODELAY, 1);
    set_long(to, CURLOPT_SSL_ENABLE_ALPN, 1);
}

/* GET and HEAD as such; everything else by name, with a body where there is one. POST, PUT and PATCH without a body say
 * content-length: 0 (RFC 9110 section 8.6), which an empty body makes libcurl do. CURLOPT_HTTPGET comes first, since it
 * takes back what an exchange before it made of the method. */
static void set_method(struct setting *to, const struct att_exchange *exchange)
{
    const char *method = exchange->method;
    bool wants_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    bool has_body = !exchange->on_read && (exchange->body_size > 0 || wants_body),
         is_head = strcmp(method, "HEAD") == 0;

    /* Not copied: exchange->body outlives the exchange. */
    set_pointer(to, CURLOPT_POSTFIELDS, exchange->body_size > 0 ? exchange->body : wants_body ? "" : NULL);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_size);
    set_long(to, CURLOPT_HTTPGET, 1);
    if (has_body)
        set_long(to, CURLOPT_POST, 1);
    else if (is_head)
        set_long(to, CURLOPT_NOBODY, 1);
    set_text(to, CURLOPT_CUSTOMREQUEST, is_head || (!has_body && strcmp(method, "GET") == 0) ? NULL : method);
}

/* A body that is read while it is sent: in chunks where its size is not known (RFC 9112 section 7.1). A kept connection
 * may be dead, and what it swallowed could not be read again, so a new one is made. These are not taken back: the
 * handle is not used again. */
static void set_stream(struct setting *to, struct att_curl_run *run)
{
    const struct att_exchange *exchange = run->exchange;

    if (!exchange->on_read)
        return;
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_READFUNCTION, att_curl_read_body);
    set_pointer(to, CURLOPT_READDATA, run);
    set_long(to, CURLOPT_UPLOAD, 1);
    if (to->code == CURLE_OK)
        to->code = curl_easy_setopt(to->easy, CURLOPT_INFILESIZE_LARGE,
                                    exchange->read_size == UINT64_MAX ? -1 : (curl_off_t)exchange->read_size);
    set_text(to, CURLOPT_CUSTOMREQUEST, exchange->method);
    set_long(to, CURLOPT_FRESH_CONNECT, 1);
}

/* False with the verdict in run when the deadline has passed. */
static bool set_deadline(struct setting *to, struct att_curl_run *run)
{
    int64_t left = run->exchange->deadline_ns - att_clock_monotonic_ns();
    int64_t ms = left <= 0 ? 0 : (left - 1) / ATT_NS_PER_MS + 1;

    if (ms == 0)
        return att_curl_end(run, ATT_EXCHANGE_TIMEOUT, "the deadline had passed before the request could be sent");
    if (ms > LONGEST_MS)
        ms = LONGEST_MS;
    set_long(to, CURLOPT_TIMEOUT_MS, (long)ms); /* the time to connect is a part of it */
    return true;
}

/* To libcurl "name:" means to leave the header out, and "name;" to send it without a value. The copy holds a name
 * only, never a secret. */
static const char *spell_empty(struct att_curl_run *run, const char *line, size_t name_size)
{
    if (!run->texts)
        run->texts = att_pool_create();
    return run->texts ? att_pool_format(run->texts, "%.*s;", (int)name_size, line) : NULL;
}

static const char *spell(struct att_curl_run *run, const char *line)
{
    const char *colon = strchr(line, ':');
    const char *text = NULL;

    /* The core has refused these before; here stands the last gate in front of libcurl, which would send them on. */
    if (!colon || colon == line || strpbrk(line, "\r\n")) {
        att_curl_end(run, ATT_EXCHANGE_FAULT,
                     "a header is not of the form \"name: value\" on one line; nothing was "
                     "sent");
        return NULL;
    }
    text = colon[1 + strspn(colon + 1, " \t")] ? line : spell_empty(run, line, (size_t)(colon - line));
    if (!text)
        att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    return text;
}

static bool reserve_nodes(struct att_curl_run *run, size_t count)
{
    struct att_curl_handle *handle = run->handle;
    struct curl_slist *larger;

    if (count <= handle->node_capacity)
        return true;
    larger = realloc(handle->nodes, count * sizeof *larger);
    if (!larger)
        return att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    handle->nodes = larger;
    handle->node_capacity = count;
    return true;
}

/* Nodes of our own that point at the exchange's lines: curl_slist_append() would copy the secret. libcurl only reads
 * them. The two names in front stop libcurl from waiting for "100 Continue" and from inventing a content type. */
static bool set_headers(struct setting *to, struct att_curl_run *run)
{
    static const char no_expect[] = "Expect:", no_type[] = "Content-Type:";
    const struct att_exchange *exchange = run->exchange;
    bool has_type = false;
    size_t count = 0;

    if (!reserve_nodes(run, exchange->header_count + 2))
        return false;
    struct curl_slist *nodes = run->handle->nodes;
    nodes[count++].data = (char *)(uintptr_t)no_expect;
    for (size_t i = 0; i < exchange->header_count; i++) {
        const char *line = spell(run, exchange->headers[i]);
        if (!line)
            return false;
        has_type = has_type || strncasecmp(line, no_type, sizeof no_type - 1) == 0;
        nodes[count++].data = (char *)(uintptr_t)line;
    }
    if (!has_type)
        nodes[count++].data = (char *)(uintptr_t)no_type;
    for (size_t i = 0; i < count; i++)
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
    set_pointer(to, CURLOPT_HTTPHEADER, nodes);
    return true;
}

bool att_curl_configure(struct att_curl_run *run, CURLU *target)
{
    struct setting to = {.easy = run->handle->easy, .code = CURLE_OK};

    set_target(&to, run, target);
    set_tls(&to, run->transport);
    set_callbacks(&to, run);
    set_method(&to, run->exchange);
    set_stream(&to, run);
    if (!set_deadline(&to, run) || !set_headers(&to, run))
        return false;
    if (to.code == CURLE_OUT_OF_MEMORY)
        return att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    if (to.code != CURLE_OK)
        return att_curl_end(run, ATT_EXCHANGE_FAULT,
                            "libcurl %s refuses an option that Attache needs (code %d); "
                            "install another libcurl",
                            curl_version_info(CURLVERSION_NOW)->version, (int)to.code);
    return true;
}

/* An idle handle holds no pointer to what it sent. */
void att_curl_forget(CURL *easy)
{
    struct setting to = {.easy = easy, .code = CURLE_OK};

    set_pointer(&to, CURLOPT_HTTPHEADER, NULL);
    set_pointer(&to, CURLOPT_POSTFIELDS, NULL);
    set_pointer(&to, CURLOPT_CURLU, NULL);
    set_pointer(&to, CURLOPT_OPENSOCKETDATA, NULL);
    set_pointer(&to, CURLOPT_PREREQDATA, NULL);
    set_pointer(&to, CURLOPT_HEADERDATA, NULL);
    set_pointer(&to, CURLOPT_WRITEDATA, NULL);
}
