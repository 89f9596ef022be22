/* core/transport/curl/failure.c: what went wrong, in words of our own: libcurl's texts may hold parts of a URL or of a
 * header. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/transport/curl/curl.h"

bool att_curl_end(struct att_curl_run *run, enum att_exchange_result verdict, const char *format, ...)
{
    va_list arguments;

    if (run->verdict != ATT_EXCHANGE_OK)
        return false;
    run->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(run->exchange->detail, sizeof run->exchange->detail, format, arguments);
    va_end(arguments);
    return false;
}

/* Results of X.509 verification as libcurl passes them on from OpenSSL; the numbers are OpenSSL's interface. */
static const char *certificate_reason(long result)
{
    switch (result) {
    case 0:
    case 1: /* unspecified: the chain was good, and then libcurl compared the names */
        return "is for another name than the URL's host";
    case 9:
        return "is not valid yet: compare its dates with this machine's clock";
    case 10:
        return "has expired";
    case 18:
        return "is self-signed";
    case 2:
    case 19:
    case 20:
    case 21:
        return "is signed by an authority that is not trusted here: name its certificate in ca_file";
    case 23:
        return "was revoked";
    default:
        return "is not valid for this use";
    }
}

static void end_unverified(struct att_curl_run *run)
{
    long result = 0;

    curl_easy_getinfo(run->handle->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    att_curl_end(run, ATT_EXCHANGE_NETWORK, "the certificate that %.100s shows %s", run->exchange->url->host,
                 certificate_reason(result));
}

static void end_unconnected(struct att_curl_run *run)
{
    const struct att_url *url = run->exchange->url;
    long number = run->socket_errno;

    if (run->sockets == 0 && *run->objection) {
        att_curl_end(run, ATT_EXCHANGE_REFUSED, "%s", run->objection);
        return;
    }
    if (number == 0)
        curl_easy_getinfo(run->handle->easy, CURLINFO_OS_ERRNO, &number);
    if (number == ECONNREFUSED)
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "%s refused the connection: nothing listens on port %u there",
                     run->proxied ? "the proxy" : url->host, url->port);
    else
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "no connection to %s: %s", run->proxied ? "the proxy" : url->host,
                     number ? strerrordesc_np((int)number) : "the network gave no reason");
}

static void end_late(struct att_curl_run *run)
{
    const char *what = "the connection was not made";

    if (run->answering)
        what = "the answer began and did not end";
    else if (run->sent > 0)
        what = "no answer came";
    att_curl_end(run, ATT_EXCHANGE_TIMEOUT, "%s in time", what);
}

static void end_cut_off(struct att_curl_run *run)
{
    long code = 0;

    curl_easy_getinfo(run->handle->easy, CURLINFO_HTTP_CONNECTCODE, &code);
    if (run->proxied && run->sent == 0)
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "the proxy does not connect to the upstream (it answered %ld)", code);
    else
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "the connection was cut off in the middle of the %s",
                     run->header_bytes > 0 ? "answer" : "request");
}

/* The causes that are one sentence each; NULL for any other code. */
static const char *sentence(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "the name of the configured proxy is not known; check it";
    case CURLE_SSL_CONNECT_ERROR:
        return "TLS did not come about: the upstream speaks no TLS, or none of version 1.2 or later";
    case CURLE_SSL_CACERT_BADFILE:
        return "the file of trusted certificates cannot be read or holds none; check ca_file";
    case CURLE_GOT_NOTHING:
        return "the upstream closed the connection without an answer";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return "what the upstream answered is not HTTP";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return "the upstream broke the rules of HTTP/2";
    default:
        return NULL;
    }
}

static void end_with_code(struct att_curl_run *run, CURLcode code)
{
    const char *text = sentence(code);

    if (text)
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "%s", text);
    else if (code == CURLE_COULDNT_RESOLVE_HOST)
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "the name %.100s is not known; check its spelling and the resolver",
                     run->exchange->url->host);
    else if (code == CURLE_COULDNT_CONNECT)
        end_unconnected(run);
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        end_unverified(run);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        end_late(run);
    else if (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE)
        end_cut_off(run);
    else if (code == CURLE_OUT_OF_MEMORY)
        att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    else
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "libcurl gave up with code %d, which its manual explains", (int)code);
}

enum att_exchange_result att_curl_outcome(struct att_curl_run *run, CURLcode code)
{
    if (code != CURLE_OK)
        end_with_code(run, code);
    else if (!run->answering)
        att_curl_end(run, ATT_EXCHANGE_NETWORK, "the upstream sent no complete answer");
    return run->verdict;
}
