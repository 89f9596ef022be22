/* tests/modules/later-transport.c: the transport of a later build, which the library must not call. */
#include <stdlib.h>

#include "core/transport/transport.h"

static struct att_transport *open_later(const struct att_transport_options *options, char *why, size_t why_size)
{
    (void)options;
    (void)why;
    (void)why_size;
    abort();
}

const struct att_transport_entry attache_transport
    __attribute__((visibility("default"))) = {ATT_TRANSPORT_VERSION + 1, open_later};
