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
managed_secrets_la_LIBADD = libalter.la $(SQLITE_LIBS) $(SODIUM_LIBS)

# The module is linked into its tests: same source, no dlopen.
kept_sources = tests/unit/kept.c tests/unit/kept.h tests/unit/folder.h tests/unit/unit.h $(managed_secrets_sources)
kept_cflags = $(unit_cflags) $(SQLITE_CFLAGS)
kept_libs = libalter.la $(unit_libs) $(SQLITE_LIBS)

check_PROGRAMS += tests/unit/test-store
tests_unit_test_store_SOURCES = tests/unit/test-store.c $(kept_sources)
tests_unit_test_store_CFLAGS = $(kept_cflags)
tests_unit_test_store_LDADD = $(kept_libs)
TESTS += tests/unit/test-store

check_PROGRAMS += tests/unit/test-store-faults
tests_unit_test_store_faults_SOURCES = tests/unit/test-store-faults.c $(kept_sources)
tests_unit_test_store_faults_CFLAGS = $(kept_cflags)
tests_unit_test_store_faults_LDADD = $(kept_libs)
TESTS += tests/unit/test-store-faults

check_PROGRAMS += tests/unit/test-references
tests_unit_test_references_SOURCES = tests/unit/test-references.c $(kept_sources)
tests_unit_test_references_CFLAGS = $(kept_cflags)
tests_unit_test_references_LDADD = $(kept_libs)
TESTS += tests/unit/test-references

check_PROGRAMS += tests/unit/test-store-crash
tests_unit_test_store_crash_SOURCES = tests/unit/test-store-crash.c $(kept_sources)
tests_unit_test_store_crash_CFLAGS = $(kept_cflags)
tests_unit_test_store_crash_LDADD = $(kept_libs)
TESTS += tests/unit/test-store-crash

check_PROGRAMS += tests/unit/test-store-residue
tests_unit_test_store_residue_SOURCES = tests/unit/test-store-residue.c tests/api/canary.c tests/api/canary.h \
  $(kept_sources)
tests_unit_test_store_residue_CFLAGS = $(kept_cflags)
tests_unit_test_store_residue_LDADD = $(kept_libs)
TESTS += tests/unit/test-store-residue

if HAVE_MICROHTTPD
check_PROGRAMS += tests/api/test-store-site
tests_api_test_store_site_SOURCES = tests/api/test-store-site.c tests/api/world.h
tests_api_test_store_site_CFLAGS = $(unit_cflags)
tests_api_test_store_site_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_store_site_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-store-site
endif
