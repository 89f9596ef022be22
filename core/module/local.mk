libcore_la_SOURCES += core/module/loader.h core/module/steps.h core/module/digest.c core/module/file.c core/module/image.c \
  core/module/loader.c core/module/note.c core/module/options.c core/module/table.c core/module/turn.c

# Modules with one thing wrong each. The dummy rpath makes libtool build shared objects that are not installed.
test_modules = bad-magic bad-threading early-secret name-mismatch nameless-note needs-future needs-state next-symbol next-table \
  no-close no-fetch no-inject no-invalidate no-note no-offer no-version null-entry option-choices option-endless \
  option-name option-range option-required option-secret option-step option-twice option-type plain plain-next \
  short-note small-note small-table two-sizes undefined-symbol with-constructor unruly wrong-kind \
  wrong-major
test_module_flags = $(module_flags) -rpath /nowhere
check_LTLIBRARIES += tests/modules/bad-magic.la tests/modules/bad-threading.la tests/modules/early-secret.la \
  tests/modules/name-mismatch.la \
  tests/modules/nameless-note.la tests/modules/needs-future.la tests/modules/needs-state.la \
  tests/modules/next-symbol.la tests/modules/next-table.la tests/modules/no-close.la tests/modules/no-fetch.la \
  tests/modules/no-inject.la tests/modules/no-invalidate.la tests/modules/no-note.la tests/modules/no-offer.la \
  tests/modules/no-version.la tests/modules/null-entry.la tests/modules/option-choices.la \
  tests/modules/option-endless.la tests/modules/option-name.la tests/modules/option-range.la \
  tests/modules/option-required.la tests/modules/option-secret.la tests/modules/option-step.la \
  tests/modules/option-twice.la tests/modules/option-type.la tests/modules/plain.la tests/modules/plain-next.la \
  tests/modules/short-note.la tests/modules/small-note.la tests/modules/small-table.la tests/modules/two-sizes.la \
  tests/modules/undefined-symbol.la tests/modules/unruly.la \
  tests/modules/with-constructor.la tests/modules/wrong-kind.la \
  tests/modules/wrong-major.la
tests_modules_bad_magic_la_SOURCES = tests/modules/bad-magic.c tests/modules/provider.h
tests_modules_bad_magic_la_LDFLAGS = $(test_module_flags)
tests_modules_bad_threading_la_SOURCES = tests/modules/bad-threading.c tests/modules/provider.h
tests_modules_bad_threading_la_LDFLAGS = $(test_module_flags)
tests_modules_early_secret_la_SOURCES = tests/modules/early-secret.c tests/modules/provider.h
tests_modules_early_secret_la_LDFLAGS = $(test_module_flags)
tests_modules_name_mismatch_la_SOURCES = tests/modules/name-mismatch.c tests/modules/provider.h
tests_modules_name_mismatch_la_LDFLAGS = $(test_module_flags)
tests_modules_nameless_note_la_SOURCES = tests/modules/nameless-note.c tests/modules/provider.h
tests_modules_nameless_note_la_LDFLAGS = $(test_module_flags)
tests_modules_needs_future_la_SOURCES = tests/modules/needs-future.c tests/modules/provider.h
tests_modules_needs_future_la_LDFLAGS = $(test_module_flags)
tests_modules_needs_state_la_SOURCES = tests/modules/needs-state.c tests/modules/provider.h
tests_modules_needs_state_la_LDFLAGS = $(test_module_flags)
tests_modules_next_symbol_la_SOURCES = tests/modules/next-symbol.c tests/modules/provider.h
tests_modules_next_symbol_la_LDFLAGS = $(test_module_flags)
tests_modules_next_table_la_SOURCES = tests/modules/next-table.c tests/modules/provider.h
tests_modules_next_table_la_LDFLAGS = $(test_module_flags)
tests_modules_no_close_la_SOURCES = tests/modules/no-close.c tests/modules/provider.h
tests_modules_no_close_la_LDFLAGS = $(test_module_flags)
tests_modules_no_fetch_la_SOURCES = tests/modules/no-fetch.c tests/modules/provider.h
tests_modules_no_fetch_la_LDFLAGS = $(test_module_flags)
tests_modules_no_inject_la_SOURCES = tests/modules/no-inject.c tests/modules/provider.h
tests_modules_no_inject_la_LDFLAGS = $(test_module_flags)
tests_modules_no_invalidate_la_SOURCES = tests/modules/no-invalidate.c tests/modules/provider.h
tests_modules_no_invalidate_la_LDFLAGS = $(test_module_flags)
tests_modules_no_note_la_SOURCES = tests/modules/no-note.c
tests_modules_no_note_la_LDFLAGS = $(test_module_flags)
tests_modules_no_offer_la_SOURCES = tests/modules/no-offer.c tests/modules/provider.h
tests_modules_no_offer_la_LDFLAGS = $(test_module_flags)
tests_modules_no_version_la_SOURCES = tests/modules/no-version.c tests/modules/provider.h
tests_modules_no_version_la_LDFLAGS = $(test_module_flags)
tests_modules_null_entry_la_SOURCES = tests/modules/null-entry.c tests/modules/provider.h
tests_modules_null_entry_la_LDFLAGS = $(test_module_flags)
tests_modules_option_choices_la_SOURCES = tests/modules/option-choices.c tests/modules/provider.h
tests_modules_option_choices_la_LDFLAGS = $(test_module_flags)
tests_modules_option_endless_la_SOURCES = tests/modules/option-endless.c tests/modules/provider.h
tests_modules_option_endless_la_LDFLAGS = $(test_module_flags)
tests_modules_option_name_la_SOURCES = tests/modules/option-name.c tests/modules/provider.h
tests_modules_option_name_la_LDFLAGS = $(test_module_flags)
tests_modules_option_range_la_SOURCES = tests/modules/option-range.c tests/modules/provider.h
tests_modules_option_range_la_LDFLAGS = $(test_module_flags)
tests_modules_option_required_la_SOURCES = tests/modules/option-required.c tests/modules/provider.h
tests_modules_option_required_la_LDFLAGS = $(test_module_flags)
tests_modules_option_secret_la_SOURCES = tests/modules/option-secret.c tests/modules/provider.h
tests_modules_option_secret_la_LDFLAGS = $(test_module_flags)
tests_modules_option_step_la_SOURCES = tests/modules/option-step.c tests/modules/provider.h
tests_modules_option_step_la_LDFLAGS = $(test_module_flags)
tests_modules_option_twice_la_SOURCES = tests/modules/option-twice.c tests/modules/provider.h
tests_modules_option_twice_la_LDFLAGS = $(test_module_flags)
tests_modules_option_type_la_SOURCES = tests/modules/option-type.c tests/modules/provider.h
tests_modules_option_type_la_LDFLAGS = $(test_module_flags)
tests_modules_plain_la_SOURCES = tests/modules/plain.c tests/modules/provider.h
tests_modules_plain_la_LDFLAGS = $(test_module_flags)
tests_modules_plain_next_la_SOURCES = tests/modules/plain-next.c tests/modules/provider.h
tests_modules_plain_next_la_LDFLAGS = $(test_module_flags)
tests_modules_short_note_la_SOURCES = tests/modules/short-note.c tests/modules/provider.h
tests_modules_short_note_la_LDFLAGS = $(test_module_flags)
tests_modules_small_note_la_SOURCES = tests/modules/small-note.c tests/modules/provider.h
tests_modules_small_note_la_LDFLAGS = $(test_module_flags)
tests_modules_small_table_la_SOURCES = tests/modules/small-table.c tests/modules/provider.h
tests_modules_small_table_la_LDFLAGS = $(test_module_flags)
tests_modules_two_sizes_la_SOURCES = tests/modules/two-sizes.c tests/modules/provider.h
tests_modules_two_sizes_la_LDFLAGS = $(test_module_flags)
tests_modules_undefined_symbol_la_SOURCES = tests/modules/undefined-symbol.c tests/modules/provider.h
tests_modules_undefined_symbol_la_LDFLAGS = $(test_module_flags) -Wl,-z,undefs
tests_modules_unruly_la_SOURCES = tests/modules/unruly.c
tests_modules_unruly_la_LDFLAGS = $(test_module_flags)
tests_modules_with_constructor_la_SOURCES = tests/modules/with-constructor.c tests/modules/provider.h
tests_modules_with_constructor_la_LDFLAGS = $(test_module_flags)
tests_modules_wrong_kind_la_SOURCES = tests/modules/wrong-kind.c tests/modules/provider.h
tests_modules_wrong_kind_la_LDFLAGS = $(test_module_flags)
tests_modules_wrong_major_la_SOURCES = tests/modules/wrong-major.c tests/modules/provider.h
tests_modules_wrong_major_la_LDFLAGS = $(test_module_flags)

check_PROGRAMS += tests/unit/test-loader
tests_unit_test_loader_SOURCES = tests/unit/test-loader.c tests/unit/unit.h
tests_unit_test_loader_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_MODULES='"$(test_modules)"'
tests_unit_test_loader_CFLAGS = $(unit_cflags)
tests_unit_test_loader_LDADD = $(unit_libs)
TESTS += tests/unit/test-loader
