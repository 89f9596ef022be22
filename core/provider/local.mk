libcore_la_SOURCES += core/provider/provider.h core/provider/instance.h
