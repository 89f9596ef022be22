/* host.h: the host part of URLs and origins. */
#ifndef ATT_HOST_H
#define ATT_HOST_H

#include "core/base/base.h"

/* The host in canonical form, from `pool`: a name in lower case without a trailing dot, an IPv4 address, or an IPv6
 * address in brackets. NULL with a static sentence in `why`, or with none when memory is out. */
const char *att_host_normalise(struct att_pool *pool, const char *text, size_t size, bool *is_address,
                               const char **why);

#endif
