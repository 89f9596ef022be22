libcore_la_SOURCES += core/managed/calls.c core/managed/keeping.c core/managed/managed.h core/managed/outcome.c \
  core/managed/parts.c core/managed/plan.c core/managed/set.c
