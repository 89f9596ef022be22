/* tests/modules/null-entry.c: has an entry that refuses every host. */
#define TABLE NULL
#include "tests/modules/provider.h"
