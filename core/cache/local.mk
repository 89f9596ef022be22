libcore_la_SOURCES += core/cache/cache.c core/cache/cache.h core/cache/flight.c core/cache/inside.h core/cache/key.c \
  core/cache/landing.c core/cache/table.c

check_PROGRAMS += tests/unit/test-cache
tests_unit_test_cache_SOURCES = tests/unit/test-cache.c tests/unit/unit.h
tests_unit_test_cache_CFLAGS = $(unit_cflags)
tests_unit_test_cache_LDADD = $(unit_libs)
TESTS += tests/unit/test-cache
