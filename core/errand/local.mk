libcore_la_SOURCES += core/errand/errand.c core/errand/errand.h core/errand/outcome.c
