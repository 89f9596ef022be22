alter_connect_sources = providers/alter_connect/alter_connect.c

pkglib_LTLIBRARIES += alter_connect.la
alter_connect_la_SOURCES = $(alter_connect_sources)
alter_connect_la_LDFLAGS = $(module_flags)
alter_connect_la_LIBADD = libalter.la

# The module is linked into its tests: same source, no dlopen.
alter_test_sources = tests/unit/alter-host.c tests/unit/alter-host.h tests/unit/unit.h $(alter_connect_sources)
alter_test_cflags = $(unit_cflags) $(CRYPTO_CFLAGS)
alter_test_libs = libalter.la $(unit_libs) $(CRYPTO_LIBS)

alter_tests = tests/unit/test-alter-options tests/unit/test-alter-profile tests/unit/test-alter-token \
  tests/unit/test-alter-failure tests/unit/test-alter-grants tests/unit/test-alter-proxy
check_PROGRAMS += $(alter_tests)
TESTS += $(alter_tests)
tests_unit_test_alter_options_SOURCES = tests/unit/test-alter-options.c $(alter_test_sources)
tests_unit_test_alter_options_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_options_LDADD = $(alter_test_libs)
tests_unit_test_alter_profile_SOURCES = tests/unit/test-alter-profile.c $(alter_test_sources)
tests_unit_test_alter_profile_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_profile_LDADD = $(alter_test_libs)
tests_unit_test_alter_token_SOURCES = tests/unit/test-alter-token.c $(alter_test_sources)
tests_unit_test_alter_token_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_token_LDADD = $(alter_test_libs)
tests_unit_test_alter_failure_SOURCES = tests/unit/test-alter-failure.c $(alter_test_sources)
tests_unit_test_alter_failure_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_failure_LDADD = $(alter_test_libs)
tests_unit_test_alter_grants_SOURCES = tests/unit/test-alter-grants.c $(alter_test_sources)
tests_unit_test_alter_grants_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_grants_LDADD = $(alter_test_libs)
tests_unit_test_alter_proxy_SOURCES = tests/unit/test-alter-proxy.c $(alter_test_sources)
tests_unit_test_alter_proxy_CFLAGS = $(alter_test_cflags)
tests_unit_test_alter_proxy_LDADD = $(alter_test_libs)

check_PROGRAMS += tests/unit/test-alter-residue
tests_unit_test_alter_residue_SOURCES = tests/unit/test-alter-residue.c tests/unit/folder.h tests/unit/unit.h \
  tests/api/canary.c tests/api/canary.h $(alter_connect_sources)
tests_unit_test_alter_residue_CFLAGS = $(unit_cflags)
tests_unit_test_alter_residue_LDADD = libalter.la $(unit_libs) $(CRYPTO_LIBS)
TESTS += tests/unit/test-alter-residue
