libcore_la_SOURCES += core/provider/provider.h
