managed_secrets_sources = providers/managed_secrets/act.c providers/managed_secrets/act.h \
  providers/managed_secrets/database.c providers/managed_secrets/database.h \
  providers/managed_secrets/files.c providers/managed_secrets/files.h \
  providers/managed_secrets/generation.c providers/managed_secrets/generation.h \
  providers/managed_secrets/key.c providers/managed_secrets/key.h \
  providers/managed_secrets/managed_secrets.c \
  providers/managed_secrets/parts.c providers/managed_secrets/parts.h \
  providers/managed_secrets/references.c providers/managed_secrets/references.h \
  providers/managed_secrets/seal.c providers/managed_secrets/seal.h \
  providers/managed_secrets/store.c providers/managed_secrets/store.h \
  providers/managed_secrets/store_change.c providers/managed_secrets/store_fetch.c \
  providers/managed_secrets/store_key.c providers/managed_secrets/store_list.c \
  providers/managed_secrets/store_rekey.c

pkglib_LTLIBRARIES += managed_secrets.la
managed_secrets_la_SOURCES = $(managed_secrets_sources)
managed_secrets_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
managed_secrets_la_LDFLAGS = $(module_flags)
managed_secrets_la_LIBADD = $(SQLITE_LIBS) $(SODIUM_LIBS)
