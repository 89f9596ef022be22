/* providers/exec/bazel.c: Bazel credential helpers (EngFlow's credential-helper-spec): a URL in, header fields out. */
#include <stdio.h>
#include <string.h>

#include "providers/exec/exec.h"

enum { HEADERS = 8, NAME_SIZE = 100, SCHEME_SIZE = 32, PLACED_SIZE = 256 };

/* One answer for an origin may still differ between callers, who are told. */
static int bazel_varies(const struct exec *exec)
{
    return exec->per_origin ? EXEC_BY_ORIGIN | EXEC_BY_CALLER : -1;
}

static bool append_member(const struct att_host *host, struct att_secret *input, const char *name, const char *text)
{
    return !text || (exec_append(host, input, ",\"", name, "\":", NULL) && json_write_text(host, input, text));
}

/* Members that the specification does not have are passed over by helpers. */
static bool bazel_ask(const struct exec *exec, const struct att_fetch *fetch, struct att_secret *input)
{
    const struct att_host *host = exec->host;
    const char *path = exec->per_origin ? "/" : fetch->path;
    char uri[8192];

    exec_origin(fetch, uri, sizeof uri);
    if (strlen(path) >= sizeof uri - strlen(uri))
        return false;
    memcpy(uri + strlen(uri), path, strlen(path) + 1);
    return exec_append(host, input, "{\"uri\":", NULL) && json_write_text(host, input, uri) &&
           append_member(host, input, "grant", fetch->grant) &&
           append_member(host, input, "method", exec->per_origin ? NULL : fetch->method) &&
           append_member(host, input, "caller", fetch->caller) && exec_append(host, input, "}\n", NULL);
}

/* ---- headers ----------------------------------------------------------------------------------------------------- */

struct header {
    char name[NAME_SIZE];
    struct json_value value;
};

struct headers {
    struct header list[HEADERS];
    size_t count;
};

/* A field name (RFC 9110 section 5.1) in lower case. */
static bool read_name(struct json_value value, char name[NAME_SIZE])
{
    if (!json_text_copy(value, name, NAME_SIZE) || !*name)
        return false;
    for (char *at = name; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && !strchr("!#$%&'*+-.^_`|~", *at))
            return false;
    }
    return true;
}

static att_result read_header(const struct exec_answer *answer, struct headers *headers, struct json_value name,
                              struct json_value values)
{
    struct header *header = &headers->list[headers->count];
    struct json_walk walk = json_walk_of(values);
    struct json_value other;

    if (headers->count == HEADERS)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with more than %d header fields", HEADERS);
    if (!read_name(name, header->name))
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with a header field whose name is none");
    for (size_t i = 0; i < headers->count; i++)
        if (strcmp(headers->list[i].name, header->name) == 0)
            return exec_fail(answer, ATT_RESULT_FAULT, "answered with the header field %s twice", header->name);
    if (json_kind_of(values) != JSON_IS_LIST || !json_step(&walk, NULL, &header->value) ||
        json_kind_of(header->value) != JSON_IS_TEXT)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with the header field %s without a list of a text",
                         header->name);
    if (json_step(&walk, NULL, &other))
        return exec_fail(answer, ATT_RESULT_FAULT,
                         "answered with several values for the header field %s; let it give one", header->name);
    headers->count++;
    return ATT_RESULT_OK;
}

/* The scheme of an authorization is no secret: without it in the part, an echo of the rest alone is masked too. */
static size_t scheme_of(const char *bytes, size_t size, char scheme[SCHEME_SIZE])
{
    const char *blank = memchr(bytes, ' ', size < SCHEME_SIZE ? size : SCHEME_SIZE);
    size_t used = blank ? (size_t)(blank - bytes) : 0;

    for (size_t i = 0; i < used; i++)
        if (!(bytes[i] >= 'a' && bytes[i] <= 'z') && !(bytes[i] >= 'A' && bytes[i] <= 'Z') &&
            !(bytes[i] >= '0' && bytes[i] <= '9') && bytes[i] != '-')
            return 0;
    if (!used || used + 1 == size)
        return 0;
    memcpy(scheme, bytes, used + 1);
    scheme[used + 1] = '\0';
    return used + 1;
}

/* Makes the value of header `number` a part, and writes where it goes. */
static bool take_header(const struct exec_answer *answer, const struct header *header, unsigned number,
                        char placed[PLACED_SIZE])
{
    const struct att_host *host = answer->exec->host;
    struct att_secret *secret = json_text_secret(host, header->value);
    char part[16], scheme[SCHEME_SIZE] = "";
    const unsigned char *bytes;
    size_t size, skipped = 0;

    if (!secret)
        return false;
    snprintf(part, sizeof part, "header_%u", number % HEADERS);
    bytes = host->secret_borrow(secret, &size);
    if (strcmp(header->name, "authorization") == 0)
        skipped = scheme_of((const char *)bytes, size, scheme);
    host->credential_material(answer->credential, part, bytes + skipped, size - skipped);
    host->secret_return(secret, bytes);
    host->secret_destroy(secret);
    snprintf(placed, PLACED_SIZE, "{ header = \"%s\"; format = \"%s{%s}\"; }", header->name, scheme, part);
    return true;
}

static att_result take_headers(const struct exec_answer *answer, const struct headers *headers)
{
    const struct att_host *host = answer->exec->host;
    char placed[PLACED_SIZE], list[HEADERS * (PLACED_SIZE + 4)];
    size_t used = (size_t)snprintf(list, sizeof list, "(");

    for (size_t i = 0; i < headers->count; i++) {
        if (!take_header(answer, &headers->list[i], (unsigned)i, placed))
            return ATT_RESULT_NOMEM;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s %s", i ? "," : "", placed);
    }
    snprintf(list + used, sizeof list - used, " )");
    host->credential_place(answer->credential, list);
    return ATT_RESULT_OK;
}

static att_result bazel_read(struct exec_answer *answer)
{
    struct headers headers = {.count = 0};
    struct json_value object, fields, name, values;
    struct json_walk walk;
    att_result result = exec_read_json(answer, &object);

    if (result != ATT_RESULT_OK)
        return result;
    fields = json_member(object, "headers");
    if (json_kind_of(fields) != JSON_IS_ABSENT && json_kind_of(fields) != JSON_IS_OBJECT)
        return exec_fail(answer, ATT_RESULT_FAULT, "answered with \"headers\" that is no object");
    walk = json_walk_of(fields);
    while (result == ATT_RESULT_OK && json_step(&walk, &name, &values))
        result = read_header(answer, &headers, name, values);
    if (result != ATT_RESULT_OK)
        return result;
    if (!headers.count)
        return exec_fail(answer, ATT_RESULT_NONE, "has no credential for this URL");
    if (!exec_take_expiry(answer, object, "expires"))
        return ATT_RESULT_FAULT;
    return take_headers(answer, &headers);
}

const struct exec_protocol exec_bazel = {
    .name = "bazel",
    .kind = "headers",
    .operation = "get",
    .places = true,
    .varies = bazel_varies,
    .ask = bazel_ask,
    .read = bazel_read,
};
