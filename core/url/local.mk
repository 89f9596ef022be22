libbase_la_SOURCES += core/url/address.c core/url/address.h core/url/browse.c core/url/expand.c core/url/host.c core/url/host.h core/url/origin.c \
  core/url/parse.c core/url/query.c core/url/resolve.c core/url/url.h

check_PROGRAMS += tests/unit/test-url
tests_unit_test_url_SOURCES = tests/unit/test-url.c
tests_unit_test_url_CFLAGS = $(unit_cflags)
tests_unit_test_url_LDADD = $(unit_libs)
TESTS += tests/unit/test-url
