libcore_la_SOURCES += core/stack/stack.h
