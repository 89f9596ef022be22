/* tests/modules/option-twice.c: declares an option twice. */
#include <attache/module.h>

static const struct att_option options[] = {
    {.name = "url", .type = ATT_OPTION_TEXT}, {.name = "url", .type = ATT_OPTION_TEXT}, {0}};
#define OPTIONS options
#include "tests/modules/provider.h"
