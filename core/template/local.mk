libcore_la_SOURCES += core/template/folders.c core/template/list.c core/template/placement.c core/template/read.c core/template/set.c \
  core/template/template.h core/template/types.c
# Where the library is, from which follows where an installation was moved to.
libcore_la_CFLAGS += -DATT_LIBDIR='"$(libdir)"'

templatedir = $(pkgdatadir)/templates
dist_template_DATA = etc/templates/ai.conf etc/templates/business.conf etc/templates/cloud.conf \
  etc/templates/communication.conf etc/templates/data.conf etc/templates/developer.conf etc/templates/facts.conf \
  etc/templates/observability.conf

check_PROGRAMS += tests/unit/test-templates
tests_unit_test_templates_SOURCES = tests/unit/test-templates.c tests/unit/config.h tests/unit/folder.h \
  tests/unit/unit.h
tests_unit_test_templates_CFLAGS = $(unit_cflags)
tests_unit_test_templates_LDADD = $(unit_libs)
EXTRA_DIST += tests/unit/templates.expected
TESTS += tests/unit/test-templates
