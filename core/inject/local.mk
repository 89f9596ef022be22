libcore_la_SOURCES += core/inject/inject.c core/inject/inject.h

check_PROGRAMS += tests/unit/test-inject
tests_unit_test_inject_SOURCES = tests/unit/test-inject.c
tests_unit_test_inject_CFLAGS = $(unit_cflags)
tests_unit_test_inject_LDADD = $(unit_libs)
TESTS += tests/unit/test-inject
