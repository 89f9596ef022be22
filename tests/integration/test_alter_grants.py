# tests/integration/test_alter_grants.py: attache grants, revoke, session and connect with alter_connect.so, against the
# backend for tests: all of it for two wire profiles.
import json
import subprocess
import time
import unittest

from rig import alter, site, tap

ALICE, BOB = "user-token-of-alice", "user-token-of-bob"
GRANTS = (
    {"id": "g-1", "provider": "google", "account": "service@example.com", "account_name": "Service", "label": "work",
     "scopes": ["read", "write"], "created": "2026-01-01T00:00:00Z", "expires": "2040-01-01T00:00:00Z"},
    {"id": "g-alice", "provider": "google", "account": "alice@example.com", "user": "alice", "scopes_outdated": True},
    {"id": "g-bob", "provider": "github", "account": "bob@example.com", "user": "bob"},
    {"id": "g-secret", "slug": "billing-key"},
    {"id": "g-old", "provider": "gitlab", "expires": "2020-01-01T00:00:00Z"},
)

# Answers that are none, and a part of what is said of each.
ODD_LISTS = (
    ({"raw": {"text": ""}}, "it is empty"),
    ({"raw": {"text": "[]"}}, "no object"),
    ({"truncate": 30}, "it is no JSON"),
    ({"invalid_utf8": "total"}, "it is no JSON"),
    ({"duplicate": "list"}, "it is no JSON"),
    ({"pad": 10 << 20}, "larger than"),
    ({"gzip": 10 << 20}, "encoded"),
    ({"cut": 100}, ""),
    ({"omit": ["list"]}, "is no list"),
    ({"set": {"list": {}}}, "is no list"),
    ({"set": {"list.0": 5}}, "of a grant"),
    ({"set": {"total": -1}}, "is no number of grants"),
    ({"set": {"total": "5"}}, "is no number of grants"),
    ({"set": {"has_more": "yes"}}, "is neither true nor false"),
    ({"omit": ["list.1.id"]}, "of a grant"),
    ({"set": {"list.1.id": 7}}, "of a grant"),
    ({"set": {"list.1.id": ""}}, "of a grant"),
    ({"set": {"list.1.scopes": "read"}}, "of a grant"),
    ({"set": {"list.1.expires": "soon"}}, "of a grant"),
    ({"set": {"list.1.scopes_outdated": 1}}, "of a grant"),
)
ODD_SESSIONS = (
    ({"omit": ["token"]}, "is missing"),
    ({"set": {"token": ""}}, "is missing"),
    ({"set": {"token": 5}}, "is missing, or no text"),
    ({"set": {"url": 5}}, "is no text"),
    ({"set": {"url": "javascript:alert(1)"}}, "no https:// URL"),
    ({"set": {"url": "file:///etc/passwd"}}, "no https:// URL"),
    ({"set": {"url": "http://elsewhere.example/"}}, "no https:// URL"),
    ({"set": {"url": "https://connect.example/\n--help"}}, "no https:// URL"),
    ({"set": {"expires_in": -5}}, "is no number of seconds"),
    ({"set": {"expires_in": None, "expires_at": "later"}}, "is no time"),
)


class OneProfile(alter.AtBackend):
    grants = GRANTS
    secrets = ()

    def listed(self, *arguments, **options):
        result = self.run_attache("grants", *arguments, **options)
        self.assertEqual(result.status, 0, result.stderr)
        return json.loads(result.stdout)

    def ids(self, *arguments, **options):
        return [grant["grant"] for grant in self.listed(*arguments, **options)["grants"]]

    # ---- grants ------------------------------------------------------------------------------------------------------

    def test_grants_are_listed_as_the_backend_has_them(self):
        page = self.listed()
        self.assertEqual((page["total"], page["has_more"]), (5, False))
        first, second, _, secret, old = page["grants"]
        known = {"grant": "g-1", "provider": "google", "account": "service@example.com", "account_name": "Service",
                 "label": "work", "status": "active", "scopes": ["read", "write"], "principal": "system"}
        self.assertEqual({name: first[name] for name in known}, known)
        self.assertEqual((first["created"], first["expires"]), (1767225600, 2208988800))
        self.assertTrue(second["scopes_outdated"])
        self.assertEqual((secret["provider"], secret["kind"]), ("billing-key", "managed_secret"))
        self.assertEqual(old["status"], "expired")

    def test_filters_and_pages_are_the_backends(self):
        self.assertEqual(self.ids("--provider", "google"), ["g-1", "g-alice"])
        self.assertEqual(self.ids("--status", "expired"), ["g-old"])
        self.assertEqual(self.ids("--account", "bob@example.com"), ["g-bob"])
        self.assertEqual(self.ids("--provider", "a&b=c #\u00e9"), [])
        page = self.listed("--limit", "2", "--offset", "1")
        self.assertEqual(([grant["grant"] for grant in page["grants"]], page["has_more"]), (["g-alice", "g-bob"], True))
        self.assertEqual([call["fields"] for call in self.backend.calls("grants")][1:4],
                         [{"status": "expired", "limit": 100, "offset": 0},
                          {"account": "bob@example.com", "limit": 100, "offset": 0},
                          {"provider": "a&b=c #\u00e9", "limit": 100, "offset": 0}])

    def test_a_user_sees_what_is_his_and_everybodys(self):
        self.assertEqual(self.ids(user=ALICE), ["g-1", "g-alice", "g-secret", "g-old"])
        self.assertEqual(self.backend.calls("grants")[0]["fields"]["user_token"], ALICE)
        self.expect(self.run_attache("grants", user="user-token-that-ended"), "ATT_REAUTH", 3)

    def test_D1_D3_a_list_that_is_none_is_said_to_be_none(self):
        for fault, part in ODD_LISTS:
            with self.subTest(fault):
                self.backend.fault(fault)
                error = self.expect(self.run_attache("grants"), "ATT_BACKEND", 11)
                self.assertIn(part, error["message"])

    def test_a_list_is_asked_for_again_where_that_may_help(self):
        self.configure(retries=2)
        self.backend.fault({"error": {"status": 503}}, {"reset": True})
        self.assertEqual(len(self.ids()), 5)
        self.assertEqual(len(self.backend.calls("grants")), 3)

    def test_a_thousand_grants_are_listed_at_once(self):
        self.backend.reset(*({"id": f"g-{number}", "provider": "google", "scopes": ["read"] * 5}
                             for number in range(1001)))
        page = self.listed("--limit", "1000")
        self.assertEqual((len(page["grants"]), page["total"], page["has_more"]), (1000, 1001, True))

    # ---- revoke ------------------------------------------------------------------------------------------------------

    def test_a_grant_that_was_revoked_serves_no_more(self):
        request = ("request", self.upstream.origin, "--grant", "g-1")
        self.assertEqual(self.run_attache(*request).status, 0)
        self.assertEqual(self.run_attache("revoke", "g-1", "--reason", "gone").status, 0)
        call, = self.backend.calls("revoke")
        self.assertEqual((call["id"], call["fields"]), ("g-1", {"reason": "gone"}))
        self.expect(self.run_attache(*request), "ATT_REVOKED", 3)

    def test_a_grant_of_another_user_cannot_be_revoked(self):
        self.expect(self.run_attache("revoke", "g-bob", user=ALICE), "ATT_NOT_FOUND", 4)
        self.assertEqual(self.run_attache("revoke", "g-bob", user=BOB).status, 0)
        self.expect(self.run_attache("revoke", "g-none"), "ATT_NOT_FOUND", 4)

    def test_a_revocation_that_the_backend_did_not_do_is_no_success(self):
        self.backend.fault({"set": {"success": False}}, {"set": {"success": "yes"}})
        self.assertIn("was not revoked", self.expect(self.run_attache("revoke", "g-1"), "ATT_BACKEND", 11)["message"])
        self.expect(self.run_attache("revoke", "g-alice", user=ALICE), "ATT_BACKEND", 11)

    # ---- session -----------------------------------------------------------------------------------------------------

    def test_a_session_is_made_for_a_page_of_ones_own(self):
        result = self.run_attache(
            "session", "--provider", "google", "--provider", "github", "--origin", "https://app.example",
            "--return-url", "https://app.example/back", "--max-ttl", "7d", "--default-ttl", "1d", "--scope",
            "google=read", "--scope", "github=repo", "--scope", "google=write", "--metadata", "team=a", user=ALICE)
        self.assertEqual(result.status, 0, result.stderr)
        session = json.loads(result.stdout)
        page = self.backend.names["connect_page"].replace("{session_token}", session["token"])
        self.assertEqual(session["url"], self.backend.base + page)
        self.assertLess(abs(session["expires"] - time.time() - 600), 60)
        self.assertEqual(self.backend.calls("session")[0]["fields"], {
            "providers": ["google", "github"], "origin": "https://app.example",
            "return_url": "https://app.example/back", "policy": {"max_ttl": 604800, "default_ttl": 86400},
            "scopes": {"google": ["read", "write"], "github": ["repo"]}, "metadata": {"team": "a"},
            "user_token": ALICE})

    def test_a_session_without_a_page_opens_that_of_the_profile(self):
        self.backend.fault({"omit": ["url", "expires_in", "expires_at"], "set": {"token": "a/b c"}})
        session = json.loads(self.run_attache("session", "--provider", "google").stdout)
        page = self.backend.names["connect_page"].replace("{session_token}", "a%2Fb%20c")
        self.assertEqual((session["token"], session["url"]), ("a/b c", self.backend.base + page))

    def test_D1_a_session_that_is_none_is_said_to_be_none(self):
        for fault, part in ODD_SESSIONS:
            with self.subTest(fault):
                self.backend.fault(fault)
                error = self.expect(self.run_attache("session", "--provider", "google"), "ATT_BACKEND", 11)
                self.assertIn(part, error["message"])
                self.assertNotIn("javascript", error["message"])

    # ---- connect -----------------------------------------------------------------------------------------------------

    def connect(self, change, *arguments):
        """attache connect, while what happens in the browser is said to the backend: status, grants, last line."""
        command = [site.COMMAND, "--config", self.here.config, "--json", "connect", "--provider", "google",
                   "--no-browser", *arguments]
        with subprocess.Popen(command, env=self.here.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            end = time.monotonic() + 20
            while not self.backend.calls("session") and time.monotonic() < end:
                time.sleep(0.02)
            self.backend.control("session", change)
            stdout, stderr = process.communicate(timeout=30)
        return site.Result(process.returncode, stdout, stderr)

    def test_connect_tells_the_grants_that_came_into_being(self):
        result = self.connect({"state": "complete", "grants": ["g-1", "g-alice"]})
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual([grant["grant"] for grant in json.loads(result.stdout)["grants"]], ["g-1", "g-alice"])
        self.assertIn(self.backend.base, result.stderr)

    def test_connect_tells_that_the_user_refused(self):
        error = self.expect(self.connect({"state": "denied", "reason": "not today"}), "ATT_CONNECT_DENIED", 7)
        self.assertIn("not today", error["message"])

    def test_connect_tells_that_the_session_is_over(self):
        error = self.expect(self.connect({"state": "expired"}), "ATT_CONNECT_FAILED", 11)
        self.assertEqual(error["state"], "expired")

    def test_connect_tells_that_it_cannot_work(self):
        error = self.expect(self.connect({"state": "config_error", "reason": "no client id"}), "ATT_CONNECT_FAILED", 11)
        self.assertIn("no client id", error["message"])

    def test_connect_ends_when_nobody_comes(self):
        start = time.monotonic()
        self.expect(self.connect({}, "--timeout", "1"), "ATT_CONNECT_TIMEOUT", 8)
        self.assertLess(time.monotonic() - start, 5)


class Alter1(OneProfile, unittest.TestCase):
    profile = "alter-1"


class Other(OneProfile, unittest.TestCase):
    profile = "other"


if __name__ == "__main__":
    tap.main()
