libbase_la_SOURCES += core/secret/secret.h
