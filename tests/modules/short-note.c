/* tests/modules/short-note.c: has a note whose body ends before the name. */
#define NOTE_BODY 8
#include "tests/modules/provider.h"
