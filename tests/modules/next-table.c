/* tests/modules/next-table.c: has a table of the next major. */
#define MAJOR 2
#include "tests/modules/provider.h"
