# Unit tests are C programs on libcore (tests/unit); tests of the installed tree are Python programs (tests/integration)
# that run against $(STAGE), where `make install` put it. All speak TAP, so that every case is counted.
STAGE = $(abs_builddir)/stage

TEST_EXTENSIONS = .py .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
PY_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/rig/cmocka.sh
PY_LOG_COMPILER = $(TEST_PYTHON)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
  CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
  ATT_SOURCE='$(abs_top_srcdir)'; export ATT_SOURCE; \
  ATT_BUILD='$(abs_top_builddir)'; export ATT_BUILD; \
  ATT_STAGE='$(STAGE)'; export ATT_STAGE; \
  ATT_PREFIX='$(STAGE)$(prefix)'; export ATT_PREFIX; \
  ATT_LIBDIR='$(STAGE)$(libdir)'; export ATT_LIBDIR; \
  ATT_SANITIZER='$(SANITIZER)'; export ATT_SANITIZER; \
  CC='$(CC)'; export CC; \
  LD_LIBRARY_PATH='$(STAGE)$(libdir)'; export LD_LIBRARY_PATH; \
  PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
  PYTHONPATH='$(abs_top_srcdir)/tests'; export PYTHONPATH; \
  unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR;

unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
unit_libs = libcore.la $(CMOCKA_LIBS) $(SODIUM_LIBS)

# The installed tree that the integration tests use. Made anew whenever something that is installed changed.
check_DATA += stage.stamp
stage.stamp: $(lib_LTLIBRARIES) $(pkglib_LTLIBRARIES) $(transport_LTLIBRARIES) $(sign_LTLIBRARIES) \
  $(bin_PROGRAMS) $(pkginclude_HEADERS) $(dist_template_DATA)
	$(AM_V_GEN)rm -rf '$(STAGE)' && $(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(STAGE)' >stage.log 2>&1 \
	  || { cat stage.log; exit 1; }; touch $@
CLEANFILES += stage.stamp stage.log
clean-local:
	rm -rf '$(STAGE)'

check_PROGRAMS += tests/unit/test-base
tests_unit_test_base_SOURCES = tests/unit/test-base.c tests/unit/unit.h
tests_unit_test_base_CFLAGS = $(unit_cflags)
tests_unit_test_base_LDADD = $(unit_libs)
TESTS += tests/unit/test-base

EXTRA_DIST += tests/rig/__init__.py tests/rig/authority.py tests/rig/cmocka.sh tests/rig/raw.py \
  tests/rig/servers.py tests/rig/site.py tests/rig/tap.py tests/rig/terminal.py
dist_check_SCRIPTS += tests/integration/test_rig.py
TESTS += tests/integration/test_rig.py

# The Alter-compatible backend, and the tests of it.
EXTRA_DIST += tests/rig/alter.py tests/backend/api.mjs tests/backend/control.mjs tests/backend/faults.mjs \
  tests/backend/flips.mjs tests/backend/json.mjs tests/backend/main.mjs tests/backend/other.conf \
  tests/backend/profile.mjs tests/backend/routes.mjs tests/backend/store.mjs tests/backend/wire.mjs
dist_check_SCRIPTS += tests/integration/test_alter_backend.py tests/integration/test_alter.py \
  tests/integration/test_alter_calls.py tests/integration/test_alter_grants.py \
  tests/integration/test_alter_audit.py tests/integration/test_alter_secrets.py
TESTS += tests/integration/test_alter_backend.py tests/integration/test_alter.py \
  tests/integration/test_alter_calls.py tests/integration/test_alter_grants.py \
  tests/integration/test_alter_audit.py tests/integration/test_alter_secrets.py

# Drives the library against the backend, many times.
check_PROGRAMS += tests/rig/calls
tests_rig_calls_SOURCES = tests/rig/calls.c
tests_rig_calls_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_rig_calls_LDADD = libattache.la

# Its OAuth side, which needs the packages of package.json: real providers, the connect page, a browser. What
# runs no code that a sanitizer has not seen elsewhere is not run under one.
EXTRA_DIST += tests/rig/browser.py tests/rig/live.py tests/backend/browser.mjs tests/backend/connect.mjs \
  tests/backend/demo.py tests/backend/install.sh tests/backend/live.mjs tests/backend/oauth.mjs \
  tests/backend/package-lock.json tests/backend/package.json tests/backend/packages.mjs \
  tests/backend/page/connect.css tests/backend/page/connect.html tests/backend/page/connect.js \
  tests/backend/provider.mjs tests/backend/upstream.mjs tests/backend/web.mjs
dist_check_SCRIPTS += tests/integration/test_alter_connect.py tests/integration/test_connect_demo.py \
  tests/integration/test_connect_page.py
TESTS += tests/integration/test_alter_connect.py
if !SANITIZED
TESTS += tests/integration/test_connect_demo.py tests/integration/test_connect_page.py
endif

if HAVE_MICROHTTPD
noinst_PROGRAMS += tests/rig/upstream
endif
tests_rig_upstream_SOURCES = tests/rig/upstream.c
tests_rig_upstream_CFLAGS = $(AM_CFLAGS) $(MICROHTTPD_CFLAGS)
tests_rig_upstream_LDADD = libbase.la $(MICROHTTPD_LIBS)

include $(top_srcdir)/tests/api/local.mk
include $(top_srcdir)/tests/fuzz/local.mk

# For ./dev test: what is run again under ThreadSanitizer (the unit tests, those of the interface, and integration tests
# that are about threads), and what is enough to see that a tarball is whole.
threaded_tests = $(filter tests/unit/% tests/api/%,$(TESTS))
list-threaded-tests:
	@echo $(threaded_tests)
list-tarball-tests:
	@echo $(filter tests/unit/% tests/api/% tests/abi/% tests/style/%,$(TESTS))

dist_check_SCRIPTS += tests/style/check.py
TESTS += tests/style/check.py
EXTRA_DIST += dev .ci/run
list-dist-files:
	@for file in $(DISTFILES); do echo "$$file"; done
