libcore_la_SOURCES += core/config/check.c core/config/config.h core/config/file.c core/config/files.c \
  core/config/files.h core/config/findings.c core/config/guard.c core/config/guard.h core/config/inject_text.c core/config/load.c \
  core/config/names.c core/config/names.h core/config/parse.c core/config/read_binding.c \
  core/config/read_grants.c core/config/read_groups.c core/config/read_inject.c core/config/read_keys.c core/config/read_modules.c \
  core/config/read_policy.c core/config/read_settings.c core/config/read_signature.c core/config/read_stacks.c core/config/reader.h core/config/reference.c \
  core/config/units.c core/config/value.c core/config/value.h
# Where the configuration of a site and the defaults of a vendor are.
libcore_la_CFLAGS += -DATT_SYSCONFDIR='"$(sysconfdir)"' -DATT_DATADIR='"$(datadir)"'

check_PROGRAMS += tests/unit/test-config-text
tests_unit_test_config_text_SOURCES = tests/unit/test-config-text.c tests/unit/config.h tests/unit/unit.h
tests_unit_test_config_text_CFLAGS = $(unit_cflags)
tests_unit_test_config_text_LDADD = $(unit_libs)
TESTS += tests/unit/test-config-text

check_PROGRAMS += tests/unit/test-config-keys
tests_unit_test_config_keys_SOURCES = tests/unit/test-config-keys.c tests/unit/config.h tests/unit/unit.h
tests_unit_test_config_keys_CFLAGS = $(unit_cflags)
tests_unit_test_config_keys_LDADD = $(unit_libs)
TESTS += tests/unit/test-config-keys

check_PROGRAMS += tests/unit/test-config-files
tests_unit_test_config_files_SOURCES = tests/unit/test-config-files.c tests/unit/config.h tests/unit/folder.h \
  tests/unit/unit.h
tests_unit_test_config_files_CFLAGS = $(unit_cflags)
tests_unit_test_config_files_LDADD = $(unit_libs)
TESTS += tests/unit/test-config-files

check_PROGRAMS += tests/unit/test-config-secrets
tests_unit_test_config_secrets_SOURCES = tests/unit/test-config-secrets.c tests/unit/config.h tests/unit/folder.h \
  tests/unit/unit.h
tests_unit_test_config_secrets_CFLAGS = $(unit_cflags)
tests_unit_test_config_secrets_LDADD = $(unit_libs)
TESTS += tests/unit/test-config-secrets

check_PROGRAMS += tests/unit/test-raised
tests_unit_test_raised_SOURCES = tests/unit/test-raised.c tests/unit/folder.h tests/unit/unit.h
tests_unit_test_raised_CFLAGS = $(unit_cflags)
tests_unit_test_raised_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_unit_test_raised_LDADD = $(unit_libs)
TESTS += tests/unit/test-raised

check_PROGRAMS += tests/unit/test-config-inject
tests_unit_test_config_inject_SOURCES = tests/unit/test-config-inject.c tests/unit/config.h tests/unit/unit.h
tests_unit_test_config_inject_CFLAGS = $(unit_cflags)
tests_unit_test_config_inject_LDADD = $(unit_libs)
TESTS += tests/unit/test-config-inject
