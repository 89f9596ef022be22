exec_sources = providers/exec/exec.h providers/exec/aws.c providers/exec/bazel.c providers/exec/docker.c \
  providers/exec/environment.c providers/exec/exec.c providers/exec/git.c providers/exec/google.c \
  providers/exec/kubernetes.c providers/exec/plain.c providers/exec/run.c providers/exec/settings.c

pkglib_LTLIBRARIES += exec.la
exec_la_SOURCES = $(exec_sources)
exec_la_CFLAGS = $(AM_CFLAGS)
exec_la_LDFLAGS = $(module_flags)
exec_la_LIBADD = libjsonreader.la

check_PROGRAMS += tests/unit/test-exec
tests_unit_test_exec_SOURCES = tests/unit/test-exec.c tests/unit/folder.h tests/unit/unit.h $(exec_sources)
tests_unit_test_exec_CFLAGS = $(unit_cflags)
tests_unit_test_exec_LDADD = libjsonreader.la $(unit_libs)
TESTS += tests/unit/test-exec

dist_check_SCRIPTS += tests/integration/test_exec.py
TESTS += tests/integration/test_exec.py
