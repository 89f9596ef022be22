/* url.h: the one URL object of a request. Policy, origin binding, injection and transport all read this object; there
 * is no second parser and no second matcher.
 *
 * Parsing is strict: what two parsers could read differently is refused (RFC 3986; the cases are in attacks B1 to B5).
 */
#ifndef ATT_URL_H
#define ATT_URL_H

#include "core/base/base.h"
#include "core/error/error.h"

struct att_url {
    const char *text;   /* canonical: scheme://host[:port]/path[?query] */
    const char *origin; /* scheme://host[:port], the port left out where it is the default */
    const char *scheme; /* "https" or "http" */
    const char *host;   /* lower case, no trailing dot; an IPv6 address is in brackets */
    uint16_t port;
    const char *path;  /* begins with "/"; escapes in upper case, unreserved ones decoded, dot segments removed */
    const char *query; /* without "?"; NULL when there is none */
    /* The path as a lenient server may read it: encoded slashes decoded, empty segments merged, ";parameters" cut off.
     * The same pointer as path where that makes no difference. A permit must match both, a forbid either. */
    const char *loose_path;
    bool secure;          /* https */
    bool host_is_address; /* IPv4 or IPv6 literal */
};

/* Parses and normalises. Everything lives in `pool`. ATT_INVALID names the part and what to write instead. */
att_status att_url_parse(struct att_pool *pool, const char *text, struct att_url **url, att_error *error);

/* Resolves a Location (RFC 3986 section 5.2) against the URL it came from, then parses as above. */
att_status att_url_resolve(struct att_pool *pool, const struct att_url *base, const char *location,
                           struct att_url **url, att_error *error);

/* Fills {name} templates, percent-encoding all but unreserved characters, and adds query parameters. A {name} without a
 * parameter, a parameter without a {name}, and templates before the path are ATT_INVALID. */
att_status att_url_expand(struct att_pool *pool, const char *template, const att_pair *path_params,
                          const att_pair *query_params, const char **text, att_error *error);

/* Percent-encodes all but unreserved characters (RFC 3986 section 2.3). */
void att_url_encode(struct att_buffer *buffer, const char *text, size_t size);

/* Whether a query (NULL for none) has a parameter of this name, however it is spelled. */
bool att_url_has_parameter(const char *query, const char *name);
/* The URL without its parameters of that name. */
att_status att_url_without(struct att_pool *pool, const struct att_url *url, const char *name, struct att_url **result,
                           att_error *error);

/* ---- origins ----------------------------------------------------------------------------------------------------- */

/* What a grant is bound to: scheme://host[:port], where the host may begin with "*." for one or more labels. */
struct att_origin {
    const char *text; /* canonical */
    bool secure;
    const char *host; /* without the "*." */
    bool wildcard;
    uint16_t port;
};

/* False with a sentence in `why` when it is no origin. */
bool att_origin_parse(struct att_pool *pool, const char *text, struct att_origin *origin, struct att_buffer *why);
bool att_origin_matches(const struct att_origin *origin, const struct att_url *url);

/* Whether a user's browser may be sent there: https, or http to this machine, in characters of RFC 3986 and without
 * user information. A fragment is allowed. */
bool att_url_is_for_browsers(const char *url);

#endif
