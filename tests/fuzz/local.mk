# A harness for each parser that reads what others wrote. fuzz-NAME has its corpus in tests/fuzz/corpus/NAME. Linked
# with replay.c, it is a test; `./dev fuzz` links it with libFuzzer instead (fuzz_main= fuzz_engine=-fsanitize=fuzzer).
fuzz_main = tests/fuzz/libreplay.la
fuzz_engine =
fuzz_libs = $(fuzz_main) libcore.la
fuzz_ldflags = $(AM_LDFLAGS) $(fuzz_engine)
fuzz_harnesses = tests/fuzz/fuzz-url
EXTRA_DIST += tests/fuzz/corpus

check_LTLIBRARIES += tests/fuzz/libreplay.la
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h
check_PROGRAMS += $(fuzz_harnesses)
TESTS += $(fuzz_harnesses)

tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz-url.c
tests_fuzz_fuzz_url_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_url_LDADD = $(fuzz_libs) $(CURL_LIBS)

list-fuzz-harnesses:
	@echo $(fuzz_harnesses)
