audit_file_sources = plugins/audit_file/audit_file.c plugins/audit_file/log_append.c plugins/audit_file/log_file.c \
  plugins/audit_file/log_file.h
pkglib_LTLIBRARIES += audit_file.la
audit_file_la_SOURCES = $(audit_file_sources)
audit_file_la_LDFLAGS = $(module_flags)

check_PROGRAMS += tests/unit/test-audit-file
tests_unit_test_audit_file_SOURCES = tests/unit/test-audit-file.c tests/unit/unit.h $(audit_file_sources)
tests_unit_test_audit_file_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_audit_file_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS)
TESTS += tests/unit/test-audit-file
