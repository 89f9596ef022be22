libcore_la_SOURCES += core/managed/calls.c core/managed/keeping.c core/managed/managed.h core/managed/outcome.c \
  core/managed/parts.c core/managed/plan.c core/managed/set.c

# The module of these tests is built as those of tests/modules are.
check_LTLIBRARIES += tests/modules/keeper.la
tests_modules_keeper_la_SOURCES = tests/modules/keeper.c
tests_modules_keeper_la_LDFLAGS = $(module_flags) -rpath /nowhere
check_PROGRAMS += tests/api/test-managed
tests_api_test_managed_SOURCES = tests/api/test-managed.c tests/api/canary.c tests/api/canary.h tests/unit/folder.h \
  tests/unit/unit.h
tests_api_test_managed_CFLAGS = $(unit_cflags)
tests_api_test_managed_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_managed_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-managed

check_PROGRAMS += tests/api/test-managed-memory
tests_api_test_managed_memory_SOURCES = tests/api/test-managed-memory.c tests/api/failing.c tests/api/failing.h \
  tests/unit/folder.h tests/unit/unit.h
tests_api_test_managed_memory_CFLAGS = $(unit_cflags)
tests_api_test_managed_memory_LDFLAGS = $(AM_LDFLAGS) -no-install -export-dynamic
tests_api_test_managed_memory_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-managed-memory
