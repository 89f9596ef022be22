libbase_la_SOURCES += core/url/url.h
