libcore_la_SOURCES += core/engine/check.c core/engine/client.c core/engine/engine.c core/engine/engine.h \
  core/engine/caller.c core/engine/modules.c core/engine/plan.c core/engine/plan.h core/engine/registry.c core/engine/registry.h \
  core/engine/snapshot.c core/engine/snapshot.h

check_PROGRAMS += tests/unit/test-plan
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c tests/unit/config.h
tests_unit_test_plan_CFLAGS = $(unit_cflags)
tests_unit_test_plan_LDADD = $(unit_libs)
TESTS += tests/unit/test-plan
