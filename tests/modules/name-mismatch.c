/* tests/modules/name-mismatch.c: has one name in its note and another in its table. */
#define NAME "inside"
#define NOTE_NAME "outside"
#include "tests/modules/provider.h"
