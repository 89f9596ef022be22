/* core/inject/body.c: which bodies may carry a credential, and the new body in secret memory. The application's own is
 * never changed: where the credential stays behind, that one is sent. */
#include <string.h>
#include <strings.h>

#include "core/inject/place.h"

static const char *const media_types[] = {
    [ATT_BODY_FORM] = "application/x-www-form-urlencoded",
    [ATT_BODY_JSON] = "application/json",
};

/* The application's header of that name; `count` says how many there are. */
static const char *find_header(const struct att_outgoing *outgoing, const char *name, size_t *count)
{
    const char *value = NULL;

    *count = 0;
    for (const att_pair *header = outgoing->headers; header && header->name; header++) {
        if (strcasecmp(header->name, name) != 0)
            continue;
        value = header->value;
        ++*count;
    }
    return value;
}

/* RFC 9110 section 8.3.1: parameters and case do not count. "+json" is RFC 6839 section 3.1. */
static bool is_type(const char *text, enum att_body_kind kind)
{
    const char *wanted = media_types[kind];
    size_t size = strcspn(text, ";"), wanted_size = strlen(wanted);

    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    if (size == wanted_size && strncasecmp(text, wanted, size) == 0)
        return true;
    return kind == ATT_BODY_JSON && size > 5 && strncasecmp(text + size - 5, "+json", 5) == 0;
}

static att_status check_type(const struct att_placing *placing, enum att_body_kind kind)
{
    const struct att_outgoing *outgoing = placing->outgoing;
    size_t codings, types;
    const char *listed;
    const char *type;

    find_header(outgoing, "content-encoding", &codings);
    listed = find_header(outgoing, "content-type", &types);
    type = outgoing->content_type ? outgoing->content_type : listed;
    if (outgoing->streamed)
        return att_invalid(placing->error, "read",
                           "the body is refused: it is streamed, and the credential of grant \"%s\" goes into it; give "
                           "it as a whole",
                           outgoing->grant);
    if (codings)
        return att_invalid(placing->error, "body",
                           "the body is refused: it has a content-encoding, and the credential of grant \"%s\" goes "
                           "into it; send it as it is",
                           outgoing->grant);
    if (types > 1)
        return att_invalid(
            placing->error, "body",
            "the body is refused: it has two content types, and the credential of grant \"%s\" goes into "
            "it; give one",
            outgoing->grant);
    if (type ? is_type(type, kind) : !outgoing->body_size)
        return ATT_OK;
    return att_invalid(placing->error, "body",
                       "the body is refused: the credential of grant \"%s\" goes into it, and its content type is %s; "
                       "send %s",
                       outgoing->grant, type ? type : "not given", media_types[kind]);
}

/* Methods that go without a body never get one; where the application sends none, one is made for those that are meant
 * to have it. */
static att_status check_method(const struct att_placing *placing)
{
    const struct att_outgoing *outgoing = placing->outgoing;
    const char *method = outgoing->method;

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return att_invalid(placing->error, "method",
                           "the method %s is refused: the credential of grant \"%s\" goes into the body, and %s has "
                           "none; use POST, PUT or PATCH",
                           method, outgoing->grant, method);
    if (!outgoing->body_size && !outgoing->streamed && strcmp(method, "POST") != 0 && strcmp(method, "PUT") != 0 &&
        strcmp(method, "PATCH") != 0)
        return att_invalid(
            placing->error, "body",
            "the body is missing: the credential of grant \"%s\" goes into it, and one is made for POST, "
            "PUT and PATCH only; give the body",
            outgoing->grant);
    return ATT_OK;
}

att_status att_body_check(const struct att_placing *placing, enum att_body_kind kind, struct att_body *body)
{
    const struct att_injection *injection = placing->injection;
    att_status status = check_method(placing);

    if (status == ATT_OK)
        status = check_type(placing, kind);
    if (status == ATT_OK && injection->body && injection->body_kind != kind) {
        status = att_fail(placing->error, ATT_CONFIG,
                          "grant \"%s\" has credentials for a form and for JSON, and a body is one of both; change its "
                          "inject settings",
                          placing->outgoing->grant);
        ATT_ERROR_TEXT(placing->error, grant, placing->outgoing->grant);
    }
    *body = injection->body ? (struct att_body){att_secret_bytes(injection->body), att_secret_size(injection->body)}
                            : (struct att_body){placing->outgoing->body, placing->outgoing->body_size};
    return status;
}

struct att_secret *att_body_start(const struct att_placing *placing, const struct att_body *body, size_t head,
                                  size_t more)
{
    struct att_secret *grown;

    if (body->size > ATT_SECRET_LIMIT || more > ATT_SECRET_LIMIT - body->size) {
        att_invalid(placing->error, "body",
                    "the body is refused: with the credential of grant \"%s\" it is larger than 1 MiB, which is what "
                    "secret memory holds; send less, or place the credential in a header",
                    placing->outgoing->grant);
        return NULL;
    }
    grown = att_secret_create(placing->injection->arena, body->size + more);
    if (!grown)
        att_nomem(placing->error);
    else if (head)
        att_secret_append(grown, body->bytes, head);
    return grown;
}

void att_body_finish(const struct att_placing *placing, enum att_body_kind kind, const struct att_body *body,
                     size_t head, struct att_secret *grown)
{
    struct att_injection *injection = placing->injection;
    size_t types;

    if (body->size > head)
        att_secret_append(grown, body->bytes + head, body->size - head);
    att_secret_destroy(injection->body);
    injection->body = grown;
    injection->body_kind = kind;
    injection->content_type = NULL;
    if (!placing->outgoing->content_type && !find_header(placing->outgoing, "content-type", &types))
        injection->content_type = media_types[kind];
}
