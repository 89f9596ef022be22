/* tests/modules/two-sizes.c: has a table and a note that disagree on its size. */
#define SIZE sizeof(struct att_provider) + 8
#include "tests/modules/provider.h"
