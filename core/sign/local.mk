libbase_la_SOURCES += core/sign/day_key.c core/sign/day_key.h core/sign/message.c core/sign/signature.c core/sign/sign.h
libcore_la_SOURCES += core/sign/load.c core/sign/scope.c core/sign/scope.h

# Loaded when the first request is signed, so that everything else starts without libcrypto.
sign_LTLIBRARIES += openssl.la
openssl_la_SOURCES = core/sign/openssl/aws.c core/sign/openssl/canonical.c core/sign/openssl/chunk.c core/sign/openssl/digest.c \
  core/sign/openssl/hmac.c core/sign/openssl/openssl.h core/sign/openssl/resource.c core/sign/openssl/signer.c
openssl_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
openssl_la_LDFLAGS = $(module_flags) -export-symbols-regex '^attache_signer$$'
openssl_la_LIBADD = libbase.la $(CRYPTO_LIBS)

# Signs for the tests against other signers and servers.
check_PROGRAMS += tests/rig/signer
tests_rig_signer_SOURCES = tests/rig/signer.c
tests_rig_signer_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_rig_signer_LDADD = libcore.la $(JANSSON_LIBS)
EXTRA_DIST += tests/rig/radosgw.py tests/rig/signing.py
dist_check_SCRIPTS += tests/integration/test_radosgw.py tests/integration/test_sign.py
TESTS += tests/integration/test_radosgw.py tests/integration/test_sign.py

# The signer is tested as the shared object that is installed.
check_PROGRAMS += tests/unit/test-sign
tests_unit_test_sign_SOURCES = tests/unit/test-sign.c tests/api/canary.c tests/api/canary.h tests/api/failing.c \
  tests/api/failing.h tests/unit/unit.h
tests_unit_test_sign_CFLAGS = $(unit_cflags)
tests_unit_test_sign_LDADD = $(unit_libs)
TESTS += tests/unit/test-sign
