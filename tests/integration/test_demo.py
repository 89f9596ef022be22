# tests/integration/test_demo.py: attache demo tells its story to the end, and leaves nothing behind.
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from rig import site, tap

UPSTREAM = site.BUILD / "tests" / "rig" / "upstream"
TOKENS = ("calendar-token-of-the-demo", "billing-key-of-the-demo", "token-of-the-added-module")


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attache-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def environment(self, extra=None):
        return site.clean_environment(self.folder, {"TMPDIR": self.folder, **(extra or {})})

    def demo(self, *arguments, env=None):
        return site.run([site.COMMAND, "demo", *arguments], env=self.environment(env))

    def left(self):
        return [path.name for path in self.folder.iterdir()]

    def check_story(self, result):
        self.assertEqual((result.status, result.stderr), (0, ""), result.stdout)
        titles = re.findall(r"(?m)^(\d)\. ", result.stdout)
        self.assertEqual(titles, ["1", "2", "3", "4", "5", "6", "7"])
        for text in ("--grant calendar --caller email-assistant", "--grant billing --caller invoice-job --json",
                     'attache: policy denies DELETE', "exit status 7, and nothing was sent",
                     "may not be used for https://elsewhere.example"):
            self.assertIn(text, result.stdout)
        records = [line for line in result.stdout.splitlines() if line.startswith("   - {")]
        self.assertGreaterEqual(len([line for line in records if '"decision":"permit"' in line]), 2)
        self.assertGreaterEqual(len([line for line in records if '"decision":"forbid"' in line]), 1)
        for token in TOKENS:
            self.assertNotIn(token, result.stdout)
        self.assertNotIn("\x1b", result.stdout)

    def test_it_shows_what_the_upstream_received_with_credentials_masked(self):
        if not UPSTREAM.exists():
            self.skipTest("the upstream is not built, since libmicrohttpd is not installed")
        result = self.demo("--upstream", UPSTREAM)
        self.check_story(result)
        received = [line for line in result.stdout.splitlines() if "the upstream received" in line]
        self.assertEqual(len(received), 3, result.stdout)
        self.assertRegex(received[0], r'(?i)"authorization":"Bearer cale…\(26 characters\)"')
        self.assertRegex(received[1], r'(?i)"x-api-key":"bill…\(23 characters\)"')
        self.assertRegex(received[2], r'(?i)"authorization":"Bearer toke…\(25 characters\)"')
        self.assertRegex(result.stdout, r"\$ cc .*file_token\.c")
        self.assertEqual(self.left(), [])

    def test_without_an_upstream_the_answers_come_from_a_file(self):
        result = self.demo()
        self.check_story(result)
        self.assertIn("There is no upstream here (--upstream starts one): its answers come from a file", result.stdout)
        self.assertIn('{"invoice":7}', result.stdout)
        self.assertEqual(self.left(), [])

    def test_without_a_compiler_the_module_is_left_out_and_said_to_be(self):
        tools = self.folder / "tools"
        tools.mkdir()
        for names, message in (((), "pkg-config cannot be started: No such file or directory; install it"),
                               (("pkg-config",), "cc cannot be started: No such file or directory; install gcc")):
            with self.subTest(message):
                for name in names:
                    (tools / name).symlink_to(shutil.which(name))
                result = self.demo(env={"PATH": tools})
                self.check_story(result)
                self.assertIn(f"   left out: {message}\n", result.stdout)
                self.assertEqual(self.left(), ["tools"])

    def test_keep_leaves_a_site_that_works(self):
        result = self.demo("--keep")
        self.check_story(result)
        (name,) = self.left()
        folder = self.folder / name
        self.assertIn(f"The site stays in {folder}\n", result.stdout)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        checked = site.run([site.COMMAND, "check", folder / "attache.conf"], env=self.environment())
        self.assertEqual((checked.status, checked.stdout.splitlines()[-1]), (0, "0 errors, 0 warnings"))
        again = site.run([site.COMMAND, "--config", folder / "attache.conf", "request",
                          "https://api.demo.example/calendar/added", "--grant", "added", "--caller", "email-assistant"],
                         env=self.environment())
        self.assertEqual(again, (0, '{"added":true}', ""))

    def test_an_upstream_that_is_none_is_refused(self):
        for program, message in (("/nowhere", "option --upstream: /nowhere cannot be started: No such file or "
                                  "directory; "
                                  "name a program that can, or leave the option out"),
                                 ("/bin/true", 'option --upstream: /bin/true did not say "port N"; name the upstream '
                                  'of '
                                  "the demo, or leave the option out")):
            with self.subTest(program):
                result = self.demo("--upstream", program)
                self.assertEqual((result.status, result.stderr), (2, f"attache: {message}\n"))
                self.assertEqual(self.left(), [])

    def test_an_interrupt_leaves_neither_folder_nor_upstream(self):
        """An interrupt while the upstream starts ends the demo with status 1 and leaves nothing."""
        slow = self.folder / "slow"
        slow.write_text('#!/bin/sh\nsleep 1\necho "port 1"\nexec cat >/dev/null\n')
        slow.chmod(0o700)
        process = subprocess.Popen([site.COMMAND, "demo", "--upstream", slow], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while len(self.left()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        self.assertEqual((process.returncode, stderr), (1, "attache: demo: it was interrupted; start it again\n"))
        self.assertEqual(self.left(), ["slow"])

    def test_a_folder_without_room_is_reported(self):
        result = self.demo(env={"TMPDIR": self.folder / "missing"})
        self.assertEqual((result.status, result.stderr), (1, f"attache: demo: {self.folder}/missing: No such file or "
                                                             "directory; set TMPDIR to a folder with room\n"))

    def test_a_refused_module_is_named_with_its_cause(self):
        prefix = self.folder / "prefix"
        shutil.copytree(site.PREFIX, prefix, symlinks=True)
        modules = prefix / site.MODULES.relative_to(site.PREFIX)
        modules.chmod(0o775)
        result = site.run([prefix / "bin" / "attache", "demo"],
                          env=self.environment({"LD_LIBRARY_PATH": modules.parent}))
        self.assertEqual((result.status, result.stdout.count("\n")), (5, 3), result.stdout)
        self.assertRegex(result.stderr, rf'\Aattache: demo: module "\w+\.so": others may write its '
                                        rf"directory {modules} \(mode 0775\); [^\n]*\n\Z")
        self.assertEqual(self.left(), ["prefix"])

    def test_an_output_that_goes_away_or_is_full_ends_it_and_is_named(self):
        for shell, cause in (("| head -n 1", "its reader closed it; nothing more was written"),
                             (">/dev/full", "No space left on device; make room or send the output elsewhere")):
            with self.subTest(shell):
                result = site.run(["sh", "-c", f'"$0" demo {shell}', site.COMMAND], env=self.environment())
                self.assertEqual(result.stderr, f"attache: standard output: {cause}\n")
                self.assertEqual(self.left(), [])

    def test_the_compiler_sees_no_environment_of_the_user(self):
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "pkg-config").write_text(f"#!/bin/sh\n/usr/bin/env >{self.folder}/seen\nexit 1\n")
        (tools / "pkg-config").chmod(0o700)
        result = self.demo(env={"PATH": f"{tools}:{os.environ.get('PATH', '/usr/bin:/bin')}", "API_KEY": "private"})
        self.check_story(result)
        self.assertIn("left out: pkg-config does not know attache", result.stdout)
        self.assertNotIn("private", (self.folder / "seen").read_text())

    def test_dev_tells_how_it_is_used_and_what_it_does_not_know(self):
        dev = site.SOURCE / "dev"
        usage = site.run([dev, "help"], env=self.environment())
        self.assertRegex(usage.stdout, r"(?s)\Ausage: \./dev VERB\n.*demo \[--keep\] .*--keep leaves its folder\n")
        for arguments in (["demo", "--help"], ["test", "--help"], ["clean", "--help"], ["--help"]):
            self.assertEqual(site.run([dev, *arguments], env=self.environment()), usage)
        self.assertRegex(site.run([dev, "bench", "--help"], env=self.environment()).stdout, r"\Ausage: \./dev bench ")
        self.assertEqual(site.run([dev, "tset"], env=self.environment()),
                         (2, "", 'dev: "tset" is not a verb; see ./dev help\n'))


if __name__ == "__main__":
    tap.main()
