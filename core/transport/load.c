/* core/transport/load.c: opens a transport, which is a part of the library that is loaded when it is needed. */
#include "core/part/part.h"
#include "core/transport/transport.h"

static const struct att_part transports = {
    .kind = "transport",
    .folder = "transport",
    .symbol = "attache_transport",
    .version = ATT_TRANSPORT_VERSION,
    .library = "libcurl",
    .cure = "install libcurl (Debian: libcurl4), which every request over the network needs",
};

static struct att_transport *open_entry(const struct att_transport_entry *entry, const char *name,
                                        const struct att_transport_options *options, att_error *error)
{
    char why[4096] = ""; /* room for a path and what to do about it */
    struct att_transport *transport = entry ? entry->open(options, why, sizeof why) : NULL;

    if (entry && !transport)
        att_fail(error, ATT_CONFIG, "transport %s does not open: %s", name, why);
    return transport;
}

struct att_transport *att_transport_open(const char *path, const struct att_transport_options *options,
                                         att_error *error)
{
    return open_entry(att_part_open(&transports, path, error), path, options, error);
}

struct att_transport *att_transport_load(const char *name, const struct att_transport_options *options,
                                         att_error *error)
{
    return open_entry(att_part_load(&transports, name, error), name, options, error);
}
