/* core/request/report.c: after step 10: what the providers that want to know are told of how a request ended. */
#include <string.h>
#include <strings.h>

#include "core/request/run.h"

enum { REPORT_S = 30 };

/* Headers in which credentials travel, whoever set them, by what their names are or end with, and those with a whole
 * URL. */
static bool carries_credential(const char *name)
{
    static const char *const names[] = {"authentication-info", "location", "referer", "www-authenticate"};
    static const char *const ends[] = {"authorization", "cookie", "key", "password", "secret", "token"};
    size_t size = strlen(name);

    for (size_t i = 0; i < ATT_COUNT(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; i < ATT_COUNT(ends); i++)
        if (size >= strlen(ends[i]) && strcasecmp(name + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-", 6) == 0;
}

/* Those that carry none, and a content type that no header says. The texts stay where they are. NULL when memory is
 * out. */
static const struct att_fact *harmless(struct att_pool *pool, const att_pair *headers, const char *content_type)
{
    size_t count = 0, kept = 0;
    struct att_fact *facts;

    while (headers && headers[count].name)
        count++;
    facts = att_pool_take(pool, (count + 2) * sizeof *facts);
    for (size_t i = 0; facts && i < count; i++)
        if (!carries_credential(headers[i].name))
            facts[kept++] = (struct att_fact){headers[i].name, headers[i].value};
    if (facts && content_type)
        facts[kept] = (struct att_fact){"content-type", content_type};
    return facts;
}

static const void *first_bytes(const void *bytes, size_t size, size_t limit, size_t *told, int32_t *cut)
{
    if (!bytes || !size || !limit)
        return NULL;
    *told = size < limit ? size : limit;
    *cut = size > limit;
    return bytes;
}

/* Whether what the upstream answered can be shown: it answered to the credential, and that is masked in it. */
static bool can_be_shown(const struct att_run *run)
{
    return run->response && run->response->status && run->carried && run->mask;
}

static void tell_exchange(struct att_run *run, size_t body_bytes, const char *url, struct att_outcome *outcome)
{
    const struct att_response *response = run->response;
    const struct att_buffer *body;

    outcome->url = url;
    outcome->request_headers =
        harmless(run->pool, run->options.headers, run->body || run->stream.wanted ? run->content_type : NULL);
    outcome->request_body =
        first_bytes(run->body, run->body_size, body_bytes, &outcome->request_body_size, &outcome->request_body_cut);
    if (!can_be_shown(run))
        return;
    body = run->options.write ? &response->passed : &response->body;
    outcome->response_headers = harmless(run->pool, att_response_headers(response), NULL);
    outcome->response_body =
        first_bytes(body->data, body->size, body_bytes, &outcome->response_body_size, &outcome->response_body_cut);
}

size_t att_run_reported_bytes(const struct att_run *run)
{
    size_t most = 0, wanted;

    for (size_t i = 0; i < run->credential_count; i++)
        if (att_instance_wants_exchange(run->credentials[i].instance, &wanted) && wanted > most)
            most = wanted;
    return most;
}

void att_run_report(struct att_run *run, att_status status)
{
    int64_t now = att_clock_monotonic_ns();
    const struct att_outcome outcome = {.status = att_status_name(status),
                                        .http_status = run->carried_status,
                                        .latency_us = (now - run->started_ns) / 1000};
    struct att_buffer url;
    struct att_fetch fetch;

    if (!run->credential_count)
        return;
    att_buffer_open(&url, ATT_RECORD_URL + 16);
    fetch = att_run_fetch_view(run, now + REPORT_S * ATT_NS_PER_S);
    for (size_t i = 0; i < run->credential_count; i++) {
        struct att_outcome told = outcome;
        size_t body_bytes;

        if (att_instance_wants_exchange(run->credentials[i].instance, &body_bytes)) {
            /* What a URL may hold needs no escape in JSON, so a record's form of it is a plain text. */
            if (!url.size)
                att_record_url(&url, run->fetched_url->text);
            tell_exchange(run, body_bytes, att_buffer_ok(&url) ? url.data : NULL, &told);
        }
        att_instance_report(run->credentials[i].instance, &fetch, &run->credentials[i].loan, &told);
    }
    att_buffer_close(&url);
}
