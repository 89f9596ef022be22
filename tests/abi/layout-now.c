/* tests/abi/layout-now.c: holds the header of today to the layout of 1.0. */
#include "tests/abi/layout.h"
