libcore_la_SOURCES += core/module/loader.h core/module/steps.h core/module/file.c core/module/image.c \
  core/module/loader.c core/module/note.c core/module/options.c core/module/table.c
