libcore_la_SOURCES += core/provider/answer.c core/provider/ask.c core/provider/backend.c core/provider/backend.h \
  core/provider/borrow.c core/provider/call.c core/provider/check.c core/provider/data.c core/provider/getters.c \
  core/provider/grants.c core/provider/grants.h core/provider/host.c core/provider/http.c \
  core/provider/instance.c core/provider/instance.h core/provider/job.c core/provider/job.h core/provider/keep.c \
  core/provider/log.c core/provider/order.c core/provider/order.h core/provider/process.c core/provider/provider.h \
  core/provider/reports.c core/provider/reread.c core/provider/settings.c core/provider/worker.c

check_PROGRAMS += tests/unit/test-provider
tests_unit_test_provider_SOURCES = tests/unit/test-provider.c tests/unit/unit.h tests/modules/unruly.c
tests_unit_test_provider_CFLAGS = $(unit_cflags)
tests_unit_test_provider_LDADD = $(unit_libs)
TESTS += tests/unit/test-provider

check_PROGRAMS += tests/unit/test-http
tests_unit_test_http_SOURCES = tests/unit/test-http.c tests/unit/peer.c tests/unit/peer.h tests/unit/unit.h
tests_unit_test_http_CFLAGS = $(unit_cflags)
tests_unit_test_http_LDADD = $(unit_libs)
TESTS += tests/unit/test-http

check_PROGRAMS += tests/unit/test-data
tests_unit_test_data_SOURCES = tests/unit/test-data.c tests/unit/folder.h tests/unit/unit.h
tests_unit_test_data_CFLAGS = $(unit_cflags)
tests_unit_test_data_LDADD = $(unit_libs)
TESTS += tests/unit/test-data

check_PROGRAMS += tests/unit/test-placement
tests_unit_test_placement_SOURCES = tests/unit/test-placement.c tests/unit/unit.h
tests_unit_test_placement_CFLAGS = $(unit_cflags)
tests_unit_test_placement_LDADD = $(unit_libs)
TESTS += tests/unit/test-placement

check_PROGRAMS += tests/unit/test-grants
tests_unit_test_grants_SOURCES = tests/unit/test-grants.c tests/unit/unit.h tests/modules/liar.c
tests_unit_test_grants_CFLAGS = $(unit_cflags)
tests_unit_test_grants_LDADD = $(unit_libs)
TESTS += tests/unit/test-grants
