# tests/integration/test_connect_demo.py: ./dev demo --connect tells its story to the end, and leaves nothing behind.
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from rig import browser, site, tap

PROGRAM = browser.BACKEND / "demo.py"


class ConnectDemo(unittest.TestCase):
    def setUp(self):
        browser.need()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attache-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {**os.environ, "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def check_nothing_is_left(self, output):
        self.assertEqual([path.name for path in self.folder.iterdir()], [])
        ports = {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", output)}
        self.assertGreaterEqual(len(ports), 2)
        for port in ports:
            with socket.socket() as probe:
                self.assertNotEqual(probe.connect_ex(("127.0.0.1", port)), 0, f"port {port} still answers")

    def test_it_shows_how_a_user_connects_and_what_becomes_of_the_grant(self):
        result = site.run([sys.executable, PROGRAM], env=self.environment, timeout=110)
        self.assertEqual((result.status, result.stderr), (0, ""), result.stdout)
        self.assertEqual(re.findall(r"(?m)^(\d)\. ", result.stdout), list("12345678"))
        commands = re.findall(r"(?m)^   \$ attache (\w+)", result.stdout)
        self.assertEqual(commands, ["check", "connect", "request", "request", "request", "request", "connect", "grants",
                                    "revoke", "request"])
        for text in ('presses "Continue to Google", "Alice Adams", "Allow"', "alice@example.com",
                     '{"account":"alice","items":[{"id":"1","summary":"Breakfast"}]}', "calendar.events",
                     "the user refused", "exit status 7", "exit status 3", "was revoked"):
            self.assertIn(text, result.stdout)
        self.assertRegex(result.stdout, r"\(renewed at the provider: [1-9]\)")
        self.assertNotIn("alter_rk_", result.stdout)
        self.check_nothing_is_left(result.stdout)

    def test_an_interrupt_leaves_nothing(self):
        process = subprocess.Popen([sys.executable, PROGRAM, "--by-hand"], env=self.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        output = ""
        while "$ attache connect" not in output:
            line = process.stdout.readline()
            self.assertTrue(line, output)
            output += line
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1, errors)
        self.assertTrue(errors.endswith("demo: it was interrupted; start it again\n"), errors)
        self.check_nothing_is_left(output + rest)


if __name__ == "__main__":
    tap.main()
