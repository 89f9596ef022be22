/* tests/modules/wrong-major.c: is built for an ABI that does not exist yet. */
#define NOTE_MAJOR 2
#include "tests/modules/provider.h"
