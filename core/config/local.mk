libcore_la_SOURCES += core/config/config.h core/config/value.h
