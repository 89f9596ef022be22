libcore_la_SOURCES += core/engine/check.c core/engine/client.c core/engine/engine.c core/engine/engine.h \
  core/engine/modules.c core/engine/plan.c core/engine/plan.h core/engine/registry.c core/engine/registry.h \
  core/engine/snapshot.c core/engine/snapshot.h
