/* secret-host.h: the part of a host that parsers of answers need: secret memory. */
#ifndef ATT_SECRET_HOST_H
#define ATT_SECRET_HOST_H

#include <attache/module.h>

#include "core/secret/secret.h"

struct secret_host {
    struct att_host table;
    struct att_arena *arena;
};

void secret_host_open(struct secret_host *host);
/* False when a secret was not destroyed. */
bool secret_host_close(struct secret_host *host);

#endif
