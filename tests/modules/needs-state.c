/* tests/modules/needs-state.c: needs the host's state, which is not there yet. */
#define NEEDS ATT_HOST_STATE
#include "tests/modules/provider.h"
