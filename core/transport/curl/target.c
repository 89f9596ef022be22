/* core/transport/curl/target.c: makes sure that libcurl goes where policy was asked about (attacks B1 to B5).
 *
 * Policy read exchange->url. What is sent is parsed by libcurl once, here, compared part by part, and performed from
 * that parsed object: between the comparison and the wire nobody parses again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transport/curl/curl.h"

static bool part_is(CURLU *parsed, CURLUPart part, const char *wanted)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(parsed, part, &text, 0);
    bool same = code == CURLUE_OK ? strcmp(text, wanted ? wanted : "") == 0 : !wanted || !*wanted;

    curl_free(text);
    return same;
}

/* The credential may add query parameters, so the query is compared only where it adds none; otherwise the target must
 * still begin with all that policy saw. */
static bool query_is(CURLU *parsed, const struct att_exchange *exchange)
{
    const struct att_url *url = exchange->url;
    size_t size = strlen(url->text);

    if (strcmp(exchange->target, url->text) == 0)
        return part_is(parsed, CURLUPART_QUERY, url->query);
    if (strncmp(exchange->target, url->text, size) != 0)
        return false;
    if (url->query && !*url->query) /* ends with "?" */
        return true;
    return exchange->target[size] == (url->query ? '&' : '?');
}

static bool port_is(CURLU *parsed, const struct att_url *url)
{
    char port[8];

    if (url->port == (url->secure ? 443 : 80) && part_is(parsed, CURLUPART_PORT, NULL))
        return true;
    snprintf(port, sizeof port, "%u", url->port);
    return part_is(parsed, CURLUPART_PORT, port);
}

/* User information is refused by the parser, by CURLU_DISALLOW_USER. */
static bool agrees(CURLU *parsed, const struct att_exchange *exchange)
{
    const struct att_url *url = exchange->url;

    return part_is(parsed, CURLUPART_SCHEME, url->scheme) && part_is(parsed, CURLUPART_HOST, url->host) &&
           port_is(parsed, url) && part_is(parsed, CURLUPART_PATH, url->path) && query_is(parsed, exchange) &&
           !strchr(exchange->target, '#');
}

static bool is_public(const struct att_exchange *exchange)
{
    return strcmp(exchange->target, exchange->url->text) == 0;
}

static void drop(struct att_curl_handle *handle)
{
    curl_url_cleanup(handle->target);
    free(handle->url);
    handle->target = NULL;
    handle->url = NULL;
}

CURLU *att_curl_target(struct att_curl_run *run)
{
    const struct att_exchange *exchange = run->exchange;
    struct att_curl_handle *handle = run->handle;

    if (handle->url && strcmp(handle->url, exchange->target) == 0)
        return handle->target;
    drop(handle);
    handle->target = curl_url();
    if (!handle->target) {
        att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
        return NULL;
    }
    if (curl_url_set(handle->target, CURLUPART_URL, exchange->target, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) !=
            CURLUE_OK ||
        !agrees(handle->target, exchange)) {
        att_curl_end(run, ATT_EXCHANGE_FAULT,
                     "libcurl reads the URL differently from what policy was asked about; "
                     "nothing was sent; please report the URL");
        drop(handle);
        return NULL;
    }
    /* Without the text it is not found again, which costs a parse and no more. */
    handle->url = is_public(exchange) ? strdup(exchange->target) : NULL;
    return handle->target;
}

void att_curl_target_forget(struct att_curl_run *run)
{
    if (!is_public(run->exchange))
        drop(run->handle);
}
