/* core/transport/curl/target.c: makes sure that libcurl goes where policy was asked about (attacks B1 to B5).
 *
 * Policy read exchange->url. What is sent is parsed by libcurl once, here, compared part by part, and performed from
 * that parsed object: between the comparison and the wire nobody parses again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transport/curl/curl.h"

/* A URL as libcurl reads it, and whether memory ran out on the way. */
struct reading {
    CURLU *parsed;
    bool starved;
};

static bool part_is(struct reading *reading, CURLUPart part, const char *wanted)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(reading->parsed, part, &text, 0);
    bool same = code == CURLUE_OK ? strcmp(text, wanted ? wanted : "") == 0 : !wanted || !*wanted;

    reading->starved = reading->starved || code == CURLUE_OUT_OF_MEMORY;
    curl_free(text);
    return same;
}

/* The credential may add query parameters, so the query is compared only where it adds none; otherwise the target must
 * still begin with all that policy saw. */
static bool query_is(struct reading *reading, const struct att_exchange *exchange)
{
    const struct att_url *url = exchange->url;
    size_t size = strlen(url->text);

    if (strcmp(exchange->target, url->text) == 0)
        return part_is(reading, CURLUPART_QUERY, url->query);
    if (strncmp(exchange->target, url->text, size) != 0)
        return false;
    if (url->query && !*url->query) /* ends with "?" */
        return true;
    return exchange->target[size] == (url->query ? '&' : '?');
}

static bool port_is(struct reading *reading, const struct att_url *url)
{
    char port[8];

    if (url->port == (url->secure ? 443 : 80) && part_is(reading, CURLUPART_PORT, NULL))
        return true;
    snprintf(port, sizeof port, "%u", url->port);
    return part_is(reading, CURLUPART_PORT, port);
}

/* User information is refused by the parser, by CURLU_DISALLOW_USER. */
static bool agrees(struct reading *reading, const struct att_exchange *exchange)
{
    const struct att_url *url = exchange->url;

    return part_is(reading, CURLUPART_SCHEME, url->scheme) && part_is(reading, CURLUPART_HOST, url->host) &&
           port_is(reading, url) && part_is(reading, CURLUPART_PATH, url->path) && query_is(reading, exchange) &&
           !strchr(exchange->target, '#');
}

static bool is_public(const struct att_exchange *exchange)
{
    return strcmp(exchange->target, exchange->url->text) == 0;
}

static void drop(struct att_curl_target *target)
{
    curl_url_cleanup(target->parsed);
    free(target->url);
    *target = (struct att_curl_target){NULL, NULL};
}

void att_curl_targets_drop(struct att_curl_handle *handle)
{
    for (size_t i = 0; i < ATT_CURL_TARGETS; i++)
        drop(&handle->targets[i]);
    curl_url_cleanup(handle->passing);
    handle->passing = NULL;
}

/* Only the text that policy was asked about can be one that was compared before. */
static CURLU *find(const struct att_curl_handle *handle, const struct att_exchange *exchange)
{
    for (size_t i = 0; i < ATT_CURL_TARGETS && is_public(exchange); i++)
        if (handle->targets[i].url && strcmp(handle->targets[i].url, exchange->target) == 0)
            return handle->targets[i].parsed;
    return NULL;
}

/* Without the text it would not be found again, so it passes. */
static CURLU *keep(struct att_curl_handle *handle, const struct att_exchange *exchange, CURLU *parsed)
{
    char *url = is_public(exchange) ? strdup(exchange->target) : NULL;
    struct att_curl_target *target = &handle->targets[handle->next_target];

    if (!url) {
        handle->passing = parsed;
        return parsed;
    }
    handle->next_target = (handle->next_target + 1) % ATT_CURL_TARGETS;
    drop(target);
    *target = (struct att_curl_target){url, parsed};
    return parsed;
}

static bool read_target(struct reading *reading, const struct att_exchange *exchange)
{
    CURLUcode code = CURLUE_OUT_OF_MEMORY;

    if (reading->parsed)
        code = curl_url_set(reading->parsed, CURLUPART_URL, exchange->target, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
    reading->starved = code == CURLUE_OUT_OF_MEMORY;
    return code == CURLUE_OK && agrees(reading, exchange) && !reading->starved;
}

CURLU *att_curl_target(struct att_curl_run *run)
{
    const struct att_exchange *exchange = run->exchange;
    struct reading reading = {.parsed = find(run->handle, exchange)};

    if (reading.parsed)
        return reading.parsed;
    reading.parsed = curl_url();
    if (read_target(&reading, exchange))
        return keep(run->handle, exchange, reading.parsed);
    if (reading.starved)
        att_curl_end(run, ATT_EXCHANGE_NOMEM, "out of memory");
    else
        att_curl_end(run, ATT_EXCHANGE_FAULT,
                     "libcurl reads the URL differently from what policy was asked about; "
                     "nothing was sent; please report the URL");
    curl_url_cleanup(reading.parsed);
    return NULL;
}

void att_curl_target_forget(struct att_curl_run *run)
{
    curl_url_cleanup(run->handle->passing);
    run->handle->passing = NULL;
}
