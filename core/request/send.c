/* core/request/send.c: step 8: the exchange with the upstream: one hop, then redirects, each decided anew. */
#include <string.h>
#include <strings.h>

#include "core/request/run.h"

/* What the transport's callbacks need beside the run. */
struct hop {
    struct att_run *run;
    bool headed;  /* the application has seen the head of the final answer */
    bool refused; /* its callback said stop */
    bool failed;  /* memory ran out */
    struct att_recorder *recorder;
    struct att_buffer tape; /* the body for the recorder, masked, also where the application streams it */
    bool held;              /* this answer may be followed by another: the application does not see its body */
};

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool is_idempotent(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};

    for (size_t i = 0; i < ATT_COUNT(methods); i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static bool on_status(void *context, int status)
{
    struct hop *hop = context;

    hop->run->response->status = status;
    return true;
}

static bool on_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    struct hop *hop = context;
    char *copy = att_response_add_header(hop->run->response, name, name_size, value, value_size);

    hop->failed = hop->failed || !copy;
    if (copy && hop->run->mask)
        att_mask_text(hop->run->mask, copy, value_size);
    return copy != NULL;
}

static bool can_be_refreshed(const struct att_run *run)
{
    for (size_t i = 0; i < run->credential_count; i++)
        if (att_instance_can_invalidate(run->credentials[i].instance))
            return true;
    return false;
}

/* Whether another attempt may follow this answer, so that its body must not reach the application yet. An origin that
 * was not sent the credential has nothing to say about it. */
static bool may_be_repeated(const struct att_run *run)
{
    int status = run->response->status;

    if (is_redirect(status) && att_snapshot_config(run->snapshot)->redirects > 0)
        return att_response_header(run->response, "location") != NULL;
    return status == 401 && run->attempt == 0 && !run->crossed_origin && is_idempotent(run->method) &&
           can_be_refreshed(run);
}

static bool show_head(struct hop *hop)
{
    const att_request_options *options = &hop->run->options;

    if (hop->headed || !options->head)
        return true;
    hop->headed = true;
    hop->refused = options->head(options->write_context, hop->run->response) != 0;
    return !hop->refused;
}

static bool take_body(void *context, const void *data, size_t size)
{
    struct hop *hop = context;
    const att_request_options *options = &hop->run->options;

    if (hop->recorder)
        att_buffer_add(&hop->tape, data, size);
    if (hop->held)
        return true;
    if (options->write) {
        hop->refused = !show_head(hop) || options->write(options->write_context, data, size) != 0;
        return !hop->refused;
    }
    att_buffer_add(&hop->run->response->body, data, size);
    hop->failed = !att_buffer_ok(&hop->run->response->body);
    return !hop->failed;
}

static bool on_body(void *context, const void *data, size_t size)
{
    struct hop *hop = context;

    hop->held = may_be_repeated(hop->run);
    return hop->run->mask ? att_mask_feed(hop->run->mask, data, size, take_body, hop) : take_body(hop, data, size);
}

/* After a redirect: what describes a body that is no longer sent, and what may be a credential of the caller's own
 * and was meant for another origin. */
static bool stays_behind(const struct att_run *run, const char *name)
{
    bool bodiless = !run->body && (run->options.body || run->options.json);

    if (bodiless && strncasecmp(name, "content-", 8) == 0)
        return true;
    return run->crossed_origin && (strcasecmp(name, "cookie") == 0 || strcasecmp(name, "x-api-key") == 0 ||
                                   strcasecmp(name, "x-auth-token") == 0 || strncasecmp(name, "x-amz-", 6) == 0);
}

/* The header lines of this hop; the credential's come last. NULL when memory is out. */
static const char **header_lines(struct att_run *run, size_t *count, size_t *secret_count)
{
    const att_pair *headers = run->options.headers;
    size_t callers = 0, secrets = run->crossed_origin ? 0 : run->injection.line_count;
    const char **lines;

    while (headers && headers[callers].name)
        callers++;
    lines = att_pool_take(run->pool, (callers + secrets + 1) * sizeof *lines);
    for (size_t i = 0; lines && i < callers; i++) {
        size_t name = strlen(headers[i].name), value = strlen(headers[i].value);
        char *line;
        if (stays_behind(run, headers[i].name))
            continue;
        line = att_pool_take(run->pool, name + value + 3);
        if (!line)
            return NULL;
        memcpy(line, headers[i].name, name);
        memcpy(line + name, ": ", 2);
        memcpy(line + name + 2, headers[i].value, value);
        lines[(*count)++] = line;
    }
    if (lines && run->content_type && run->body) {
        lines[*count] = att_pool_format(run->pool, "content-type: %s", run->content_type);
        if (!lines[(*count)++])
            return NULL;
    }
    for (size_t i = 0; lines && i < secrets; i++)
        lines[(*count)++] = att_secret_bytes(run->injection.lines[i]);
    *secret_count = secrets;
    return lines;
}

static att_status refuse(struct att_run *run, att_status status, const char *detail, const char *advice)
{
    att_fail(run->error, status, "the request to %s failed: %s; %s", run->url->origin, detail, advice);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, details, detail);
    if (status == ATT_UPSTREAM)
        ATT_ERROR_NUMBER(run->error, http_status, run->response->status);
    return status;
}

static att_status map_failure(struct hop *hop, enum att_exchange_result result, const struct att_exchange *exchange)
{
    struct att_run *run = hop->run;

    switch (result) {
    case ATT_EXCHANGE_OK:
        return ATT_OK;
    case ATT_EXCHANGE_TIMEOUT:
        return att_run_timeout(run, "request");
    case ATT_EXCHANGE_NETWORK:
        return refuse(run, ATT_NETWORK, exchange->detail, "check its name, the network and the certificate");
    case ATT_EXCHANGE_REFUSED:
        return refuse(run, ATT_DENIED, exchange->detail, "check the URL and where its name points");
    case ATT_EXCHANGE_NOT_RECORDED:
        return refuse(run, ATT_NETWORK, exchange->detail, "record it first, or correct the replay file");
    case ATT_EXCHANGE_TOO_LARGE:
        return att_invalid(run->error, "max_response_bytes",
                           "the answer of %s is larger than %llu bytes; raise "
                           "max_response_bytes, or stream it with a write callback",
                           run->url->origin, (unsigned long long)exchange->max_response_bytes);
    case ATT_EXCHANGE_ABORTED:
        if (hop->refused)
            return att_invalid(run->error, "write",
                               "the answer of %s was cut off: the write callback of the application "
                               "returned non-zero; see what it refused",
                               run->url->origin);
        return att_nomem(run->error);
    case ATT_EXCHANGE_NOMEM:
        return att_nomem(run->error);
    case ATT_EXCHANGE_FAULT:
        break;
    }
    return refuse(run, ATT_INTERNAL, exchange->detail, "please report it");
}

/* A tape that could not be written is a matter for the log: the request itself went well. */
static void record(struct hop *hop)
{
    struct att_run *run = hop->run;

    if (!att_buffer_ok(&hop->tape) ||
        !att_recorder_write(hop->recorder, run->method, run->url->text, run->response->status,
                            att_response_headers(run->response), hop->tape.data, hop->tape.size))
        att_log(att_engine_environment(run->client->engine), ATT_LOG_ERROR,
                "the answer of %s could not be recorded; check the disk of settings.record", run->url->origin);
}

static att_status exchange_once(struct att_run *run)
{
    struct att_transport *transport = att_snapshot_transport(run->snapshot, run->error);
    struct hop hop = {.run = run};
    struct att_exchange exchange = {
        .url = run->url,
        .target =
            run->injection.target && !run->crossed_origin ? att_secret_bytes(run->injection.target) : run->url->text,
        .method = run->method,
        .body = run->body,
        .body_size = run->body_size,
        .deadline_ns = run->deadline_ns,
        .max_response_bytes = run->options.max_response_bytes,
        .on_status = on_status,
        .on_header = on_header,
        .on_body = on_body,
        .context = &hop,
    };
    enum att_exchange_result result;

    att_buffer_open(&hop.tape, run->options.max_response_bytes);
    hop.recorder = transport ? att_snapshot_recorder(run->snapshot) : NULL;
    if (!transport)
        return run->error->status;
    exchange.headers = header_lines(run, &exchange.header_count, &exchange.secret_count);
    if (!exchange.headers)
        return att_nomem(run->error);
    if (run->mask)
        att_mask_restart(run->mask);
    att_response_restart(run->response);
    result = transport->perform(transport, &exchange);
    run->bytes_in += (int64_t)exchange.bytes_in;
    run->bytes_out += (int64_t)exchange.bytes_out;
    run->retries += exchange.resent;
    if (result == ATT_EXCHANGE_OK && run->mask && !att_mask_finish(run->mask, take_body, &hop))
        result = ATT_EXCHANGE_ABORTED;
    if (result == ATT_EXCHANGE_OK && !may_be_repeated(run) && !show_head(&hop))
        result = ATT_EXCHANGE_ABORTED;
    if (result == ATT_EXCHANGE_OK && hop.recorder)
        record(&hop);
    att_buffer_close(&hop.tape);
    return map_failure(&hop, result, &exchange);
}

/* The upstream calls the credential stale. It is dropped at every provider that can, fetched anew and tried once. */
static att_status refresh(struct att_run *run)
{
    struct att_call_report report;
    struct att_fetch fetch = {.size = sizeof fetch,
                              .deadline_ns = run->deadline_ns,
                              .caller = run->client->caller,
                              .caller_type = (uint32_t)run->client->caller_type,
                              .grant = run->target.grant_id,
                              .provider = run->target.provider,
                              .account = run->target.account,
                              .method = run->method,
                              .scheme = run->url->scheme,
                              .host = run->url->host,
                              .port = run->url->port,
                              .path = run->url->path,
                              .user_token = run->user_token,
                              .request_id = run->request_id};
    att_status status;

    for (size_t i = 0; i < run->credential_count; i++)
        if (att_instance_can_invalidate(run->credentials[i].instance))
            att_instance_invalidate(run->credentials[i].instance, &fetch, &report);
    run->attempt = 1;
    run->retries++;
    status = att_run_fetch(run);
    if (status == ATT_OK)
        status = att_run_inject(run);
    return status;
}

/* The Location cannot be gone to; the parser's words about it become part of the refusal. */
static att_status refuse_location(struct att_run *run)
{
    const char *why = run->error->message;
    const char *detail = att_pool_format(run->pool, "the upstream redirected, and %.*s", (int)strcspn(why, ";"), why);

    return detail ? refuse(run, ATT_UPSTREAM, detail, "tell whoever keeps it") : att_nomem(run->error);
}

/* RFC 9110 section 15.4, as browsers do it. */
static void rewrite_method(struct att_run *run)
{
    int status = run->response->status;

    if (status != 303 && !((status == 301 || status == 302) && strcmp(run->method, "POST") == 0))
        return;
    run->method = strcmp(run->method, "HEAD") == 0 ? "HEAD" : "GET";
    run->body = NULL;
    run->body_size = 0;
}

/* Where a redirect leads is a new request: bound, decided and recorded as one. The credential stays with its origin. */
static att_status follow(struct att_run *run, const char *location)
{
    const char *origin = run->url->origin;
    bool was_secure = run->url->secure;
    att_status status = att_url_resolve(run->pool, run->url, location, &run->url, run->error);

    if (status != ATT_OK)
        return status == ATT_INVALID ? refuse_location(run) : status;
    if (was_secure && !run->url->secure)
        return refuse(run, ATT_DENIED, "the upstream redirected from https to http", "tell whoever keeps it");
    rewrite_method(run);
    run->crossed_origin = run->crossed_origin || strcmp(origin, run->url->origin) != 0;
    status = att_run_audit_decision(run, att_run_decide(run, NULL, NULL));
    if (status == ATT_OK && run->injection.target && !run->crossed_origin)
        status = att_run_inject(run);
    return status;
}

att_status att_run_send(struct att_run *run)
{
    const struct att_config *config = att_snapshot_config(run->snapshot);
    att_status status;
    int hops = 0;

    if (!run->options.max_response_bytes)
        run->options.max_response_bytes = config->max_response_bytes;
    run->response = att_response_create(run->request_id, run->options.max_response_bytes);
    if (!run->response)
        return att_nomem(run->error);
    for (;;) {
        const char *location;
        status = exchange_once(run);
        if (status != ATT_OK || !may_be_repeated(run))
            return status;
        location = att_response_header(run->response, "location");
        if (run->response->status == 401)
            status = refresh(run);
        else if (hops++ < config->redirects)
            status = follow(run, location);
        else
            return refuse(run, ATT_UPSTREAM, "the upstream redirects more often than the site allows",
                          "raise redirects in settings, or tell whoever keeps the upstream");
        if (status != ATT_OK)
            return status;
    }
}
