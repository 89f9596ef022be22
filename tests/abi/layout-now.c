/* tests/abi/layout-now.c: holds the header of today to the layouts of 1.0, 1.1 and 1.2. */
#include "tests/abi/layout-1.2.h"
