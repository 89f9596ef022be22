# tests/integration/test_secret.py: attache secret from outside: what it reads, prints, keeps and refuses.
import base64
import fcntl
import json
import os
import re
import signal
import subprocess
import termios
import threading
import time
import unittest

from rig import raw, site, tap
from rig.terminal import Terminal

KEEPER = site.BUILD / "tests" / "modules" / ".libs" / "keeper.so"
VALUE = "canary-4b7d2f90c1e84a6d-of-the-secret"
ORIGIN = ("--origin", "https://billing.internal.example")
UUID = r"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n\Z"


class Secret(unittest.TestCase):
    def setUp(self):
        self.here = site.Site()
        self.addCleanup(self.here.close)
        self.kept = self.here.folder / "kept"
        self.configure()

    def configure(self, **options):
        self.here.configure(
            settings={"module_dir": str(site.MODULES), "module_paths": True},
            providers=({"name": "keeper", "module": str(KEEPER), "options": {"file": str(self.kept), **options}},),
            stacks=({"name": "all", "match": {"default": True},
                     "fetch": ({"use": "keeper", "control": "required"},)},),
            policy={"default": "permit"})

    def secret(self, *arguments, input=VALUE, **options):
        return self.here.attache("secret", *arguments, input=input, **options)

    def rows(self):
        """What the keeper keeps: name to its columns."""
        lines = self.kept.read_text("utf-8").splitlines() if self.kept.exists() else []
        return {line.split("\t")[0]: line.split("\t") for line in lines}

    def value(self, name):
        return self.rows()[name][9]

    def refused(self, arguments, message, status=2, **options):
        before = self.rows()
        result = self.secret(*arguments, **options)
        self.assertEqual((result.stdout, result.stderr, result.status), ("", f"attache: {message}\n", status))
        self.assertEqual(self.rows(), before)

    # ---- set ----

    def test_a_secret_from_a_pipe_is_kept_and_its_grant_printed(self):
        result = self.secret("set", "billing-key", *ORIGIN)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertRegex(result.stdout, UUID)
        self.assertEqual(self.value("billing-key"), f"token:{VALUE}")
        self.assertEqual(self.rows()["billing-key"][1], result.stdout.strip())

    def test_the_issue_of_the_day(self):
        result = self.secret("set", "billing-key", "--type", "bearer", "--grant", "billing", *ORIGIN)
        self.assertEqual((result.status, result.stdout, result.stderr), (0, "billing\n", ""))
        listed = self.secret("list", input=None)
        self.assertEqual(listed.status, 0)
        self.assertRegex(listed.stdout, r"(?m)^NAME +TYPE +GRANT +ORIGINS +AGE +LAST USE +FINGERPRINT$")
        self.assertRegex(listed.stdout, r"(?m)^billing-key +bearer +billing +https://billing\.internal\.example +\ds +"
                                        r"never +f1f2f3f4$")
        self.assertEqual(self.secret("rotate", "billing-key", input="another").status, 0)
        self.assertEqual(self.value("billing-key"), "token:another")
        self.assertEqual(self.secret("remove", "billing-key", input=None).status, 0)
        self.assertEqual(self.rows(), {})

    def test_no_verb_shows_a_value(self):
        shown = [self.secret("set", "key", *ORIGIN), self.secret("list"), self.secret("--json", "list"),
                 self.secret("rotate", "key"), self.secret("set", "key", *ORIGIN),
                 self.secret("set", "key", VALUE, *ORIGIN), self.secret("set", "other", "--part", f"token={VALUE}",
                                                                        *ORIGIN),
                 self.secret("set", "other", "--part", VALUE, *ORIGIN), self.secret("remove", "key"),
                 self.secret("set", "two", *ORIGIN, input=VALUE + "\n" + VALUE), self.secret("rotate", "no", VALUE)]
        for result in shown:
            self.assertNotIn(VALUE, result.stdout + result.stderr)
        self.assertNotIn(VALUE, self.here.audit.read_text("utf-8"))

    def test_a_line_break_at_the_end_is_cut_off_and_said(self):
        result = self.secret("set", "key", *ORIGIN, input=VALUE + "\n")
        self.assertEqual((result.status, result.stderr),
                         (0, 'attache: secret "key": a line break at the end of token was cut off\n'))
        self.assertEqual(self.value("key"), f"token:{VALUE}")

    def test_several_parts_take_a_line_each(self):
        for number, text in enumerate(("AC1\np w\n", "AC1\np w", "AC1\r\np w\r\n")):
            with self.subTest(text):
                result = self.secret("set", f"key{number}", "--template", "twilio", input=text)
                self.assertEqual((result.status, result.stderr), (0, ""))
                self.assertEqual(self.value(f"key{number}"), "username:AC1|password:p w")

    def test_an_optional_part_may_be_missing_or_empty(self):
        for number, text in enumerate(("one\n", "one", "one\n\n")):
            with self.subTest(text):
                self.assertEqual(self.secret("set", f"key{number}", "--template", "datadog", input=text).status, 0)
                self.assertEqual(self.value(f"key{number}"), "api_key:one")

    def test_an_open_part_may_be_an_option(self):
        result = self.secret("set", "key", "--template", "twilio", "--part", "username=AC1", input=VALUE)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertEqual(self.value("key"), f"username:AC1|password:{VALUE}")

    def test_a_part_with_a_value_takes_no_line(self):
        self.assertEqual(self.secret("set", "key", "--template", "mailgun", input="k\n").status, 0)
        self.assertEqual(self.value("key"), "username:api|password:k")
        self.assertEqual(self.secret("rotate", "key", input="k2\n").status, 0)
        self.assertEqual(self.value("key"), "username:api|password:k2")

    def test_a_descriptor_may_hold_the_secret(self):
        path = self.here.write("value", VALUE)
        with open(path, "rb") as file:
            process = subprocess.run(
                [site.COMMAND, "--config", self.here.config, "secret", "set", "key", "--fd", str(file.fileno()),
                 *ORIGIN],
                pass_fds=[file.fileno()], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                env=self.here.environment())
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertEqual(self.value("key"), f"token:{VALUE}")

    def test_places_are_options(self):
        for number, (arguments, kind, inject) in enumerate((
                (["--header", "X-API-Key"], "header", '{ header = "X-API-Key"; format = "{token}"; }'),
                (["--header", "X", "--format", 'say "{token}"'], "header",
                 r'{ header = "X"; format = "say \"{token}\""; }'),
                (["--type", "bearer", "--header", "X"], "bearer", '{ header = "X"; format = "Bearer {token}"; }'),
                (["--query", "api key"], "query", '{ query = "api key"; format = "{token}"; }'),
                (["--cookie", "session"], "cookie", '{ cookie = "session"; format = "{token}"; }'),
                (["--type", "form", "--inject", "{ form = \"key\"; }"], "form", '{ form = "key"; }'),
                (["--inject", "( { header = \"A\"; }, { header = \"B\"; } )"], "bearer",
                 '( { header = "A"; }, { header = "B"; } )'))):
            with self.subTest(arguments):
                result = self.secret("set", f"key{number}", *arguments, *ORIGIN)
                self.assertEqual((result.status, result.stderr), (0, ""))
                self.assertEqual(self.rows()[f"key{number}"][2:4], [kind, inject])

    def test_json_tells_all_but_the_value(self):
        result = self.secret("set", "key", "--expires", "2030-01-01T00:00:00Z", "--grant", "g", "--json", *ORIGIN)
        self.assertEqual(result.status, 0)
        made = json.loads(result.stdout)
        self.assertEqual({name: made[name] for name in ("name", "grant", "provider", "type", "origins", "parts",
                                                        "expires",
                                                        "fingerprint")},
                         {"name": "key", "grant": "g", "provider": "keeper", "type": "bearer",
                          "origins": ["https://billing.internal.example"], "parts": ["token"], "expires": 1893456000,
                          "fingerprint": "f1f2f3f4"})
        listed = json.loads(self.secret("list", "--json").stdout)
        self.assertEqual(listed, {"secrets": [made]})
        failed = self.secret("set", "key", "--json", *ORIGIN)
        self.assertEqual((failed.status, failed.stdout), (2, ""))
        self.assertEqual(json.loads(failed.stderr)["field"], "name")

    def test_a_warning_tells_of_a_grant_that_nothing_serves(self):
        self.here.configure(
            settings={"module_dir": str(site.MODULES), "module_paths": True},
            providers=({"name": "keeper", "module": str(KEEPER), "options": {"file": str(self.kept)}},),
            stacks=({"name": "some", "match": {"grant": ["known"]},
                     "fetch": ({"use": "keeper", "control": "required"},)},),
            policy={"default": "permit"})
        result = self.secret("set", "key", "--grant", "unknown", *ORIGIN)
        self.assertEqual(result.status, 0)
        self.assertEqual(result.stderr, 'attache: warning: grant "unknown" is served by no stack: requests with it '
                                        'fail '
                                        'until one matches it; add a stack that asks provider "keeper"\n')

    # ---- refusals ----

    def test_bad_input_is_refused_with_its_reason(self):
        for input, message in (
                ("", 'token of secret "key" is empty: nothing was read; give it a value'),
                ("\n", 'token of secret "key" is empty: nothing was read; give it a value'),
                ("x" * (1 << 20), 'token of secret "key" is larger than 48 KiB: no request can carry it; check what '
                                  'was '
                                  'read'),
                (b"\x7fELF\0\1\2", 'token of secret "key" is binary: a request carries text; encode it as its service '
                                   'wants it, for example in base64'),
                ("-----BEGIN KEY-----\nabc\n-----END KEY-----\n",
                 'token of secret "key" has a line break in it: no header can carry one; give it as one line, or '
                 'encode '
                 'it')):
            with self.subTest(input[:10]):
                before = self.rows()
                result = self.secret("set", "key", *ORIGIN, input=input)
                stderr = result.stderr if isinstance(result.stderr, str) else result.stderr.decode()
                told = [line for line in stderr.splitlines() if "cut off" not in line]
                self.assertEqual((result.status, told), (2, [f"attache: {message}"]))
                self.assertEqual(self.rows(), before)

    def test_what_is_left_over_after_the_parts_is_not_dropped_in_silence(self):
        self.refused(["set", "key", "--template", "twilio"], 'password of secret "key" has a line break in it: no '
                                                             'header '
                     'can carry one; give it as one line, or encode it', input="AC1\none\ntwo\n")

    def test_wrong_usage_says_what_to_write_instead(self):
        usage = "attache secret set NAME [--type TYPE | --template NAME] [OPTION...]"
        argv = ("there is a word too many; a secret is never written on the command line, where every user of this "
                "machine can read it: give it on standard input, at the prompt, or with --fd")
        for arguments, message in (
                ([], "secret: set, list, rotate, remove, rekey or templates has to follow; see attache secret --help"),
                (["sett"], '"sett" is no verb of attache secret; did you mean set?'),
                (["show", "key"], '"show" is no verb of attache secret; see attache secret --help'),
                (["set"], f"secret set: an operand is missing; the usage is: {usage}"),
                (["set", "key", VALUE], f"secret set: {argv}"),
                (["rotate", "key", VALUE], f"secret rotate: {argv}"),
                (["set", "key", "--value", "x"], "option --value: attache secret set has no such option; see attache "
                 "secret set --help"),
                (["set", "key", "--part", VALUE], "option --part: it is not NAME=VALUE; write it so, for parts that "
                                                  "are "
                 "no secret"),
                (["set", "key", "--type", "bearer", "--template", "datadog"], "option --template: it cannot stand "
                                                                              "beside "
                 "--type; leave one of them out"),
                (["set", "key", "--template", "datadog", "--header", "X"], "option --template: it says itself where "
                                                                           "its "
                 "parts go; leave --header out, or write --inject TEXT"),
                (["set", "key", "--header", "X", "--query", "y"], "option --query: a secret has one place here; for "
                 "several write --inject '( { header = NAME; }, ... )'"),
                (["set", "key", "--format", "{token}"], "option --format: it says how a value stands in a place; add "
                 "--header, --query or --cookie NAME"),
                (["set", "key", "--fd", "77"], "option --fd: descriptor 77 is not open; add 77<FILE to the command"),
                (["set", "key", "--expires", "soon"], 'option --expires: "soon" is not a time after 1970; write it as '
                 "2026-03-01T09:00:00Z or 2026-03-01T10:00:00+01:00"),
                (["remove"], "secret remove: an operand is missing; the usage is: attache secret remove NAME "
                 "[OPTION...]"),
                (["templates", "--caller", "c"], "option --caller: attache secret templates has no use for it; leave "
                                                 "it "
                 "out"),
        ):
            with self.subTest(arguments):
                self.refused(arguments, message)

    def test_without_an_origin_the_advice_is_origin(self):
        result = self.secret("set", "key")
        self.assertEqual((result.status, result.stdout), (2, ""))
        self.assertRegex(result.stderr, r'\Aattache: secret "key" has no origin: neither it, its type "bearer" nor '
                                        r'grant '
                                        r'"[0-9a-f-]{36}" says where it may be sent; give one with --origin '
                                        r'https://HOST\n\Z')

    def test_names_clash(self):
        self.assertEqual(self.secret("set", "key", "--grant", "g", *ORIGIN).status, 0)
        self.refused(["set", "key", *ORIGIN], 'a secret named "key" exists; rotate it, or remove it first')
        self.refused(["set", "other", "--grant", "g", *ORIGIN], 'grant "g" has a secret: "key"; rotate it, or remove '
                                                                'it '
                     'first')

    def test_parts_that_are_secret_or_unknown_are_no_options(self):
        self.refused(["set", "key", "--part", f"token={VALUE}", *ORIGIN], 'part "token" is a secret: it is read, never '
                     'written on the command line; leave it out there, and give it when it is asked for')
        self.refused(["set", "key", "--template", "datadog", "--part", "user=x"], 'part "user" is none of secret '
                                                                                  '"key"; '
                     'its parts are: api_key, application_key')

    def test_what_is_not_kept_has_its_exit_status(self):
        message = 'no secret is named "key" at provider "keeper"; see which there are with attache secret list'
        self.refused(["rotate", "key"], message, status=4)
        self.refused(["remove", "key"], message, status=4)

    def test_a_failing_store_has_its_exit_status(self):
        self.configure(fail="store 8 the disk is full; make room")
        self.refused(["set", "key", *ORIGIN], 'secret "key" could not be kept by provider "keeper": the disk is full; '
                     'make room', status=11)

    def test_a_closed_standard_input_is_said(self):
        process = subprocess.run(["/bin/sh", "-c", '"$0" "$@" <&-', site.COMMAND, "--config", self.here.config,
                                  "secret",
                                  "set", "key", *ORIGIN], capture_output=True, text=True, env=self.here.environment())
        self.assertEqual((process.returncode, process.stderr),
                         (2, "attache: standard input: it is not open for reading; give the secret there, or on a "
                             "terminal\n"))

    # ---- the terminal ----

    def waiting(self, terminal):
        """How many bytes a shell would find on the terminal."""
        theirs = os.open(terminal.name, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            size = fcntl.ioctl(theirs, termios.FIONREAD, b"\0\0\0\0")
        finally:
            os.close(theirs)
        return int.from_bytes(size, "little")

    def test_a_terminal_is_asked_without_echo(self):
        with Terminal(self.here, "secret", "set", "key", "--grant", "g", *ORIGIN) as terminal:
            terminal.wait_for("API key or token: ")
            terminal.wait_until_silent()
            terminal.type(VALUE + "\n")
            self.assertEqual(terminal.finish(), 0)
            self.assertEqual(terminal.text(), "API key or token: \ng\n")
            self.assertTrue(terminal.echoes())
        self.assertEqual(self.value("key"), f"token:{VALUE}")

    def test_each_part_is_asked_for_and_only_secret_ones_in_silence(self):
        with Terminal(self.here, "secret", "set", "key", "--grant", "g", "--template", "twilio") as terminal:
            terminal.wait_for("Account SID or API key SID: ")
            self.assertTrue(terminal.echoes())
            terminal.type("AC1\n")
            terminal.wait_for("Auth token or API key secret: ")
            terminal.wait_until_silent()
            terminal.type(VALUE + "\n")
            self.assertEqual(terminal.finish(), 0)
            self.assertEqual(terminal.text(), "Account SID or API key SID: AC1\nAuth token or API key secret: \ng\n")
        self.assertEqual(self.value("key"), f"username:AC1|password:{VALUE}")

    def test_an_optional_part_is_left_out_with_return(self):
        with Terminal(self.here, "secret", "set", "key", "--template", "datadog") as terminal:
            terminal.wait_for("API key: ")
            terminal.wait_until_silent()
            terminal.type(VALUE + "\n")
            terminal.wait_for("Application key (leave empty for none): ")
            terminal.wait_until_silent()
            terminal.type("\n")
            self.assertEqual(terminal.finish(), 0)
        self.assertEqual(self.value("key"), f"api_key:{VALUE}")

    def test_a_signal_leaves_the_terminal_as_it_was(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number), Terminal(self.here, "secret", "set", "key", *ORIGIN) as terminal:
                terminal.wait_for("API key or token: ")
                terminal.wait_until_silent()
                os.kill(terminal.process, number)
                self.assertEqual(terminal.finish(), 128 + number)
                self.assertTrue(terminal.echoes())
            self.assertEqual(self.rows(), {})

    def test_a_stop_gives_the_echo_back_and_asks_again(self):
        with Terminal(self.here, "secret", "set", "key", *ORIGIN) as terminal:
            terminal.wait_for("API key or token: ")
            terminal.wait_until_silent()
            os.kill(terminal.process, signal.SIGTSTP)
            deadline = time.monotonic() + 30
            while not terminal.echoes() and time.monotonic() < deadline:
                time.sleep(0.005)
            self.assertTrue(terminal.echoes())
            os.kill(terminal.process, signal.SIGCONT)
            terminal.wait_for("API key or token: \r\nAPI key or token: ")
            terminal.wait_until_silent()
            terminal.type(VALUE + "\n")
            self.assertEqual(terminal.finish(), 0)
        self.assertEqual(self.value("key"), f"token:{VALUE}")

    def test_the_end_of_input_changes_nothing(self):
        with Terminal(self.here, "secret", "set", "key", *ORIGIN) as terminal:
            terminal.wait_for("API key or token: ")
            terminal.wait_until_silent()
            terminal.type("\x04")
            self.assertEqual(terminal.finish(), 2)
            self.assertIn("attache: token: nothing was typed, so nothing was changed; run it again to give it\n",
                          terminal.text())
        self.assertEqual(self.rows(), {})

    def test_a_line_that_the_terminal_cut_is_refused(self):
        with Terminal(self.here, "secret", "set", "key", *ORIGIN) as terminal:
            terminal.wait_for("API key or token: ")
            terminal.wait_until_silent()
            for _ in range(5):
                terminal.type("x" * 1000)
            terminal.type("\n")
            self.assertEqual(terminal.finish(), 2)
            self.assertIn("attache: token: a terminal cuts lines of 4095 bytes and more; give it on standard input, or "
                          "with --fd\n", terminal.text())
        self.assertEqual(self.rows(), {})

    def test_what_is_pasted_behind_the_first_line_reaches_no_shell(self):
        with Terminal(self.here, "secret", "set", "key", *ORIGIN) as terminal:
            terminal.wait_for("API key or token: ")
            terminal.wait_until_silent()
            terminal.type(f"{VALUE}\nsecond line\nthird line\n")
            self.assertEqual(terminal.finish(), 0)
            self.assertNotIn("second", terminal.text())
            self.assertEqual(self.waiting(terminal), 0)

    # ---- the rest ----

    def test_a_rotation_says_so(self):
        self.assertEqual(self.secret("set", "key", "--grant", "g", *ORIGIN).status, 0)
        result = self.secret("rotate", "key", input="new")
        self.assertEqual((result.status, result.stdout, result.stderr),
                         (0, "", 'attache: secret "key" is rotated: what begins now uses the new value\n'))
        self.assertIn("rotated", json.loads(self.secret("list", "--json").stdout)["secrets"][0])

    def test_a_new_key_is_made_or_named(self):
        told = ("all secrets are sealed under the key in /etc/new.key: requests fail until {} reads it; "
                'set key_file = "/etc/new.key" in its options')
        named = ["--key-file", "/etc/new.key"]
        for arguments, key, said in (([], "fresh", "all secrets are sealed under a new key"),
                                     (named, "/etc/new.key", told.format("their provider")),
                                     ([*named, "--provider", "keeper"], "/etc/new.key",
                                      told.format('provider "keeper"'))):
            result = self.secret("rekey", *arguments, input=None)
            self.assertEqual((result.status, result.stdout, result.stderr), (0, "", f"attache: {said}\n"))
            self.assertEqual((self.here.folder / "kept.key").read_text(), key)
        self.secret("set", "key", "--grant", "g", *ORIGIN)
        result = self.secret("rekey", *named, input=None)
        self.assertEqual(result.stderr, "attache: " + told.format('provider "keeper"') + "\n")

    def test_a_fault_is_shown_in_the_listing(self):
        self.kept.write_text("damaged\tg\tbearer\t{}\thttps://a.example https://b.example\ttoken\t1\t0\t0\ttoken:x\n")
        result = self.secret("list", input=None)
        self.assertRegex(result.stdout, r"(?m)^damaged +bearer +g +https://a\.example \+1 +\d+d +never +fault: its "
                                        r"row is "
                                        r"damaged; set it again$")

    def test_an_empty_store_prints_nothing(self):
        self.assertEqual(self.secret("list"), (0, "", ""))
        self.assertEqual(json.loads(self.secret("list", "--json").stdout), {"secrets": []})

    def test_templates_are_listed_without_a_configuration(self):
        result = self.here.attache("secret", "templates", config=False)
        self.assertEqual((result.status, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?m)^NAME +TITLE +PARTS +ORIGINS$")
        self.assertRegex(result.stdout, r"(?m)^twilio +Twilio +username password +https://api\.twilio\.com$")
        self.assertRegex(result.stdout, r"(?m)^bearer +Bearer token \(RFC 6750\) +token +- \(give --origin\)$")
        listed = json.loads(self.secret("templates", "--json").stdout)["templates"]
        datadog = next(item for item in listed if item["name"] == "datadog")
        self.assertEqual((datadog["parts"], datadog["origins"][0]),
                         (["api_key", "application_key"], "https://api.datadoghq.com"))
        self.assertTrue(datadog["file"].startswith(str(site.PREFIX)), datadog["file"])
        self.assertGreater(len(listed), 150)

    def test_a_template_of_the_site_is_used_and_checked(self):
        self.here.write("templates/ours.conf", 'templates = ( { name = "ours"; origins = [ "https://ours.example" ];\n'
                                               '  inject = { header = "X-Ours"; }; } );\n')
        self.assertEqual(self.secret("set", "key", "--template", "ours").status, 0)
        self.assertEqual(self.rows()["key"][4], "https://ours.example")
        path = self.here.write("templates/theirs.conf", '\ntemplates = ( { name = "ours"; inject = { header = "X"; '
                                                        '}; } );')
        result = self.here.attache("check")
        self.assertEqual(result.status, 5)
        self.assertIn(f'{path}:2: error: template "ours" is there twice: here and at {path.parent}/ours.conf:1; '
                      f'remove or '
                      "rename one of the two\n", result.stdout)

    def test_the_records_name_caller_grant_and_secret(self):
        self.assertEqual(self.secret("set", "key", "--grant", "g", "--caller", "ops", *ORIGIN).status, 0)
        records = [record for record in self.here.records() if record["event"] == "secret_set"]
        self.assertEqual([record["phase"] for record in records], ["decision", "result"])
        for record in records:
            self.assertEqual((record["caller"], record["grant"], record["provider"]), ("ops", "g", "keeper"))
            self.assertIn('secret "key"', record["detail"])
        self.assertEqual(records[1]["outcome"], "ATT_OK")

    def test_help_and_manual_name_every_option(self):
        manual = (site.SOURCE / "doc" / "attache.1").read_text("utf-8")
        for verb, options in (
                ("set", ("--type", "--template", "--grant", "--origin", "--header", "--query", "--cookie", "--format",
                         "--inject", "--part", "--fd", "--expires", "--provider")),
                ("rotate", ("--part", "--fd", "--expires", "--provider")), ("list", ("--provider",)),
                ("remove", ("--provider",)), ("rekey", ("--key-file", "--provider")), ("templates", ())):
            shown = self.here.attache("secret", verb, "--help", config=False).stdout
            self.assertTrue(shown.startswith(f"usage: attache secret {verb}"), shown)
            self.assertLessEqual(max(map(len, shown.splitlines())), 101)
            for option in options:
                with self.subTest((verb, option)):
                    self.assertRegex(shown, rf"(?m)^  {option}\b")
                    self.assertRegex(manual, rf"(?m)^\.It Fl {option[1:]}\b")

    def test_the_verbs_and_options_complete(self):
        file = site.SOURCE / "cmd" / "completion" / "attache"
        for words, expected in ((["secr"], "secret"), (["secret", "r"], "rotate remove rekey"),
                                (["secret", "set", "x", "--te"], "--template"),
                                (["secret", "rekey", "--k"], "--key-file"),
                                (["secret", "list", "--p"], "--provider"),
                                (["secret", "set", "x", "--type", "b"], "basic bearer"),
                                (["secret", "set", "x", "--template", "datad"], "datadog")):
            with self.subTest(words):
                script = 'source "$0"; COMP_WORDS=(attache "$@"); COMP_CWORD=$#; _attache; echo "${COMPREPLY[*]}"'
                environment = self.here.environment({"PATH": f"{site.PREFIX}/bin:/usr/bin:/bin"})
                result = site.run(["bash", "-c", script, file, *words], env=environment)
                self.assertEqual(sorted(result.stdout.split()), sorted(expected.split()), result.stderr)

    def test_nothing_of_it_is_in_the_arguments_of_a_process(self):
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "secret", "set", "key", *ORIGIN],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=self.here.environment())
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            arguments = file.read()
        out, _ = process.communicate(VALUE)
        self.assertNotIn(VALUE.encode(), arguments)
        self.assertTrue(re.match(UUID, out))


class Kept(unittest.TestCase):
    """The same with the store that keeps secrets for sites, and requests that use them."""

    def setUp(self):
        self.here = site.Site()
        self.addCleanup(self.here.close)
        self.configure()

    def configure(self, **options):
        self.here.configure(
            providers=({"name": "secrets", "module": "managed_secrets.so", "options": options},),
            stacks=({"name": "all", "match": {"default": True},
                     "fetch": ({"use": "secrets", "control": "required"},)},),
            policy={"default": "permit"})

    def secret(self, *arguments, input=VALUE):
        result = self.here.attache("secret", *arguments, input=input)
        self.assertEqual(result.status, 0, result.stderr)
        self.assertNotIn(VALUE, result.stdout + result.stderr)
        return result

    def headers(self, request):
        lines = request.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def test_a_request_carries_what_was_set_and_then_what_was_rotated(self):
        with raw.RawServer([raw.answer(body="fine")]) as upstream:
            grant = self.secret("set", "key", "--origin", upstream.origin).stdout.strip()
            for value in (VALUE, "another-value"):
                result = self.here.attache("request", upstream.origin + "/", "--grant", grant)
                self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
                self.assertEqual(self.headers(upstream.requests[-1])["authorization"], f"Bearer {value}")
                self.secret("rotate", "key", input="another-value")
            self.secret("remove", "key", input=None)
            result = self.here.attache("request", upstream.origin + "/", "--grant", grant)
            self.assertEqual(result.status, 4, result.stderr)
            self.assertEqual(len(upstream.requests), 2)

    def test_a_template_places_each_part(self):
        with raw.RawServer([raw.answer(body="fine")]) as upstream:
            self.secret("set", "dd", "--template", "datadog", "--grant", "dd", "--origin", upstream.origin,
                        input="one\ntwo\n")
            self.secret("set", "tw", "--template", "twilio", "--grant", "tw", "--origin", upstream.origin,
                        input="AC1\np\n")
            for grant in ("dd", "tw"):
                result = self.here.attache("request", upstream.origin + "/", "--grant", grant)
                self.assertEqual(result.status, 0, result.stderr)
            datadog, twilio = map(self.headers, upstream.requests)
            self.assertEqual((datadog["dd-api-key"], datadog["dd-application-key"]), ("one", "two"))
            self.assertEqual(twilio["authorization"], "Basic QUMxOnA=")

    def test_a_secret_goes_to_its_origin_alone(self):
        with raw.RawServer([raw.answer()]) as upstream, raw.RawServer([raw.answer()]) as other:
            self.secret("set", "key", "--grant", "key", "--origin", upstream.origin)
            result = self.here.attache("request", other.origin + "/", "--grant", "key")
            self.assertEqual((result.status, other.requests), (7, []), result.stderr)

    def test_requests_go_on_while_a_secret_is_rotated(self):
        with raw.RawServer([raw.answer(body="fine")]) as upstream:
            self.secret("set", "key", "--grant", "key", "--origin", upstream.origin, input="value-0")
            failures, done = [], threading.Event()

            def keep_requesting():
                while not done.is_set():
                    result = self.here.attache("request", upstream.origin + "/", "--grant", "key")
                    if result.status != 0:
                        failures.append(result.stderr)

            threads = [threading.Thread(target=keep_requesting) for _ in range(2)]
            for thread in threads:
                thread.start()
            for number in range(1, 6):
                self.secret("rotate", "key", input=f"value-{number}")
            done.set()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            seen = {self.headers(request)["authorization"] for request in upstream.requests}
            self.assertLessEqual(seen, {f"Bearer value-{number}" for number in range(6)})
            result = self.here.attache("request", upstream.origin + "/", "--grant", "key")
            self.assertEqual(result.status, 0)
            self.assertEqual(self.headers(upstream.requests[-1])["authorization"], "Bearer value-5")

    def test_no_file_of_the_site_holds_a_value(self):
        with raw.RawServer([raw.answer(body="fine")]) as upstream:
            self.secret("set", "key", "--grant", "key", "--origin", upstream.origin)
            self.assertEqual(self.here.attache("request", upstream.origin + "/", "--grant", "key").status, 0)
            self.secret("rotate", "key", input="x" + VALUE)
            self.secret("rekey", input=None)
        spellings = [VALUE.encode(), VALUE.encode().hex().encode(),
                     *(base64.b64encode(b"x" * shift + VALUE.encode())[4:-4] for shift in range(3))]
        files = [path for path in self.here.folder.rglob("*") if path.is_file()]
        self.assertIn("secrets.db", [path.name for path in files])
        for path in files:
            content = path.read_bytes()
            for spelling in spellings:
                self.assertNotIn(spelling, content, path)
        planted = self.here.write("planted", VALUE)
        self.assertIn(spellings[0], planted.read_bytes())  # a search that finds nothing has looked

    def test_a_store_under_the_key_of_another_file_is_served_when_the_site_names_it(self):
        with raw.RawServer([raw.answer(body="fine")]) as upstream:
            self.secret("set", "key", "--grant", "key", "--origin", upstream.origin)
            key = str(self.here.folder / "other.key")
            result = self.secret("rekey", "--key-file", key, input=None)
            self.assertEqual(result.stderr, f"attache: all secrets are sealed under the key in {key}: requests fail "
                                            f'until provider "secrets" reads it; set key_file = "{key}" in its '
                                            "options\n")
            result = self.here.attache("request", upstream.origin + "/", "--grant", "key")
            self.assertNotEqual(result.status, 0)
            self.assertIn("is not the one that sealed this store", result.stderr)
            self.configure(key_file=key)
            result = self.here.attache("request", upstream.origin + "/", "--grant", "key")
            self.assertEqual(result.status, 0, result.stderr)

    def test_a_clash_a_fault_and_a_new_key_are_told(self):
        self.secret("set", "key", "--grant", "g", *ORIGIN)
        self.assertEqual(self.here.attache("secret", "set", "key", *ORIGIN, input=VALUE).status, 2)
        self.assertEqual(self.here.attache("secret", "rotate", "nothing", input=VALUE).status, 4)
        before = json.loads(self.secret("list", "--json").stdout)["secrets"][0]
        self.secret("rekey", input=None)
        after = json.loads(self.secret("list", "--json").stdout)["secrets"][0]
        self.assertNotEqual(before.pop("fingerprint"), after.pop("fingerprint"))
        self.assertEqual(before, after)
        self.here.write("state/secrets.key", "0" * 64 + "\n")
        result = self.here.attache("secret", "list")
        self.assertTrue(result.status != 0 or "fault: " in result.stdout, result)


if __name__ == "__main__":
    tap.main()
