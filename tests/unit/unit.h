/* unit.h: cmocka with what it needs before it. */
#ifndef ATT_UNIT_H
#define ATT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
