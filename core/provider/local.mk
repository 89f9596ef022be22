libcore_la_SOURCES += core/provider/provider.h core/provider/instance.h core/provider/call.c core/provider/credential.c \
  core/provider/getters.c core/provider/host.c core/provider/instance.c core/provider/log.c core/provider/placement.c \
  core/provider/settings.c core/provider/worker.c
