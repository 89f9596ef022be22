/* tests/modules/plain.c: a module with nothing wrong. */
#define NAME "plain"
#include "tests/modules/provider.h"
