/* core/sign/openssl/canonical.c: the canonical request: method, path, query, headers, and what stands for the body. */
#include <stdlib.h>

#include "core/sign/openssl/openssl.h"

/* One header line, read in place. */
struct line {
    const char *name, *value;
    size_t name_size, value_size;
    bool own; /* of the signer: a name in lower case, and a value as it is signed */
};

enum { OWN_LINES = 4, FEW_LINES = 24 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* What hops on the way may add, change or take away, so that a signature over it would not last; and what the signer
 * writes itself. One that ends with "-" stands for all that begin with it. */
static bool is_left_out(const struct line *line)
{
    static const char names[][24] = {"authorization",
                                     "cache-control",
                                     "connection",
                                     "expect",
                                     "forwarded",
                                     "from",
                                     "host",
                                     "keep-alive",
                                     "max-forwards",
                                     "pragma",
                                     "proxy-",
                                     "referer",
                                     "te",
                                     "trailer",
                                     "transfer-encoding",
                                     "upgrade",
                                     "user-agent",
                                     "via",
                                     "x-amz-content-sha256",
                                     "x-amz-date",
                                     "x-amz-security-token",
                                     "x-amzn-trace-id",
                                     "x-forwarded-"};

    for (size_t i = 0; i < ATT_COUNT(names); i++) {
        size_t at = 0;
        while (at < line->name_size && lower(line->name[at]) == names[i][at])
            at++;
        if (at && names[i][at] == '\0' && (at == line->name_size || names[i][at - 1] == '-'))
            return true;
    }
    return false;
}

static int compare_names(const struct line *left, const struct line *right)
{
    size_t size = left->name_size < right->name_size ? left->name_size : right->name_size;

    for (size_t i = 0; i < size; i++) {
        unsigned char a = (unsigned char)lower(left->name[i]), b = (unsigned char)lower(right->name[i]);
        if (a != b)
            return a < b ? -1 : 1;
    }
    return (left->name_size > right->name_size) - (left->name_size < right->name_size);
}

/* Sorts a line in behind those of the same name, which keep their order. */
static void add_line(struct line *lines, size_t *count, struct line line)
{
    size_t at = (*count)++;

    for (; at > 0 && compare_names(&lines[at - 1], &line) > 0; at--)
        lines[at] = lines[at - 1];
    lines[at] = line;
}

static void add_own_line(struct line *lines, size_t *count, const char *name, const char *value, size_t value_size)
{
    add_line(lines, count, (struct line){name, value, strlen(name), value_size, true});
}

/* What a session token is made of is for its issuer to say. */
static struct line own_token(const struct att_secret *token)
{
    static const char name[] = "x-amz-security-token";

    return (struct line){name, att_secret_bytes(token), sizeof name - 1, att_secret_size(token), false};
}

static size_t gather_lines(struct line *lines, const struct att_sign_request *request, const struct own_lines *own)
{
    size_t count = 0;

    add_own_line(lines, &count, "host", request->host, strlen(request->host));
    if (own->payload_line)
        add_own_line(lines, &count, "x-amz-content-sha256", own->payload, strlen(own->payload));
    add_own_line(lines, &count, "x-amz-date", own->stamp, strlen(own->stamp));
    if (own->token)
        add_line(lines, &count, own_token(own->token));
    for (size_t i = 0; i < request->header_count; i++) {
        const char *text = request->headers[i], *colon = strchr(text, ':');
        struct line line;

        if (!colon)
            continue;
        line = (struct line){text, colon + 1, (size_t)(colon - text), 0, false};
        if (is_left_out(&line))
            continue;
        line.value_size = strlen(line.value);
        add_line(lines, &count, line);
    }
    return count;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A value without blanks around it, and with one for each run of them inside. */
static void add_value(struct text *text, const char *value, size_t size)
{
    const char *end = value + size;
    bool first = true;

    for (;;) {
        const char *word;

        while (value < end && is_blank(*value))
            value++;
        if (value == end)
            return;
        for (word = value; value < end && !is_blank(*value); value++)
            continue;
        if (!first)
            text_char(text, ' ');
        text_add(text, word, (size_t)(value - word));
        first = false;
    }
}

static void add_name(struct text *text, const struct line *line)
{
    char *start = text->at;

    text_add(text, line->name, line->name_size);
    for (; !line->own && start < text->at; start++)
        *start = lower(*start);
}

static bool is_repeated(const struct line *lines, size_t number)
{
    return number && compare_names(&lines[number - 1], &lines[number]) == 0;
}

static void add_lines(struct text *text, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_repeated(lines, i)) {
            text_char(text, ',');
        } else {
            if (i)
                text_char(text, '\n');
            add_name(text, &lines[i]);
            text_char(text, ':');
        }
        if (lines[i].own)
            text_add(text, lines[i].value, lines[i].value_size);
        else
            add_value(text, lines[i].value, lines[i].value_size);
    }
    text_char(text, '\n');
}

static void add_names(struct text *text, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_repeated(lines, i))
            continue;
        if (i)
            text_char(text, ';');
        add_name(text, &lines[i]);
    }
}

/* The most that the lines can take, their names twice. */
static size_t measure_lines(const struct line *lines, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += 2 * lines[i].name_size + lines[i].value_size + 3;
    return size;
}

/* Everything into memory that was measured for it. */
static bool write_request(struct text *text, struct att_secret *scratch, const struct att_sign_request *request,
                          const struct own_lines *own, bool plain_path, const struct line *lines, size_t count,
                          const char **names, size_t *names_size)
{
    text_string(text, request->method);
    text_char(text, '\n');
    canonical_path(text, request->path, plain_path);
    text_char(text, '\n');
    if (scratch && !canonical_query(text, scratch, request->query))
        return false;
    text_char(text, '\n');
    add_lines(text, lines, count);
    text_char(text, '\n');
    *names = text->at;
    add_names(text, lines, count);
    *names_size = (size_t)(text->at - *names);
    text_char(text, '\n');
    text_string(text, own->payload);
    return true;
}

att_status canonical_request(struct att_arena *arena, const struct att_sign_request *request,
                             const struct own_lines *own, bool plain_path, struct att_secret **canonical,
                             const char **names, size_t *names_size, att_error *error)
{
    struct line few[FEW_LINES], *lines = few;
    size_t query_size = request->query ? 3 * strlen(request->query) : 0, count, size;
    struct att_secret *scratch = NULL;
    att_status status = ATT_OK;
    struct text text;

    *canonical = NULL;
    if (request->header_count + OWN_LINES > FEW_LINES)
        lines = calloc(request->header_count + OWN_LINES, sizeof *lines);
    if (!lines)
        return att_nomem(error);
    count = gather_lines(lines, request, own);
    size = strlen(request->method) + 3 * strlen(request->path) + 2 * query_size + measure_lines(lines, count) + 128;
    if (size > ATT_SECRET_LIMIT) {
        status = sign_fail_size(error);
        goto cleanup;
    }
    *canonical = att_secret_create(arena, size);
    scratch = query_size ? att_secret_create(arena, query_size) : NULL;
    if (!*canonical || (query_size && !scratch)) {
        status = att_nomem(error);
        goto cleanup;
    }
    text = (struct text){att_secret_tail(*canonical), att_secret_tail(*canonical) + size, false};
    if (!write_request(&text, scratch, request, own, plain_path, lines, count, names, names_size))
        status = att_nomem(error);
    else if (text.failed)
        status = sign_fail_size(error);
    else
        att_secret_advance(*canonical, (size_t)(text.at - att_secret_tail(*canonical)));

cleanup:
    att_secret_destroy(scratch);
    if (lines != few)
        free(lines);
    if (status != ATT_OK)
        *canonical = att_secret_destroy(*canonical);
    return status;
}
