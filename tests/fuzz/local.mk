# A harness for each parser that reads what others wrote. fuzz-NAME has its corpus in tests/fuzz/corpus/NAME. Linked
# with replay.c, it is a test; `./dev fuzz` links it with libFuzzer instead (fuzz_main= fuzz_engine=-fsanitize=fuzzer).
fuzz_main = tests/fuzz/libreplay.la
fuzz_engine =
fuzz_libs = $(fuzz_main) tests/fuzz/libfuzz.la libcore.la
fuzz_ldflags = $(AM_LDFLAGS) $(fuzz_engine)
fuzz_harnesses = tests/fuzz/fuzz-alter tests/fuzz/fuzz-body tests/fuzz/fuzz-config tests/fuzz/fuzz-exec tests/fuzz/fuzz-json \
  tests/fuzz/fuzz-mock-script tests/fuzz/fuzz-note tests/fuzz/fuzz-parts tests/fuzz/fuzz-replay \
  tests/fuzz/fuzz-sign tests/fuzz/fuzz-url
EXTRA_DIST += tests/fuzz/corpus

check_LTLIBRARIES += tests/fuzz/libfuzz.la tests/fuzz/libreplay.la
tests_fuzz_libfuzz_la_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/replay.c
check_PROGRAMS += $(fuzz_harnesses)
TESTS += $(fuzz_harnesses)

tests_fuzz_fuzz_alter_SOURCES = tests/fuzz/fuzz-alter.c tests/unit/secret-host.c tests/unit/secret-host.h \
  $(alter_connect_sources)
tests_fuzz_fuzz_alter_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_alter_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_alter_LDADD = $(fuzz_main) tests/fuzz/libfuzz.la libalter.la libcore.la

tests_fuzz_fuzz_body_SOURCES = tests/fuzz/fuzz-body.c
tests_fuzz_fuzz_body_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_body_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_body_LDADD = $(fuzz_libs) $(JANSSON_LIBS)

tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_config_LDADD = $(fuzz_libs)

tests_fuzz_fuzz_exec_SOURCES = tests/fuzz/fuzz-exec.c tests/unit/secret-host.c tests/unit/secret-host.h $(exec_sources)
tests_fuzz_fuzz_exec_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_exec_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_exec_LDADD = $(fuzz_main) tests/fuzz/libfuzz.la libjsonreader.la libcore.la

tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz-json.c tests/unit/secret-host.c tests/unit/secret-host.h
tests_fuzz_fuzz_json_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_json_LDADD = $(fuzz_main) tests/fuzz/libfuzz.la libjsonreader.la libcore.la $(JANSSON_LIBS)

tests_fuzz_fuzz_mock_script_SOURCES = tests/fuzz/fuzz-mock-script.c $(mock_test_host) $(mock_sources)
tests_fuzz_fuzz_mock_script_CFLAGS = $(unit_cflags) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_mock_script_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mock_script_LDADD = $(fuzz_main) tests/fuzz/libfuzz.la libbase.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_fuzz_fuzz_note_SOURCES = tests/fuzz/fuzz-note.c
tests_fuzz_fuzz_note_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_note_LDADD = $(fuzz_libs)

tests_fuzz_fuzz_parts_SOURCES = tests/fuzz/fuzz-parts.c providers/managed_secrets/act.c \
  providers/managed_secrets/act.h providers/managed_secrets/parts.c providers/managed_secrets/parts.h
tests_fuzz_fuzz_parts_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_parts_LDADD = $(fuzz_main) tests/fuzz/libfuzz.la libbase.la

tests_fuzz_fuzz_replay_SOURCES = tests/fuzz/fuzz-replay.c core/transport/replay/file.c core/transport/replay/replay.h
tests_fuzz_fuzz_replay_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_replay_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_replay_LDADD = $(fuzz_libs) $(JANSSON_LIBS) $(SODIUM_LIBS)

tests_fuzz_fuzz_sign_SOURCES = tests/fuzz/fuzz-sign.c $(openssl_la_SOURCES)
tests_fuzz_fuzz_sign_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_fuzz_fuzz_sign_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sign_LDADD = $(fuzz_libs) $(CRYPTO_LIBS)

tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz-url.c
tests_fuzz_fuzz_url_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_url_LDADD = $(fuzz_libs) $(CURL_LIBS)

list-fuzz-harnesses:
	@echo $(fuzz_harnesses)
