/* tests/modules/wrong-kind.c: says that it is an audit module. */
#define NOTE_KIND ATT_KIND_AUDIT
#include "tests/modules/provider.h"
