/* tests/modules/small-note.c: has a note with a table too small to hold what 1.0 needs. */
#define NOTE_TABLE 40
#include "tests/modules/provider.h"
