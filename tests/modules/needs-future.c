/* tests/modules/needs-future.c: needs a feature that has no name yet. */
#define NEEDS (UINT64_C(1) << 40)
#include "tests/modules/provider.h"
