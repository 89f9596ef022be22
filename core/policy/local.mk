libcore_la_SOURCES += core/policy/compile.c core/policy/decide.c core/policy/describe.c core/policy/key.c \
  core/policy/policy.h core/policy/rule.h

check_PROGRAMS += tests/unit/test-policy tests/unit/test-policy-laws
tests_unit_test_policy_SOURCES = tests/unit/test-policy.c tests/unit/unit.h
tests_unit_test_policy_CFLAGS = $(unit_cflags)
tests_unit_test_policy_LDADD = $(unit_libs)
tests_unit_test_policy_laws_SOURCES = tests/unit/test-policy-laws.c tests/unit/unit.h
tests_unit_test_policy_laws_CFLAGS = $(unit_cflags)
tests_unit_test_policy_laws_LDADD = $(unit_libs)
TESTS += tests/unit/test-policy tests/unit/test-policy-laws
