mock_sources = providers/mock/answer.c providers/mock/connect.c providers/mock/execute.c providers/mock/listing.c \
  providers/mock/mock.c providers/mock/placement.c providers/mock/play.c providers/mock/play.h providers/mock/reader.c \
  providers/mock/reader.h providers/mock/script.c providers/mock/script.h

pkglib_LTLIBRARIES += mock.la
mock_la_SOURCES = $(mock_sources)
mock_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
mock_la_LDFLAGS = $(module_flags)
mock_la_LIBADD = $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test-mock tests/unit/test-mock-script tests/unit/test-mock-grants \
  tests/unit/test-mock-provider
mock_test_host = tests/unit/mock-host.c tests/unit/mock-host.h tests/unit/unit.h
tests_unit_test_mock_SOURCES = tests/unit/test-mock.c $(mock_test_host) $(mock_sources)
tests_unit_test_mock_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_mock_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS)
tests_unit_test_mock_grants_SOURCES = tests/unit/test-mock-grants.c $(mock_test_host) $(mock_sources)
tests_unit_test_mock_grants_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_mock_grants_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS)
tests_unit_test_mock_script_SOURCES = tests/unit/test-mock-script.c $(mock_test_host) $(mock_sources)
tests_unit_test_mock_script_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_mock_script_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS)
tests_unit_test_mock_provider_SOURCES = tests/unit/test-mock-provider.c tests/unit/unit.h $(mock_sources)
tests_unit_test_mock_provider_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_mock_provider_LDADD = $(unit_libs) $(JANSSON_LIBS)
TESTS += tests/unit/test-mock tests/unit/test-mock-script tests/unit/test-mock-grants tests/unit/test-mock-provider
