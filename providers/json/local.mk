# What modules link that read JSON answers: a part of each of them, with nothing visible from outside.
noinst_LTLIBRARIES += libjsonreader.la
libjsonreader_la_SOURCES = providers/json/json.h providers/json/check.c providers/json/read.c providers/json/time.c \
  providers/json/write.c

check_PROGRAMS += tests/unit/test-json
tests_unit_test_json_SOURCES = tests/unit/test-json.c tests/unit/secret-host.c tests/unit/secret-host.h tests/unit/unit.h
tests_unit_test_json_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_json_LDADD = libjsonreader.la libcore.la $(CMOCKA_LIBS) $(JANSSON_LIBS)
TESTS += tests/unit/test-json
