# tests/integration/test_command.py: attache(1) from outside: verbs, options, messages, exit statuses, what it writes.
import http.server
import json
import os
import pty
import re
import subprocess
import threading
import time
import unittest

from rig import raw, site, tap

VERBS = ("request", "explain", "connect", "session", "grants", "revoke", "approve", "secret", "check", "modules",
         "demo")
SECRET = "canary-8f2e1c77a0b94d35-of-the-command"

URL, GRANT = "https://localhost/", ("--grant", "g")
MISTAKES = (
    ([], "verb: none is given; see attache --help"),
    (["-x"], "option -x: it is none of those before the verb; write one of a verb after the verb, or see attache "
     "--help"),
    (["--grant", "g", "request"], "option --grant: it is none of those before the verb; write one of a verb after "
     "the verb, or see attache --help"),
    (["-h"], "option -h: attache has no such option; did you mean --help?"),
    (["check", "-h"], "option -h: attache check has no such option; did you mean --help?"),
    (["--verison"], "option --verison: attache has no such option; did you mean --version?"),
    (["chekc"], '"chekc" is not a verb of this version; did you mean check?'),
    (["help", "request-"], '"request-" is not a verb of this version; did you mean request?'),
    (["--caller-type", "robot", "check"], 'option --caller-type: "robot" is no type of caller; write service or '
     "agent"),
    (["check", "--caller-type", "agent"], "option --caller-type: attache check has no use for it; leave it out"),
    (["request", "--json", URL, *GRANT], "option --json: it took the URL as the body; write --json DATA, or attache "
     "--json request for machines"),
    (["--config"], "option --config: it needs a value; see attache --help"),
    (["request"], "request: an operand is missing; the usage is: attache request [-X METHOD] URL --grant GRANT "
     "[OPTION...]"),
    (["request", URL], "request: no grant is named; add --grant NAME, or --provider NAME to use the user's grant "
     "at a provider"),
    (["request", URL, URL, *GRANT], f'operand "{URL}": it is one too many; the usage is: attache request '
     "[-X METHOD] URL --grant GRANT [OPTION...]"),
    (["request", URL, "--grant"], "option --grant: it needs a value; see attache request --help"),
    (["request", URL, *GRANT, "-z"], "option -z: attache request has no such option; see attache request --help"),
    (["request", URL, *GRANT, "-iz"], "option -z: attache request has no such option; see attache request --help"),
    (["request", URL, *GRANT, "--fial"], "option --fial: attache request has no such option; did you mean --fail?"),
    (["request", URL, *GRANT, "--fail=1"], "option --fail=1: it takes no value; see attache request --help"),
    (["request", URL, *GRANT, "--provider", "p"], "option --provider: it cannot stand beside --grant; leave one "
     "of them out"),
    (["request", URL, *GRANT, "--account", "a"], "option --account: it says which of a provider's accounts; add "
     "--provider NAME"),
    (["request", URL, *GRANT, "--query", "k"], 'option --query: "k" is not NAME=VALUE; write it so, VALUE may be '
     "empty"),
    (["request", URL, *GRANT, "--path", "=v"], 'option --path: "=v" is not NAME=VALUE; write it so, VALUE may be '
     "empty"),
    (["request", URL, *GRANT, "--context", "k"], 'option --context: "k" is not NAME=VALUE; write it so, VALUE '
     "may be empty"),
    (["request", URL, *GRANT, "-H", "name"], 'option -H: "name" is not a header; write \'Name: value\', or '
     "'Name;' for an empty one"),
    (["request", URL, *GRANT, "-H", "@file"], 'option -H: "@file" is not a header; write \'Name: value\', or '
     "'Name;' for an empty one"),
    (["request", URL, *GRANT, "-H", "Name:"], 'option -H: "Name:" has no value; write \'Name;\' to send an empty '
     "one"),
    (["request", URL, *GRANT, "-d", "x", "--json", "1"], "option --json: it cannot stand beside -d; send one "
     "body"),
    (["request", URL, *GRANT, "-d", "@/nowhere"], "option -d: /nowhere cannot be read: No such file or "
     "directory; name a file that can, or @- for standard input"),
    (["request", URL, *GRANT, "--user-token-fd", "x"], 'option --user-token-fd: "x" is not the number of a '
     "descriptor; write 3, and 3<FILE behind the command"),
    (["request", URL, *GRANT, "--user-token-fd", "77"], "option --user-token-fd: descriptor 77 is not open; add "
     "77<FILE to the command"),
    (["request", URL, *GRANT, "--user-token-fd", "0", "-d", "@-"], "option --user-token-fd: descriptor 0 is read "
     "for the body already; use another one, as in --user-token-fd 3 3<FILE"),
    (["explain", "g", "GET"], "explain: an operand is missing; the usage is: attache explain GRANT METHOD URL "
     "[OPTION...]"),
    (["explain", "g", "GET", URL, "--provider", "p"], "option --provider: it stands in place of GRANT; leave one "
     "of them out"),
    (["check", "a", "b"], 'operand "b": it is one too many; the usage is: attache check [FILE] [OPTION...]'),
    (["check", "a", "--config", "b"], 'option --config: it cannot stand beside the operand "a"; name one file'),
    (["check", "--caller", "c"], "option --caller: attache check has no use for it; leave it out"),
    (["--caller", "c", "modules"], "option --caller: attache modules has no use for it; leave it out"),
    (["demo", "--config", "c"], "option --config: attache demo has no use for it; leave it out"),
)


class Answer(http.server.BaseHTTPRequestHandler):
    """Says what came in; /status/N answers with that status, /empty with nothing, /size/N with N bytes."""

    protocol_version = "HTTP/1.1"

    def read_body(self):
        """What the request carries; of /drain only its size."""
        if "transfer-encoding" not in self.headers:
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body, total = b"", 0
        while size := int(self.rfile.readline(), 16):
            piece = self.rfile.read(size)
            body, total = body if self.path == "/drain" else body + piece, total + size
            self.rfile.readline()
        self.rfile.readline()
        return total if self.path == "/drain" else body

    def do_any(self):
        body = self.read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
        status, size = 200, None
        if match := re.match(r"/status/(\d+)", self.path):
            status = int(match[1])
        if match := re.match(r"/size/(\d+)", self.path):
            size = int(match[1])
        text = b"" if self.path == "/empty" else b"answer\n"
        self.send_response(status)
        self.send_header("content-length", str(len(text) if size is None else size))
        self.send_header("x-odd", "a\x9b31mb")  # CSI in one byte
        if status == 503:
            self.send_header("retry-after", "7")
        if status == 403:
            self.send_header("www-authenticate", 'Bearer error="insufficient_scope", scope="calendar.write"')
        self.end_headers()
        try:
            for start in range(0, size or 0, 65536):
                self.wfile.write(b"x" * min(65536, size - start))
            if size is None and self.command != "HEAD":
                self.wfile.write(text)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_any

    def log_message(self, *_):
        pass


class Upstream(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.seen = []
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join(5)


def failure(result):
    """The one JSON object on stderr."""
    return json.loads(result.stderr)


class Usage(unittest.TestCase):
    """What needs no configuration."""

    @classmethod
    def setUpClass(cls):
        cls.here = site.Site()
        cls.addClassCleanup(cls.here.close)

    def attache(self, *arguments, **options):
        return self.here.attache(*arguments, config=False, **options)

    def refused(self, arguments, message, **options):
        result = self.attache(*arguments, **options)
        self.assertEqual((result.stdout, result.stderr, result.status), ("", f"attache: {message}\n", 2))

    def test_every_verb_has_help_that_names_its_options(self):
        for verb in VERBS:
            with self.subTest(verb):
                result = self.attache(verb, "--help")
                self.assertEqual((result.status, result.stderr), (0, ""))
                self.assertTrue(result.stdout.startswith(f"usage: attache {verb}"), result.stdout)
                self.assertIn("--help", result.stdout)
                self.assertEqual(self.attache("help", verb).stdout, result.stdout)
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 100)

    def test_the_help_of_request_and_its_manual_name_every_option(self):
        shown = self.attache("request", "--help").stdout
        manual = (site.SOURCE / "doc" / "attache.1").read_text("utf-8")
        for option in ("-X", "-d", "-H", "-i", "-o", "-f", "-s", "-S", "-v", "--json", "--query", "--path", "--reason",
                       "--context", "--provider", "--account", "--grant", "--user-token-fd", "--timeout",
                       "--max-response", "--data-binary", "--caller-type", "--by-backend", "--approval-wait"):
            with self.subTest(option):
                self.assertRegex(shown, rf"(?m)^  ([-\w, ]*, )?{option}\b")
                self.assertRegex(manual, rf"(?m)^\.It (.*, )?Fl {option[1:]}\b")

    def test_the_program_has_help_and_a_version(self):
        result = self.attache("--help")
        self.assertEqual((result.status, result.stderr), (0, ""))
        for verb in VERBS:
            self.assertRegex(result.stdout, rf"(?m)^  {verb} +\w")
        for again in (["help"], ["help", "help"], ["help", "--help"]):
            self.assertEqual(self.attache(*again).stdout, result.stdout)
        self.assertRegex(self.attache("--version").stdout, r"\Aattache \d+\.\d+\.\d+\n\Z")

    def test_help_wins_over_what_else_is_wrong(self):
        self.assertEqual(self.attache("request", "--nonsense", "--help").status, 0)

    def test_verbs_of_later_versions_are_unknown_and_said_to_be(self):
        for verb in ("policy", "audit", "x\x1b"):
            with self.subTest(verb):
                shown = verb.replace("\x1b", "\\x1b")
                self.refused([verb], f'"{shown}" is not a verb of this version; see attache --help')
        self.refused(["help", "policy"], '"policy" is not a verb of this version; see attache --help')

    def test_wrong_usage_says_what_to_write_instead(self):
        for arguments, message in MISTAKES:
            with self.subTest(arguments):
                self.refused(arguments, message)
        self.assertEqual(self.attache("--json", "demo").status, 2)

    def test_numbers_sizes_and_times_are_read_strictly(self):
        url = ["request", "https://localhost/", "--grant", "g"]
        for value in ("0", "0.0", "-1", "x", "", "1s", "1e3", ".", "31536001", "99999999999999999999", "inf"):
            with self.subTest(timeout=value):
                self.refused([*url, f"--timeout={value}"], f'option --timeout: "{value}" is not a number of seconds '
                             f'above '
                             "0, up to a year; write 30 or 2.5")
        for value in ("0", "x", "-1", "", "MiB", "1kb", "1.5MiB", "1 MiB", "99999999999999999999"):
            with self.subTest(size=value):
                self.refused([*url, f"--max-response={value}"], f'option --max-response: "{value}" is not a size; '
                             f'write '
                             "bytes or a unit, as in 10MiB")
        for value in ("now", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01",
                      "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx", "1969-12-31T23:59:59Z",
                      "2026-01-01T00:00:00+1:00",
                      "2026-01-01T00:00:00.Z"):
            with self.subTest(time=value):
                self.refused(["explain", "g", "GET", "https://localhost/", "--at", value],
                             f'option --at: "{value}" is not a time after 1970; write it as 2026-03-01T09:00:00Z or '
                             "2026-03-01T10:00:00+01:00")

    def test_with_json_a_failure_is_one_object(self):
        for arguments in (["--json", "policy"], ["--json", "request"], ["check", "a", "b", "--json"],
                          ["check", "--nonsense", "--json"]):
            with self.subTest(arguments):
                result = self.attache(*arguments)
                self.assertEqual((result.status, result.stdout), (2, ""))
                self.assertEqual(failure(result)["status"], "ATT_INVALID")
                self.assertIn("field", failure(result))
        self.assertEqual(failure(self.attache("--json", 'a"\\\x07\xe9'))["message"],
                         '"a"\\\x07\xe9" is not a verb of this version; see attache --help')

    def test_bytes_that_are_no_utf8_give_valid_json(self):
        result = site.run([site.COMMAND, "--json", b"\xff\xfe".decode("utf-8", "surrogateescape")],
                          env=self.here.environment())
        self.assertIn("\ufffd\ufffd", failure(result)["message"])

    def test_bash_completes_verbs_options_and_files(self):
        file = site.SOURCE / "cmd" / "completion" / "attache"
        for words, expected in ((["req"], "request"), (["request", "--ti"], "--timeout"), (["help", "ch"], "check"),
                                (["--json", "explain", "--a"], "--at --account"),
                                (["check", str(file)], str(file)), (["--config", str(file)], str(file)),
                                (["--caller-type", "a"], "agent"),
                                (["policy", "--"], "--config --caller --caller-type --json --help --version")):
            with self.subTest(words):
                script = 'source "$0"; COMP_WORDS=(attache "$@"); COMP_CWORD=$#; _attache; echo "${COMPREPLY[*]}"'
                result = site.run(["bash", "-c", script, file, *words], env=self.here.environment())
                self.assertEqual(sorted(result.stdout.split()), sorted(expected.split()), result.stderr)

    def test_a_full_disk_is_reported(self):
        for arguments in (["--help"], ["--version"], ["help", "check"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                process = subprocess.run([site.COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                                         env=self.here.environment())
                self.assertEqual(process.stderr, "attache: standard output: No space left on device; make room or send "
                                                 "the output elsewhere\n")
                self.assertEqual(process.returncode, 1)

    def test_the_process_leaves_no_core_and_lets_nobody_attach(self):
        other = 65534 if os.geteuid() == 0 else None
        if other and subprocess.run([site.COMMAND, "--version"], env=self.here.environment(), user=other,
                                    capture_output=True).returncode != 0:
            self.skipTest("the build folder is not readable by another user")
        process = subprocess.Popen([site.COMMAND, "request", "https://localhost/", "--grant", "g", "-d", "@-"],
                                   stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.here.environment(),
                                   user=other)
        try:
            deadline = time.monotonic() + 10
            limits = ""
            while "Max core file size        0                    0" not in limits and time.monotonic() < deadline:
                with open(f"/proc/{process.pid}/limits", encoding="ascii") as file:
                    limits = file.read()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
            while os.stat(f"/proc/{process.pid}/environ").st_uid != 0 and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(os.stat(f"/proc/{process.pid}/environ").st_uid, 0)
        finally:
            process.kill()
            process.communicate()


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.stop)
        cls.here = site.Site()
        cls.addClassCleanup(cls.here.close)
        grants = {"g": {"token": SECRET, "kind": "api_key"},
                  "closed": {"token": SECRET}}
        for result in ("none", "not_found", "denied", "reauth", "expired", "revoked", "unavailable", "config",
                       "pending",
                       "fault", "deadline"):
            grants[result] = {"result": result}
        grants["ambiguous"] = {"result": "ambiguous", "candidates": ["one", "two"]}
        grants["busy"] = {"result": "unavailable", "retry_after": "7s"}
        grants["slow"] = {"token": SECRET, "latency": "5s"}
        cls.here.write("mock.json", {"grants": grants})
        origins = [cls.upstream.origin]
        cls.here.configure(
            grants=tuple({"name": name, "stack": "all", "origins": origins} for name in grants),
            stacks=({"name": "all", "match": {"default": True}, "origins": origins,
                     "fetch": ({"use": "offline", "control": "required"},)},),
            policy={"default": "permit", "rules": ({"name": "nobody", "effect": "forbid", "when": {"grant": "closed"}},
                                                   {"name": "no-delete", "effect": "forbid",
                                                    "when": {"method": "DELETE", "caller": "attache"}})})

    def setUp(self):
        self.upstream.seen.clear()

    def request(self, path="/", *arguments, grant="g", before=(), **options):
        return self.here.attache(*before, "request", self.upstream.origin + path, "--grant", grant, *arguments,
                                 **options)

    def sent(self):
        self.assertEqual(len(self.upstream.seen), 1, self.upstream.seen)
        return self.upstream.seen[0]

    def test_the_body_goes_to_stdout_and_the_credential_to_the_upstream_alone(self):
        result = self.request("/a")
        self.assertEqual(result, (0, "answer\n", ""))
        self.assertEqual(self.sent()["headers"]["authorization"], "Bearer " + SECRET)
        self.assertEqual(self.sent()["method"], "GET")

    def test_a_method_is_taken_as_given(self):
        self.assertEqual(self.request("/a", "-X", "PUT").status, 0)
        self.assertEqual(self.sent()["method"], "PUT")

    def test_data_is_a_form_and_a_post(self):
        self.assertEqual(self.request("/a", "-d", "a=1", "--data", "b=2").status, 0)
        self.assertEqual((self.sent()["method"], self.sent()["body"]), ("POST", b"a=1&b=2"))
        self.assertEqual(self.sent()["headers"]["content-type"], "application/x-www-form-urlencoded")

    def test_data_of_a_file_loses_its_line_ends_and_binary_data_does_not(self):
        file = self.here.write("body", b"a\r\nb\0c\n")
        for option, body in (("-d", b"abc"), ("--data-binary", b"a\r\nb\0c\n")):
            with self.subTest(option):
                self.upstream.seen.clear()
                self.assertEqual(self.request("/a", option, f"@{file}").status, 0)
                self.assertEqual(self.sent()["body"], body)
                self.upstream.seen.clear()
                self.assertEqual(self.request("/a", option, "@-", input=b"a\r\nb\0c\n").status, 0)
                self.assertEqual(self.sent()["body"], body)

    def test_a_content_type_of_the_caller_wins(self):
        self.assertEqual(self.request("/a", "-d", "<x/>", "-H", "Content-Type: text/xml").status, 0)
        self.assertEqual(self.sent()["headers"]["content-type"], "text/xml")

    def test_json_is_sent_as_json_and_asked_for(self):
        file = self.here.write("body.json", '{"a":\n1}')
        for argument, body in (('{"b":2}', b'{"b":2}'), (f"@{file}", b'{"a":\n1}'), ("@-", b"[3]")):
            with self.subTest(argument):
                self.upstream.seen.clear()
                self.assertEqual(self.request("/a", "--json", argument, input="[3]").status, 0)
                self.assertEqual((self.sent()["method"], self.sent()["body"]), ("POST", body))
                self.assertEqual(self.sent()["headers"]["content-type"], "application/json")
                self.assertEqual(self.sent()["headers"]["accept"], "application/json")

    def test_json_with_a_nul_is_refused(self):
        result = self.request("/a", "--json", "@-", input=b'"a\0b"')
        self.assertEqual((result.status, result.stderr),
                         (2, b"attache: option --json: the text has a NUL byte in it; JSON cannot\n"))

    def test_headers_query_path_reason_and_context_arrive(self):
        result = self.request("/x/{id}?a=1", "-H", "X-One: 1", "-H", "X-None;", "--path", "id=a/b c", "--query",
                              "q=x&y",
                              "--query", "e=", "--reason", "weekly digest", "--context", "tool=read")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(self.sent()["path"], "/x/a%2Fb%20c?a=1&q=x%26y&e=")
        self.assertEqual((self.sent()["headers"]["x-one"], self.sent()["headers"]["x-none"]), ("1", ""))
        record = [one for one in self.here.records() if one.get("phase") == "decision"][-1]
        self.assertEqual((record["reason"], record["context"], record["caller"]),
                         ("weekly digest", {"tool": "read"}, "attache"))

    def test_options_may_stand_on_both_sides_of_the_verb_and_of_the_operand(self):
        result = site.run([site.COMMAND, "--caller", "nightly", "request", "--grant", "g", self.upstream.origin + "/a",
                           "-s", "--config", self.here.config], env=self.here.environment())
        self.assertEqual(result, (0, "answer\n", ""))
        self.assertEqual(self.here.records()[-1]["caller"], "nightly")

    def test_the_caller_decides_what_policy_says(self):
        self.assertEqual(self.request("/a", "-X", "DELETE").status, 7)
        self.assertEqual(self.request("/a", "-X", "DELETE", "--caller", "janitor").status, 0)

    def test_a_provider_and_an_account_lead_to_the_users_grant(self):
        here = site.Site(stacks=({"name": "all", "match": {"default": True}, "origins": [self.upstream.origin],
                                  "fetch": ({"use": "offline", "control": "required"},)},),
                         policy={"default": "permit"})
        self.addCleanup(here.close)
        here.write("mock.json", {"providers": {"google": {"token": SECRET},
                                               "google/work": {"token": SECRET + "-work"}}})
        for arguments, token in ((["--provider", "google"], SECRET),
                                 (["--provider", "google", "--account", "work"], SECRET + "-work")):
            with self.subTest(arguments):
                self.upstream.seen.clear()
                self.assertEqual(here.attache("request", self.upstream.origin + "/a", *arguments), (0, "answer\n", ""))
                self.assertEqual(self.sent()["headers"]["authorization"], "Bearer " + token)

    def test_a_head_request_has_a_head_and_no_body(self):
        result = self.request("/a", "-X", "HEAD", "-i", input=b"")
        self.assertEqual((result.status, result.stdout[:10], result.stdout[-4:]), (0, b"HTTP 200\r\n", b"\r\n\r\n"))

    def test_include_writes_the_head_in_front_of_the_body(self):
        result = self.request("/a", "-i", input=b"")
        head, body = result.stdout.split(b"\r\n\r\n")
        self.assertEqual(head.split(b"\r\n")[0], b"HTTP 200")
        self.assertIn(b"content-length: 7", head.lower())
        self.assertEqual(body, b"answer\n")

    def test_verbose_shows_everything_but_the_credential(self):
        result = self.request("/a", "-v", "-d", "x", "-H", "X-One: 1", input=b"")
        lines = result.stderr.decode().splitlines()
        self.assertEqual((result.status, result.stdout), (0, b"answer\n"))
        for line in (f"> POST {self.upstream.origin}/a", "> X-One: 1", "< x-odd: a\\x9b31mb", "> content-type: "
                     "application/x-www-form-urlencoded",
                     "* the credential of g is attached by attache and not shown", "< HTTP 200"):
            self.assertIn(line, lines)
        self.assertNotIn(b"canary", result.stderr.lower())

    def test_verbose_shows_no_request_that_was_not_sent(self):
        result = self.request("/a", "-v", grant="closed")
        self.assertEqual(result.status, 7)
        self.assertRegex(result.stderr, r"\A(\* module [^\n]*\n)*attache: policy denies [^\n]*\n\Z")

    def test_output_goes_to_a_file(self):
        target = self.here.folder / "out"
        self.assertEqual(self.request("/a", "-o", target), (0, "", ""))
        self.assertEqual(target.read_text(), "answer\n")
        self.assertEqual(self.request("/empty", "-o", target), (0, "", ""))
        self.assertEqual(target.read_text(), "")
        target.unlink()
        self.assertEqual(self.request("/empty", "-o", target).status, 0)
        self.assertTrue(target.exists(), "a successful request makes the file also when it is empty")
        self.assertEqual(self.request("/a", "-o", "-").stdout, "answer\n")

    def test_a_failure_leaves_no_empty_file_and_an_old_one_untouched(self):
        target = self.here.folder / "never"
        for arguments, grant, status in ((["/a"], "closed", 7), (["/status/500", "-f"], "g", 10), (["/a"], "reauth",
                                                                                                   3)):
            with self.subTest(grant):
                self.assertEqual(self.request(*arguments, "-o", target, grant=grant).status, status)
                self.assertFalse(target.exists())
        target.write_text("old")
        self.assertEqual(self.request("/a", "-o", target, grant="closed").status, 7)
        self.assertEqual(target.read_text(), "old")

    def test_an_output_that_cannot_be_written_is_reported(self):
        for target, why in (("/nowhere/out", "No such file or directory; create its folder, or name"),
                            (self.here.folder, "Is a directory; name"), ("/dev/null/out", "Not a directory; name")):
            result = self.request("/a", "-o", target, "-d", "x")
            self.assertEqual((result.status, result.stderr),
                             (1, f"attache: {target}: the body cannot be written: {why} another file with -o\n"))
        self.assertEqual(self.upstream.seen, [], "nothing is sent in vain")
        self.assertEqual(self.request("/a", "-o", "/dev/full").status, 1)
        with open("/dev/full", "wb") as full:
            process = subprocess.run([site.COMMAND, "--config", self.here.config, "request",
                                      self.upstream.origin + "/a",
                                      "--grant", "g"], stdout=full, stderr=subprocess.PIPE, text=True,
                                     env=self.here.environment())
        self.assertEqual((process.returncode, process.stderr),
                         (1, "attache: standard output: the body cannot be written: No space left on device; make "
                          "room, "
                             "or name another file with -o\n"))

    def test_a_reader_that_goes_away_ends_it_with_status_1(self):
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "request",
                                    self.upstream.origin + "/size/50000000", "--grant", "g", "--max-response", "100MB"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.here.environment())
        self.assertEqual(process.stdout.read(10), b"x" * 10)
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"attache: standard output: its reader closed it; the rest of the body "
                                                b"was not fetched\n")
        process.stderr.close()
        self.assertEqual(process.wait(10), 1)

    def test_a_closed_stdout_is_an_error_and_nothing_else_gets_the_body(self):
        result = site.run(["sh", "-c", 'exec "$0" "$@" >&-', site.COMMAND, "--config", self.here.config, "request",
                           self.upstream.origin + "/a", "--grant", "g"], env=self.here.environment())
        self.assertEqual((result.status, result.stdout), (1, ""))
        self.assertIn("standard output: the body cannot be written: Bad file descriptor", result.stderr)
        self.assertNotRegex(self.here.audit.read_text(), "(?m)^answer$")

    def test_an_error_of_the_upstream_is_a_failure_only_with_fail(self):
        self.assertEqual(self.request("/status/404"), (0, "answer\n", ""))
        result = self.request("/status/404", "-f")
        self.assertEqual((result.status, result.stdout), (10, ""))
        self.assertEqual(result.stderr, f"attache: {self.upstream.origin} answered 404 to GET /status/404; without -f "
                                        "its body is printed\n")
        self.assertIn("503 to GET /status/503; try again in 7 s; without -f its body is printed\n",
                      self.request("/status/503", "-f").stderr)
        self.assertEqual(self.request("/status/404", "-f", "-s"), (10, "", ""))
        self.assertEqual(self.request("/status/404", "-f", "-sS").stderr, result.stderr)
        self.assertEqual(self.request("/status/503", "-f", "-i").stdout, "")
        self.assertEqual(self.request("/status/302", "-f").status, 0)
        body = failure(self.request("/status/404", "-f", before=["--json"]))
        self.assertEqual((body["status"], body["http_status"], body["grant"]), ("ATT_UPSTREAM", 404, "g"))
        self.assertRegex(body["request_id"], r"\w{8}")

    def test_each_failure_has_its_exit_status_and_its_name(self):
        for grant, status, name in (("none", 4, "NOT_FOUND"), ("not_found", 4, "NOT_FOUND"), ("ambiguous", 4,
                                                                                              "AMBIGUOUS"),
                                    ("denied", 7, "DENIED"), ("closed", 7, "DENIED"), ("reauth", 3, "REAUTH"),
                                    ("expired", 3, "EXPIRED"), ("revoked", 3, "REVOKED"), ("unavailable", 11,
                                                                                           "BACKEND"),
                                    ("config", 5, "CONFIG"), ("fault", 5, "MODULE"), ("pending", 7, "APPROVAL"),
                                    ("deadline", 9, "TIMEOUT")):
            with self.subTest(grant):
                result = self.request("/a", grant=grant, before=["--json"])
                body = failure(result)
                self.assertEqual((result.status, body["status"], result.stdout), (status, "ATT_" + name, ""))
                plain = self.request("/a", grant=grant)
                # The request id differs and the rest is the same sentence.
                self.assertEqual((plain.status, plain.stderr), (status, f"attache: {body['message']}\n"))
        self.assertEqual(failure(self.request("/a", grant="ambiguous", before=["--json"]))["candidates"], ["one",
                                                                                                           "two"])
        self.assertEqual(failure(self.request("/a", grant="closed", before=["--json"]))["rule"], "nobody")
        self.assertEqual(self.upstream.seen, [])

    def test_a_busy_backend_says_when_to_try_again(self):
        result = self.request("/a", grant="busy")
        self.assertEqual(result.status, 11)
        self.assertTrue(result.stderr.endswith("; try again in 7 s\n"), result.stderr)
        self.assertEqual(failure(self.request("/a", grant="busy", before=["--json"]))["retry_after_ms"], 7000)

    def test_missing_scopes_ask_for_a_new_connect_and_show_the_answer(self):
        result = self.request("/status/403", before=["--json"])
        self.assertEqual((result.status, result.stdout), (3, "answer\n"))
        self.assertEqual(failure(result)["missing_scopes"], ["calendar.write"])

    def test_input_that_the_library_refuses_is_status_2(self):
        for arguments in (["-H", "Authorization: mine"], ["-H", "X: a\r\nY: b"], ["--context", "k=" + "v" * 513],
                          ["-X", "GE T"]):
            with self.subTest(arguments):
                result = self.request("/a", *arguments, before=["--json"])
                self.assertEqual((result.status, failure(result)["status"]), (2, "ATT_INVALID"))
        self.assertEqual(self.upstream.seen, [])

    def test_a_url_outside_of_the_origins_is_denied(self):
        result = self.here.attache("request", "https://localhost:1/", "--grant", "g")
        self.assertEqual(result.status, 7)
        self.assertIn("is bound to", result.stderr)

    def test_nobody_listening_is_status_9(self):
        here = site.Site(stacks=({"name": "all", "match": {"default": True}, "origins": ["http://127.0.0.1:1"],
                                  "fetch": ({"use": "offline", "control": "required"},)},),
                         policy={"default": "permit"})
        self.addCleanup(here.close)
        here.write("mock.json", {"default": {"token": SECRET}})
        result = here.attache("--json", "request", "http://127.0.0.1:1/", "--grant", "any")
        self.assertEqual((result.status, failure(result)["status"]), (9, "ATT_NETWORK"))

    def test_a_timeout_is_status_9(self):
        started = time.monotonic()
        result = self.request("/a", "--timeout", "0.3", grant="slow", before=["--json"])
        self.assertEqual((result.status, failure(result)["status"]), (9, "ATT_TIMEOUT"))
        self.assertLess(time.monotonic() - started, 4)

    def test_a_body_over_the_limit_is_refused(self):
        result = self.request("/size/65536", "--max-response", "1KiB")
        self.assertEqual(result.status, 9)
        self.assertIn("1024", result.stderr)
        self.assertEqual(self.request("/size/65536", "--max-response", "64KiB").status, 0)

    def test_a_large_body_is_streamed_in_constant_memory(self):
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "request",
                                    self.upstream.origin + "/size/104857600", "--grant", "g", "--max-response",
                                    "200MiB",
                                    "-f", "-i"], stdout=subprocess.PIPE, env=self.here.environment())
        size = 0
        while piece := process.stdout.read(1 << 20):
            size += len(piece)
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertGreater(size, 104857600)
        if site.SANITIZER == "no":
            self.assertLess(usage.ru_maxrss, 40 * 1024)

    def test_a_file_or_standard_input_is_uploaded_as_it_is(self):
        file = self.here.write("body", b"a\r\nb\0c\n")
        for argument, given, framing in ((file, b"", "content-length"), ("-", b"a\r\nb\0c\n", "transfer-encoding")):
            with self.subTest(framing):
                self.upstream.seen.clear()
                result = self.request("/a", "-T", argument, input=given)
                self.assertEqual(result.status, 0, result.stderr)
                self.assertEqual(self.sent()["method"], "PUT")
                self.assertIn(framing, self.sent()["headers"])
                self.assertEqual(self.sent()["body"], b"a\r\nb\0c\n")
        self.upstream.seen.clear()
        self.assertEqual(self.request("/a", "-T", self.here.write("empty", b""), "-X", "POST").status, 0)
        self.assertEqual((self.sent()["method"], self.sent()["body"]), ("POST", b""))

    def test_what_cannot_be_uploaded_is_told(self):
        file = self.here.write("body", b"x")
        for arguments, text in (
                (("-T", "/nowhere/at-all"), "/nowhere/at-all cannot be read: No such file or directory; name a file"),
                (("-T", self.here.folder), f"{self.here.folder} is a folder; name a file"),
                (("-T", file, "-T", file), "it is given twice; one body is sent"),
                (("-T", file, "-d", "x"), "it cannot stand beside -d or --json; send one body")):
            with self.subTest(text):
                result = self.request("/a", *arguments)
                self.assertEqual((result.status, result.stdout), (2, ""))
                self.assertIn("attache: option --upload-file: " + text, result.stderr)

    def test_a_large_upload_is_streamed_in_constant_memory(self):
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "request",
                                    self.upstream.origin + "/drain", "--grant", "g", "-T", "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=self.here.environment())
        for _ in range(100):
            process.stdin.write(b"x" * (1 << 20))
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.sent()["body"], 100 << 20)
        if site.SANITIZER == "no":
            self.assertLess(usage.ru_maxrss, 40 * 1024)

    def test_a_user_token_comes_from_a_descriptor(self):
        token = self.here.write("token", "user-" + SECRET + "\n")
        with open(token, "rb") as file:
            process = subprocess.run([site.COMMAND, "--config", self.here.config, "request",
                                      self.upstream.origin + "/a",
                                      "--grant", "g", "--user-token-fd", str(file.fileno())], capture_output=True,
                                     text=True, env=self.here.environment(), pass_fds=[file.fileno()])
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, "answer\n", ""))
        self.assertEqual(self.request("/a", "--user-token-fd", "0", input="x" * 8192 + "\r\n").status, 0)

    def test_a_descriptor_that_gives_no_token_is_named_before_anything_is_sent(self):
        whole = "write the user's token to it, and nothing else"
        for text, why in (("", "gave no token; write the user's token to it, or leave the option out"),
                          ("\n", "gave no token; write the user's token to it, or leave the option out"),
                          ("x" * 8193, f"gave more than 8192 bytes; {whole}"),
                          ("x" * 5000000, f"gave more than 8192 bytes; {whole}"),
                          ("a\nb\n", f"gave more than one line; {whole}"),
                          ("a\n\n", f"gave more than one line; {whole}")):
            with self.subTest(text[:9]):
                result = self.request("/a", "--user-token-fd", "0", input=text)
                self.assertEqual(result, (2, "", f"attache: option --user-token-fd: descriptor 0 {why}\n"))
                result = self.request("/a", "--user-token-fd", "0", before=["--json"], input=text)
                self.assertEqual((failure(result)["status"], failure(result)["field"]),
                                 ("ATT_INVALID", "--user-token-fd"))
        target = self.here.folder / "write-only"
        result = self.here.program("/bin/sh", "-c", 'exec 3>"$0"; exec "$@" --user-token-fd 3', target, site.COMMAND,
                                   "--config", self.here.config, "request", self.upstream.origin + "/a", "--grant", "g")
        self.assertEqual(result, (2, "", "attache: option --user-token-fd: descriptor 3 cannot be read; open it for "
                                  "reading, as in 3<FILE behind the command\n"))
        self.assertEqual(len(self.upstream.seen), 0)

    def test_the_secret_is_in_nothing_that_is_written(self):
        result = self.request("/a", "-v", "-i")
        self.request("/a", grant="closed")
        self.assertNotIn(SECRET, result.stdout + result.stderr)
        self.assertNotIn(SECRET, self.here.audit.read_text())

    def test_a_wrong_configuration_is_status_5(self):
        result = site.run([site.COMMAND, "--json", "--config", "/nowhere.conf", "request", "https://localhost/",
                           "--grant",
                           "g"], env=self.here.environment())
        self.assertEqual((result.status, failure(result)["status"]), (5, "ATT_CONFIG"))
        self.assertIn("/nowhere.conf", failure(result)["message"])
        result = site.run([site.COMMAND, "--config", "/nowhere.conf", "request", URL, *GRANT],
                          env=self.here.environment())
        self.assertRegex(result.stderr, r'\Aattache: file "/nowhere\.conf"[^\n]*\n\Z')

    def test_a_warning_names_its_file_and_the_line_where_there_is_one(self):
        here = site.Site(grants=({"name": "g", "stack": "all"},))
        self.addCleanup(here.close)
        lines = here.attache("request", URL, *GRANT).stderr.splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertEqual(sum(line.startswith(f"attache: warning: {here.config}: there is no policy: ")
                             for line in lines), 1, lines)
        place = rf"attache: warning: {here.config}:[1-9]\d*: "
        self.assertTrue(any(re.match(place + 'grant "g" is bound to no origin, ', line) for line in lines), lines)

    def test_an_audit_that_cannot_be_written_is_status_12(self):
        result = site.run(["sh", "-c", 'ulimit -f 0; exec "$0" "$@"', site.COMMAND, "--json", "--config",
                           self.here.config,
                           "request", self.upstream.origin + "/a", "--grant", "g"], env=self.here.environment())
        self.assertEqual((result.status, failure(result)["status"]), (12, "ATT_AUDIT"))
        self.assertIn("sink", failure(result))
        self.assertEqual(self.upstream.seen, [])

    def test_a_file_that_may_not_grow_is_reported(self):
        result = site.run(["sh", "-c", 'ulimit -f 4096; exec "$0" "$@"', site.COMMAND, "--config", self.here.config,
                           "request", self.upstream.origin + "/size/9000000", "--grant", "g", "-o",
                           self.here.folder / "large"], env=self.here.environment())
        self.assertEqual((result.status, result.stderr),
                         (1, f"attache: {self.here.folder}/large: the body cannot be written: File too large; make "
                             "room, or name another file with -o\n"))

    def terminal(self, *arguments, env=None):
        """What the command writes to a terminal."""
        control, terminal = pty.openpty()
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=terminal, stderr=terminal, env=self.here.environment(env))
        os.close(terminal)
        written = b""
        try:
            while piece := os.read(control, 65536):
                written += piece
        except OSError:
            pass
        os.close(control)
        process.wait(10)
        return written.decode("latin-1")

    def test_a_header_cannot_steer_a_terminal(self):
        written = self.terminal("request", self.upstream.origin + "/a", "--grant", "g", "-i", env={"TERM": "xterm"})
        self.assertIn("x-odd: a\\x9b31mb\r", written)
        self.assertIn("answer", written)
        self.assertIn(b"x-odd: a\x9b31mb\r", self.request("/a", "-i", input=b"").stdout)

    def test_colours_are_for_terminals_that_want_them(self):
        arguments = ("request", self.upstream.origin + "/a", "--grant", "closed")
        self.assertIn("\x1b[31mattache:\x1b[0m ", self.terminal(*arguments, env={"TERM": "xterm"}))
        for environment in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}):
            with self.subTest(environment):
                written = self.terminal(*arguments, env=environment)
                self.assertIn("attache: ", written)
                self.assertNotIn("\x1b", written)
        self.assertNotIn("\x1b", self.here.attache(*arguments, env={"TERM": "xterm"}).stderr)

    def test_verbs_that_send_nothing_do_not_load_libcurl(self):
        def loaded(*arguments):
            return "libcurl" in self.here.attache(*arguments, env={"LD_DEBUG": "files"}).stderr

        for arguments in (["--help"], ["request", "--help"], ["explain", "g", "GET", self.upstream.origin + "/a"],
                          ["check"],
                          ["modules"]):
            with self.subTest(arguments):
                self.assertFalse(loaded(*arguments))
        self.assertTrue(loaded("request", self.upstream.origin + "/a", "--grant", "g"))


class Looking(unittest.TestCase):
    """explain, check and modules."""

    @classmethod
    def setUpClass(cls):
        cls.here = site.Site(
            grants=({"name": "g", "stack": "all", "origins": ["https://api.test"]},),
            policy={"rules": ({"name": "readers", "effect": "permit", "when": {"method": "GET"}},
                              {"name": "agents", "effect": "permit",
                               "when": {"method": "PUT", "caller_type": "agent"}})})
        cls.addClassCleanup(cls.here.close)

    def test_explain_shows_each_step_in_columns(self):
        result = self.here.attache("explain", "g", "GET", "https://api.test/x")
        self.assertEqual((result.status, result.stderr), (0, ""))
        rows = [re.split(r"  +", line) for line in result.stdout.splitlines()]
        self.assertIn(["request", "ok", "https://api.test/x"], rows)
        self.assertTrue(any(row[0] == "rule readers" for row in rows), rows)
        self.assertTrue(any(row[1] == "would ask" and "offline" in row[2] and "; ok: ok; none not_found" in row[2]
                            for row in rows), rows)
        self.assertEqual(len({re.match(r"\S+( \S+)*  +", line).end() for line in result.stdout.splitlines()}), 1)

    def test_explain_of_a_denial_has_the_exit_status_of_the_request(self):
        result = self.here.attache("explain", "g", "DELETE", "https://api.test/x", "--json")
        answer = json.loads(result.stdout)
        self.assertEqual((result.status, answer["status"], failure(result)["status"]), (7, "ATT_DENIED", "ATT_DENIED"))
        self.assertEqual(set(answer["steps"][0]), {"step", "outcome", "reason"})
        self.assertEqual(answer["steps"][-1]["outcome"], "deny")
        self.assertEqual(self.here.attache("explain", "g", "GET", "no url").status, 2)
        self.assertEqual(self.here.attache("explain", "g", "GET", "https://other.test/").status, 7)

    def test_a_denial_is_told_once_by_explain(self):
        result = self.here.attache("explain", "g", "DELETE", "https://api.test/x")
        self.assertEqual((result.status, result.stderr), (7, ""))
        self.assertRegex(result.stdout.splitlines()[-1], r"^decision +deny +policy denies DELETE")
        result = self.here.attache("explain", "g", "GET", "https://api.test/x", "--config", "/nowhere.conf")
        self.assertEqual((result.status, result.stdout, result.stderr.count("\n")), (5, "", 1))

    def test_an_agent_is_told_from_a_service(self):
        for arguments, status in (([], 7), (["--caller-type", "service"], 7), (["--caller-type", "agent"], 0)):
            with self.subTest(arguments):
                result = self.here.attache("explain", "g", "PUT", "https://api.test/", *arguments)
                self.assertEqual(result.status, status)
                result = self.here.attache("request", "https://api.test/", "--grant", "g", "-X", "PUT", *arguments)
                self.assertEqual(result.status == 7, status == 7, result.stderr)

    def test_explain_takes_a_provider_a_caller_and_a_time(self):
        result = self.here.attache("explain", "GET", "https://api.test/x", "--provider", "google", "--account", "a",
                                   "--caller", "c", "--at", "2026-02-28T23:59:60.5+01:30", "--json")
        self.assertIn("steps", json.loads(result.stdout))
        self.assertEqual(result.status, 7)
        self.assertIn("bound to no origin", failure(result)["message"])

    def test_explain_writes_no_audit_record_and_reads_no_script(self):
        here = site.Site(grants=({"name": "g", "stack": "all", "origins": ["https://api.test"]},),
                         policy={"default": "permit"})
        self.addCleanup(here.close)
        (here.folder / "mock.json").unlink()
        self.assertEqual(here.attache("explain", "g", "GET", "https://api.test/").status, 0)
        self.assertFalse(here.audit.exists())

    def test_check_of_a_good_site_says_so_and_no_more(self):
        for arguments, config in ((["check"], True), (["check", self.here.config], False)):
            result = self.here.attache(*arguments, config=config)
            self.assertEqual((result.status, result.stderr), (0, ""))
            self.assertEqual(result.stdout.splitlines()[-1], "0 errors, 0 warnings")
        answer = json.loads(self.here.attache("check", "--json").stdout)
        self.assertEqual((answer["findings"], answer["errors"], answer["warnings"]), ([], 0, 0))
        self.assertEqual(set(answer["protection"]) - {"lock_limit_bytes"}, {"locked", "dump_excluded", "fork_wiped"})
        full = all(answer["protection"][name] for name in ("locked", "dump_excluded", "fork_wiped"))
        self.assertEqual("memory of secrets" in result.stdout, not full)

    def test_check_says_where_memory_cannot_be_locked(self):
        if site.SANITIZER != "no":
            self.skipTest("sanitizers take mlock away")
        result = site.run(["sh", "-c", 'ulimit -l 0; exec setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$0" '
                           '"$@"'
                           if os.geteuid() == 0 else 'ulimit -l 0; exec "$0" "$@"', site.COMMAND, "--config",
                           self.here.config, "check"], env=self.here.environment())
        self.assertIn("memory of secrets: locked: no, raise the limit of locked memory (ulimit -l, LimitMEMLOCK=)",
                      result.stdout)

    def test_check_prints_every_finding_with_its_place(self):
        file = self.here.write("bad.conf", "schema = 1;\nsettings = { timeout = \"soon\"; };\nnonsense = 1;\n")
        result = self.here.attache("check", file, config=False)
        lines = result.stdout.splitlines()
        self.assertEqual(result.status, 5)
        self.assertTrue(any(line.startswith(f"{file}:2: error: ") for line in lines), lines)
        self.assertTrue(any(line.startswith(f"{file}:3: error: ") for line in lines), lines)
        count = sum(": error: " in line or line.startswith("error: ") for line in lines)
        self.assertRegex(lines[-1], rf"^{count} errors, \d+ warnings?$")
        self.assertEqual(result.stderr, "")
        result = self.here.attache("check", file, "--json", config=False)
        answer = json.loads(result.stdout)
        self.assertEqual((result.status, answer["errors"], failure(result)["status"]), (5, count, "ATT_CONFIG"))
        self.assertIn((str(file), 3, "error"), [(one["file"], one["line"],
                                                 one["severity"]) for one in answer["findings"]
                                                if "file" in one and "line" in one])

    def test_check_of_no_file_is_status_5(self):
        result = self.here.attache("check", "/nowhere.conf", config=False)
        self.assertEqual(result.status, 5)
        self.assertIn("/nowhere.conf", result.stdout + result.stderr)

    def test_modules_lists_what_would_load_and_why_not(self):
        folder = self.here.folder / "modules"
        folder.mkdir(mode=0o755, exist_ok=True)
        folder.chmod(0o755)
        for name in ("mock.so", "audit_file.so"):
            self.here.write(f"modules/{name}", (site.MODULES / name).read_bytes(), 0o700)
        self.here.write("modules/broken.so", "no module")
        self.here.write("m.conf", f'schema = 1;\nsettings = {{ module_dir = "{folder}"; }};\n')
        result = self.here.attache("modules", "--config", self.here.folder / "m.conf", config=False)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"\AKIND +NAME +VERSION +ABI +CAPABILITIES +FILE\n")
        self.assertRegex(result.stdout, rf"(?m)^provider +mock +\d+\.\d+\.\d+ +1\.2 +fetch inject.* {folder}/mock.so$")
        self.assertRegex(result.stdout, r"(?m)^audit +audit_file +\d+\.\d+\.\d+ +1\.2 ")
        self.assertRegex(result.stdout, r"(?m)^- .*  refused: .*broken.so")
        answer = json.loads(self.here.attache("modules", "--json", "--config", self.here.folder / "m.conf",
                                              config=False).stdout)
        modules = {os.path.basename(module["path"]): module for module in answer["modules"]}
        self.assertEqual((modules["mock.so"]["kind"], modules["mock.so"]["abi"]), ("provider", "1.2"))
        self.assertNotIn("refusal", modules["mock.so"])
        self.assertIn("broken.so", modules["broken.so"]["refusal"])

    def test_a_module_directory_that_cannot_be_read_is_told_with_its_reason(self):
        self.here.write("m.conf", 'schema = 1;\nsettings = { module_dir = "/nowhere/modules"; };\n')
        result = self.here.attache("modules", "--config", self.here.folder / "m.conf", config=False)
        self.assertEqual((result.status, result.stdout), (5, ""))
        self.assertIn("the module directory /nowhere/modules cannot be read: No such file or directory; install "
                      "modules there, or set module_dir", result.stderr)

    def test_modules_without_a_configuration_shows_this_installation(self):
        result = self.here.attache("modules", config=False)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertIn(str(site.MODULES), result.stdout)


if __name__ == "__main__":
    tap.main()
