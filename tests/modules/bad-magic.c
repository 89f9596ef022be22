/* tests/modules/bad-magic.c: has a table that begins with something else. */
#define MAGIC 0x12345678
#include "tests/modules/provider.h"
