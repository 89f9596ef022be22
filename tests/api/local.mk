# Tests of the public interface link the shared library, as an application does. It is used from the build tree, where
# the stage's modules and transports are put beside it by stage.stamp.
if HAVE_MICROHTTPD
check_LTLIBRARIES += libsite.la
libsite_la_SOURCES = tests/api/site.c tests/api/site.h
libsite_la_CFLAGS = $(unit_cflags) $(MICROHTTPD_CFLAGS)
libsite_la_LIBADD = $(MICROHTTPD_LIBS)

check_PROGRAMS += tests/api/test-api
tests_api_test_api_SOURCES = tests/api/test-api.c
tests_api_test_api_CFLAGS = $(unit_cflags)
tests_api_test_api_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-api
endif
