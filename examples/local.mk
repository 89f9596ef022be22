# Installed as source: they show what works outside of this tree.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/request.c
examplemoduledir = $(examplesdir)/module
dist_examplemodule_DATA = examples/module/Makefile examples/module/file_token.c
exampletestdir = $(examplesdir)/application-test
dist_exampletest_DATA = examples/application-test/agenda.c examples/application-test/answers.jsonl \
  examples/application-test/attache.conf.in examples/application-test/mock.json
dist_exampletest_SCRIPTS = examples/application-test/test.sh

dist_check_SCRIPTS += tests/integration/test_examples.py
TESTS += tests/integration/test_examples.py
