/* tests/modules/next-symbol.c: exports the entry of the next major only. */
#define ENTRY attache_provider_v2
#include "tests/modules/provider.h"
