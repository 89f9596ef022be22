# tests/rig/tap.py: runs the unittest cases of a test program and prints TAP, one line for each test.
"""A test program ends with

    if __name__ == "__main__":
        tap.main()

Arguments choose tests by a part of their names. The sentence of a test is the first line of its docstring, else its
name with blanks. A test that takes longer than `seconds` of its class (120 when it says nothing) fails."""
import io
import signal
import sys
import unittest

DEFAULT_SECONDS = 120


class TookTooLong(Exception):
    pass


def sentence(test):
    text = test.shortDescription()
    if not text:
        text = test.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", " ")
    return text.replace("#", "\\#")


class Result(unittest.TestResult):
    """Collects what happened to each test; a failed fixture of a class counts for each of its tests."""

    def __init__(self, tests, out):
        super().__init__()
        self.tests = tests
        self.known = {test.id() for test in tests}
        self.out = out
        self.subtest_failures = []
        self.fixture_events = []
        self.reported = set()
        self.bad = 0

    def line(self, test, ok, directive="", notes=""):
        self.reported.add(test.id())
        self.bad += not ok
        for note in notes.splitlines():
            print("#", note, file=self.out)
        outcome = "ok" if ok else "not ok"
        print(f"{outcome} {len(self.reported)} - {sentence(test)}{directive}", file=self.out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.subtest_failures = []
        signal.alarm(getattr(test, "seconds", DEFAULT_SECONDS))

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def addSuccess(self, test):
        self.line(test, True)

    def addFailure(self, test, error):
        self.addError(test, error)

    def addError(self, test, error):
        notes = self._exc_info_to_string(error, test)
        if test.id() not in self.known:
            self.fixture_events.append((False, notes))
        elif test.id() not in self.reported:
            self.line(test, False, notes=notes)

    def addSubTest(self, test, subtest, error):
        if error:
            self.subtest_failures.append(subtest)
            notes = self._exc_info_to_string(error, test)
            for note in [subtest._subDescription(), *notes.splitlines()]:
                print("#", note, file=self.out)
            if test.id() not in self.reported:
                self.line(test, False)

    def addSkip(self, test, reason):
        if test.id() not in self.known:
            self.fixture_events.append((True, reason))
        else:
            self.line(test, True, f" # SKIP {reason}")

    def addExpectedFailure(self, test, error):
        self.line(test, False, notes="expectedFailure is not used here")

    def addUnexpectedSuccess(self, test):
        self.addExpectedFailure(test, None)

    def report_the_unreached(self):
        """Tests that never started, since the fixture of their class failed or asked to skip."""
        skipped, notes = self.fixture_events[-1] if self.fixture_events else (False, "did not run")
        for test in self.tests:
            if test.id() not in self.reported:
                self.line(test, skipped, f" # SKIP {notes}" if skipped else "", "" if skipped else notes)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def on_alarm(_number, _frame):
    raise TookTooLong("the test took longer than it may")


def run(module, wanted=(), out=sys.stdout):
    """Runs a module's tests; returns how many failed, or 1 when there are none."""
    tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(module)))
    tests = [test for test in tests if not wanted or any(word in test.id() for word in wanted)]
    if not tests:
        print("Bail out! no tests", file=out, flush=True)
        return 1
    print(f"1..{len(tests)}", file=out, flush=True)
    result = Result(tests, out)
    signal.signal(signal.SIGALRM, on_alarm)
    unittest.TestSuite([unittest.TestSuite(tests)]).run(result)
    result.report_the_unreached()
    return result.bad


def output(module):
    """What run() prints, for the tests of this file."""
    out = io.StringIO()
    bad = run(module, out=out)
    return bad, out.getvalue()


def take_signals():
    """Whoever runs the tests may ignore some, as nohup and a shell's "&" do; programs under test would, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def main():
    take_signals()
    sys.exit(1 if run(sys.modules["__main__"], sys.argv[1:]) else 0)
