/* core/request/exchange.c: step 8, one hop: what is sent, what of the answer reaches whom, and what a failure means. */
#include <string.h>
#include <strings.h>

#include "core/request/run.h"

/* What the transport's callbacks need beside the run. */
struct hop {
    struct att_run *run;
    struct att_exchange *exchange;
    bool headed;  /* the application has seen the head of the final answer */
    bool refused; /* its callback said stop */
    bool packed;  /* it is compressed, and cannot be searched for the credential */
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

/* Whether the credential that this hop carried can be called stale at its provider. Settled once for each answer, since
 * another thread may change what is true while its body comes in. */
static bool can_be_refreshed(const struct att_run *run)
{
    if (!run->carried)
        return false;
    for (size_t i = 0; i < run->credential_count; i++)
        if (att_instance_can_renew(run->credentials[i].instance, &run->credentials[i].loan))
            return true;
    return false;
}

static bool on_status(void *context, int status)
{
    struct hop *hop = context;

    hop->run->response->status = status;
    if (hop->run->carried)
        hop->run->carried_status = status;
    hop->run->refreshable = status == 401 && can_be_refreshed(hop->run);
    return true;
}

static bool on_header(void *context, const char *name, size_t name_size, const char *value, size_t value_size)
{
    static const char coding[] = "content-encoding", challenge[] = "www-authenticate";
    struct hop *hop = context;
    char *copy = att_response_add_header(hop->run->response, name, name_size, value, value_size);

    if (!copy)
        return false;
    if (hop->run->refreshable && name_size == sizeof challenge - 1 && strncasecmp(name, challenge, name_size) == 0 &&
        att_challenge_wants_scope(hop->run->pool, copy))
        hop->run->refreshable = false;
    if (!hop->run->mask)
        return true;
    att_mask_text(hop->run->mask, copy, value_size);
    hop->exchange->echoed = hop->exchange->echoed || att_mask_has_found(hop->run->mask);
    hop->packed = hop->packed || (name_size == sizeof coding - 1 && strncasecmp(name, coding, name_size) == 0 &&
                                  strcasecmp(copy, "identity") != 0);
    return true;
}

/* Whether another attempt may follow this answer, so that its body must not reach the application yet. */
bool att_run_may_be_repeated(const struct att_run *run)
{
    int status = run->response->status;

    if (is_redirect(status) && att_snapshot_config(run->snapshot)->redirects > 0)
        return att_response_header(run->response, "location") != NULL;
    return status == 401 && run->attempt == 0 && is_idempotent(run->method) && run->refreshable && !run->stream.wanted;
}

static size_t on_read(void *context, void *buffer, size_t capacity)
{
    struct hop *hop = context;

    return att_run_read(hop->run, buffer, capacity);
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

/* Keeps what a report will tell of a body that nobody else keeps: its start, and one byte that says there was more. */
static void keep_start(struct att_run *run, const void *data, size_t size)
{
    struct att_buffer *passed = &run->response->passed;
    size_t wanted = att_run_reported_bytes(run) + 1;

    if (wanted > 1 && passed->size < wanted)
        att_buffer_add(passed, data, size < wanted - passed->size ? size : wanted - passed->size);
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
        keep_start(hop->run, data, size);
        hop->refused = !show_head(hop) || options->write(options->write_context, data, size) != 0;
        return !hop->refused;
    }
    att_buffer_add(&hop->run->response->body, data, size);
    return att_buffer_ok(&hop->run->response->body);
}

static bool on_body(void *context, const void *data, size_t size)
{
    struct hop *hop = context;

    if (hop->packed)
        return false;
    hop->held = att_run_may_be_repeated(hop->run);
    if (!hop->run->mask)
        return take_body(hop, data, size);
    if (!att_mask_feed(hop->run->mask, data, size, take_body, hop))
        return false;
    hop->exchange->echoed = hop->exchange->echoed || att_mask_has_found(hop->run->mask);
    return true;
}

/* After a redirect: what describes a body that is no longer sent, and what may be a credential of the caller's own
 * and was meant for another origin. */
static bool stays_behind(const struct att_run *run, const char *name)
{
    if (run->body_dropped && strncasecmp(name, "content-", 8) == 0)
        return true;
    return run->crossed_origin && (strcasecmp(name, "cookie") == 0 || strcasecmp(name, "x-api-key") == 0 ||
                                   strcasecmp(name, "x-auth-token") == 0 || strncasecmp(name, "x-amz-", 6) == 0);
}

/* The body of this hop: with the credential in it, where one goes there, and it has not stayed behind. */
static const struct att_secret *credentials_body(const struct att_run *run)
{
    return run->crossed_origin ? NULL : run->injection.body;
}

/* The media type of this hop's body, where no header of the application says it. */
static const char *content_type(const struct att_run *run)
{
    if (credentials_body(run) && run->injection.content_type)
        return run->injection.content_type;
    return run->body || run->stream.wanted ? run->content_type : NULL;
}

/* The header lines of this hop; the credential's come last, and behind them there is room for those of its signature.
 * NULL when memory is out. */
static const char **header_lines(struct att_run *run, size_t *count)
{
    const att_pair *headers = run->options.headers;
    size_t callers = 0, secrets = run->crossed_origin ? 0 : run->injection.placed_lines;
    const char **lines;

    while (headers && headers[callers].name)
        callers++;
    /* One for the content type. */
    lines = att_pool_take(run->pool, (callers + 1 + ATT_INJECTION_LINES) * sizeof *lines);
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
    if (lines && content_type(run)) {
        lines[*count] = att_pool_format(run->pool, "content-type: %s", content_type(run));
        if (!lines[(*count)++])
            return NULL;
    }
    for (size_t i = 0; lines && i < secrets; i++)
        lines[(*count)++] = att_secret_bytes(run->injection.lines[i]);
    return lines;
}

att_status att_run_refuse(struct att_run *run, att_status status, const char *detail, const char *advice)
{
    bool advised = strchr(detail, ';') != NULL; /* the transport knows best what to do */

    att_fail(run->error, status, "the request to %s failed: %s%s%s", run->url->origin, detail, advised ? "" : "; ",
             advised ? "" : advice);
    ATT_ERROR_TEXT(run->error, grant, att_run_grant(run));
    ATT_ERROR_TEXT(run->error, details, detail);
    if (status == ATT_UPSTREAM)
        ATT_ERROR_NUMBER(run->error, http_status, run->response->status);
    return status;
}

/* The exchange was ended by a callback of ours. */
static att_status map_abort(const struct hop *hop)
{
    struct att_run *run = hop->run;

    if (hop->packed)
        return att_run_refuse(run, ATT_DENIED, "its answer is compressed, so it cannot be searched for the credential",
                              "ask for content-encoding identity, or set mask_secrets = false");
    if (run->stream.status != ATT_OK)
        return run->stream.status;
    if (run->stream.trouble)
        return att_invalid(run->error, "read", "the request to %s failed: %s", run->url->origin, run->stream.trouble);
    if (hop->refused)
        return att_invalid(run->error, "write",
                           "the answer of %s was cut off: the callback of the application returned non-zero; see what "
                           "it refused",
                           run->url->origin);
    return att_nomem(run->error);
}

static att_status map_failure(const struct hop *hop, enum att_exchange_result result,
                              const struct att_exchange *exchange)
{
    struct att_run *run = hop->run;
    att_status status;

    switch (result) {
    case ATT_EXCHANGE_OK:
        return ATT_OK;
    case ATT_EXCHANGE_TIMEOUT:
        return att_run_timeout(run, "request");
    case ATT_EXCHANGE_NETWORK:
        return att_run_refuse(run, ATT_NETWORK, exchange->detail, "check its name, the network and the certificate");
    case ATT_EXCHANGE_REFUSED:
        return att_run_refuse(run, ATT_DENIED, exchange->detail, "check the URL and where its name points");
    case ATT_EXCHANGE_NOT_RECORDED:
        return att_run_refuse(run, ATT_NETWORK, exchange->detail, "record it first, or correct the replay file");
    case ATT_EXCHANGE_TOO_LARGE:
        status = att_run_refuse(run, ATT_NETWORK, exchange->detail, "raise max_response_bytes if that much is wanted");
        ATT_ERROR_TEXT(run->error, field, "max_response_bytes");
        return status;
    case ATT_EXCHANGE_ABORTED:
        return map_abort(hop);
    case ATT_EXCHANGE_NOMEM:
        return att_nomem(run->error);
    case ATT_EXCHANGE_CANCELLED: /* nobody can */
    case ATT_EXCHANGE_FAULT:
        break;
    }
    return att_run_refuse(run, ATT_INTERNAL, exchange->detail, "please report it");
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

att_status att_run_exchange(struct att_run *run)
{
    struct att_transport *transport = att_snapshot_transport(run->snapshot, run->error);
    const struct att_secret *body = credentials_body(run);
    struct hop hop = {.run = run};
    struct att_exchange exchange = {
        .url = run->url,
        .target =
            run->injection.target && !run->crossed_origin ? att_secret_bytes(run->injection.target) : run->url->text,
        .method = run->method,
        .body = body ? att_secret_bytes(body) : run->body,
        .body_size = body ? att_secret_size(body) : run->body_size,
        .deadline_ns = run->deadline_ns,
        .max_response_bytes = run->options.max_response_bytes,
        .on_status = on_status,
        .on_header = on_header,
        .on_body = on_body,
        .context = &hop,
        .echoed = !run->mask, /* nobody looks */
    };
    enum att_exchange_result result;
    const char **lines;

    hop.exchange = &exchange;
    att_buffer_open(&hop.tape, run->options.max_response_bytes);
    hop.recorder = transport ? att_snapshot_recorder(run->snapshot) : NULL;
    if (!transport)
        return run->error->status;
    lines = header_lines(run, &exchange.header_count);
    if (!lines)
        return att_nomem(run->error);
    if (att_run_sign(run, &exchange, lines) != ATT_OK)
        return run->error->status;
    if (run->stream.wanted) {
        exchange.on_read = on_read;
        exchange.read_size = att_run_stream_size(run);
    }
    if (run->mask)
        att_mask_restart(run->mask);
    att_response_restart(run->response);
    run->carried = !run->crossed_origin && att_injection_is_placed(&run->injection);
    result = transport->perform(transport, &exchange);
    run->bytes_in += (int64_t)exchange.bytes_in;
    run->bytes_out += (int64_t)exchange.bytes_out;
    run->retries += exchange.resent;
    if (result == ATT_EXCHANGE_OK && run->mask && !att_mask_finish(run->mask, take_body, &hop))
        result = ATT_EXCHANGE_ABORTED;
    if (result == ATT_EXCHANGE_OK && !att_run_may_be_repeated(run) && !show_head(&hop))
        result = ATT_EXCHANGE_ABORTED;
    if (result == ATT_EXCHANGE_OK && hop.recorder)
        record(&hop);
    att_buffer_close(&hop.tape);
    return map_failure(&hop, result, &exchange);
}
