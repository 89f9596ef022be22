# tests/integration/test_alter_audit.py: what alter_connect.so tells the backend of each request, and requests that the
# backend performs itself: all of it for two wire profiles.
import json
import time
import unittest

from rig import alter, raw, site, tap

CALLS = site.BUILD / "tests" / "rig" / "calls"
TOKEN = "canary-5d08be21-of-the-token"
GRANTS = ({"id": "g-1", "provider": "google", "credential": {"token": TOKEN, "expires_in": 3600}},
          {"id": "g-here", "provider": "google", "proxy": "restricted", "credential": {"token": TOKEN}},
          {"id": "g-held", "provider": "google", "proxy": "approval", "credential": {"token": TOKEN}})
LIMIT = 10 * 1024


class OneProfile(alter.AtBackend):
    grants = GRANTS
    secrets = (TOKEN,)

    def ask(self, *arguments, grant="g-1", path="/items", **options):
        return self.run_attache("request", self.upstream.origin + path, "--grant", grant, *arguments, **options)

    # ---- audit -------------------------------------------------------------------------------------------------------

    def test_the_backend_is_told_how_a_request_ended_before_the_command_does(self):
        self.upstream.answers = [raw.answer(201, "made", [("X-Answer", "1")])]
        result = self.ask("-d", '{"a": 1}', "-H", "X-Mine: 2", "--reason", "why", "--context", "tool=t")
        self.assertEqual(result.status, 0, result.stderr)
        record, = self.backend.audits()
        told = {"grant": "g-1", "provider": "google", "method": "POST", "url": self.upstream.origin + "/items",
                "request_body": '{"a": 1}', "response_status": 201, "reason": "why", "context": {"tool": "t"}}
        self.assertEqual({name: record[name] for name in told}, told)
        self.assertEqual((record["request_headers"]["x-mine"], record["response_headers"]["x-answer"]), ("2", "1"))

    def test_C3_credentials_are_left_out_of_what_the_backend_is_told(self):
        """The backend itself rejects records with a header of a credential, or a credential that it gave."""
        self.upstream.answers = [raw.answer(200, f"you sent {TOKEN}", [("Set-Cookie", "a=b"), ("X-Amz-Id", "1")])]
        self.assertEqual(self.ask("-H", "X-Auth-Token: mine", path="/items?key=value").status, 0)
        record, = self.backend.audits()
        self.assertEqual(set(record["response_headers"]) & {"set-cookie", "x-amz-id"}, set())
        self.assertEqual(set(record["request_headers"]) & {"authorization", "x-auth-token"}, set())
        self.assertNotIn(TOKEN, json.dumps(record))

    def test_bodies_are_cut_at_ten_kibibytes_and_at_a_character(self):
        for size in (LIMIT // 2 - 2, LIMIT // 2, LIMIT // 2 + 1, LIMIT):
            body = "\u00e9" * size
            self.assertEqual(self.ask("-d", body).status, 0)
            told = self.backend.audits()[-1]["request_body"]
            self.assertLessEqual(len(told.encode()), LIMIT)
            self.assertTrue(told == body if size * 2 <= LIMIT else body.startswith(told.removesuffix("...")))
            self.assertEqual(told.endswith("..."), size * 2 > LIMIT)

    def test_the_site_chooses_how_much_is_told(self):
        self.configure(audit="metadata")
        self.assertEqual(self.ask("-d", "body").status, 0)
        record, = self.backend.audits()
        self.assertEqual({name for name in record if "body" in name or "headers" in name}, set())
        self.configure(audit="off")
        self.assertEqual(self.ask().status, 0)
        self.assertEqual(len(self.backend.calls("audit")), 1)

    def test_a_request_does_not_fail_since_it_cannot_be_told(self):
        for fault in ({"error": {"status": 403, "code": "no"}}, {"reset": True}, {"raw": {"text": "no"}}):
            self.backend.fault({"route": "audit", "times": 9, **fault})
            result = self.ask()
            self.assertEqual((result.status, result.stdout), (0, "fine"))
            self.backend.reset(*GRANTS)

    def test_all_is_told_when_the_engine_closes(self):
        outcome = self.here.program(CALLS, self.here.config, self.upstream.origin, 50, 1, "g-1")
        self.said += outcome.stdout + outcome.stderr
        self.assertEqual(json.loads(outcome.stdout), {"ATT_OK": 50})
        self.assertEqual(self.backend.seen()["audited"], 50)

    def test_a_backend_that_takes_no_records_holds_nobody_up_for_long(self):
        self.backend.fault({"route": "audit", "times": 999, "hang": True})
        start = time.monotonic()
        self.assertEqual(self.ask().status, 0)
        self.assertLess(time.monotonic() - start, 15)

    # ---- by the backend ----------------------------------------------------------------------------------------------

    def test_a_request_by_the_backend_comes_back_whole(self):
        self.upstream.answers = [raw.answer(201, b"\x00\xffmade", [("X-Answer", "1")])]
        result = self.here.attache("request", self.upstream.origin + "/x?a=b", "--grant", "g-here", "--by-backend",
                                   "-X", "POST", "--json", '{"a": 1}', "-i", input=b"")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertIn(b"201", result.stdout)
        self.assertTrue(result.stdout.endswith(b"\x00\xffmade"))
        self.assertIn(b"Bearer " + TOKEN.encode() + b"\r\n", self.upstream.requests[0])
        self.assertEqual(self.backend.calls("token"), [])

    def test_a_request_by_the_backend_is_never_sent_twice(self):
        self.configure(retries=5)
        for fault in ({"error": {"status": 503}}, {"reset": True}, {"cut": 40}):
            self.backend.fault({"route": "proxy", **fault})
            self.assertEqual(self.ask("--by-backend", grant="g-here").status, 11)
        self.assertEqual(len(self.backend.calls("proxy")), 3)

    def test_a_request_that_a_human_decides_on_waits(self):
        error = self.expect(self.ask("--by-backend", grant="g-held"), "ATT_APPROVAL", 7)
        self.assertEqual((error["state"], self.upstream.requests), ("pending", []))
        self.backend.control("approval", {"id": error["approval_id"], "state": "approved"})
        result = self.run_attache("approve", "wait", error["approval_id"])
        self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
        self.assertEqual(len(self.upstream.requests), 1)

    def test_a_human_may_refuse(self):
        for state in ("denied", "expired"):
            error = self.expect(self.ask("--by-backend", grant="g-held"), "ATT_APPROVAL", 7)
            self.backend.control("approval", {"id": error["approval_id"], "state": state, "reason": "not today"})
            error = self.expect(self.run_attache("approve", "wait", error["approval_id"]), "ATT_APPROVAL", 7)
            self.assertEqual(error["state"], state)
        self.assertEqual(self.upstream.requests, [])


class Alter1(OneProfile, unittest.TestCase):
    profile = "alter-1"


class Other(OneProfile, unittest.TestCase):
    profile = "other"


if __name__ == "__main__":
    tap.main()
