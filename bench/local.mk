# Built and run by `./dev bench` alone.
bench_programs = bench/plain bench/job bench/empty bench/starts bench/lookup bench/sign
EXTRA_PROGRAMS = $(bench_programs)
EXTRA_DIST += bench/alter.py bench/alter_sdk.py bench/bench.py
CLEANFILES += $(bench_programs)

bench_plain_SOURCES = bench/plain.c bench/rounds.c bench/rounds.h
bench_plain_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
bench_plain_LDADD = libbase.la $(CURL_LIBS)
bench_job_SOURCES = bench/job.c bench/rounds.c bench/rounds.h
bench_job_LDFLAGS = $(AM_LDFLAGS) -no-install
bench_job_LDADD = libbase.la libattache.la
bench_sign_SOURCES = bench/sign.c bench/rounds.c bench/rounds.h
bench_sign_LDADD = libcore.la
bench_empty_SOURCES = bench/empty.c
bench_starts_SOURCES = bench/starts.c
bench_starts_LDADD = libbase.la
bench_lookup_SOURCES = bench/lookup.c
bench_lookup_LDADD = libcore.la

bench-programs: $(bench_programs) stage.stamp
