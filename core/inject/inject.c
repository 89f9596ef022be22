/* core/inject/inject.c: building the bytes of a credential. */
#include "core/inject/inject.h"

#include <string.h>
#include <strings.h>

void att_injection_open(struct att_injection *injection, struct att_arena *arena)
{
    *injection = (struct att_injection){.arena = arena};
}

void att_injection_close(struct att_injection *injection)
{
    for (size_t i = 0; i < injection->line_count; i++)
        att_secret_destroy(injection->lines[i]);
    att_secret_destroy(injection->target);
    att_injection_open(injection, injection->arena);
}

bool att_injection_occupies(const struct att_injection *injection, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < injection->line_count; i++) {
        const char *line = att_secret_bytes(injection->lines[i]);
        if (strncasecmp(line, name, size) == 0 && line[size] == ':')
            return true;
    }
    return false;
}

/* What a format needs when it is filled in: a walk over its literal runs and {parts}. */
struct run {
    const char *literal;
    size_t literal_size;
    const struct att_secret *part; /* NULL at the end */
};

/* Splits off the next run. False when the credential lacks the part, which `missing` then names. */
static bool next_run(const char **format, const struct att_credential *credential, struct run *run, char missing[32])
{
    const char *open = strchr(*format, '{'), *close = open ? strchr(open, '}') : NULL;
    size_t size = close ? (size_t)(close - open - 1) : 0;

    *run = (struct run){*format, close ? (size_t)(open - *format) : strlen(*format), NULL};
    if (!close) {
        *format += run->literal_size;
        return true;
    }
    if (size >= 32)
        size = 31;
    memcpy(missing, open + 1, size);
    missing[size] = '\0';
    run->part = att_credential_part(credential, missing);
    *format = close + 1;
    return run->part != NULL;
}

/* What any upstream would take, and a mask can look for. */
enum { VALUE_LIMIT = 48 * 1024 };

enum spelling { AS_IS, PERCENT_ENCODED };

static bool append_spelled(struct att_secret *out, const char *bytes, size_t size, enum spelling spelling)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";

    if (spelling == AS_IS)
        return att_secret_append(out, bytes, size);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (!(c && strchr(plain, c) ? att_secret_append(out, bytes + i, 1) : att_secret_append(out, escape, 3)))
            return false;
    }
    return true;
}

/* The most bytes that the filled format can take. */
static size_t filled_size(const char *format, const struct att_credential *credential, char missing[32])
{
    size_t size = 1;
    struct run run;

    while (*format) {
        if (!next_run(&format, credential, &run, missing))
            return 0;
        size += run.literal_size + (run.part ? att_secret_size(run.part) : 0);
    }
    return size;
}

static bool fill(struct att_secret *out, const char *format, const struct att_credential *credential,
                 enum spelling spelling)
{
    struct run run;
    char missing[32];

    while (*format) {
        if (!next_run(&format, credential, &run, missing) ||
            !append_spelled(out, run.literal, run.literal_size, spelling))
            return false;
        if (run.part && !append_spelled(out, att_secret_bytes(run.part), att_secret_size(run.part), spelling))
            return false;
    }
    return true;
}

static att_status lacks_part(const char *part, const char *grant, att_error *error)
{
    att_fail(error, ATT_MODULE,
             "the credential of grant \"%s\" has no part \"%s\", which its placement names; correct "
             "the inject setting, or the provider",
             grant, part);
    ATT_ERROR_TEXT(error, grant, grant);
    return ATT_MODULE;
}

static att_status too_large(const char *grant, att_error *error)
{
    att_fail(error, ATT_MODULE,
             "the credential of grant \"%s\" is too large to be placed: at most 48 KiB fit; check "
             "what the provider gives",
             grant);
    ATT_ERROR_TEXT(error, grant, grant);
    return ATT_MODULE;
}

static att_status unfit(const char *place, const char *grant, att_error *error)
{
    att_fail(error, ATT_MODULE,
             "the credential of grant \"%s\" has characters that a %s cannot hold; place it "
             "elsewhere, or check what the provider gives",
             grant, place);
    ATT_ERROR_TEXT(error, grant, grant);
    return ATT_MODULE;
}

static att_status add_line(struct att_injection *injection, struct att_secret *line, const char *grant,
                           att_error *error)
{
    if (injection->line_count == ATT_INJECTION_LINES) {
        att_secret_destroy(line);
        att_fail(error, ATT_CONFIG, "grant \"%s\" places more than %d headers; remove some of the inject settings",
                 grant, ATT_INJECTION_LINES);
        ATT_ERROR_TEXT(error, grant, grant);
        return ATT_CONFIG;
    }
    injection->lines[injection->line_count++] = line;
    return ATT_OK;
}

static att_status taken(const char *place, const char *name, const char *grant, att_error *error)
{
    att_fail(error, ATT_CONFIG, "grant \"%s\" has two credentials for the %s %s; give each its own with inject", grant,
             place, name);
    ATT_ERROR_TEXT(error, grant, grant);
    return ATT_CONFIG;
}

static att_status check_free(const struct att_injection *injection, const char *name, const char *grant,
                             att_error *error)
{
    return att_injection_occupies(injection, name) ? taken("header", name, grant, error) : ATT_OK;
}

/* A line with the header's name and colon, and room for `size` bytes of value; NULL when memory is out. */
static struct att_secret *start_line(struct att_injection *injection, const char *name, size_t size)
{
    struct att_secret *line = att_secret_create(injection->arena, strlen(name) + 2 + size);

    if (line && !(att_secret_append_text(line, name) && att_secret_append_text(line, ": ")))
        line = att_secret_destroy(line);
    return line;
}

static att_status place_header(struct att_injection *injection, const struct att_credential *credential,
                               const char *name, const char *format, const char *grant, att_error *error)
{
    char missing[32] = "";
    size_t size = filled_size(format, credential, missing);
    att_status status = check_free(injection, name, grant, error);
    struct att_secret *line;

    if (status != ATT_OK)
        return status;
    if (!size)
        return lacks_part(missing, grant, error);
    if (size > VALUE_LIMIT)
        return too_large(grant, error);
    line = start_line(injection, name, size);
    if (!line)
        return att_nomem(error);
    if (!fill(line, format, credential, AS_IS) ||
        !att_text_is_field_value(att_secret_bytes(line), att_secret_size(line))) {
        att_secret_destroy(line);
        return unfit("header", grant, error);
    }
    return add_line(injection, line, grant, error);
}

static att_status place_basic(struct att_injection *injection, const struct att_credential *credential,
                              const char *grant, att_error *error)
{
    const struct att_secret *user = att_credential_part(credential, "username");
    const struct att_secret *password = att_credential_part(credential, "password");
    att_status status = check_free(injection, "authorization", grant, error);
    struct att_secret *pair = NULL, *line = NULL;
    size_t encoded;

    if (status != ATT_OK)
        return status;
    if (!user || !password)
        return lacks_part(user ? "password" : "username", grant, error);
    if (memchr(att_secret_bytes(user), ':', att_secret_size(user))) /* RFC 7617 section 2 */
        return unfit("user name of Basic authentication", grant, error);
    if ((att_secret_size(user) + att_secret_size(password)) / 3 * 4 > VALUE_LIMIT)
        return too_large(grant, error);
    pair = att_secret_create(injection->arena, att_secret_size(user) + att_secret_size(password) + 1);
    if (!pair || !att_secret_append(pair, att_secret_bytes(user), att_secret_size(user)) ||
        !att_secret_append(pair, ":", 1) ||
        !att_secret_append(pair, att_secret_bytes(password), att_secret_size(password)))
        goto out_of_memory;
    encoded = att_base64_size(att_secret_size(pair));
    line = start_line(injection, "authorization", strlen("Basic ") + encoded);
    if (!line || !att_secret_append_text(line, "Basic "))
        goto out_of_memory;
    att_base64_encode(att_secret_tail(line), att_secret_bytes(pair), att_secret_size(pair));
    att_secret_advance(line, encoded);
    att_secret_destroy(pair);
    return add_line(injection, line, grant, error);

out_of_memory:
    att_secret_destroy(pair);
    att_secret_destroy(line);
    return att_nomem(error);
}

/* A longer copy of a secret, which is destroyed. NULL when memory is out. */
static struct att_secret *regrow(struct att_arena *arena, struct att_secret *old, size_t more)
{
    struct att_secret *grown = att_secret_create(arena, att_secret_size(old) + more);

    if (grown)
        att_secret_append(grown, att_secret_bytes(old), att_secret_size(old));
    att_secret_destroy(old);
    return grown;
}

/* The URL with room for `more` bytes. */
static struct att_secret *start_target(struct att_arena *arena, const struct att_url *url, size_t more)
{
    struct att_secret *target = att_secret_create(arena, strlen(url->text) + more);

    if (target)
        att_secret_append_text(target, url->text);
    return target;
}

static att_status place_query(struct att_injection *injection, const struct att_credential *credential,
                              const char *name, const char *format, const struct att_url *url, const char *grant,
                              att_error *error)
{
    char missing[32] = "";
    size_t size = filled_size(format, credential, missing), more = 3 * (strlen(name) + size) + 2;
    const char *query = injection->target ? strchr(att_secret_bytes(injection->target), '?') : NULL;
    const char *separator = query || (url->query && *url->query) ? "&" : url->query ? "" : "?";

    if (query && att_url_has_parameter(query + 1, name))
        return taken("query parameter", name, grant, error);
    if (!size)
        return lacks_part(missing, grant, error);
    if (size > VALUE_LIMIT)
        return too_large(grant, error);
    injection->target = injection->target ? regrow(injection->arena, injection->target, more)
                                          : start_target(injection->arena, url, more);
    if (!injection->target || !att_secret_append_text(injection->target, separator) ||
        !append_spelled(injection->target, name, strlen(name), PERCENT_ENCODED) ||
        !att_secret_append_text(injection->target, "=") ||
        !fill(injection->target, format, credential, PERCENT_ENCODED))
        return att_nomem(error);
    return ATT_OK;
}

/* RFC 6265 section 4.1.1 */
static bool is_cookie_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

static bool has_cookie(const char *line, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strchr(line, ' '); at; at = strchr(at, ' ')) {
        at++;
        if (strncmp(at, name, size) == 0 && at[size] == '=')
            return true;
    }
    return false;
}

/* The cookie line with room for `size` more bytes, no longer in the injection; NULL when memory is out. All cookies of
 * a request go into one line (RFC 6265 section 5.4). */
static struct att_secret *take_cookie_line(struct att_injection *injection, size_t size)
{
    struct att_secret *line = injection->cookie;
    size_t slot = 0;

    if (!line)
        return start_line(injection, "cookie", size);
    while (injection->lines[slot] != line)
        slot++;
    injection->lines[slot] = injection->lines[--injection->line_count];
    injection->cookie = NULL;
    line = regrow(injection->arena, line, size);
    if (line)
        att_secret_append_text(line, "; ");
    return line;
}

static att_status place_cookie(struct att_injection *injection, const struct att_credential *credential,
                               const char *name, const char *format, const char *grant, att_error *error)
{
    char missing[32] = "";
    size_t size = filled_size(format, credential, missing), before;
    att_status status = injection->cookie ? ATT_OK : check_free(injection, "cookie", grant, error);
    struct att_secret *line;

    if (status != ATT_OK)
        return status;
    if (injection->cookie && has_cookie(att_secret_bytes(injection->cookie), name))
        return taken("cookie", name, grant, error);
    if (!size)
        return lacks_part(missing, grant, error);
    if (size > VALUE_LIMIT)
        return too_large(grant, error);
    line = take_cookie_line(injection, strlen(name) + size + 3);
    if (!line)
        return att_nomem(error);
    att_secret_append_text(line, name);
    att_secret_append_text(line, "=");
    before = att_secret_size(line);
    if (!fill(line, format, credential, AS_IS) ||
        !is_cookie_value(att_secret_bytes(line) + before, att_secret_size(line) - before)) {
        att_secret_destroy(line);
        return unfit("cookie", grant, error);
    }
    status = add_line(injection, line, grant, error);
    if (status == ATT_OK)
        injection->cookie = line;
    return status;
}

att_status att_inject(struct att_injection *injection, const struct att_credential *credential,
                      const struct att_config_inject *injects, size_t count, const struct att_url *url,
                      const char *grant, att_error *error)
{
    att_status status = ATT_OK;

    for (size_t i = 0; status == ATT_OK && i < count; i++) {
        const char *name = injects[i].name, *format = injects[i].format;
        switch (injects[i].kind) {
        case ATT_INJECT_HEADER:
            status = place_header(injection, credential, name, format, grant, error);
            break;
        case ATT_INJECT_BASIC:
            status = place_basic(injection, credential, grant, error);
            break;
        case ATT_INJECT_QUERY:
            status = place_query(injection, credential, name, format, url, grant, error);
            break;
        case ATT_INJECT_COOKIE:
            status = place_cookie(injection, credential, name, format, grant, error);
            break;
        }
    }
    return status;
}
