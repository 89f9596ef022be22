libcore_la_SOURCES += core/transport/transport.h
