/* core/provider/http.c: one request of a module's own to its backend.
 *
 * What is secret in it, and all of the answer's body, is in secret memory from end to end; of the answer's header only
 * what the module asked for is kept. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/provider/instance.h"
#include "core/url/address.h"
#include "core/url/url.h"

enum { HEADERS = 64, METHOD_SIZE = 32, BODY_FIRST = 2048, RETRY_AFTER_SIZE = 64 };

/* One request while it runs. */
struct errand {
    struct att_call *call;
    const struct att_http *http;
    struct att_http_answer *answer;
    struct att_arena *arena;
    struct att_pool *pool;
    struct att_url *url;
    const char *lines[HEADERS];
    struct att_secret *secrets; /* the lines that are secret, one after the other, each ended by a NUL */
    size_t expected;            /* what content-length says */
    char retry_after[RETRY_AFTER_SIZE];
    char coding[32];
    bool encoded, starved;
};

static att_result fail(const struct errand *errand, att_result result, const char *format, ...) ATT_FORMAT(3, 4);
static att_result fail(const struct errand *errand, att_result result, const char *format, ...)
{
    char sentence[sizeof errand->call->report->sentence];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    att_call_fetch_failed(errand->call, sentence);
    return result;
}

static att_result starve(const struct errand *errand)
{
    return fail(errand, ATT_RESULT_NOMEM, "out of memory");
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static att_result malformed(const struct errand *errand, const char *what)
{
    return fail(errand, ATT_RESULT_FAULT,
                "its module wants to send a request to its backend that is not well-formed: %s; ask the module's "
                "author",
                what);
}

static size_t count_taken(const struct att_http *http)
{
    size_t count = 0;

    while (http->taken && count <= ATT_HTTP_TAKEN && http->taken[count])
        count++;
    return count;
}

static att_result check_request(const struct errand *errand)
{
    const struct att_http *http = errand->http;

    if (!http->method || !att_text_is_token(http->method) || strlen(http->method) >= METHOD_SIZE)
        return malformed(errand, "its method is no token of RFC 9110");
    if (http->answer_limit > ATT_SECRET_LIMIT)
        return malformed(errand, "it allows an answer of more than 1 MiB");
    if (http->timeout_ms < 0)
        return malformed(errand, "its time is negative");
    if (count_taken(http) > ATT_HTTP_TAKEN)
        return malformed(errand, "it asks for more than 8 headers of the answer");
    if (http->header_count > HEADERS || (http->header_count && !http->headers))
        return malformed(errand, "it has more than 64 headers");
    return ATT_RESULT_OK;
}

static att_result read_url(struct errand *errand)
{
    att_error error = ATT_ERROR_INIT;
    const char *given = errand->http->url ? errand->http->url : "";
    att_status status = att_url_parse(errand->pool, given, &errand->url, &error);
    att_result result = ATT_RESULT_OK;

    if (status == ATT_NOMEM)
        result = starve(errand);
    else if (status != ATT_OK)
        result = fail(errand, ATT_RESULT_CONFIG, "the URL of its backend may not be asked: %s", error.message);
    else if (!errand->url->secure && !att_address_host_is_local(errand->url->host))
        result = fail(errand, ATT_RESULT_CONFIG,
                      "its backend %.100s may not be asked: plain http is for this machine only; use https",
                      errand->url->origin);
    else if (strcmp(errand->url->text, given) != 0) /* what was signed is what has to be sent */
        result = fail(errand, ATT_RESULT_CONFIG,
                      "the URL of its backend is not in its one form, which begins with %.100s%.100s; write it so",
                      errand->url->origin, errand->url->path);
    att_error_clear(&error);
    return result;
}

static const char *header_fault(const struct att_http_header *header)
{
    const char *value = header->secret ? att_secret_bytes(header->secret) : header->value;
    size_t size = header->secret ? att_secret_size(header->secret) : value ? strlen(value) : 0;

    if (!header->name || !att_text_is_token(header->name))
        return "the name of a header is no token of RFC 9110";
    if (att_header_is_connections(header->name))
        return "it sets a header of the connection";
    if (header->secret && header->value)
        return "a header has two values";
    if (!value || !att_text_is_field_value(value, size))
        return "a header has no value, or one with a control character";
    return NULL;
}

static const char *public_line(struct errand *errand, const struct att_http_header *header)
{
    size_t name = strlen(header->name), value = strlen(header->value);
    char *line = att_pool_take(errand->pool, name + value + 3);

    if (!line)
        return NULL;
    memcpy(line, header->name, name);
    memcpy(line + name, ": ", 2);
    memcpy(line + name + 2, header->value, value + 1);
    return line;
}

static const char *secret_line(struct errand *errand, const struct att_http_header *header)
{
    const char *line = att_secret_tail(errand->secrets);

    /* There is room for all of them. */
    att_secret_append_text(errand->secrets, header->name);
    att_secret_append(errand->secrets, ": ", 2);
    att_secret_append(errand->secrets, att_secret_bytes(header->secret), att_secret_size(header->secret) + 1);
    return line;
}

/* Writes the header lines. All are checked before any is written. */
static att_result write_lines(struct errand *errand)
{
    const struct att_http *http = errand->http;
    size_t room = 0;

    for (size_t i = 0; i < http->header_count; i++) {
        const struct att_http_header *header = &http->headers[i];
        const char *fault = header_fault(header);
        if (fault)
            return malformed(errand, fault);
        if (header->secret)
            room += strlen(header->name) + att_secret_size(header->secret) + 3;
    }
    if (room > ATT_SECRET_LIMIT)
        return malformed(errand, "its secret headers are larger than 1 MiB");
    if (room) {
        errand->secrets = att_secret_create(errand->arena, room);
        if (!errand->secrets)
            return starve(errand);
    }
    for (size_t i = 0; i < http->header_count; i++) {
        const struct att_http_header *header = &http->headers[i];
        errand->lines[i] = header->secret ? secret_line(errand, header) : public_line(errand, header);
        if (!errand->lines[i])
            return starve(errand);
    }
    return ATT_RESULT_OK;
}

/* ---- what is answered -------------------------------------------------------------------------------------------- */

static bool on_status(void *context, int status)
{
    struct errand *errand = context;

    errand->answer->status = status;
    return true;
}

static bool name_is(const char *name, size_t size, const char *wanted)
{
    return strlen(wanted) == size && strncasecmp(name, wanted, size) == 0;
}

/* Of a header that comes twice the first counts. */
static void keep(char *to, size_t capacity, const char *value, size_t size)
{
    if (*to || size >= capacity)
        return;
    memcpy(to, value, size);
    to[size] = '\0';
}

static bool on_header(void *context, const char *name, size_t name_size, const char *value, size_t size)
{
    struct errand *errand = context;
    const char *const *taken = errand->http->taken;

    if (name_is(name, name_size, "content-length")) {
        for (size_t i = 0; i < size && i < 7 && value[i] >= '0' && value[i] <= '9'; i++)
            errand->expected = errand->expected * 10 + (size_t)(value[i] - '0');
    } else if (name_is(name, name_size, "retry-after")) {
        keep(errand->retry_after, sizeof errand->retry_after, value, size);
    } else if (name_is(name, name_size, "content-encoding") && !name_is(value, size, "identity")) {
        keep(errand->coding, sizeof errand->coding, value, size < sizeof errand->coding ? size : 0);
        errand->encoded = true;
    }
    for (size_t i = 0; taken && taken[i]; i++)
        if (name_is(name, name_size, taken[i]))
            keep(errand->answer->taken[i], ATT_HTTP_VALUE_SIZE, value, size);
    return true;
}

/* Room for `size` more bytes; what is left behind is wiped. */
static bool reserve(struct errand *errand, size_t size)
{
    struct att_secret *body = errand->answer->body, *larger;
    size_t used = body ? att_secret_size(body) : 0, limit = errand->http->answer_limit, room;

    if (body && size <= att_secret_capacity(body) - used)
        return true;
    room = body ? att_secret_capacity(body) * 2 : errand->expected ? errand->expected : BODY_FIRST;
    room = room > limit ? limit : room;
    room = room < used + size ? used + size : room;
    larger = att_secret_create(errand->arena, room);
    if (!larger)
        return false;
    if (body)
        att_secret_append(larger, att_secret_bytes(body), used);
    att_secret_destroy(body);
    errand->answer->body = larger;
    return true;
}

static bool on_body(void *context, const void *data, size_t size)
{
    struct errand *errand = context;

    if (errand->encoded)
        return false;
    errand->starved = !reserve(errand, size);
    return !errand->starved && att_secret_append(errand->answer->body, data, size);
}

static bool is_cancelled(void *context)
{
    const struct errand *errand = context;

    return att_call_cancelled(errand->call);
}

/* ---- how it ended ------------------------------------------------------------------------------------------------ */

/* The transport tells of "the upstream"; here that is the backend. Its name may have the word in it, too. */
static const char *retell(char *detail)
{
    static const char theirs[] = "the upstream", ours[] = "the backend";
    char *at = detail;

    while ((at = strstr(at, theirs))) {
        memcpy(at, ours, sizeof ours - 1);
        memmove(at + sizeof ours - 1, at + sizeof theirs - 1, strlen(at + sizeof theirs - 1) + 1);
    }
    return detail;
}

static att_result outcome(const struct errand *errand, enum att_exchange_result result, struct att_exchange *exchange)
{
    const char *origin = errand->url->origin, *detail = retell(exchange->detail);

    switch (result) {
    case ATT_EXCHANGE_OK:
        return ATT_RESULT_OK;
    case ATT_EXCHANGE_NETWORK:
    case ATT_EXCHANGE_NOT_RECORDED:
        return fail(errand, ATT_RESULT_UNAVAILABLE, "its backend %.100s gave no answer: %s", origin, detail);
    case ATT_EXCHANGE_REFUSED:
        return fail(errand, ATT_RESULT_CONFIG, "its backend %.100s may not be asked: %s", origin, detail);
    case ATT_EXCHANGE_TIMEOUT:
        return fail(errand, ATT_RESULT_DEADLINE, "its backend %.100s is too slow: %s", origin, detail);
    case ATT_EXCHANGE_CANCELLED:
        return att_call_late(errand->call);
    case ATT_EXCHANGE_ABORTED:
        if (!errand->starved)
            return fail(errand, ATT_RESULT_FAULT,
                        "the answer of its backend %.100s is encoded (%s), which nobody asked for; see what stands "
                        "between",
                        origin, errand->coding);
        return starve(errand);
    case ATT_EXCHANGE_NOMEM:
        return starve(errand);
    case ATT_EXCHANGE_TOO_LARGE:
        return fail(errand, ATT_RESULT_FAULT, "what its backend %.100s answered cannot be taken: %s", origin, detail);
    case ATT_EXCHANGE_FAULT:
        break;
    }
    return fail(errand, ATT_RESULT_FAULT, "its backend %.100s cannot be asked so: %s", origin, detail);
}

static att_result perform(struct errand *errand, struct att_transport *transport)
{
    const struct att_http *http = errand->http;
    int64_t own = http->timeout_ms && http->timeout_ms < INT64_MAX / ATT_NS_PER_MS / 2
                      ? att_clock_monotonic_ns() + http->timeout_ms * ATT_NS_PER_MS
                      : INT64_MAX;
    struct att_exchange exchange = {
        .url = errand->url,
        .target = errand->url->text,
        .method = http->method,
        .headers = errand->lines,
        .header_count = http->header_count,
        .body = http->body ? att_secret_bytes(http->body) : NULL,
        .body_size = http->body ? att_secret_size(http->body) : 0,
        .deadline_ns = own < errand->call->deadline_ns ? own : errand->call->deadline_ns,
        .max_response_bytes = http->answer_limit,
        .on_status = on_status,
        .on_header = on_header,
        .on_body = on_body,
        .context = errand,
        .cancelled = is_cancelled,
        .once = true,
        .echoed = true, /* the answers of a backend are secret */
    };
    enum att_exchange_result result = transport->perform(transport, &exchange);

    errand->call->in_doubt = exchange.sent && result != ATT_EXCHANGE_OK;
    if (result == ATT_EXCHANGE_OK && !reserve(errand, 0))
        return starve(errand);
    return outcome(errand, result, &exchange);
}

static att_result run(struct errand *errand)
{
    att_error error = ATT_ERROR_INIT;
    struct att_transport *transport;
    att_result result = check_request(errand);

    if (result == ATT_RESULT_OK)
        result = read_url(errand);
    if (result == ATT_RESULT_OK)
        result = write_lines(errand);
    if (result != ATT_RESULT_OK)
        return result;
    if (att_call_cancelled(errand->call))
        return att_call_late(errand->call);
    transport = att_backend_transport(&errand->call->instance->backend, &error);
    if (!transport)
        result = fail(errand, error.status == ATT_NOMEM ? ATT_RESULT_NOMEM : ATT_RESULT_CONFIG,
                      "its backend cannot be asked: %s", error.message);
    else
        result = perform(errand, transport);
    att_error_clear(&error);
    return result;
}

/* An answer that is none yet. All but its size is the host's. */
static void clear(struct att_http_answer *answer)
{
    answer->status = 0;
    answer->body = NULL;
    answer->retry_after_ms = -1;
    for (size_t i = 0; i < ATT_HTTP_TAKEN; i++)
        answer->taken[i][0] = '\0';
}

att_result att_host_http_send(const struct att_host *host, struct att_call *call, const struct att_http *http,
                              struct att_http_answer *answer)
{
    const struct att_host_table *table = host->context;
    struct errand errand = {.call = call, .http = http, .answer = answer, .arena = table->environment->arena};
    att_result result;

    if (!call || !errand.arena || !call->instance->backend.allowed || !http || !ATT_KNOWS(http, timeout_ms) ||
        !answer || !ATT_KNOWS(answer, taken)) {
        att_call_fetch_failed(call, "its module asks a backend where or how it may not");
        return ATT_RESULT_FAULT;
    }
    clear(answer);
    errand.pool = att_pool_create();
    result = errand.pool ? run(&errand) : starve(&errand);
    if (result == ATT_RESULT_OK && errand.retry_after[0])
        answer->retry_after_ms = att_retry_after_ms(errand.retry_after, att_clock_wall_us());
    if (result != ATT_RESULT_OK)
        answer->body = att_secret_destroy(answer->body);
    att_secret_destroy(errand.secrets);
    att_pool_destroy(errand.pool);
    att_wipe_registers(); /* of what was copied */
    return result;
}
