libcore_la_SOURCES += core/credential/credential.c core/credential/credential.h core/credential/placement.c \
  core/credential/report.c
