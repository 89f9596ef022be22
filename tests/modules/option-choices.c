/* tests/modules/option-choices.c: has a choice without choices. */
#include <attache/module.h>

static const struct att_option options[] = {{.name = "mode", .type = ATT_OPTION_CHOICE}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
