libcore_la_SOURCES += core/module/loader.h
