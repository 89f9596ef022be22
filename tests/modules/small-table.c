/* tests/modules/small-table.c: has a table that says it is too small to hold what 1.0 needs. */
#define SIZE 40
#include "tests/modules/provider.h"
