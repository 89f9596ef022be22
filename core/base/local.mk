libbase_la_SOURCES += core/base/base.h core/base/base64.c core/base/buffer.c core/base/clock.c core/base/escape.c \
  core/base/json.c core/base/pool.c core/base/retry_after.c core/base/spell.c core/base/spell.h core/base/text.c core/base/walk.c \
  core/base/walk.h core/error/error.c core/error/error.h core/error/status.c
