/* tests/modules/option-name.c: has an option whose name no configuration can hold. */
#include <attache/module.h>

static const struct att_option options[] = {{.name = "Base URL", .type = ATT_OPTION_TEXT}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
