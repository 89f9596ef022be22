/* tests/modules/undefined-symbol.c: calls a function that nobody has. */
#include <attache/module.h>
extern const struct att_provider *att_nobody_has_this(void);
#define TABLE att_nobody_has_this()
#include "tests/modules/provider.h"
