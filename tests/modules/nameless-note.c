/* tests/modules/nameless-note.c: has a note without a name. */
#define NOTE_NAME ""
#include "tests/modules/provider.h"
