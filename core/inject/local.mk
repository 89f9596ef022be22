libcore_la_SOURCES += core/inject/inject.c core/inject/inject.h
