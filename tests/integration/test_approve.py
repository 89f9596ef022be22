# tests/integration/test_approve.py: requests that the backend performs, and a human decides on, from outside.
import json
import re
import signal
import subprocess
import time
import unittest

from rig import site, tap
from rig.terminal import Terminal

ORIGIN = "https://api.test"
TEXT = {"headers": {"content-type": "text/plain"}, "body": "performed\n"}
DECIDE = "https://decide.example/1"
ASKED = f'the request to {ORIGIN} is held: a human has to decide on it first (approval "ap-1", at {DECIDE})'
GO_ON = "; go on with attache approve wait ap-1 --backend offline"
HELD = ASKED + GO_ON
AWAITED = ASKED.replace(f" to {ORIGIN}", "")
WAITS = "attache: waiting for a human to decide, "


def held(**members):
    return {"token": "t", "execute": {**TEXT, "held": {"id": "ap-1", "url": DECIDE, **members}}}


class Approve(unittest.TestCase):
    def setUp(self):
        self.here = site.Site(policy={"default": "permit"}, grants=({"name": "g", "origins": [ORIGIN]},))
        self.addCleanup(self.here.close)

    def play(self, grant):
        self.here.write("mock.json", {"grants": {"g": grant}})

    def request(self, *arguments, before=(), **options):
        return self.here.attache(*before, "request", ORIGIN + "/a?q=1", "--grant", "g", "--by-backend", *arguments,
                                 **options)

    def test_the_backend_is_asked_for_what_the_caller_asks(self):
        self.play({"token": "t", "execute": {}})
        result = self.request("--json", '{"n": 5}', "-H", "x-one: 1", "--query", "b=2")
        self.assertEqual((result.status, result.stderr), (0, ""))
        asked = json.loads(result.stdout)
        self.assertEqual((asked["method"], asked["url"], asked["json"]), ("POST", ORIGIN + "/a?q=1&b=2", {"n": 5}))
        self.assertEqual(asked["headers"], {"x-one": "1", "accept": "application/json"})

    def test_its_response_is_printed_as_any_other(self):
        self.play({"token": "t", "execute": TEXT})
        self.assertEqual(self.request(), (0, "performed\n", ""))
        self.assertEqual(self.request("-i"), (0, "HTTP 200\ncontent-type: text/plain\n\nperformed\n", ""))
        self.play({"token": "t", "execute": {**TEXT, "status": 418}})
        self.assertEqual(self.request(), (0, "performed\n", ""))
        result = self.request("-f")
        self.assertEqual((result.status, result.stdout), (10, ""))
        self.assertIn("418", result.stderr)

    def test_what_a_backend_refuses_has_its_status(self):
        for result, status in (("denied", 7), ("reauth", 3), ("unavailable", 11), ("limited", 6)):
            with self.subTest(result):
                self.play({"token": "t", "execute": {"result": result, "say": "not so"}})
                answer = self.request()
                self.assertEqual((answer.status, answer.stdout), (status, ""))
                self.assertIn("not so", answer.stderr)

    def test_v_shows_what_was_asked_and_the_head_of_the_response(self):
        self.play({"token": "canary-of-the-mock", "execute": TEXT})
        result = self.request("-v")
        self.assertEqual((result.status, result.stdout), (0, "performed\n"))
        self.assertIn("content-type: text/plain", result.stderr)
        self.assertNotIn("canary", result.stderr)

    def test_a_held_request_says_where_it_is_decided_and_how_to_go_on(self):
        self.play(held(looks=1000))
        self.assertEqual(self.request(), (7, "", f"attache: {HELD}\n"))
        result = self.request(before=["--json"])
        failure = json.loads(result.stderr)
        self.assertEqual((result.status, failure["status"], failure["approval_id"], failure["approval_url"],
                          failure["state"]), (7, "ATT_APPROVAL", "ap-1", DECIDE, "pending"))

    def test_an_id_that_a_shell_would_not_take_as_it_is_is_not_to_be_pasted(self):
        self.play({"token": "t", "execute": {"held": {"id": "x;reboot", "looks": 9}}})
        result = self.request()
        self.assertEqual((result.status, result.stdout), (7, ""))
        self.assertTrue(result.stderr.endswith("; wait for the decision, or look again with its id\n"), result.stderr)

    def test_a_request_waits_for_its_decision_as_long_as_it_is_told(self):
        self.play(held(looks=2))
        result = self.request("--approval-wait", "20s")
        self.assertEqual((result.status, result.stdout), (0, "performed\n"))
        self.assertRegex(result.stderr, rf"\A{re.escape(f'attache: {ASKED}{chr(10)}{WAITS}')}0:20 left\n\Z")
        self.play(held(looks=1000))
        for limit in ((), ("--timeout", "2")):
            began = time.monotonic()
            result = self.request("--approval-wait", "20s" if limit else "2s", *limit)
            self.assertEqual((result.status, result.stdout), (8, ""))
            self.assertRegex(result.stderr, rf"\A{re.escape(f'attache: {ASKED}{chr(10)}{WAITS}')}0:02 left\n"
                             rf"attache: {re.escape(HELD)}\n\Z")
            self.assertTrue(1.5 < time.monotonic() - began < 15)

    def test_a_program_that_waits_gets_where_it_is_decided_and_one_with_s_nothing(self):
        self.play(held(looks=2))
        result = self.request("--approval-wait", "20s", before=["--json"])
        self.assertEqual((result.status, result.stdout, json.loads(result.stderr)),
                         (0, "performed\n", {"approval_id": "ap-1", "approval_url": DECIDE}))
        self.play(held(looks=2))
        self.assertEqual(self.request("--approval-wait", "20s", "-s"), (0, "performed\n", ""))
        self.play(held(looks=2))
        result = self.here.attache("approve", "wait", "ap-1", "--json")
        self.assertEqual((result.status, result.stdout, json.loads(result.stderr)["approval_id"]),
                         (0, "performed\n", "ap-1"))

    def test_a_wait_leaves_two_records_however_long_it_is(self):
        self.play(held(looks=4))
        self.assertEqual(self.request("--approval-wait", "20s").status, 0)
        awaited = [record["phase"] for record in self.here.records() if record["event"] == "approval_awaited"]
        self.assertEqual(awaited, ["decision", "result"])

    def test_what_was_awaited_is_shown_and_limited_as_any_response(self):
        self.play(held(looks=1))
        result = self.request("--approval-wait", "20s", "-v", "-i")
        self.assertEqual((result.status, result.stdout), (0, "HTTP 200\ncontent-type: text/plain\n\nperformed\n"))
        self.assertIn("< content-type: text/plain", result.stderr)
        self.play(held(looks=1))
        result = self.request("--approval-wait", "20s", "--max-response", "9")
        self.assertEqual((result.status, result.stdout), (9, ""))
        self.assertEqual(result.stderr.splitlines()[-1], "attache: the request was performed, and its answer has 10 "
                         "bytes, which is more than --max-response; see it with attache approve wait, and do not send "
                         "the request again")

    def test_on_a_terminal_the_time_left_is_one_line_that_goes_away(self):
        for arguments, asked in ((["request", ORIGIN + "/a", "--grant", "g", "--by-backend", "--approval-wait", "70s"],
                                  ASKED), (["approve", "wait", "ap-1", "--timeout", "70"], AWAITED)):
            with self.subTest(arguments[0]):
                self.play(held(looks=6))
                with Terminal(self.here, *arguments) as terminal:
                    terminal.wait_for(f"\r{WAITS}1:")
                    self.assertEqual(terminal.finish(), 0)
                lines = terminal.text().split("\n")
                self.assertEqual(lines[0].partition(" (")[0], f"attache: {asked}".partition(" (")[0])
                self.assertRegex(lines[1], rf"\A(\r{WAITS}1:\d\d left; Ctrl-C gives up *)+\r +\rperformed\Z")
                self.assertGreater(lines[1].count("left"), 1)
                self.assertEqual(len(lines), 3, lines)

    def test_an_interrupt_says_how_to_go_on_and_ends_by_the_signal(self):
        self.play(held(looks=100000))
        for arguments in (["request", ORIGIN + "/a", "--grant", "g", "--by-backend", "--approval-wait", "70s"],
                          ["approve", "wait", "ap-1"]):
            with self.subTest(arguments[0]):
                with Terminal(self.here, *arguments) as terminal:
                    terminal.wait_for("Ctrl-C gives up")
                    terminal.type("\x03")
                    self.assertEqual(terminal.finish(), 130)
                self.assertRegex(terminal.text(), rf"\r +\rattache: the request [^\n]*{GO_ON}\n\Z")
                for number in (signal.SIGTERM, signal.SIGHUP):
                    process = subprocess.Popen([site.COMMAND, "--config", self.here.config, *arguments],
                                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                               env=self.here.environment())
                    while "left" not in process.stderr.readline():
                        pass
                    time.sleep(0.3)
                    process.send_signal(number)
                    stdout, stderr = process.communicate(timeout=30)
                    self.assertEqual((process.returncode, stdout), (-number, ""))
                    self.assertRegex(stderr, rf"\Aattache: the request [^\n]*{GO_ON}\n\Z")
        phases = [record["phase"] for record in self.here.records() if record["event"] == "approval_awaited"]
        self.assertEqual(phases.count("decision"), phases.count("result"))
        self.assertIn("ATT_STATE", [record.get("outcome") for record in self.here.records()])

    def test_the_way_to_go_on_names_the_provider_that_holds_it(self):
        provider = self.here.parts()["providers"][0]
        self.here.configure(providers=(provider, {**provider, "name": "second"}), policy={"default": "permit"},
                            grants=({"name": "g", "origins": [ORIGIN]},),
                            stacks=({"name": "all", "match": {"default": True}, "fetch": (
                                {"use": "offline", "control": "required"},)},
                                    {"name": "other", "match": {"grant": ["other"]}, "fetch": (
                                        {"use": "second", "control": "required"},)}))
        self.play(held())
        command = self.request().stderr.rpartition("go on with attache ")[2].split()
        self.assertEqual(command, ["approve", "wait", "ap-1", "--backend", "offline"])
        self.assertEqual(self.here.attache(*command).status, 0)
        result = self.here.attache("approve", "wait", "ap-1")
        self.assertEqual(result.status, 2)
        self.assertIn("--backend", result.stderr)

    def test_the_decision_is_awaited_later_by_its_id(self):
        self.play(held(looks=2))
        result = self.here.attache("approve", "wait", "ap-1")
        self.assertEqual((result.status, result.stdout), (0, "performed\n"))
        self.assertRegex(result.stderr, rf"\Aattache: the request is held: [^\n;]*\n{WAITS}5:00 left\n\Z")
        self.play(held(looks=0))
        self.assertEqual(self.here.attache("approve", "wait", "ap-1", "-i"),
                         (0, "HTTP 200\ncontent-type: text/plain\n\nperformed\n", ""))
        target = self.here.folder / "body"
        self.assertEqual(self.here.attache("approve", "wait", "ap-1", "-o", target), (0, "", ""))
        self.assertEqual(target.read_text(), "performed\n")
        self.play(held(looks=1000))
        self.assertEqual(self.here.attache("approve", "wait", "ap-1", "--timeout", "1").status, 8)

    def test_an_error_of_the_upstream_is_none_of_ours_unless_it_is_asked_for(self):
        self.play({"token": "t", "execute": {**TEXT, "status": 404, "held": {"id": "ap-1"}}})
        self.assertEqual(self.here.attache("approve", "wait", "ap-1"), (0, "performed\n", ""))
        result = self.here.attache("approve", "wait", "ap-1", "-f")
        self.assertEqual((result.status, result.stdout), (10, ""))
        self.assertEqual(result.stderr, "attache: the upstream answered 404 to the request; without -f "
                                        "its body is printed\n")

    def test_each_decision_has_its_message_and_none_is_performed(self):
        for result, state, message in (
                ("denied", "denied", "was not let through: so it is; ask whoever decided before it is sent again"),
                ("expired", "expired", "was not let through: so it is; send it again, and have it decided sooner"),
                ("backend", "failed", "was let through, and its backend could not perform it: so it is; see the "
                 "upstream before it is sent again")):
            with self.subTest(result):
                self.play(held(result=result, say="so it is"))
                answer = self.request("--approval-wait", "20s")
                self.assertEqual((answer.status, answer.stdout), (7, ""))
                self.assertEqual(answer.stderr.splitlines()[-1], f"attache: the request {message}")
                self.assertEqual(self.here.attache("approve", "wait", "ap-1"),
                                 (7, "", f"attache: the request {message}\n"))
                failure = json.loads(self.here.attache("approve", "wait", "ap-1", "--json").stderr)
                self.assertEqual((failure["status"], failure["state"], failure["approval_id"]),
                                 ("ATT_APPROVAL", state, "ap-1"))

    def test_an_approval_that_is_not_there_or_not_theirs_is_not_found(self):
        self.play({**held(), "user": "the-token-of-ann"})
        for arguments in (["ap-2"], ["ap-1"]):
            with self.subTest(arguments):
                result = self.here.attache("approve", "wait", *arguments)
                self.assertEqual((result.status, result.stdout), (4, ""))
                self.assertEqual(result.stderr, f'attache: no request is held as approval "{arguments[0]}" at provider '
                                                '"offline"; use the approval_id of the request\'s error\n')
        result = self.here.attache("approve", "wait", "ap-1", "--user-token-fd", "0", input="the-token-of-ann")
        self.assertEqual(result, (0, "performed\n", ""))

    def test_wrong_usage_says_what_to_write_instead(self):
        self.play(held())
        request = ["request", ORIGIN + "/", "--grant", "g"]
        for arguments, message in (
                (["approve"], "approve: wait has to follow; see attache approve --help"),
                (["approve", "wiat"], '"wiat" is no verb of attache approve; did you mean wait?'),
                (["approve", "allow", "ap-1"], '"allow" is no verb of attache approve; see attache approve --help'),
                (["approve", "wait"], "approve wait: an operand is missing; the usage is: attache approve wait ID "
                 "[OPTION...]"),
                (["approve", "wait", "ap-1", "--reason", "x"], "option --reason: attache approve wait has no such "
                 "option; see attache approve wait --help"),
                ([*request, "--approval-wait", "10s"], "option --approval-wait: nobody decides on a request that the "
                 "backend does not perform; add --by-backend"),
                ([*request, "--by-backend", "--approval-wait", "10"], 'option --approval-wait: "10" is not a duration '
                 "above 0; write it with a unit, as in 90s, 10m, 12h or 7d"),
                ([*request, "--by-backend", "-d", "a=b"], "option --by-backend: a backend sends JSON or no body; give "
                 "the body with --json"),
                ([*request, "--by-backend", "-T", self.here.config], "option --by-backend: a backend sends JSON or no "
                 "body; give the body with --json")):
            with self.subTest(arguments):
                result = self.here.attache(*arguments)
                self.assertEqual((result.stdout, result.stderr, result.status), ("", f"attache: {message}\n", 2))


if __name__ == "__main__":
    tap.main()
