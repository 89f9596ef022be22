/* core/request/validate.c: step 1: is the call itself sound? Nothing happens before it is. */
#include <string.h>
#include <strings.h>

#include "core/inject/json_spot.h"
#include "core/request/run.h"

enum { HEADERS = 100, METHOD_SIZE = 32 };

static att_status check_method(struct att_run *run)
{
    const char *method = run->options.method ? run->options.method : "GET";

    if (!att_text_is_token(method) || strlen(method) > METHOD_SIZE)
        return att_invalid(run->error, "method",
                           "the method is refused: it is no token of RFC 9110; write GET, POST or "
                           "the like");
    for (const char *at = method; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            return att_invalid(run->error, "method",
                               "the method \"%s\" is refused: methods are case-sensitive, and this "
                               "one has lower case; write it in upper case",
                               method);
    if (strcmp(method, "CONNECT") == 0 || strcmp(method, "TRACE") == 0)
        return att_invalid(run->error, "method",
                           "the method %s is refused: it would hand the credential to a tunnel or "
                           "echo it; use another",
                           method);
    run->method = method;
    return ATT_OK;
}

static att_status check_target(struct att_run *run)
{
    const att_request_options *options = &run->options;
    att_status status;

    if (!options->grant == !options->provider)
        return att_invalid(run->error, "grant",
                           "the request names %s: exactly one of grant and provider says whose "
                           "credential to use; give one",
                           options->grant ? "both a grant and a provider" : "neither a grant nor a provider");
    if (options->account && !options->provider)
        return att_invalid(run->error, "account",
                           "the account is refused: it chooses among accounts of a provider, and "
                           "the request names a grant; leave it out, or name the provider");
    if (options->grant && att_text_is_uuid_in_capitals(options->grant))
        return att_invalid(run->error, "grant",
                           "the grant is refused: its UUID has capital letters; write it in lower "
                           "case, as the site's rules do");
    status = att_caller_name_check("grant", options->grant, run->error);
    if (status == ATT_OK)
        status = att_caller_name_check("provider", options->provider, run->error);
    if (status == ATT_OK)
        status = att_caller_name_check("account", options->account, run->error);
    return status == ATT_OK ? att_caller_token_check(options->user_token, run->error) : status;
}

static att_status check_said(struct att_run *run)
{
    att_status status = att_caller_reason_check(run->options.reason, run->error);

    return status == ATT_OK ? att_caller_pairs_check("context", run->options.context, run->error) : status;
}

/* Names that belong to the connection or say whose request this is, and those with which one method is sent and
 * another is meant. */
static const char *forbidden_header(const char *name)
{
    if (att_header_means_another(name))
        return "it would make the upstream see another request than the policy; set method and URL themselves";
    if (strncasecmp(name, "proxy-", 6) == 0)
        return "it belongs to a proxy; leave it out";
    if (att_header_is_connections(name))
        return "it belongs to the connection; leave it out";
    if (strcasecmp(name, "authorization") == 0)
        return "the grant supplies the credential; leave it out";
    return NULL;
}

/* Whether what the upstream answers is masked; see attach.c. */
static bool is_searched(const struct att_run *run)
{
    const struct att_config *config = att_snapshot_config(run->snapshot);

    return config->mask_secrets || config->record;
}

static att_status check_headers(struct att_run *run)
{
    const att_pair *headers = run->options.headers;

    for (size_t i = 0; headers && headers[i].name; i++) {
        const char *name = headers[i].name, *value = headers[i].value, *why;
        if (i == HEADERS)
            return att_invalid(run->error, "headers", "the headers are refused: there are more than 100; send fewer");
        if (!att_text_is_token(name))
            return att_invalid(run->error, "headers",
                               "header %zu is refused: its name is no token of RFC 9110; write a "
                               "name such as x-trace-id",
                               i + 1);
        why = forbidden_header(name);
        if (why)
            return att_invalid(run->error, "headers", "the header %s is refused: %s", name, why);
        if (!value || !att_text_is_field_value(value, strlen(value)))
            return att_invalid(run->error, "headers",
                               "the header %s is refused: its value is missing or has a control "
                               "character; remove CR, LF and the like",
                               name);
        if (strcasecmp(name, "accept-encoding") == 0 && strcasecmp(value, "identity") != 0 && is_searched(run))
            return att_invalid(run->error, "headers",
                               "the header accept-encoding is refused: answers are searched for the credential, and a "
                               "compressed one cannot be; leave it out");
        if (strcasecmp(name, "content-type") == 0 && (run->options.content_type || run->options.json))
            return att_invalid(run->error, "headers",
                               "the header content-type is refused: %s sets it already; give it "
                               "once",
                               run->options.json ? "json" : "content_type");
    }
    return ATT_OK;
}

static att_status check_body(struct att_run *run)
{
    const att_request_options *options = &run->options;

    if (options->read && (options->json || options->body || options->body_size))
        return att_invalid(run->error, "read",
                           "the request has both a body and read, which streams one; give one of them");
    if (options->read_size && !options->read)
        return att_invalid(run->error, "read_size", "read_size is set and read is NULL; give the callback");
    if (options->json && (options->body || options->body_size))
        return att_invalid(run->error, "body", "the request has both json and body; give one of them");
    if (strcmp(run->method, "HEAD") == 0 && (options->json || options->body_size || options->read))
        return att_invalid(run->error, "body", "a HEAD request has no body; leave it out, or use another method");
    if (options->body_size && !options->body)
        return att_invalid(run->error, "body", "body_size is set and body is NULL; give the body");
    if (options->content_type && !options->body && !options->read)
        return att_invalid(run->error, "content_type", "content_type is set and there is no body; give the body");
    if (options->content_type && !att_text_is_field_value(options->content_type, strlen(options->content_type)))
        return att_invalid(run->error, "content_type",
                           "content_type has a control character; write application/json or "
                           "the like");
    if (options->json) {
        run->body_size = strlen(options->json);
        if (!att_text_is_utf8(options->json, run->body_size))
            return att_invalid(run->error, "json", "the JSON text is not UTF-8; encode it so (RFC 8259 section 8.1)");
        run->body = options->json;
        run->content_type = "application/json";
    } else {
        run->body = options->body;
        run->body_size = options->body_size;
        run->content_type = options->content_type;
        run->stream.wanted = options->read != NULL;
        run->stream.left = options->read_size;
    }
    return ATT_OK;
}

/* The backend places the credential where it knows, and hands headers on as members of one JSON object. */
static att_status check_headers_of_backend(struct att_run *run)
{
    static const char *const credentials[] = {"cookie", "x-api-key", "x-amz-security-token"};
    const att_pair *headers = run->options.headers;

    for (size_t i = 0; headers && headers[i].name; i++) {
        for (size_t j = 0; j < ATT_COUNT(credentials); j++)
            if (strcasecmp(headers[i].name, credentials[j]) == 0)
                return att_invalid(run->error, "headers",
                                   "the header %s is refused: it carries a credential, and the backend sends its own; "
                                   "leave it out",
                                   headers[i].name);
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(headers[i].name, headers[j].name) == 0)
                return att_invalid(run->error, "headers",
                                   "the header %s is refused: it is given twice, which a backend cannot be told; give "
                                   "it once",
                                   headers[i].name);
    }
    return ATT_OK;
}

static att_status check_by_backend(struct att_run *run)
{
    const att_request_options *options = &run->options;

    if (options->approval_wait_ms < 0 || (options->approval_wait_ms && !options->by_backend))
        return att_invalid(
            run->error, "approval_wait_ms",
            options->by_backend
                ? "approval_wait_ms is negative; give milliseconds, or 0 not to wait"
                : "approval_wait_ms is set and by_backend is not: only a backend holds requests; set both");
    if (options->by_backend && (options->body || options->read))
        return att_invalid(run->error, options->read ? "read" : "body",
                           "the body is refused: a backend that performs the request takes JSON or nothing; give json, "
                           "or leave by_backend out");
    if (!options->by_backend)
        return ATT_OK;
    if (options->json && att_json_spot_find(options->json, run->body_size, NULL, NULL) != ATT_JSON_SPOT)
        return att_invalid(run->error, "json",
                           "the JSON text is refused: it is none of RFC 8259, or nested deeper than 64, and a backend "
                           "reads it; correct it");
    return check_headers_of_backend(run);
}

static att_status check_timeout(struct att_run *run)
{
    int64_t timeout_ms = run->options.timeout_ms;

    if (timeout_ms < 0)
        return att_invalid(run->error, "timeout_ms",
                           "timeout_ms is negative; give milliseconds, or 0 for the client's");
    if (!timeout_ms)
        timeout_ms = run->client->timeout_ms;
    if (!timeout_ms)
        timeout_ms = att_snapshot_config(run->snapshot)->timeout_ms;
    if (timeout_ms > INT64_MAX / ATT_NS_PER_MS / 2)
        timeout_ms = INT64_MAX / ATT_NS_PER_MS / 2;
    run->deadline_ns = run->started_ns + timeout_ms * ATT_NS_PER_MS;
    return ATT_OK;
}

static att_status check_url(struct att_run *run)
{
    const char *text = NULL;
    att_status status;

    if (!run->options.url || !*run->options.url)
        return att_invalid(run->error, "url", "the request has no URL; give one that begins with https://");
    status = att_url_expand(run->pool, run->options.url, run->options.path_params, run->options.query_params, &text,
                            run->error);
    return status == ATT_OK ? att_url_parse(run->pool, text, &run->url, run->error) : status;
}

att_status att_run_validate(struct att_run *run)
{
    static att_status (*const checks[])(struct att_run *) = {
        check_method, check_target, check_said, check_headers, check_body, check_by_backend, check_timeout, check_url,
    };
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && i < ATT_COUNT(checks); i++)
        status = checks[i](run);
    return status;
}
