/* tests/modules/plain-next.c: a later build of plain, to be put in its place. */
#define NAME "plain"
#define VERSION "1.1"
#include "tests/modules/provider.h"
