/* tests/modules/option-required.c: has a required option with an initial value. */
#include <attache/module.h>

static const struct att_option options[] = {
    {.name = "url", .type = ATT_OPTION_TEXT, .flags = ATT_OPTION_REQUIRED, .initial = "x"}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
