/* tests/modules/option-secret.c: has a secret with an initial value. */
#include <attache/module.h>

static const struct att_option options[] = {{.name = "key", .type = ATT_OPTION_SECRET, .initial = "hunter2"}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
