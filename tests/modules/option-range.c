/* tests/modules/option-range.c: has an option that no value satisfies. */
#include <attache/module.h>

static const struct att_option options[] = {{.name = "port", .type = ATT_OPTION_INTEGER, .minimum = 5, .maximum = 1},
                                            {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
