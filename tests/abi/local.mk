# The ABI of modules. What lies under 1.0, 1.1 and 1.2 is compiled against the header of that version, kept there, and nothing
# else; it is not edited after a release.
abi_flags = $(module_flags) -rpath /nowhere
EXTRA_DIST += tests/abi/1.0/attache/module.h tests/abi/1.1/attache/module.h \
  tests/abi/1.2/attache/module.h

check_LTLIBRARIES += tests/abi/mock10.la tests/abi/sink10.la tests/abi/newer.la tests/abi/shorter.la \
  tests/abi/layout-1.0.la tests/abi/lend11.la tests/abi/layout-1.1.la tests/abi/ask12.la tests/abi/layout-1.2.la
tests_abi_mock10_la_SOURCES = tests/abi/1.0/mock10.c
tests_abi_mock10_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.0
tests_abi_mock10_la_LDFLAGS = $(abi_flags)
tests_abi_sink10_la_SOURCES = tests/abi/1.0/sink10.c
tests_abi_sink10_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.0
tests_abi_sink10_la_LDFLAGS = $(abi_flags)
tests_abi_newer_la_SOURCES = tests/abi/newer.c
tests_abi_newer_la_LDFLAGS = $(abi_flags)
tests_abi_shorter_la_SOURCES = tests/abi/shorter.c
tests_abi_shorter_la_LDFLAGS = $(abi_flags)
tests_abi_layout_1_0_la_SOURCES = tests/abi/layout-1.0.c tests/abi/layout.h
tests_abi_layout_1_0_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.0 -I$(top_srcdir)
tests_abi_layout_1_0_la_LDFLAGS = $(abi_flags)
tests_abi_lend11_la_SOURCES = tests/abi/1.1/lend11.c
tests_abi_lend11_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.1
tests_abi_lend11_la_LDFLAGS = $(abi_flags)
tests_abi_layout_1_1_la_SOURCES = tests/abi/layout-1.1.c tests/abi/layout-1.1.h tests/abi/layout.h
tests_abi_layout_1_1_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.1 -I$(top_srcdir)
tests_abi_layout_1_1_la_LDFLAGS = $(abi_flags)
tests_abi_ask12_la_SOURCES = tests/abi/1.2/ask12.c
tests_abi_ask12_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.2
tests_abi_ask12_la_LDFLAGS = $(abi_flags)
tests_abi_layout_1_2_la_SOURCES = tests/abi/layout-1.2.c tests/abi/layout-1.2.h tests/abi/layout-1.1.h \
  tests/abi/layout.h
tests_abi_layout_1_2_la_CPPFLAGS = -I$(top_srcdir)/tests/abi/1.2 -I$(top_srcdir)
tests_abi_layout_1_2_la_LDFLAGS = $(abi_flags)

check_PROGRAMS += tests/abi/test-abi
tests_abi_test_abi_SOURCES = tests/abi/test-abi.c tests/abi/layout-now.c tests/abi/layout-1.2.h tests/abi/layout-1.1.h \
  tests/abi/layout.h \
  tests/unit/unit.h
tests_abi_test_abi_CFLAGS = $(unit_cflags)
tests_abi_test_abi_LDADD = $(unit_libs)
TESTS += tests/abi/test-abi
