/* tests/modules/no-fetch.c: offers fetch and has none. */
#define FETCH NULL
#include "tests/modules/provider.h"
