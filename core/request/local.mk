libcore_la_SOURCES += core/request/approval.c core/request/attach.c core/request/cover.c core/request/decide.c core/request/exchange.c core/request/execute.c core/request/explain.c core/request/fetch.c \
  core/request/held.c core/request/held.h \
  core/request/map.c core/request/mask.c core/request/mask.h core/request/record.c core/request/redirect.c core/request/report.c core/request/request.c \
  core/request/response.c core/request/response.h core/request/run.c core/request/run.h core/request/send.c core/request/sign.c core/request/stream.c core/request/validate.c

check_PROGRAMS += tests/unit/test-mask
tests_unit_test_mask_SOURCES = tests/unit/test-mask.c core/request/mask.c
tests_unit_test_mask_CFLAGS = $(unit_cflags)
tests_unit_test_mask_LDADD = libbase.la $(CMOCKA_LIBS) $(SODIUM_LIBS)
TESTS += tests/unit/test-mask

check_PROGRAMS += tests/api/test-by-backend
tests_api_test_by_backend_SOURCES = tests/api/test-by-backend.c tests/api/mocked.h tests/unit/folder.h tests/unit/unit.h
tests_api_test_by_backend_CFLAGS = $(unit_cflags)
tests_api_test_by_backend_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_by_backend_LDADD = libattache.la libbase.la $(CMOCKA_LIBS)
TESTS += tests/api/test-by-backend
