bin_PROGRAMS += attache
attache_SOURCES = cmd/approve.c cmd/backend.c cmd/backend.h cmd/check.c cmd/connect.c cmd/connect.h \
  cmd/connect_options.c cmd/connect_session.c cmd/data.c cmd/demo.c cmd/demo.h cmd/demo_process.c cmd/demo_site.c \
  cmd/explain.c cmd/fail.c cmd/fail.h cmd/grant_table.c cmd/grant_table.h cmd/grants.c cmd/group.c cmd/group.h \
  cmd/held.c cmd/held.h cmd/help.c cmd/help.h cmd/input.c cmd/input.h cmd/main.c cmd/modules.c cmd/options.c cmd/options.h cmd/output.c \
  cmd/output.h cmd/prompt.c cmd/prompt.h cmd/protection.c cmd/protection.h cmd/request.c cmd/response.c \
  cmd/response.h cmd/secret.c cmd/secret.h cmd/secret_count.c cmd/secret_list.c cmd/secret_set.c cmd/secret_source.c \
  cmd/session.c cmd/session.h cmd/sink.c cmd/sink.h cmd/table.c cmd/table.h cmd/trace.c cmd/trace.h cmd/upload.c \
  cmd/upload.h cmd/verb.h cmd/waiting.c cmd/waiting.h
attache_CPPFLAGS = $(AM_CPPFLAGS) -DATT_PKGLIBDIR='"$(pkglibdir)"' -DATT_EXAMPLESDIR='"$(docdir)/examples/module"' \
  -DATT_PKGCONFIGDIR='"$(libdir)/pkgconfig"'
attache_LDADD = libattache.la

dist_man_MANS += doc/attache.1
completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = cmd/completion/attache

dist_check_SCRIPTS += tests/integration/test_approve.py tests/integration/test_check.py \
  tests/integration/test_command.py tests/integration/test_demo.py tests/integration/test_grants.py \
  tests/integration/test_secret.py
TESTS += tests/integration/test_approve.py tests/integration/test_check.py tests/integration/test_command.py \
  tests/integration/test_demo.py tests/integration/test_grants.py tests/integration/test_secret.py
