# tests/integration/test_grants.py: attache grants, revoke, connect and session from outside, with the mock provider.
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time
import unittest

from rig import site, tap
from rig.terminal import Terminal

ANN = "the-token-of-ann"
SESSION = "canary-9c1b7e5d-of-the-session"
LISTED = {
    "g-1": {"token": "t", "listed": {"provider": "google", "account": "ann@example.com", "label": "work",
                                     "scopes": ["calendar.read", "mail.read"], "expires": "2030-01-31T12:00:00Z"}},
    "g-2": {"token": "t", "listed": {"provider": "google", "account": "bob@example.com", "status": "expired",
                                     "scopes_outdated": True}},
    "g-3": {"token": "t", "user": ANN, "listed": {"provider": "github"}},
}
TABLE = """\
GRANT  PROVIDER  ACCOUNT          STATUS                     EXPIRES            SCOPES
g-1    google    ann@example.com  active                     2030-01-31 12:00Z  calendar.read mail.read
g-2    google    bob@example.com  expired (scopes outdated)  -                  -
"""
CONNECTED = """\
GRANT  PROVIDER  ACCOUNT          STATUS  EXPIRES            SCOPES
g-1    google    ann@example.com  active  2030-01-31 12:00Z  calendar.read mail.read
"""
URL = f"https://connect.mock.example/?provider=google#session={SESSION}"
SHOWN = f"attache: open this address in a browser, and show it to nobody else:\n{URL}\n"
GOOGLE = ("--provider", "google")
WAITS = "attache: waiting until you have finished, "


def script(**members):
    return {"grants": LISTED, "connect": {"session": SESSION, "grants": ["g-1"]}, **members}


class Place(unittest.TestCase):
    def setUp(self):
        self.here = self.place()

    def place(self, **members):
        here = site.Site(policy={"default": "permit"})
        self.addCleanup(here.close)
        here.write("mock.json", script(**members))
        return here

    def refused(self, arguments, message, status=2):
        result = self.here.attache(*arguments)
        self.assertEqual((result.stdout, result.stderr, result.status), ("", f"attache: {message}\n", status))


class Grants(Place):
    def test_grants_are_listed_in_columns(self):
        self.assertEqual(self.here.attache("grants"), (0, TABLE, ""))

    def test_grants_are_told_to_a_program_with_all_that_is_known(self):
        result = self.here.attache("grants", "--json", "--limit", "1")
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(json.loads(result.stdout), {
            "grants": [{"grant": "g-1", "provider": "google", "kind": "oauth", "account": "ann@example.com",
                        "label": "work", "status": "active", "scopes": ["calendar.read", "mail.read"],
                        "scopes_outdated": False, "expires": 1896091200}],
            "offset": 0, "total": 2, "has_more": True})

    def test_a_list_is_filtered_and_comes_in_pages(self):
        for arguments, names in ((["--account", "bob@example.com"], ["g-2"]), (["--status", "active"], ["g-1"]),
                                 ([*GOOGLE, "--offset", "1"], ["g-2"]), (["--provider", "slack"], [])):
            with self.subTest(arguments):
                result = self.here.attache("grants", *arguments)
                self.assertEqual((result.status, result.stderr), (0, ""))
                self.assertEqual([line.split()[0] for line in result.stdout.splitlines()[1:]], names)
        result = self.here.attache("grants", "--limit", "1")
        self.assertEqual(result, (0, CONNECTED, "attache: 1 of 2 grants; go on with --offset 1\n"))

    def test_on_a_terminal_an_empty_list_says_so(self):
        for arguments, said in ((["--account", "nobody"], "no grant is like that; attache grants lists them all"),
                                ([], "there are no grants; attache connect makes one")):
            if not arguments:
                self.here.write("mock.json", {"grants": {}})
            with self.subTest(arguments), Terminal(self.here, "grants", *arguments) as terminal:
                self.assertEqual(terminal.finish(), 0)
                self.assertEqual(terminal.text(), f"attache: {said}\n")
            self.assertEqual(self.here.attache("grants", *arguments), (0, "", ""))

    def test_a_user_sees_what_is_theirs(self):
        result = self.here.attache("grants", "--provider", "github", "--user-token-fd", "0", input=ANN + "\n")
        self.assertEqual((result.status, result.stdout.splitlines()[1].split()[0]), (0, "g-3"))
        for token in ("another token", None):
            arguments = ["--user-token-fd", "0"] if token else []
            self.assertEqual(self.here.attache("grants", "--provider", "github", *arguments, input=token), (0, "", ""))
        result = self.here.attache("grants", "--user-token-fd", "0", input="")
        self.assertEqual(result, (2, "", "attache: option --user-token-fd: descriptor 0 gave no token; write the "
                                  "user's token to it, or leave the option out\n"))
        self.assertNotIn(ANN, self.here.audit.read_text())

    def test_C4_what_a_backend_says_cannot_steer_a_terminal(self):
        odd = "a\x1b[31m\r\nb"
        here = self.place(grants={"g-1": {"token": "t", "listed": {"account": odd, "scopes": [odd]}}})
        result = here.attache("grants")
        self.assertEqual(result.status, 0)
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertNotIn("\x1b", result.stdout)
        self.assertIn("a\\x1b[31m\\x0d\\x0ab", result.stdout)
        here.write("mock.json", script(list={"result": "denied", "say": odd, "code": odd}))
        for before in ([], ["--json"]):
            result = here.attache(*before, "grants")
            self.assertEqual((result.status, result.stdout, result.stderr.count("\n")), (7, "", 1), result.stderr)
            self.assertNotIn("\x1b", result.stderr)

    def test_a_failure_has_its_status_and_its_fields(self):
        for result, name, status in (("denied", "ATT_DENIED", 7), ("reauth", "ATT_REAUTH", 3),
                                     ("unavailable", "ATT_BACKEND", 11), ("backend", "ATT_BACKEND", 11),
                                     ("limited", "ATT_RATE_LIMITED", 6), ("config", "ATT_CONFIG", 5),
                                     ("fault", "ATT_MODULE", 5), ("deadline", "ATT_TIMEOUT", 9)):
            with self.subTest(result):
                self.here.write("mock.json", script(list={
                    "result": result, "say": "not now", "code": "odd", "details": "because", "rule": "r-1",
                    "http_status": 418, "retry_after": "7s"}))
                answer = self.here.attache("grants", "--json")
                failure = json.loads(answer.stderr)
                self.assertEqual((answer.status, answer.stdout, failure["status"]), (status, "", name))
                self.assertIn("not now", failure["message"])
                self.assertEqual((failure["code"], failure["http_status"]), ("odd", 418), failure)

    def test_a_request_that_the_backend_refuses_has_the_same_fields(self):
        here = self.place()
        here.configure(policy={"default": "permit"}, grants=({"name": "g", "origins": ["https://api.test"]},))
        here.write("mock.json", {"grants": {"g": {
            "result": "denied", "say": "not now", "code": "policy_error", "rule": "r-1", "details": "because",
            "missing_scopes": ["a", "b"], "http_status": 403}}})
        answer = here.attache("--json", "request", "https://api.test/", "--grant", "g")
        failure = json.loads(answer.stderr)
        self.assertEqual((answer.status, failure["status"]), (7, "ATT_DENIED"))
        self.assertEqual([failure[name] for name in ("code", "rule", "details", "missing_scopes", "http_status")],
                         ["policy_error", "r-1", "because", ["a", "b"], 403])

    def test_a_grant_is_revoked(self):
        self.assertEqual(self.here.attache("revoke", "g-1", "--reason", "she left"),
                         (0, "", 'attache: grant "g-1" is revoked: nobody can use it any more\n'))
        records = [record for record in self.here.records() if record["event"] == "grant_revoked"]
        self.assertEqual([record["phase"] for record in records], ["decision", "result"])
        self.assertEqual(records[0]["reason"], "she left")
        self.assertEqual(self.here.attache("revoke", "g-1", "--json"), (0, "", ""))

    def test_a_grant_that_is_not_there_or_not_theirs_is_not_revoked(self):
        self.refused(["revoke", "g-9"], 'grant "g-9" could not be revoked by provider "offline": the mock script has '
                     "no such grant; see attache grants", 4)
        self.refused(["revoke", "g-3"], 'grant "g-3" could not be revoked by provider "offline": the mock script has '
                     "no such grant; see attache grants", 4)
        result = self.here.attache("revoke", "g-3", "--user-token-fd", "0", input=ANN)
        self.assertEqual(result.status, 0, result.stderr)

    def test_policy_decides_who_may_revoke(self):
        here = site.Site(policy={"rules": ({"name": "lists", "effect": "permit", "when": {"caller": "lister"}},)})
        self.addCleanup(here.close)
        here.write("mock.json", script())
        result = here.attache("revoke", "g-1")
        self.assertEqual((result.status, result.stdout), (7, ""))
        self.assertIn('policy does not let caller "attache" revoke grant "g-1"', result.stderr)
        self.assertEqual(here.attache("grants", "--caller", "lister").status, 0)

    def test_wrong_usage_says_what_to_write_instead(self):
        for arguments, message in (
                (["grants", "--limit", "0"], 'option --limit: "0" is not a number from 1 to 1000; write one in digits'),
                (["grants", "--limit", "1001"], 'option --limit: "1001" is not a number from 1 to 1000; write one in '
                 "digits"),
                (["grants", "--offset", "-1"], 'option --offset: "-1" is not a number from 0 to 2147483647; write one '
                 "in digits"),
                (["grants", "--status", "bogus"], 'option --status: "bogus" is no status of a grant; write active, '
                 "expired or revoked"),
                (["grants", "x"], 'operand "x": it is one too many; the usage is: attache grants [OPTION...]'),
                (["revoke"], "revoke: an operand is missing; the usage is: attache revoke GRANT [OPTION...]"),
                (["grants", "--backend", "nowhere"], 'provider "nowhere" is not configured; grants are kept by '
                 '"offline"'),
                (["connect"], "connect: no provider is named; add --provider NAME, several times to let the user "
                 "choose"),
                (["session"], "session: no provider is named; add --provider NAME, several times to let the user "
                 "choose"),
                (["connect", *GOOGLE, "--max-ttl", "7"], 'option --max-ttl: "7" is not a duration above 0; write it '
                 "with a unit, as in 90s, 10m, 12h or 7d"),
                (["connect", *GOOGLE, "--default-ttl", "0d"], 'option --default-ttl: "0d" is not a duration above 0; '
                 "write it with a unit, as in 90s, 10m, 12h or 7d"),
                (["connect", *GOOGLE, "--max-ttl", "1d", "--default-ttl", "25h"], "option --default-ttl: it is longer "
                 "than --max-ttl; make it shorter"),
                (["connect", *GOOGLE, "--scope", "mail"], 'option --scope: "mail" is not NAME=VALUE; write it so, '
                 "VALUE may be empty"),
                (["connect", *GOOGLE, "--origin", "https://app.example"], "option --origin: attache connect has no "
                 "such option; see attache connect --help"),
                (["session", *GOOGLE, "--no-browser"], "option --no-browser: attache session has no such option; see "
                 "attache session --help"),
                (["session", *GOOGLE, "--origin", "app.example"], "the origin is refused: it is no https://HOST or "
                 "http:// on this machine; write it as in https://app.example")):
            with self.subTest(arguments):
                self.refused(arguments, message)


class Connect(Place):
    def test_a_user_connects_at_the_address_that_is_printed_where_there_is_no_display(self):
        result = self.here.attache("connect", *GOOGLE, "--max-ttl", "7d", "--default-ttl", "1d", "--scope",
                                   "google=mail.read", "--metadata", "team=x", "--return-url",
                                   "https://app.example/done", "--timeout", "30")
        url = URL.replace("#", "&max_ttl=604800&default_ttl=86400&return_url=https%3A%2F%2Fapp.example%2Fdone"
                          "&scope=google:mail.read&team=x#")
        self.assertEqual((result.status, result.stdout), (0, CONNECTED))
        self.assertRegex(result.stderr, rf"\A{re.escape(SHOWN.replace(URL, url) + WAITS)}0:[23]\d left\n\Z")

    def test_a_program_gets_address_and_grants_as_json(self):
        result = self.here.attache("connect", *GOOGLE, "--json")
        self.assertEqual((result.status, json.loads(result.stderr)), (0, {"url": URL}))
        self.assertEqual([grant["grant"] for grant in json.loads(result.stdout)["grants"]], ["g-1"])

    def test_each_end_has_its_message_and_its_exit_status(self):
        ends = ((["--timeout", "1"], {"pending": 100, "result": "denied"},
                 "nobody finished it in time; try again, or allow more time", "ATT_CONNECT_TIMEOUT", None, 8),
                ([], {"result": "denied", "say": "the user said no"}, "the user said no", "ATT_CONNECT_DENIED",
                 "denied", 7),
                ([], {"result": "expired", "say": "it lasted too long"}, "it lasted too long", "ATT_CONNECT_FAILED",
                 "expired", 11),
                ([], {"result": "config", "say": "no redirect URI"}, "no redirect URI", "ATT_CONNECT_FAILED",
                 "config_error", 11),
                ([], {"result": "denied", "begin": {"result": "unavailable", "say": "down"}}, "down", "ATT_BACKEND",
                 None, 11))

        def end(case):
            here = self.place(connect={"session": SESSION, **case[1]})
            return [here.attache(*before, "connect", *GOOGLE, *case[0]) for before in ([], ["--json"])]

        with concurrent.futures.ThreadPoolExecutor(len(ends)) as pool:
            for case, (plain, machine) in zip(ends, pool.map(end, ends)):
                _, _, message, name, state, status = case
                with self.subTest(message):
                    self.assertEqual((plain.status, plain.stdout), (status, ""), plain.stderr)
                    self.assertRegex(plain.stderr.splitlines()[-1], rf"\Aattache: .*: {re.escape(message)}")
                    failure = json.loads(machine.stderr.splitlines()[-1])
                    self.assertEqual((machine.status, machine.stdout), (status, ""))
                    self.assertEqual((failure["status"], failure.get("state")), (name, state))

    def browser(self, *lines):
        """A program that can stand for a browser: it keeps its arguments and the file that it is given."""
        return self.here.write("browser", "\n".join((
            "#!/bin/sh", f'echo "$@" >{self.here.folder}/arguments', f'cat "$1" >{self.here.folder}/page', *lines,
            "")), 0o700)

    def test_C2_the_browser_is_opened_and_no_argument_holds_the_session(self):
        env = {"BROWSER": self.browser()}
        result = self.here.attache("connect", *GOOGLE, "--timeout", "65", env=env)
        self.assertEqual((result.status, result.stdout), (0, CONNECTED))
        self.assertRegex(result.stderr, r"\Aattache: waiting for you in the browser that was opened, 1:0\d left\n\Z")
        self.assertNotIn(SESSION, (self.here.folder / "arguments").read_text())
        self.assertIn(URL.replace("&", "&amp;"), (self.here.folder / "page").read_text())
        self.assertNotIn(SESSION, self.here.audit.read_text())

    def test_no_browser_is_opened_where_none_is_wanted(self):
        env = {"BROWSER": self.browser(), "DISPLAY": ":0"}
        result = self.here.attache("connect", *GOOGLE, "--no-browser", env=env)
        self.assertEqual((result.status, result.stderr.startswith(SHOWN)), (0, True))
        self.assertFalse((self.here.folder / "arguments").exists())

    def test_a_browser_that_does_not_start_is_told_with_the_way_around_it(self):
        for env in ({"BROWSER": self.browser("exit 3")}, {"BROWSER": "/nowhere/browser"}):
            with self.subTest(env):
                result = self.here.attache("connect", *GOOGLE, env=env)
                self.assertEqual((result.status, result.stdout), (1, ""))
                self.assertRegex(result.stderr.splitlines()[-1], r"\Aattache: the user could not be connected: ")
        self.here.write("mock.json", script(connect={"session": SESSION, "pending": 100, "result": "denied"}))
        result = self.here.attache("connect", *GOOGLE, env={"BROWSER": self.browser("exit 3")})
        self.assertEqual(result.status, 1)
        self.assertIn("--no-browser", result.stderr)

    def test_on_a_terminal_the_time_left_is_one_line_that_goes_away(self):
        with Terminal(self.here, "connect", *GOOGLE, "--timeout", "70") as terminal:
            terminal.wait_for(f"\r{WAITS}1:")
            terminal.wait_for("; Ctrl-C gives up")
            self.assertEqual(terminal.finish(), 0)
        lines = terminal.text().split("\n")
        self.assertIn(URL, lines[1])
        self.assertRegex(lines[2], rf"\A(\r{WAITS}1:\d\d left; Ctrl-C gives up *)+"
                                   r"\r +\rGRANT ")
        self.assertGreater(lines[2].count("left"), 1)
        self.assertEqual(len(lines), 5, lines)

    def test_elsewhere_a_line_is_written_seldom(self):
        self.here.write("mock.json", script(connect={"session": SESSION, "pending": 1, "grants": ["g-1"]}))
        result = self.here.attache("connect", *GOOGLE)
        self.assertRegex(result.stderr, rf"\A{re.escape(SHOWN + WAITS)}[45]:\d\d left\n\Z")

    def test_an_interrupt_gives_up_says_so_and_ends_by_the_signal(self):
        self.here.write("mock.json", script(connect={"session": SESSION, "pending": 1000, "result": "denied"}))
        said = "attache: the user could not be connected: it was cancelled; begin again when the user is ready"
        with Terminal(self.here, "connect", *GOOGLE) as terminal:
            terminal.wait_for("Ctrl-C gives up")
            terminal.type("\x03")
            self.assertEqual(terminal.finish(), 130)
        self.assertIn("\r" + said, terminal.text())
        for number in (signal.SIGTERM, signal.SIGHUP):
            process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "connect", *GOOGLE],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       env=self.here.environment())
            text = ""
            while "left" not in text:
                text = process.stderr.readline()
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=30)
            self.assertEqual((process.returncode, stdout, stderr), (-number, "", said + "\n"))
        ended = [record for record in self.here.records() if record.get("outcome") == "ATT_CONNECT_FAILED"]
        self.assertEqual(len(ended), 3)

    def test_an_interrupt_that_is_ignored_stays_ignored(self):
        process = subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$0" "$@"', site.COMMAND, "--config",
                                    self.here.config, "connect", *GOOGLE], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.here.environment())
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
        self.assertEqual((process.returncode, stdout), (0, CONNECTED))

    def test_C2_a_session_is_printed_on_standard_output_and_nowhere_else(self):
        url = URL.replace("#", "&origin=https%3A%2F%2Fapp.example&return_url=https%3A%2F%2Fapp.example%2Fdone#")
        arguments = [*GOOGLE, "--origin", "https://app.example", "--return-url", "https://app.example/done"]
        self.assertEqual(self.here.attache("session", *arguments), (0, f"{SESSION}\n{url}\n", ""))
        self.assertNotIn(SESSION, self.here.audit.read_text())
        self.here.write("mock.json", script(connect={"session": SESSION, "lasts": "10m", "result": "denied"}))
        before = int(time.time())
        result = self.here.attache("session", *arguments, "--json")
        answer = json.loads(result.stdout)
        self.assertEqual((result.status, result.stderr, answer["token"], answer["url"]), (0, "", SESSION, url))
        self.assertTrue(before + 590 <= answer["expires"] <= before + 690)

    def test_a_session_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            process = subprocess.run([site.COMMAND, "--config", self.here.config, "session", *GOOGLE], stdout=full,
                                     stderr=subprocess.PIPE, text=True, env=self.here.environment())
        self.assertEqual((process.returncode, process.stderr),
                         (1, "attache: standard output: No space left on device; make room or send the output "
                          "elsewhere\n"))


class Words(unittest.TestCase):
    def test_help_manual_and_completion_name_the_same_options(self):
        manual = (site.SOURCE / "doc" / "attache.1").read_text("utf-8")
        completion = site.SOURCE / "cmd" / "completion" / "attache"
        command = 'source "$0"; COMP_WORDS=(attache $1 --); COMP_CWORD=$(($2 + 1)); _attache; echo "${COMPREPLY[*]}"'
        with site.Site() as here:
            for verb in ("connect", "session", "grants", "revoke", "approve wait"):
                with self.subTest(verb):
                    shown = set(re.findall(r"(?m)^  (?:-\w, )?(--[\w-]+)", here.attache(*verb.split(), "--help",
                                                                                     config=False).stdout))
                    completed = site.run(["bash", "-c", command, completion, verb, len(verb.split())],
                                         env=here.environment()).stdout.split()
                    self.assertEqual(sorted(shown), sorted(completed))
                    for option in shown:
                        self.assertRegex(manual, rf"(?m)(Fl |, )-{option[2:]}\b")


if __name__ == "__main__":
    tap.main()
