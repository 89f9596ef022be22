/* tests/modules/option-step.c: has options of an impossible size. */
#include <attache/module.h>

static const struct att_option options[] = {{0}};
#define OPTIONS options
#define OPTION_SIZE 7
#include "tests/modules/provider.h"
