# tests/integration/test_alter_connect.py: a user connects an account by attache connect, and the grant is used, renewed
# and revoked: the command, the module, a backend, a real provider, a real browser and an API that checks its tokens.
import concurrent.futures
import contextlib
import json
import pathlib
import signal
import subprocess
import time
import unittest
import urllib.parse

from rig import site, tap
from rig.browser import Browser, Opener
from rig.live import Live

EVENTS = "/calendar/v3/calendars/primary/events"
ALLOW = (["press", "Alice Adams"], ["press", "Allow"], ["see", "Connected"])
BY_GOOGLE = (["press", "Continue to Google"], *ALLOW)
APP = "https://app.example"
DAY = 86400


class Connecting(unittest.TestCase):
    profile = "alter-1"

    @classmethod
    def setUpClass(cls):
        cls.here = site.Site()
        cls.addClassCleanup(cls.here.close)
        cls.live = Live(cls.here.folder, cls.profile)
        cls.addClassCleanup(cls.live.stop)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.stop)
        cls.url = cls.live.upstream + EVENTS
        cls.live.configure(cls.here)

    def attache(self, *arguments, **options):
        result = self.here.attache(*arguments, **options)
        self.assertNotIn(self.live.key, result.stdout + result.stderr)
        return result

    @contextlib.contextmanager
    def connecting(self, *arguments, provider="google", env=None):
        """attache connect, started; `process.url` is what it asks the user to open. Its outcome is in
        `process.result` afterwards."""
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "connect", "--provider", provider,
                                    "--no-browser", "--json", *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.here.folder, env=self.here.environment(env), start_new_session=True)
        try:
            line = process.stderr.readline()
            process.url = json.loads(line)["url"] if line.startswith('{"url"') else None
            self.assertIsNotNone(process.url, line)
            yield process
            stdout, stderr = process.communicate(timeout=30)
            process.result = site.Result(process.returncode, stdout, stderr)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def connect(self, *arguments, steps=BY_GOOGLE, **more):
        """The grants that came of attache connect."""
        with self.connecting(*arguments, **more) as process:
            self.browser.visit(process.url, *steps)
        self.assertEqual((process.result.status, process.result.stderr), (0, ""))
        return json.loads(process.result.stdout)["grants"]

    def error(self, result):
        """What the last line on standard error says of a failure, with --json."""
        return json.loads(result.stderr.splitlines()[-1])

    def events(self, *arguments, **options):
        return self.attache("request", self.url, *arguments, **options)


class TestConnect(Connecting):
    def test_a_user_connects_and_the_grant_is_used(self):
        (grant,) = self.connect("--max-ttl", "7d", "--default-ttl", "1d")
        self.assertEqual((grant["provider"], grant["account"], grant["status"]),
                         ("google", "alice@example.com", "active"))
        self.assertIn("calendar.readonly", grant["scopes"])
        self.assertAlmostEqual(grant["expires"] - time.time(), DAY, delta=60)
        used = self.events("--grant", grant["grant"])
        self.assertEqual((used.status, json.loads(used.stdout)["account"], used.stderr), (0, "alice", ""))
        named = self.events("--provider", "google", "--account", "alice@example.com")
        self.assertEqual((named.status, json.loads(named.stdout)["account"]), (0, "alice"))

    def test_the_grants_are_printed_for_humans_too(self):
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, "connect", "--provider", "google",
                                    "--no-browser", "--max-ttl", "7d"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.here.folder,
                                   env=self.here.environment())
        try:
            self.assertEqual(process.stderr.readline(),
                             "attache: open this address in a browser, and show it to nobody else:\n")
            self.browser.visit(process.stderr.readline().strip(), ["choose", "7 days"], *BY_GOOGLE)
            stdout, _ = process.communicate(timeout=30)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.assertEqual(process.returncode, 0)
        heads, row = stdout.splitlines()
        self.assertEqual(heads.split(), ["GRANT", "PROVIDER", "ACCOUNT", "STATUS", "EXPIRES", "SCOPES"])
        self.assertEqual(row.split()[1:4], ["google", "alice@example.com", "active"])
        self.assertIn(time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * DAY)), row)

    def test_the_browser_is_opened(self):
        """Without --no-browser the program that BROWSER names opens the page; no argument has its address."""
        opener = Opener(self.here.folder, *BY_GOOGLE)
        self.addCleanup(opener.stop)
        result = self.attache("connect", "--provider", "google", "--json", env={"BROWSER": opener.program})
        self.assertEqual(opener.wait()["heading"], "Connected")
        self.assertEqual((result.status, result.stderr), (0, ""))
        (grant,) = json.loads(result.stdout)["grants"]
        self.assertEqual(self.events("--grant", grant["grant"]).status, 0)
        (argument,) = (self.here.folder / "opened").read_text().splitlines()
        self.assertFalse(pathlib.Path(argument).exists(), "the file that held the address is still there")
        self.assertNotIn(self.live.base, argument)

    def test_several_accounts_are_connected_at_once(self):
        grants = self.connect("--provider", "github", steps=(
            ["press", "Connect Google"], ["press", "Alice Adams"], ["press", "Allow"],
            ["press", "Connect GitHub"], ["press", "Bob Brown"], ["press", "Allow"], ["press", "Done"],
            ["see", "Connected"]))
        self.assertEqual([(grant["provider"], grant["account"]) for grant in grants],
                         [("google", "alice@example.com"), ("github", "bob@example.com")])


class TestConnectInAnotherProfile(TestConnect):
    profile = "other"


class TestOtherEnds(Connecting):
    def check_end(self, process, status, name, *texts, state=None):
        self.assertEqual((process.result.status, process.result.stdout), (status, ""), process.result.stderr)
        error = self.error(process.result)
        self.assertEqual((error["status"], error.get("state")), (name, state))
        for text in texts:
            self.assertIn(text, error["message"])

    def test_who_refuses_is_told_apart(self):
        for steps in ((["press", "Cancel"],),
                      (["press", "Continue to Google"], ["press", "Bob Brown"], ["press", "Cancel"])):
            with self.subTest(steps), self.connecting() as process:
                self.browser.visit(process.url, *steps, ["see", "Not connected"])
            self.check_end(process, 7, "ATT_CONNECT_DENIED", "the user refused", state="denied")

    def test_nobody_finishes_in_time(self):
        before = time.monotonic()
        with self.connecting("--timeout", "3") as process:
            self.browser.visit(process.url, ["see", "Connect Google"])
        self.check_end(process, 8, "ATT_CONNECT_TIMEOUT", "nobody finished it in time")
        self.assertLess(time.monotonic() - before, 10)

    def test_a_session_that_ends_before_the_user_has_finished(self):
        with self.connecting() as process:
            token = urllib.parse.unquote(process.url.split("=", 1)[1])
            self.live.control("session", {"token": token, "expires": int(time.time()) + 1})
            self.browser.visit(process.url, ["see", "This link has expired"])
        self.check_end(process, 11, "ATT_CONNECT_FAILED", state="expired")

    def test_a_provider_that_is_set_up_wrongly(self):
        with self.connecting(provider="misconfigured") as process:
            self.browser.visit(process.url, ["press", "Continue to Misconfigured"], ["press", "Alice Adams"],
                               ["press", "Allow"], ["see", "cannot be connected"])
        self.check_end(process, 11, "ATT_CONNECT_FAILED", "Misconfigured refused this application: "
                                                          "client authentication failed", state="config_error")

    def test_a_provider_that_the_backend_does_not_know(self):
        result = self.attache("connect", "--provider", "yahoo", "--no-browser")
        self.assertEqual((result.status, result.stdout), (11, ""))
        self.assertIn('its backend answered 400 "unknown_provider": there is no provider yahoo', result.stderr)

    def test_an_interrupt_gives_up(self):
        with self.connecting() as process:
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.result.status, -signal.SIGINT)
        self.assertEqual(self.error(process.result)["state"], "cancelled")


class TestGrant(Connecting):
    def setUp(self):
        self.live.live(seconds=60, margin=10, delay=0)

    def test_tokens_of_seconds_are_renewed_at_the_backend(self):
        self.live.live(seconds=4, margin=2)
        (grant,) = self.connect()
        renewed = []
        for _ in range(3):
            result = self.events("--grant", grant["grant"])
            self.assertEqual((result.status, json.loads(result.stdout)["account"]), (0, "alice"))
            renewed.append(self.live.grant(grant["grant"])["refreshed"])
            time.sleep(4.2)
        self.assertEqual([count - renewed[0] for count in renewed], [0, 1, 2])

    def test_requests_wait_while_the_backend_renews_their_token(self):
        self.live.live(seconds=4, margin=2)
        (grant,) = self.connect()
        time.sleep(2.2)
        before = self.live.grant(grant["grant"])["refreshed"]
        self.live.live(seconds=60, delay=0.5)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            results = list(pool.map(lambda _: self.events("--grant", grant["grant"]), range(3)))
        self.assertEqual([result.status for result in results], [0, 0, 0], results)
        self.assertEqual(self.live.grant(grant["grant"])["refreshed"], before + 1)
        answers = [call["status"] for call in self.live.calls("token") if call["fields"]["grant"] == grant["grant"]]
        self.assertIn(409, answers)

    def test_a_scope_that_the_grant_lacks_is_named(self):
        (grant,) = self.connect()
        result = self.events("--grant", grant["grant"], "--json", '{"summary": "Lunch"}')
        self.assertEqual(result.status, 3)
        self.assertIn("calendar.events", result.stderr)
        (wider,) = self.connect("--scope", "google=calendar.events")
        self.assertEqual(wider["grant"], grant["grant"])
        self.assertEqual(self.events("--grant", grant["grant"], "--json", '{"summary": "Lunch"}').status, 0)

    def test_a_grant_is_listed_and_after_it_was_revoked_not_used(self):
        (grant,) = self.connect()
        listed = json.loads(self.attache("grants", "--provider", "google", "--json").stdout)["grants"]
        self.assertIn((grant["grant"], "active"), [(one["grant"], one["status"]) for one in listed])
        self.assertEqual(self.events("--grant", grant["grant"]).status, 0)
        revoked = self.attache("revoke", grant["grant"])
        self.assertEqual(revoked, (0, "", f'attache: grant "{grant["grant"]}" is revoked: '
                                          "nobody can use it any more\n"))
        result = self.events("--grant", grant["grant"])
        self.assertEqual((result.status, result.stdout), (3, ""))
        self.assertIn("revoked", result.stderr)
        listed = json.loads(self.attache("grants", "--status", "revoked", "--json").stdout)["grants"]
        self.assertIn(grant["grant"], [one["grant"] for one in listed])

    def test_an_account_whose_owner_withdrew_it_at_the_provider_is_revoked(self):
        (grant,) = self.connect()
        self.live.live(withdraw=grant["grant"], margin=3600)
        result = self.events("--grant", grant["grant"])
        self.assertEqual((result.status, result.stdout), (3, ""))
        self.assertIn("revoked", result.stderr)

    def as_user(self, user, *arguments):
        """The command with the token of a user behind descriptor 3."""
        token = self.here.write("user-token", f"user-token-of-{user}\n")
        return self.here.program("/bin/sh", "-c", 'exec 3<"$0"; exec "$@" --user-token-fd 3', token, site.COMMAND,
                                 "--config", self.here.config, *arguments)

    def test_who_has_a_user_token_uses_and_sees_grants_of_that_user_alone(self):
        session = json.loads(self.as_user("alice", "session", "--provider", "github", "--json").stdout)
        self.browser.visit(session["url"], ["press", "Continue to GitHub"], *ALLOW)
        listed = self.as_user("alice", "grants", "--provider", "github", "--json")
        (grant,) = [one["grant"] for one in json.loads(listed.stdout)["grants"]]
        listed = self.as_user("bob", "grants", "--provider", "github", "--json")
        self.assertEqual(json.loads(listed.stdout)["grants"], [])
        refused = self.as_user("bob", "request", self.url, "--grant", grant)
        self.assertEqual((refused.status, refused.stdout), (4, ""))
        self.assertEqual(self.as_user("bob", "revoke", grant).status, 4)
        self.assertEqual(self.as_user("alice", "revoke", grant).status, 0)


class TestWidget(Connecting):
    def test_a_session_for_the_widget_gives_a_grant_that_a_request_uses(self):
        session = self.attache("session", "--provider", "google", "--origin", APP, "--return-url", f"{APP}/back",
                               "--json")
        self.assertEqual((session.status, session.stderr), (0, ""))
        app = {"origin": APP, "base": self.live.base, "token": json.loads(session.stdout)["token"]}
        seen = self.browser.visit(None, ["press", "Connect"], ["popup"], ["press", "Continue to Google"],
                                  ["press", "Bob Brown"], ["press", "Allow"], ["closed"], ["hear", 2], app=app)
        (grant,) = dict(seen["heard"])["onSuccess"]
        used = self.events("--grant", grant["grant_id"])
        self.assertEqual((used.status, json.loads(used.stdout)["account"]), (0, "bob"))


if __name__ == "__main__":
    tap.main()
