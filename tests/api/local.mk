# Tests of the public interface link the shared library, as an application does, and run with the one in the stage
# (LD_LIBRARY_PATH), which has the modules and transports beside it.
if HAVE_MICROHTTPD
check_LTLIBRARIES += libsite.la
libsite_la_SOURCES = tests/api/site.c tests/api/site.h
libsite_la_CFLAGS = $(unit_cflags) $(MICROHTTPD_CFLAGS)
libsite_la_LIBADD = $(MICROHTTPD_LIBS)

check_PROGRAMS += tests/api/test-api
tests_api_test_api_SOURCES = tests/api/test-api.c
tests_api_test_api_CFLAGS = $(unit_cflags)
tests_api_test_api_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_api_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-api

check_PROGRAMS += tests/api/test-results
tests_api_test_results_SOURCES = tests/api/test-results.c tests/api/world.h
tests_api_test_results_CFLAGS = $(unit_cflags)
tests_api_test_results_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_results_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-results

check_PROGRAMS += tests/api/test-scopes
tests_api_test_scopes_SOURCES = tests/api/test-scopes.c tests/api/world.h
tests_api_test_scopes_CFLAGS = $(unit_cflags)
tests_api_test_scopes_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_scopes_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-scopes

check_PROGRAMS += tests/api/test-failures
tests_api_test_failures_SOURCES = tests/api/test-failures.c tests/api/world.h
tests_api_test_failures_CFLAGS = $(unit_cflags)
tests_api_test_failures_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_failures_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-failures

check_LTLIBRARIES += tests/modules/placing.la
tests_modules_placing_la_SOURCES = tests/modules/placing.c
tests_modules_placing_la_LDFLAGS = $(test_module_flags)
check_PROGRAMS += tests/api/test-places
tests_api_test_places_SOURCES = tests/api/test-places.c tests/api/world.h
tests_api_test_places_CFLAGS = $(unit_cflags)
tests_api_test_places_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_places_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-places

check_LTLIBRARIES += tests/modules/lender.la
tests_modules_lender_la_SOURCES = tests/modules/lender.c
tests_modules_lender_la_LDFLAGS = $(test_module_flags)
check_PROGRAMS += tests/api/test-kept
tests_api_test_kept_SOURCES = tests/api/test-kept.c tests/api/world.h
tests_api_test_kept_CFLAGS = $(unit_cflags)
tests_api_test_kept_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_kept_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-kept

check_PROGRAMS += tests/api/test-bodies
tests_api_test_bodies_SOURCES = tests/api/test-bodies.c tests/api/world.h
tests_api_test_bodies_CFLAGS = $(unit_cflags)
tests_api_test_bodies_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_bodies_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-bodies

check_PROGRAMS += tests/api/test-masked
tests_api_test_masked_SOURCES = tests/api/test-masked.c tests/api/world.h
tests_api_test_masked_CFLAGS = $(unit_cflags)
tests_api_test_masked_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_masked_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-masked

check_PROGRAMS += tests/api/test-signed
tests_api_test_signed_SOURCES = tests/api/test-signed.c tests/api/world.h
tests_api_test_signed_CFLAGS = $(unit_cflags)
tests_api_test_signed_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_signed_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-signed

check_PROGRAMS += tests/api/test-streamed
tests_api_test_streamed_SOURCES = tests/api/test-streamed.c tests/api/world.h
tests_api_test_streamed_CFLAGS = $(unit_cflags)
tests_api_test_streamed_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_streamed_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-streamed

check_PROGRAMS += tests/api/test-redirects
tests_api_test_redirects_SOURCES = tests/api/test-redirects.c tests/api/world.h
tests_api_test_redirects_CFLAGS = $(unit_cflags)
tests_api_test_redirects_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_redirects_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-redirects

check_PROGRAMS += tests/api/test-threads
tests_api_test_threads_SOURCES = tests/api/test-threads.c tests/api/world.h
tests_api_test_threads_CFLAGS = $(unit_cflags)
tests_api_test_threads_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_threads_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-threads

check_PROGRAMS += tests/api/test-memory
tests_api_test_memory_SOURCES = tests/api/test-memory.c tests/api/world.h
tests_api_test_memory_CFLAGS = $(unit_cflags)
tests_api_test_memory_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_memory_LDADD = libsite.la libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-memory
endif

# What stays of a credential. Its module is built as those of tests/modules are.
check_LTLIBRARIES += tests/modules/canary.la
tests_modules_canary_la_SOURCES = tests/modules/canary.c
tests_modules_canary_la_LDFLAGS = $(test_module_flags)
EXTRA_DIST += tests/rig/echo.py
check_PROGRAMS += tests/api/test-residue
tests_api_test_residue_SOURCES = tests/api/test-residue.c tests/api/residue.c tests/api/residue.h \
  tests/api/canary.c tests/api/canary.h tests/unit/unit.h
tests_api_test_residue_CFLAGS = $(unit_cflags)
tests_api_test_residue_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_residue_LDADD = libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-residue

check_PROGRAMS += tests/api/test-exec-residue
tests_api_test_exec_residue_SOURCES = tests/api/test-exec-residue.c tests/api/residue.c tests/api/residue.h \
  tests/api/canary.c tests/api/canary.h tests/unit/unit.h
tests_api_test_exec_residue_CFLAGS = $(unit_cflags)
tests_api_test_exec_residue_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_api_test_exec_residue_LDADD = libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-exec-residue

check_PROGRAMS += tests/api/test-torture
tests_api_test_torture_SOURCES = tests/api/test-torture.c tests/api/failing.c tests/api/failing.h \
  tests/api/residue.c tests/api/residue.h tests/api/canary.c tests/api/canary.h tests/unit/unit.h
tests_api_test_torture_CFLAGS = $(unit_cflags)
tests_api_test_torture_LDFLAGS = $(AM_LDFLAGS) -no-install -export-dynamic
tests_api_test_torture_LDADD = libattache.la $(CMOCKA_LIBS)
TESTS += tests/api/test-torture
