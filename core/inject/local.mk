libcore_la_SOURCES += core/inject/body.c core/inject/cookie.c core/inject/form.c core/inject/format.c \
  core/inject/header.c core/inject/inject.c core/inject/inject.h core/inject/json.c core/inject/json_spot.c \
  core/inject/json_spot.h core/inject/place.h core/inject/query.c core/inject/refuse.c core/inject/signed.c

check_PROGRAMS += tests/unit/test-inject
tests_unit_test_inject_SOURCES = tests/unit/test-inject.c
tests_unit_test_inject_CFLAGS = $(unit_cflags)
tests_unit_test_inject_LDADD = $(unit_libs)
TESTS += tests/unit/test-inject

check_PROGRAMS += tests/unit/test-inject-body
tests_unit_test_inject_body_SOURCES = tests/unit/test-inject-body.c tests/unit/unit.h
tests_unit_test_inject_body_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_inject_body_LDADD = $(unit_libs) $(JANSSON_LIBS)
TESTS += tests/unit/test-inject-body
