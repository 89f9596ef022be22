/* tests/modules/option-type.c: has an option of a type that is not in the list. */
#include <attache/module.h>

static const struct att_option options[] = {{.name = "url", .type = 99}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
