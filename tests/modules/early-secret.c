/* tests/modules/early-secret.c: asks for secret memory in its entry, where only memory and log are offered. */
#define TABLE (host->features == (ATT_HOST_MEMORY | ATT_HOST_LOG) && !host->secret_create(host, 16) ? &table : NULL)
#include "tests/modules/provider.h"
