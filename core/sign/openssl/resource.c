/* core/sign/openssl/resource.c: path and query of a request in the one spelling that both sides sign.
 *
 * The rules are those of the AWS General Reference, "Create a canonical request": everything but letters, digits and
 * "-._~" is percent-encoded with capital digits. The query is read by RFC 3986, so "+" is a plus sign, and encoded
 * anew, however the caller spelled it. */
#include <stdlib.h>

#include "core/sign/openssl/openssl.h"

static bool is_plain(unsigned char c)
{
    static const bool plain[256] = {
        ['-'] = true,         ['.'] = true,         ['_'] = true,         ['~'] = true,
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    };

    return plain[c];
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that stands at `*at`, an escape read as what it means; "%" that begins none is itself. */
static unsigned char take_byte(const char **at, const char *end)
{
    const char *in = *at;
    int high, low;

    *at = in + 1;
    if (*in != '%' || end - in < 3)
        return (unsigned char)*in;
    high = hex_value(in[1]);
    low = hex_value(in[2]);
    if (high < 0 || low < 0)
        return '%';
    *at = in + 3;
    return (unsigned char)(high * 16 + low);
}

static void add_encoded_byte(struct text *text, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

    text_add(text, escape, sizeof escape);
}

static size_t plain_run(const char *bytes, const char *end, bool with_slashes)
{
    const char *at = bytes;

    while (at < end && (is_plain((unsigned char)*at) || (with_slashes && *at == '/')))
        at++;
    return (size_t)(at - bytes);
}

/* Encodes what a text means: escapes in it are read first. */
static void add_recoded(struct text *text, const char *bytes, size_t size, bool with_slashes)
{
    const char *end = bytes + size;

    while (bytes < end) {
        size_t run = plain_run(bytes, end, with_slashes);
        unsigned char c;

        text_add(text, bytes, run);
        bytes += run;
        if (bytes == end)
            break;
        c = take_byte(&bytes, end);
        if (is_plain(c) || (with_slashes && c == '/'))
            text_char(text, (char)c);
        else
            add_encoded_byte(text, c);
    }
}

/* Encodes a text as it stands: "%" becomes "%25". */
static void add_encoded(struct text *text, const char *bytes, size_t size)
{
    const char *end = bytes + size;

    while (bytes < end) {
        size_t run = plain_run(bytes, end, false);

        text_add(text, bytes, run);
        bytes += run;
        if (bytes < end)
            add_encoded_byte(text, (unsigned char)*bytes++);
    }
}

/* Without dot segments and empty ones. The text so far ends with a "/" whenever a segment begins. */
static void add_normalised(struct text *text, const char *path)
{
    const char *start = text->at;

    text_char(text, '/');
    while (*path && !text->failed) {
        size_t size = strcspn(path, "/");

        if (size == 2 && memcmp(path, "..", 2) == 0) {
            if (text->at - start > 1)
                text->at--;
            while (text->at[-1] != '/')
                text->at--;
        } else if (size > 1 || (size == 1 && *path != '.')) {
            add_encoded(text, path, size);
            if (path[size] == '/')
                text_char(text, '/');
        }
        path += size + (path[size] == '/');
    }
}

void canonical_path(struct text *text, const char *path, bool plain)
{
    if (!plain) {
        add_normalised(text, path + (*path == '/'));
        return;
    }
    if (*path != '/')
        text_char(text, '/');
    add_recoded(text, path, strlen(path), true);
}

/* ---- query ------------------------------------------------------------------------------------------------------- */

/* A parameter, encoded; both parts lie in the scratch memory. */
struct parameter {
    const char *name, *value;
    size_t name_size, value_size;
};

static int compare_bytes(const char *left, size_t left_size, const char *right, size_t right_size)
{
    int order = memcmp(left, right, left_size < right_size ? left_size : right_size);

    return order ? order : (left_size > right_size) - (left_size < right_size);
}

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = compare_bytes(a->name, a->name_size, b->name, b->name_size);

    return order ? order : compare_bytes(a->value, a->value_size, b->value, b->value_size);
}

static size_t count_parameters(const char *query)
{
    size_t count = 1;

    for (; *query; query++)
        count += *query == '&';
    return count;
}

/* Reads one parameter; an empty one, as between two "&", is none. */
static bool read_parameter(struct text *scratch, const char *query, size_t size, struct parameter *parameter)
{
    const char *equals = memchr(query, '=', size);
    size_t name_size = equals ? (size_t)(equals - query) : size;

    if (!size)
        return false;
    parameter->name = scratch->at;
    add_recoded(scratch, query, name_size, false);
    parameter->name_size = (size_t)(scratch->at - parameter->name);
    parameter->value = scratch->at;
    if (equals)
        add_recoded(scratch, equals + 1, size - name_size - 1, false);
    parameter->value_size = (size_t)(scratch->at - parameter->value);
    return true;
}

bool canonical_query(struct text *text, struct att_secret *scratch, const char *query)
{
    enum { FEW = 16 };
    struct parameter few[FEW], *parameters = few;
    size_t most = count_parameters(query), count = 0;
    struct text encoded = {att_secret_tail(scratch), att_secret_tail(scratch) + att_secret_capacity(scratch), false};

    if (most > FEW)
        parameters = calloc(most, sizeof *parameters);
    if (!parameters)
        return false;
    while (*query) {
        size_t size = strcspn(query, "&");
        count += read_parameter(&encoded, query, size, &parameters[count]);
        query += size + (query[size] == '&');
    }
    if (count > 1)
        qsort(parameters, count, sizeof *parameters, compare_parameters);
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_char(text, '&');
        text_add(text, parameters[i].name, parameters[i].name_size);
        text_char(text, '=');
        text_add(text, parameters[i].value, parameters[i].value_size);
    }
    text->failed = text->failed || encoded.failed;
    if (parameters != few)
        free(parameters);
    return true;
}
