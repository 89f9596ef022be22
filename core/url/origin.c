/* core/url/origin.c: what a grant is bound to: scheme, host and port. */
#include <string.h>

#include "core/url/host.h"
#include "core/url/url.h"

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned long number = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5 || text[digits])
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (unsigned long)(text[i] - '0');
    *port = (uint16_t)number;
    return number > 0 && number <= 65535;
}

bool att_origin_parse(struct att_pool *pool, const char *text, struct att_origin *origin, struct att_buffer *why)
{
    struct att_origin made = {.secure = strncmp(text, "https://", 8) == 0};
    const char *at = text + (made.secure ? 8 : 7), *reason = NULL, *host_end;
    bool is_address = false;

    if (!made.secure && strncmp(text, "http://", 7) != 0) {
        att_buffer_format(why, "origin \"%s\" does not begin with https:// or http://; write https://api.example.com",
                          text);
        return false;
    }
    made.wildcard = strncmp(at, "*.", 2) == 0;
    if (made.wildcard)
        at += 2;
    host_end = *at == '[' ? at + strcspn(at, "]") + (strchr(at, ']') ? 1 : 0) : at + strcspn(at, ":/?#");
    made.port = made.secure ? 443 : 80;
    if (*host_end && (*host_end != ':' || !parse_port(host_end + 1, &made.port))) {
        att_buffer_format(why,
                          "origin \"%s\" has more than scheme, host and port; write https://api.example.com, and "
                          "limit paths by policy",
                          text);
        return false;
    }
    made.host = att_host_normalise(pool, at, (size_t)(host_end - at), &is_address, &reason);
    if (made.host && made.wildcard && (is_address || !strchr(made.host, '.')))
        reason = "a wildcard stands before a name of two labels or more; write https://*.example.com";
    if (!made.host || reason) {
        att_buffer_format(why, "origin \"%s\" is refused: %s", text, reason ? reason : "out of memory");
        return false;
    }
    made.text =
        att_pool_format(pool, "%s://%s%s", made.secure ? "https" : "http", made.wildcard ? "*." : "", made.host);
    if (made.text && made.port != (made.secure ? 443 : 80))
        made.text = att_pool_format(pool, "%s:%u", made.text, (unsigned)made.port);
    if (!made.text) {
        att_buffer_text(why, "out of memory");
        return false;
    }
    *origin = made;
    return true;
}

bool att_origin_matches(const struct att_origin *origin, const struct att_url *url)
{
    size_t length, suffix;

    if (origin->secure != url->secure || origin->port != url->port)
        return false;
    if (!origin->wildcard)
        return strcmp(origin->host, url->host) == 0;
    if (url->host_is_address)
        return false;
    length = strlen(url->host);
    suffix = strlen(origin->host);
    return length > suffix + 1 && url->host[length - suffix - 1] == '.' &&
           strcmp(url->host + length - suffix, origin->host) == 0;
}
