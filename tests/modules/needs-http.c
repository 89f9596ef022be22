/* tests/modules/needs-http.c: needs the host's HTTP, which is not there yet. */
#define NEEDS ATT_HOST_HTTP
#include "tests/modules/provider.h"
