/* tests/modules/no-close.c: lacks close. */
#define CLOSE NULL
#include "tests/modules/provider.h"
