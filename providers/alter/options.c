/* providers/alter/options.c: the words of the options. */
#include "providers/alter/options.h"

#include <stddef.h>

const char *const alter_switches[] = {"off", "on", NULL};
const char *const alter_audits[] = {"full", "metadata", "off", NULL};
