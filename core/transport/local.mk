libcore_la_SOURCES += core/transport/load.c core/transport/recorder.c core/transport/recorder.h \
  core/transport/transport.h

# Loaded when the first request is sent, so that everything else starts without libcurl.
transport_flags = $(module_flags) -export-symbols-regex '^attache_transport$$'
transport_LTLIBRARIES += curl.la
curl_la_SOURCES = core/transport/curl/answer.c core/transport/curl/body.c \
  core/transport/curl/connect.c core/transport/curl/curl.h core/transport/curl/drive.c core/transport/curl/failure.c \
  core/transport/curl/memory.c core/transport/curl/options.c core/transport/curl/pool.c \
  core/transport/curl/target.c core/transport/curl/transport.c core/transport/transport.h
curl_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
curl_la_LDFLAGS = $(transport_flags)
curl_la_LIBADD = libbase.la $(CURL_LIBS)

transport_LTLIBRARIES += replay.la
replay_la_SOURCES = core/transport/replay/file.c core/transport/replay/replay.c core/transport/replay/replay.h \
  core/transport/transport.h
replay_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
replay_la_LDFLAGS = $(transport_flags)
replay_la_LIBADD = libbase.la $(JANSSON_LIBS) $(SODIUM_LIBS)

# The transport is tested as the shared object that is installed; the judgement of addresses also by itself.
check_PROGRAMS += tests/unit/test-transport
tests_unit_test_transport_SOURCES = tests/unit/test-transport.c tests/unit/peer.c tests/unit/peer.h tests/unit/unit.h
tests_unit_test_transport_CFLAGS = $(unit_cflags)
tests_unit_test_transport_LDADD = $(unit_libs)
TESTS += tests/unit/test-transport
check_LTLIBRARIES += tests/modules/later-transport.la
tests_modules_later_transport_la_SOURCES = tests/modules/later-transport.c core/transport/transport.h
tests_modules_later_transport_la_LDFLAGS = $(test_module_flags)

check_PROGRAMS += tests/unit/test-replay
tests_unit_test_replay_SOURCES = tests/unit/test-replay.c tests/unit/unit.h
tests_unit_test_replay_CFLAGS = $(unit_cflags)
tests_unit_test_replay_LDADD = $(unit_libs)
TESTS += tests/unit/test-replay

# Drives a transport for the tests against real servers.
check_PROGRAMS += tests/rig/exchange
tests_rig_exchange_SOURCES = tests/rig/exchange.c
tests_rig_exchange_LDADD = libcore.la
dist_check_SCRIPTS += tests/integration/test_transport.py
TESTS += tests/integration/test_transport.py

check_PROGRAMS += tests/unit/test-transport-faults
tests_unit_test_transport_faults_SOURCES = tests/unit/test-transport-faults.c tests/unit/peer.c tests/unit/peer.h \
  tests/unit/unit.h
tests_unit_test_transport_faults_CFLAGS = $(unit_cflags)
tests_unit_test_transport_faults_LDADD = $(unit_libs)
TESTS += tests/unit/test-transport-faults
