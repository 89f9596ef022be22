libcore_la_SOURCES += core/template/folders.c core/template/list.c core/template/placement.c core/template/read.c core/template/set.c \
  core/template/template.h core/template/types.c
# Where the library is, from which follows where an installation was moved to.
libcore_la_CFLAGS += -DATT_LIBDIR='"$(libdir)"'
