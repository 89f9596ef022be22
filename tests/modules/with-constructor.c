/* tests/modules/with-constructor.c: a module that leaves the mark of no-note.c, to show that a mark would be seen. */
#define NAME "with-constructor"
#include "tests/modules/provider.h"

#include "tests/modules/no-note.c"
