libcore_la_SOURCES += core/audit/audit.h
