# The client of the Alter service: a part of each module that speaks to it, with nothing visible from outside.
noinst_LTLIBRARIES += libalter.la
libalter_la_SOURCES = providers/alter/alter.c providers/alter/alter.h providers/alter/audit.c providers/alter/call.c \
  providers/alter/connect.c providers/alter/crypto.c providers/alter/crypto.h providers/alter/failure.c \
  providers/alter/grants.c providers/alter/inside.h providers/alter/notes.c providers/alter/options.c \
  providers/alter/options.h providers/alter/place.c providers/alter/profile.c providers/alter/profile_list.c \
  providers/alter/proxy.c providers/alter/read.c providers/alter/sign.c providers/alter/token.c \
  providers/alter/words.h providers/alter/write.c
libalter_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libalter_la_LIBADD = libjsonreader.la
