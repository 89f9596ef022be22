libcore_la_SOURCES += core/grant/browser.c core/grant/connect.c core/grant/grant.c core/grant/grant.h core/grant/list.c \
  core/grant/session.c

check_PROGRAMS += tests/api/test-grants
tests_api_test_grants_SOURCES = tests/api/test-grants.c tests/api/mocked.h tests/unit/folder.h tests/unit/unit.h
tests_api_test_grants_CFLAGS = $(unit_cflags)
tests_api_test_grants_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_grants_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-grants

check_PROGRAMS += tests/api/test-grants-policy
tests_api_test_grants_policy_SOURCES = tests/api/test-grants-policy.c tests/api/mocked.h tests/unit/folder.h tests/unit/unit.h
tests_api_test_grants_policy_CFLAGS = $(unit_cflags)
tests_api_test_grants_policy_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_grants_policy_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-grants-policy

check_PROGRAMS += tests/api/test-connect
tests_api_test_connect_SOURCES = tests/api/test-connect.c tests/api/mocked.h tests/unit/folder.h tests/unit/unit.h
tests_api_test_connect_CFLAGS = $(unit_cflags)
tests_api_test_connect_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_connect_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-connect

check_PROGRAMS += tests/api/test-grants-memory
tests_api_test_grants_memory_SOURCES = tests/api/test-grants-memory.c tests/api/failing.c tests/api/failing.h \
  tests/api/mocked.h tests/unit/folder.h tests/unit/unit.h
tests_api_test_grants_memory_CFLAGS = $(unit_cflags)
tests_api_test_grants_memory_LDFLAGS = $(AM_LDFLAGS) -no-install -export-dynamic
tests_api_test_grants_memory_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-grants-memory
