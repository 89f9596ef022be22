libcore_la_SOURCES += core/stack/dispatch.c core/stack/names.c core/stack/stack.h

check_PROGRAMS += tests/unit/test-stack
tests_unit_test_stack_SOURCES = tests/unit/test-stack.c
tests_unit_test_stack_CFLAGS = $(unit_cflags)
tests_unit_test_stack_LDADD = $(unit_libs)
TESTS += tests/unit/test-stack
