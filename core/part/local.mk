libcore_la_SOURCES += core/part/part.c core/part/part.h
