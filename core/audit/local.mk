libcore_la_SOURCES += core/audit/audit.h core/audit/record.c core/audit/redact.c core/audit/trail.c

check_PROGRAMS += tests/unit/test-audit
tests_unit_test_audit_SOURCES = tests/unit/test-audit.c tests/unit/unit.h core/audit/trail.c
tests_unit_test_audit_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_unit_test_audit_LDADD = $(unit_libs) $(JANSSON_LIBS)
TESTS += tests/unit/test-audit
