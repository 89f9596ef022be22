/* core/url/parse.c: the strict parser of the one URL object. What two parsers could read differently is refused. */
#include <string.h>
#include <strings.h>

#include "core/url/host.h"
#include "core/url/url.h"

enum { URL_LIMIT = 65536 };

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static char *percent(char *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";

    *out++ = '%';
    *out++ = digits[c >> 4];
    *out++ = digits[c & 15];
    return out;
}

void att_url_encode(struct att_buffer *buffer, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[3];
        if (is_unreserved(c))
            att_buffer_char(buffer, (char)c);
        else
            att_buffer_add(buffer, escape, (size_t)(percent(escape, c) - escape));
    }
}

/* Writes a path or query in normal form: escapes in upper case, unreserved ones decoded, UTF-8 encoded (RFC 3987
 * section 3.1). `out` has room for three times the size and a NUL. Gives what is wrong, or NULL. */
static const char *normalise(char *out, const char *text, size_t size, bool in_query)
{
    const char *others = in_query ? "!$&'()*+,;=:@/?" : "!$&'()*+,;=:@/";

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c) || strchr(others, c)) {
            *out++ = (char)c;
        } else if (c == '%') {
            int high = i + 1 < size ? hex_value(text[i + 1]) : -1;
            int low = i + 2 < size ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return "has a \"%\" that begins no escape; write a literal one as %25";
            c = (unsigned char)(high * 16 + low);
            if (c < 0x20 || c == 0x7f)
                return "has the escape of a control character; leave it out";
            i += 2;
            if (is_unreserved(c))
                *out++ = (char)c;
            else
                out = percent(out, c);
        } else if (c >= 0x80) {
            out = percent(out, c);
        } else {
            return "has a character that must be percent-encoded; write a blank as %20";
        }
    }
    *out = '\0';
    return NULL;
}

/* Removes "." and ".." segments in place (RFC 3986 section 5.2.4). The path begins with "/". */
static void remove_dots(char *path)
{
    char *in = path, *out = path;

    while (*in) {
        size_t length = strcspn(in + 1, "/") + 1;
        bool last = in[length] == '\0';
        if (length == 2 && in[1] == '.') {
            if (last)
                *out++ = '/';
        } else if (length == 3 && in[1] == '.' && in[2] == '.') {
            while (out > path && *--out != '/')
                continue;
            if (last)
                *out++ = '/';
        } else {
            memmove(out, in, length);
            out += length;
        }
        in += length;
    }
    if (out == path)
        *out++ = '/';
    *out = '\0';
}

static bool has_dots(const char *path)
{
    for (const char *at = path; *at; at += strcspn(at + 1, "/") + 1) {
        size_t length = strcspn(at + 1, "/");
        if ((length == 1 && at[1] == '.') || (length == 2 && at[1] == '.' && at[2] == '.'))
            return true;
    }
    return false;
}

/* One reading of a path by a lenient server, in place; true when it made a difference. */
static bool loosen_once(char *path)
{
    char *out = path;
    bool changed = false;

    for (const char *in = path; *in;) {
        int high = *in == '%' ? hex_value(in[1]) : -1, low = high >= 0 ? hex_value(in[2]) : -1;
        bool decodes = low >= 0 && high + low > 0;
        char c = decodes ? (char)(high * 16 + low) : *in;

        in += decodes ? 3 : 1;
        changed = changed || decodes || c == '\\' || c == ';';
        if (c == '\\')
            c = '/';
        if (c == ';')
            in += strcspn(in, "/");
        else if (c == '/' && out > path && out[-1] == '/')
            changed = true;
        else
            *out++ = c;
    }
    *out = '\0';
    return changed;
}

/* The path as a lenient server, or several behind each other, may read it; see att_url.loose_path. `path` itself where
 * that is no other. */
static const char *loosen(struct att_pool *pool, const char *path)
{
    char *loose;

    if (!strchr(path, '%') && !strchr(path, ';') && !strstr(path, "//"))
        return path;
    loose = att_pool_text(pool, path);
    if (!loose)
        return NULL;
    while (loosen_once(loose))
        continue;
    return strcmp(loose, path) == 0 ? path : loose;
}

static att_status refuse(att_error *error, const char *reason)
{
    return att_invalid(error, "url", "the URL is refused: %s", reason);
}

/* Reads "host[:port]" up to `end`. */
static att_status parse_authority(struct att_pool *pool, const char *text, const char *end, struct att_url *url,
                                  att_error *error)
{
    const char *host_end = end, *colon, *why = NULL;
    unsigned long port = url->secure ? 443 : 80;

    if (memchr(text, '@', (size_t)(end - text)))
        return refuse(error, "it carries user information; leave it out, the grant supplies the credential");
    if (*text == '[') {
        const char *bracket = memchr(text, ']', (size_t)(end - text));
        if (!bracket)
            return refuse(error, "the bracket of its IPv6 address is not closed; write https://[::1]:8443/");
        host_end = bracket + 1;
    } else {
        colon = memchr(text, ':', (size_t)(end - text));
        host_end = colon ? colon : end;
    }
    if (host_end < end) {
        const char *at = host_end + 1;
        if (*host_end != ':' || at == end || end - at > 5)
            return refuse(error, "its port is not a number of 1 to 65535; write https://host:8443/");
        for (port = 0; at < end; at++) {
            if (*at < '0' || *at > '9')
                return refuse(error, "its port is not a number of 1 to 65535; write https://host:8443/");
            port = port * 10 + (unsigned long)(*at - '0');
        }
        if (port == 0 || port > 65535)
            return refuse(error, "its port is not a number of 1 to 65535; write https://host:8443/");
    }
    url->port = (uint16_t)port;
    url->host = att_host_normalise(pool, text, (size_t)(host_end - text), &url->host_is_address, &why);
    if (!url->host)
        return why ? refuse(error, why) : att_nomem(error);
    return ATT_OK;
}

static att_status parse_path(struct att_pool *pool, const char *text, size_t size, struct att_url *url,
                             att_error *error)
{
    char *path = att_pool_take(pool, size * 3 + 2);
    const char *wrong;

    if (!path)
        return att_nomem(error);
    wrong = normalise(path, size ? text : "/", size ? size : 1, false);
    if (wrong)
        return att_invalid(error, "url", "the URL is refused: its path %s", wrong);
    remove_dots(path);
    url->path = path;
    url->loose_path = loosen(pool, path);
    if (!url->loose_path)
        return att_nomem(error);
    if (url->loose_path != path && has_dots(url->loose_path))
        return refuse(error, "its path hides \"..\" behind an encoded slash, a parameter or an empty segment; write "
                             "the path that is meant");
    return ATT_OK;
}

static att_status parse_query(struct att_pool *pool, const char *text, struct att_url *url, att_error *error)
{
    size_t size = strlen(text);
    char *query = att_pool_take(pool, size * 3 + 1);
    const char *wrong;

    if (!query)
        return att_nomem(error);
    wrong = normalise(query, text, size, true);
    if (wrong)
        return att_invalid(error, "url", "the URL is refused: its query %s", wrong);
    url->query = query;
    return ATT_OK;
}

static att_status parse_scheme(const char *text, struct att_url *url, const char **rest, att_error *error)
{
    size_t length = strcspn(text, ":");

    if (length == 5 && strncasecmp(text, "https", 5) == 0) {
        url->scheme = "https";
        url->secure = true;
    } else if (length == 4 && strncasecmp(text, "http", 4) == 0) {
        url->scheme = "http";
    } else {
        return refuse(error, "it does not begin with https:// or http://; other schemes are not spoken");
    }
    if (strncmp(text + length, "://", 3) != 0)
        return refuse(error, "it does not begin with https:// or http://; two slashes follow the colon");
    *rest = text + length + 3;
    return ATT_OK;
}

static char *append(char *out, const char *text)
{
    size_t size = strlen(text);

    memcpy(out, text, size + 1);
    return out + size;
}

/* Puts origin and the canonical text together. */
static bool compose(struct att_pool *pool, struct att_url *url)
{
    size_t host = strlen(url->host), rest = strlen(url->path) + (url->query ? strlen(url->query) + 1 : 0);
    char *origin = att_pool_take(pool, host + 16), *text = att_pool_take(pool, host + rest + 16), *out;

    if (!origin || !text)
        return false;
    out = append(append(append(origin, url->scheme), "://"), url->host);
    if (url->port != (url->secure ? 443 : 80)) {
        unsigned divisor = 10000;
        *out++ = ':';
        while (divisor > url->port)
            divisor /= 10;
        for (; divisor; divisor /= 10)
            *out++ = (char)('0' + url->port / divisor % 10);
        *out = '\0';
    }
    out = append(append(text, origin), url->path);
    if (url->query)
        append(append(out, "?"), url->query);
    url->origin = origin;
    url->text = text;
    return true;
}

att_status att_url_parse(struct att_pool *pool, const char *text, struct att_url **result, att_error *error)
{
    struct att_url *url = att_pool_take(pool, sizeof *url);
    const char *rest = NULL, *authority_end, *path_end;
    att_status status;

    if (!url)
        return att_nomem(error);
    if (strlen(text) > URL_LIMIT)
        return refuse(error, "it is longer than 65536 bytes; send large data in the body");
    if (!att_text_is_utf8(text, strlen(text)))
        return refuse(error, "it is not UTF-8; percent-encode its bytes");
    if (strchr(text, '#'))
        return refuse(error, "it has a fragment; leave out \"#\" and what follows, or encode it as %23");
    if (strchr(text, '\\'))
        return refuse(error, "it has a backslash; write \"/\", or encode it as %5C");

    status = parse_scheme(text, url, &rest, error);
    if (status != ATT_OK)
        return status;
    authority_end = rest + strcspn(rest, "/?");
    status = parse_authority(pool, rest, authority_end, url, error);
    if (status != ATT_OK)
        return status;
    path_end = authority_end + strcspn(authority_end, "?");
    status = parse_path(pool, authority_end, (size_t)(path_end - authority_end), url, error);
    if (status == ATT_OK && *path_end == '?')
        status = parse_query(pool, path_end + 1, url, error);
    if (status != ATT_OK)
        return status;
    if (!compose(pool, url))
        return att_nomem(error);
    *result = url;
    return ATT_OK;
}
