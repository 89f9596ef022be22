/* core/url/host.c: the host part of URLs and origins. */
#include "core/url/host.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOST_LIMIT = 253, LABEL_LIMIT = 63 };

static const char *normalise_ipv6(struct att_pool *pool, const char *text, size_t size, const char **why)
{
    char inner[INET6_ADDRSTRLEN] = "", canonical[INET6_ADDRSTRLEN];
    struct in6_addr address;

    *why = "its IPv6 address is not one; write it as [2001:db8::1], without a zone";
    if (size < 4 || size - 2 >= sizeof inner)
        return NULL;
    memcpy(inner, text + 1, size - 2);
    if (inet_pton(AF_INET6, inner, &address) != 1)
        return NULL;
    if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
        if (!IN6_IS_ADDR_LOOPBACK(&address) && !IN6_IS_ADDR_UNSPECIFIED(&address)) {
            *why = "its host is an IPv4 address written as IPv6; write it as 192.0.2.1";
            return NULL;
        }
    }
    inet_ntop(AF_INET6, &address, canonical, sizeof canonical);
    *why = NULL;
    return att_pool_format(pool, "[%s]", canonical);
}

/* A name whose last label begins with a digit is read as an IPv4 address by some resolvers (127.1, 0x7f.1,
 * 2130706433): it is one in its plain spelling, or refused. */
static bool looks_like_ipv4(const char *name)
{
    const char *last = strrchr(name, '.');

    last = last ? last + 1 : name;
    return *last >= '0' && *last <= '9';
}

static const char *check_labels(const char *name)
{
    size_t length = 0;

    for (const char *at = name;; at++) {
        if (*at == '.' || !*at) {
            if (length == 0)
                return "its host has an empty label; write one dot between labels";
            if (length > LABEL_LIMIT)
                return "its host has a label of more than 63 characters; check the name";
            length = 0;
            if (!*at)
                return NULL;
        } else if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-' || *at == '_') {
            length++;
        } else if ((unsigned char)*at >= 0x80) {
            return "its host is not ASCII; write an international name in its xn-- form";
        } else {
            return "its host has a character that no host name has; write letters, digits, \"-\" and \".\" only";
        }
    }
}

const char *att_host_normalise(struct att_pool *pool, const char *text, size_t size, bool *is_address, const char **why)
{
    struct in_addr address;
    char *name;

    *why = NULL;
    *is_address = size > 0 && text[0] == '[';
    if (*is_address)
        return normalise_ipv6(pool, text, size, why);
    if (size > 0 && text[size - 1] == '.')
        size--;
    if (size == 0)
        *why = "it has no host; write https://host/path";
    else if (size > HOST_LIMIT)
        *why = "its host is longer than 253 characters; check the name";
    if (*why)
        return NULL;
    name = att_pool_text_size(pool, text, size);
    if (!name)
        return NULL;
    for (char *at = name; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    *why = check_labels(name);
    if (!*why && looks_like_ipv4(name)) {
        *is_address = inet_pton(AF_INET, name, &address) == 1;
        if (!*is_address)
            *why = "its host is an IPv4 address in an unusual spelling; write it as 192.0.2.1";
    }
    return *why ? NULL : name;
}
