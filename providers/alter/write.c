/* providers/alter/write.c: what the service is asked with: paths, queries and bodies, straight into their place. */
#include <string.h>

#include "providers/alter/inside.h"

enum { LEAST_BODY = 1024, BODY_LIMIT = 1 << 20 };

void alter_add(struct alter_out *out, const char *bytes, size_t size)
{
    if (size > (size_t)(out->end - out->at)) {
        out->failed = true;
        return;
    }
    memcpy(out->at, bytes, size);
    out->at += size;
}

void alter_add_text(struct alter_out *out, const char *text)
{
    alter_add(out, text, strlen(text));
}

void alter_add_number(struct alter_out *out, int64_t number)
{
    char digits[20], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        alter_add(out, "-", 1);
    alter_add(out, at, (size_t)(digits + sizeof digits - at));
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void alter_add_encoded_bytes(struct alter_out *out, const char *bytes, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char escape[] = {'%', digits[c >> 4], digits[c & 15]};

        if (is_unreserved(bytes[i]))
            alter_add(out, bytes + i, 1);
        else
            alter_add(out, escape, sizeof escape);
    }
}

void alter_add_encoded(struct alter_out *out, const char *text)
{
    alter_add_encoded_bytes(out, text, strlen(text));
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* The character at `at`, of `left` bytes, which is none that stands for itself. Returns how many bytes it took. */
static size_t add_character(struct alter_out *out, const char *at, size_t left)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)*at;
    size_t size = json_character((const unsigned char *)at, left);

    if (size == 0) {
        alter_add(out, "\xef\xbf\xbd", 3);
        return 1;
    }
    if (byte == '"' || byte == '\\') {
        const char escaped[] = {'\\', *at};
        alter_add(out, escaped, sizeof escaped);
    } else if (byte < 0x20 || byte == 0x7f) {
        const char escaped[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        alter_add(out, escaped, sizeof escaped);
    } else {
        alter_add(out, at, size);
    }
    return size;
}

static bool stands_for_itself(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void alter_add_escaped(struct alter_out *out, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;

    while (at < end) {
        const char *plain = at;

        while (at < end && stands_for_itself(*at))
            at++;
        alter_add(out, plain, (size_t)(at - plain));
        if (at < end)
            at += add_character(out, at, (size_t)(end - at));
    }
}

void alter_add_json(struct alter_out *out, const char *bytes, size_t size)
{
    alter_add(out, "\"", 1);
    alter_add_escaped(out, bytes, size);
    alter_add(out, "\"", 1);
}

bool alter_add_name(struct alter_out *out, const struct alter *alter, enum alter_word word)
{
    const struct alter_text *name = &alter->profile.words[word];

    if (!name->size)
        return false;
    if (out->at > out->start && out->at[-1] != '{')
        alter_add(out, ",", 1);
    alter_add(out, "\"", 1);
    alter_add(out, name->at, name->size);
    alter_add(out, "\":", 2);
    return true;
}

void alter_add_member(struct alter_out *out, const struct alter *alter, enum alter_word word, const char *text)
{
    if (text && *text && alter_add_name(out, alter, word))
        alter_add_json(out, text, strlen(text));
}

void alter_add_secret(struct alter_out *out, const struct alter *alter, enum alter_word word,
                      const struct att_secret *secret)
{
    const struct att_host *host = alter->host;
    const unsigned char *bytes;
    size_t size;

    if (!secret || !alter_add_name(out, alter, word))
        return;
    bytes = host->secret_borrow(secret, &size);
    alter_add_json(out, (const char *)bytes, size);
    host->secret_return(secret, bytes);
}

void alter_add_url(struct alter_out *out, const struct alter *alter, enum alter_word word,
                   const struct att_fetch *fetch)
{
    uint32_t usual = strcmp(fetch->scheme, "http") == 0 ? 80 : 443;

    if (!alter_add_name(out, alter, word))
        return;
    alter_add(out, "\"", 1);
    alter_add_text(out, fetch->scheme);
    alter_add(out, "://", 3);
    alter_add_text(out, fetch->host);
    if (fetch->port != usual) {
        alter_add(out, ":", 1);
        alter_add_number(out, fetch->port);
    }
    alter_add_escaped(out, fetch->path, strlen(fetch->path));
    alter_add(out, "\"", 1);
}

void alter_add_facts(struct alter_out *out, const struct alter *alter, enum alter_word word,
                     const struct att_fact *facts)
{
    if (!facts || !facts->name || !alter_add_name(out, alter, word))
        return;
    for (const struct att_fact *fact = facts; fact->name; fact++) {
        alter_add(out, fact == facts ? "{" : ",", 1);
        alter_add_json(out, fact->name, strlen(fact->name));
        alter_add(out, ":", 1);
        alter_add_json(out, fact->value, strlen(fact->value));
    }
    alter_add(out, "}", 1);
}

att_result alter_body(const struct alter *alter, size_t guess, alter_write *write, const void *context,
                      struct att_secret **body)
{
    const struct att_host *host = alter->host;
    size_t size = guess < LEAST_BODY ? LEAST_BODY : guess, room;

    while (true) {
        struct alter_out out = {.failed = false};

        size = size > BODY_LIMIT ? BODY_LIMIT : size;
        *body = host->secret_create(host, size);
        if (!*body)
            return ATT_RESULT_NOMEM;
        out.start = out.at = (char *)host->secret_room(*body, &room);
        out.end = out.start + size;
        write(&out, alter, context);
        if (!out.failed && host->secret_took(*body, (size_t)(out.at - out.start)))
            return ATT_RESULT_OK;
        host->secret_destroy(*body);
        if (size == BODY_LIMIT)
            return ATT_RESULT_CONFIG;
        size *= 4;
    }
}
