/* core/transport/curl/connect.c: the last words before a connection is made and before a request is sent on it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/transport/curl/curl.h"
#include "core/url/address.h"

static void write_address(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
    struct sockaddr_in6 in6 = {0};
    struct sockaddr_in in = {0};
    const void *bytes = &in.sin_addr;

    if (address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof in6);
        bytes = &in6.sin6_addr;
    } else {
        memcpy(&in, address, sizeof in);
    }
    if (!inet_ntop(address->sa_family, bytes, text, INET6_ADDRSTRLEN))
        snprintf(text, INET6_ADDRSTRLEN, "unknown");
}

/* Why this address may not be connected to, or NULL. A proxy that the site configured may be on this machine, and what
 * is checked then is the proxy's own address only: the upstream's name is resolved behind it. */
static const char *object_to(const struct att_curl_run *run, const struct sockaddr *address)
{
    const char *what;
    enum att_address_class class = att_address_judge(address, &what);

    if (class == ATT_ADDRESS_REFUSED)
        return what;
    if (run->proxied)
        return NULL;
    if (class == ATT_ADDRESS_LOOPBACK && !att_address_host_is_local(run->exchange->url->host))
        return "an address of this machine, which only localhost may mean";
    if (class != ATT_ADDRESS_LOOPBACK && !run->exchange->url->secure)
        return "not an address of this machine, and plain http goes no further";
    return NULL;
}

/* The socket is connected to the very address that is looked at here, so a name that resolves differently the next time
 * changes nothing (attacks B3, B4). Of several addresses libcurl goes on to the next one. */
curl_socket_t att_curl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct att_curl_run *run = context;
    const char *objection = object_to(run, &address->addr);
    char text[INET6_ADDRSTRLEN] = "";
    int descriptor;

    (void)purpose;
    if (objection) {
        write_address(&address->addr, text);
        snprintf(run->objection, sizeof run->objection, "the upstream's name leads to %s, %s", text, objection);
        return CURL_SOCKET_BAD;
    }
    descriptor = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (descriptor < 0) {
        run->socket_errno = errno;
        return CURL_SOCKET_BAD;
    }
    run->sockets++;
    return descriptor;
}

/* RFC 9110 section 9.2.1. */
static bool is_safe(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE"};

    for (size_t i = 0; i < ATT_COUNT(safe); i++) {
        if (strcmp(method, safe[i]) == 0)
            return true;
    }
    return false;
}

/* libcurl sends a request again, whatever its method and up to five times, when a kept connection closes before
 * anything of an answer came: the upstream may just have closed an idle connection. It may also have acted and died, so
 * only a request that changes nothing is sent again, and once. */
int att_curl_before_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct att_curl_run *run = context;

    (void)remote, (void)local, (void)remote_port, (void)local_port;
    run->sent++;
    run->exchange->sent = true;
    if (run->sent == 1)
        return CURL_PREREQFUNC_OK;
    if (run->exchange->once || !is_safe(run->exchange->method)) {
        att_curl_end(run, ATT_EXCHANGE_NETWORK,
                     "the upstream closed a kept connection without an answer; it may have acted on the %.32s, so it "
                     "was not sent again: find out, then repeat it",
                     run->exchange->method);
        return CURL_PREREQFUNC_ABORT;
    }
    if (run->sent > 2) {
        att_curl_end(run, ATT_EXCHANGE_NETWORK,
                     "the upstream closed the connection twice without an answer; try again later");
        return CURL_PREREQFUNC_ABORT;
    }
    run->exchange->resent = 1;
    return CURL_PREREQFUNC_OK;
}
