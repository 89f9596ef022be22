/* tests/abi/layout-now.c: holds the header of today to the layout of 1.0 and 1.1. */
#include "tests/abi/layout-1.1.h"
