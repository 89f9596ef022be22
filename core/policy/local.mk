libcore_la_SOURCES += core/policy/policy.h
