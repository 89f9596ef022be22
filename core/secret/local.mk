libbase_la_SOURCES += core/secret/arena.c core/secret/arena.h core/secret/chunk.c core/secret/secret.c \
  core/secret/secret.h core/secret/wipe.c

check_PROGRAMS += tests/unit/test-secret
tests_unit_test_secret_SOURCES = tests/unit/test-secret.c tests/unit/unit.h
tests_unit_test_secret_CFLAGS = $(unit_cflags)
tests_unit_test_secret_LDADD = $(unit_libs)
TESTS += tests/unit/test-secret
