/* tests/modules/bad-threading.c: declares a threading that is not in the list. */
#define THREADING 7
#include "tests/modules/provider.h"
