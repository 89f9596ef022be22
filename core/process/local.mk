libcore_la_SOURCES += core/process/process.h core/process/lines.c core/process/program.c core/process/reap.c \
  core/process/run.c core/process/spawn.c

check_PROGRAMS += tests/unit/test-process tests/unit/helper
tests_unit_test_process_SOURCES = tests/unit/test-process.c tests/unit/folder.h tests/unit/unit.h
tests_unit_test_process_CFLAGS = $(unit_cflags)
tests_unit_test_process_LDADD = $(unit_libs)
tests_unit_helper_SOURCES = tests/unit/helper.c
TESTS += tests/unit/test-process
