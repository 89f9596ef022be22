/* tests/modules/no-version.c: has no version. */
#define VERSION ""
#include "tests/modules/provider.h"
