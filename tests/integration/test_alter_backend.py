# tests/integration/test_alter_backend.py: the Alter-compatible backend for tests itself, asked by a client of its own
# kind in Python, so that what the module is tested against is known to be strict. All of it for two wire profiles.
import base64
import gzip
import json
import pathlib
import re
import secrets
import socket
import tempfile
import time
import unittest

from rig import alter, servers, site, tap

ALICE, BOB = "user-token-of-alice", "user-token-of-bob"
ASK = {"grant": "g-1", "method": "GET", "url": "https://api.example/items"}
RECORD = {"grant": "g-1", "method": "GET", "url": "https://api.example/items", "response_status": 200, "latency_ms": 12}
GRANTS = (
    {"id": "g-1", "provider": "google", "account": "service@example.com", "scopes": ["read", "write"],
     "credential": {"token": "token-of-g-1", "expires_in": 3600}},
    {"id": "g-alice", "provider": "google", "account": "alice@example.com", "user": "alice", "label": "work"},
    {"id": "g-bob", "provider": "github", "account": "bob@example.com", "user": "bob"},
    {"id": "g-old", "provider": "gitlab", "expires": "2020-01-01T00:00:00Z"},
)


UNNAMED = {"refresh_delays"}  # of a profile, but no name of anything on the wire
ROWS = []


def rejected(reason, status=400, code="invalid_request"):
    """One row of the table of reasons: a method that makes a call which has to be rejected for it, and for it alone."""
    def decorate(method):
        ROWS.append((reason, status, code, method))
        return method
    return decorate


class Rejections:
    """A call for each reason that the backend has to reject one."""

    def __init__(self, test):
        self.test, self.backend, self.caller = test, test.backend, test.caller
        self.names, self.ask = test.backend.names, test.caller.call

    def raw(self, text, route="token", **options):
        return self.caller.send(self.names[route]["method"], self.caller.target(route), text, **options)

    def field(self, name, value, route="token", base=None):
        return self.ask(route, {**(ASK if base is None else base), name: value})

    def query(self, text):
        return self.caller.send(self.names["grants"]["method"], self.names["grants"]["path"] + "?" + text)

    def name(self, route, field):
        return self.names[route]["request"][field]

    @rejected("no_route", 404, "no_such_route")
    def another_path(self):
        return self.caller.send("POST", "/sdk/elsewhere", b"{}")

    @rejected("no_route", 404, "no_such_route")
    def another_method(self):
        return self.caller.send("DELETE", self.caller.target("token"), b"{}")

    @rejected("unknown_header")
    def a_header_that_is_in_no_profile(self):
        return self.ask("token", ASK, more=[("x-alter-something", "1")])

    @rejected("unknown_header")
    def a_header_that_asks_for_compression(self):
        return self.ask("token", ASK, more=[("Accept-Encoding", "gzip")])

    @rejected("unknown_header")
    def a_cookie(self):
        return self.ask("token", ASK, more=[("Cookie", "a=b")])

    @rejected("duplicate_header")
    def a_header_twice(self):
        return self.ask("token", ASK, more=[(self.names["headers"]["nonce"], "0" * 32)])

    @rejected("malformed_header")
    def a_header_without_a_value(self):
        return self.ask("token", ASK, head={"caller": ""})

    @rejected("malformed_header")
    def a_header_that_is_no_utf_8(self):
        return self.ask("token", ASK, late={"caller": "caf\u00e9"})

    @rejected("wrong_host")
    def another_host(self):
        return self.ask("token", ASK, more=[("Host", "evil.example")])

    @rejected("no_http", 400, None)
    def what_is_no_http(self):
        with socket.create_connection(("127.0.0.1", self.backend.port), timeout=5) as peer:
            peer.sendall(b"POST nowhere\r\n\r\n")
            return int(peer.recv(100).split()[1]), {}, b""

    @rejected("too_large", 413, "too_large")
    def a_body_that_is_too_large(self):
        return self.raw(b"x" * (5 << 20))

    @rejected("no_key", 401, "invalid_key")
    def no_key(self):
        return self.ask("token", ASK, late={"key": None})

    @rejected("unknown_key", 401, "invalid_key")
    def a_key_that_nobody_knows(self):
        return self.ask("token", ASK, late={"key": self.backend.key[:-1] + "2"})

    @rejected("revoked_key", 401, "key_revoked")
    def a_key_that_was_revoked(self):
        self.backend.control("key", {"key": self.backend.key, "status": "revoked"})
        return self.ask("token", ASK)

    @rejected("no_timestamp", 401, "invalid_signature")
    def no_timestamp(self):
        return self.ask("token", ASK, late={"timestamp": None})

    @rejected("malformed_timestamp", 401, "invalid_signature")
    def a_timestamp_in_words(self):
        return self.ask("token", ASK, head={"timestamp": "2026-01-01T00:00:00Z"})

    @rejected("clock_skew", 401, "clock_skew")
    def a_timestamp_that_is_too_old(self):
        return self.ask("token", ASK, head={"timestamp": str(int(time.time()) - 302)})

    @rejected("clock_skew", 401, "clock_skew")
    def a_timestamp_of_the_future(self):
        return self.ask("token", ASK, head={"timestamp": str(int(time.time()) + 310)})

    @rejected("no_nonce", 401, "invalid_signature")
    def no_nonce(self):
        return self.ask("token", ASK, head={"nonce": None})

    @rejected("malformed_nonce", 401, "invalid_signature")
    def a_nonce_that_is_too_short(self):
        return self.ask("token", ASK, head={"nonce": "0" * 31})

    @rejected("replayed", 401, "replayed")
    def a_nonce_a_second_time(self):
        nonce = secrets.token_hex(16)
        self.test.assertEqual(self.ask("token", ASK, head={"nonce": nonce})[0], 200)
        return self.ask("token", ASK, head={"nonce": nonce})

    @rejected("no_content_hash", 401, "invalid_signature")
    def no_hash(self):
        return self.ask("token", ASK, late={"content_hash": None})

    @rejected("malformed_content_hash", 401, "invalid_signature")
    def a_hash_that_is_none(self):
        return self.ask("token", ASK, head={"content_hash": "none"})

    @rejected("wrong_content_hash", 401, "invalid_signature")
    def the_hash_of_another_body(self):
        return self.ask("token", ASK, head={"content_hash": self.caller.encode(bytes(32))})

    @rejected("no_signature", 401, "invalid_signature")
    def no_signature(self):
        return self.ask("token", ASK, late={"signature": None})

    @rejected("malformed_signature", 401, "invalid_signature")
    def a_signature_in_another_spelling(self):
        other = "base64" if self.names["signing"]["encoding"] == "hex" else "hex"
        return self.ask("token", ASK, late={"signature": {"hex": "0" * 64, "base64": "A" * 43 + "="}[other]})

    @rejected("wrong_signature", 401, "invalid_signature")
    def the_signature_of_another_key(self):
        return alter.Caller(self.backend, self.backend.key + "x").call("token", ASK, late={"key": self.backend.key})

    @rejected("wrong_signature", 401, "invalid_signature")
    def a_time_that_was_changed_after_the_signature(self):
        return self.ask("token", ASK, late={"timestamp": str(int(time.time()) + 2)})

    @rejected("no_body")
    def no_body(self):
        return self.raw(b"")

    @rejected("unexpected_body")
    def a_body_where_none_belongs(self):
        return self.raw(b"{}", route="grants", content_type=None)

    @rejected("no_content_type")
    def no_content_type(self):
        return self.ask("token", ASK, content_type=None)

    @rejected("wrong_content_type")
    def another_content_type(self):
        return self.ask("token", ASK, content_type="text/plain")

    @rejected("misplaced_user_token")
    def a_user_token_in_the_head_of_a_call_that_has_a_body(self):
        return self.ask("token", ASK, head={"user_token": ALICE})

    @rejected("unexpected_query")
    def a_query_where_none_belongs(self):
        return self.caller.send(self.names["token"]["method"], self.names["token"]["path"] + "?a=b", b"{}")

    @rejected("malformed_json")
    def half_a_body(self):
        return self.raw(b'{"a":')

    @rejected("malformed_json")
    def a_member_twice(self):
        name = json.dumps(self.name("token", "grant"))
        return self.raw(f'{{{name}:"g-1",{name}:"g-1"}}'.encode())

    @rejected("malformed_json")
    def more_behind_the_body(self):
        return self.raw(b"{} {}")

    @rejected("malformed_json")
    def a_body_that_is_too_deep(self):
        return self.raw(b'{"a":' + b"[" * 40 + b"]" * 40 + b"}")

    @rejected("malformed_text")
    def a_body_that_is_no_utf_8(self):
        return self.raw(b'{"a":"\xff"}')

    @rejected("unknown_field")
    def a_field_that_is_in_no_profile(self):
        return self.field("surprise", 1)

    @rejected("unknown_field")
    def a_field_of_another_route(self):
        return self.ask("revoke", {"limit": 1}, id="g-1")

    @rejected("wrong_type")
    def a_number_for_a_text(self):
        return self.field("reason", 5)

    @rejected("wrong_type")
    def null_for_a_text(self):
        return self.field("reason", None)

    @rejected("wrong_type")
    def an_empty_text(self):
        return self.field("reason", "")

    @rejected("wrong_type")
    def a_context_with_a_number(self):
        return self.field("context", {"a": 1})

    @rejected("wrong_type")
    def a_policy_in_words(self):
        return self.ask("session", {"providers": ["google"], "policy": {"max_ttl": "a week"}})

    @rejected("wrong_type")
    def no_providers(self):
        return self.ask("session", {"providers": []})

    @rejected("wrong_type")
    def a_list_for_the_body(self):
        return self.raw(b"[]")

    @rejected("missing_field")
    def no_url(self):
        return self.ask("token", {"grant": "g-1", "method": "GET"})

    @rejected("which_grant")
    def neither_grant_nor_provider(self):
        return self.ask("token", {"method": "GET", "url": "https://api.example/"})

    @rejected("which_grant")
    def both_grant_and_provider(self):
        return self.field("provider", "google")

    @rejected("which_grant")
    def an_account_of_a_grant(self):
        return self.field("account", "alice@example.com")

    @rejected("wrong_value")
    def a_url_that_is_none(self):
        return self.field("url", "ftp://api.example/")

    @rejected("wrong_value")
    def a_limit_that_is_too_high(self):
        return self.ask("grants", {"limit": 1001})

    @rejected("query_in_url")
    def a_url_with_its_query(self):
        return self.field("url", "https://api.example/?secret=1")

    @rejected("malformed_query")
    def a_query_without_a_value(self):
        return self.query("a")

    @rejected("malformed_query")
    def a_query_that_cannot_be_decoded(self):
        return self.query("a=%ff")

    @rejected("unknown_parameter")
    def a_parameter_that_is_in_no_profile(self):
        return self.query("surprise=1")

    @rejected("duplicate_parameter")
    def a_parameter_twice(self):
        return self.query("{0}=1&{0}=1".format(self.name("grants", "limit")))

    @rejected("wrong_type")
    def a_parameter_that_is_no_number(self):
        return self.query(self.name("grants", "limit") + "=ten")

    @rejected("type_without_caller")
    def a_caller_type_alone(self):
        return self.ask("token", ASK, head={"caller_type": self.names["caller_types"]["agent"]})

    @rejected("wrong_caller_type")
    def another_caller_type(self):
        return self.ask("token", ASK, head={"caller": "me", "caller_type": "human"})

    @rejected("unknown_actor")
    def an_actor_that_nobody_knows(self):
        return self.ask("token", ASK, head={"actor": "4b1d1d1e-0000-4000-8000-000000000000"})

    @rejected("wrong_actor")
    def the_actor_of_another_caller(self):
        self.test.assertEqual(self.ask("token", ASK, head={"caller": "me"})[0], 200)
        actor = self.caller.answered[self.names["headers"]["actor_given"]]
        self.test.assertEqual(self.ask("token", ASK, head={"caller": "me", "actor": actor})[0], 200)
        return self.ask("token", ASK, head={"caller": "you", "actor": actor})

    @rejected("forbidden_header", 422)
    def a_proxied_request_with_its_own_credential(self):
        return self.field("headers", {"AUTHORIZATION": "Bearer x"}, "proxy")

    @rejected("wrong_origin", 422)
    def an_origin_with_a_path(self):
        return self.ask("session", {"providers": ["google"], "origin": "https://app.example/path"})

    @rejected("not_redacted", 422)
    def a_record_with_a_cookie(self):
        return self.field("response_headers", {"Set-Cookie": "a=b"}, "audit", RECORD)

    @rejected("not_redacted", 422)
    def a_record_with_a_header_of_aws(self):
        return self.field("request_headers", {"x-amz-date": "1"}, "audit", RECORD)

    @rejected("too_long", 422)
    def a_record_with_too_long_a_body(self):
        return self.field("response_body", "x" * 10241, "audit", RECORD)

    @rejected("credential_in_audit", 422)
    def a_record_with_the_credential_in_it(self):
        self.test.assertEqual(self.ask("token", ASK)[0], 200)
        return self.field("response_body", "you sent token-of-g-1", "audit", RECORD)


class OneProfile:
    """The tests; the classes below say with which profile."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="attache-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.backend = alter.Backend(folder.name, cls.profile)
        cls.addClassCleanup(cls.backend.stop)

    def setUp(self):
        self.backend.reset(*GRANTS)
        self.caller = alter.Caller(self.backend)
        self.ask = self.caller.call

    def shortDescription(self):
        return f"{self._testMethodName.removeprefix('test_').replace('_', ' ')}, in {self.profile}"

    def answer(self, route, *path):
        """A name of the wire of a route's answer; what follows is of a grant."""
        return [self.backend.names[route]["answer"][path[0]], *(self.backend.names["grant"][name] for name in path[1:])]

    def code(self, answer):
        return answer[self.backend.names["error"]["code"]]

    def expect_failure(self, outcome, status, code):
        self.assertEqual((outcome[0], self.code(outcome[1])), (status, self.backend.word(code)))
        return outcome[1][self.backend.names["error"]["details"]]

    def test_each_call_that_breaks_a_rule_is_rejected_for_that_reason_and_no_other(self):
        for reason, status, code, method in ROWS:
            with self.subTest(method.__name__):
                self.backend.reset(*GRANTS)
                outcome = method(Rejections(self))
                self.assertEqual((outcome[0], self.backend.reasons()), (status, [reason]))
                answer = json.loads(outcome[-1] or "null") if isinstance(outcome[-1], bytes) else outcome[-1]
                self.assertEqual(self.code(answer) if answer else None, code and self.backend.word(code))

    def test_a_call_within_the_window_is_taken(self):
        for apart in (-298, 298):
            status, _ = self.ask("token", ASK, head={"timestamp": str(int(time.time()) + apart)})
            self.assertEqual(status, 200)

    def test_the_window_is_that_of_the_backends_clock(self):
        self.backend.control("clock", {"skew": 1000})
        self.expect_failure(self.ask("token", ASK), 401, "clock_skew")

    def test_the_answer_of_token_has_what_is_known_of_the_grant(self):
        status, answer = self.ask("token", {**ASK, "reason": "why", "context": {"tool": "t"}})
        names = self.backend.names["token"]["answer"]
        self.assertEqual(status, 200)
        self.assertEqual({name: answer[names[name]] for name in ("token", "type", "expires_in", "scopes", "grant",
                                                                 "provider", "scopes_outdated", "credentials")},
                         {"token": "token-of-g-1", "type": "Bearer", "expires_in": 3600, "scopes": ["read", "write"],
                          "grant": "g-1", "provider": "google", "scopes_outdated": False, "credentials": None})
        self.assertRegex(answer[names["expires_at"]], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.backend.calls("token")[0]["fields"]["context"], {"tool": "t"})

    def test_injections_and_aws_are_said_in_the_words_of_the_profile(self):
        self.backend.control("grant", {"id": "g-2", "provider": "aws", "credential": {
            "token": "AKIA", "header": "X-Key", "format": "Key {token}", "credentials": {"application": "a-2"},
            "aws": {"secret_key": "s-1", "region": "eu-west-1"}, "injections": [
                {"target": "header", "key": "X-App", "value": "application"},
                {"target": "query", "key": "key", "value": "token"}]}})
        _, answer = self.ask("token", {**ASK, "grant": "g-2"})
        names, words = self.backend.names["token"]["answer"], self.backend.names["injection"]
        aws = self.backend.names["aws"]
        self.assertEqual((answer[names["header"]], answer[names["format"]]), ("X-Key", "Key {token}"))
        self.assertEqual(answer[names["credentials"]],
                         {"application": "a-2", aws["secret_key"]: "s-1", aws["region"]: "eu-west-1"})
        self.assertEqual(
            [tuple(item[names[f"injection_{part}"]] for part in ("target", "key", "value"))
             for item in answer[names["injections"]]],
            [(words["header"], "X-App", words["credential"] + "application"), (words["query"], "key", words["token"])])

    def test_a_grant_of_a_user_is_there_for_that_user_alone(self):
        ask = {**ASK, "grant": "g-alice"}
        self.assertEqual(self.ask("token", ask, user_token=ALICE)[0], 200)
        self.expect_failure(self.ask("token", ask, user_token=BOB), 404, "grant_not_found")
        self.expect_failure(self.ask("token", ask), 401, "user_token_required")
        self.expect_failure(self.ask("token", ask, user_token="made-up"), 401, "invalid_user_token")
        self.expect_failure(self.ask("token", ask, user_token="user-token-that-ended"), 401, "invalid_user_token")
        self.expect_failure(self.ask("revoke", {}, id="g-alice", user_token=BOB), 404, "grant_not_found")

    def test_a_provider_and_an_account_find_a_grant(self):
        names = self.backend.names
        ask = {"provider": "google", "method": "GET", "url": "https://api.example/"}
        details = self.expect_failure(self.ask("token", ask, user_token=ALICE), 409, "ambiguous_grant")
        self.assertEqual([(one[names["error"]["candidate"]], one[names["error"]["candidate_account"]])
                          for one in details[names["error"]["candidates"]]],
                         [("g-1", "service@example.com"), ("g-alice", "alice@example.com")])
        _, answer = self.ask("token", {**ask, "account": "alice@example.com"}, user_token=ALICE)
        self.assertEqual(answer[names["token"]["answer"]["grant"]], "g-alice")
        self.expect_failure(self.ask("token", {**ask, "account": "alice@example.com"}), 401, "user_token_required")
        self.expect_failure(self.ask("token", {**ask, "account": "nobody"}), 404, "grant_not_found")

    def test_each_end_of_a_grant_is_its_own_failure(self):
        for state, status, code in (("revoked", 400, "grant_revoked"), ("deleted", 410, "grant_deleted"),
                                    ("credential_revoked", 400, "credential_revoked")):
            self.backend.control("grant", {"id": "g-1", "status": state})
            self.expect_failure(self.ask("token", ASK), status, code)
        details = self.expect_failure(self.ask("token", {**ASK, "grant": "g-old"}), 403, "grant_expired")
        self.assertEqual(details[self.backend.names["error"]["expires_at"]], "2020-01-01T00:00:00Z")
        for way, code in (("approval", "hitl_grant_requires_proxy"), ("restricted", "restricted_grant_requires_proxy")):
            self.backend.control("grant", {"id": "g-1", "status": "active", "proxy": way})
            self.expect_failure(self.ask("token", ASK), 400, code)

    def listed(self, fields=None, **options):
        status, answer = self.ask("grants", fields, **options)
        self.assertEqual(status, 200)
        grants = answer[self.answer("grants", "list")[0]]
        return [grant[self.backend.names["grant"]["id"]] for grant in grants], answer

    def test_grants_are_listed_by_page_filter_and_user(self):
        self.assertEqual(self.listed()[0], ["g-1", "g-alice", "g-bob", "g-old"])
        self.assertEqual(self.listed(user_token=ALICE)[0], ["g-1", "g-alice", "g-old"])
        self.assertEqual(self.listed({"provider": "google"}, user_token=BOB)[0], ["g-1"])
        self.assertEqual(self.listed({"status": "expired"})[0], ["g-old"])
        self.assertEqual(self.listed({"account": "bob@example.com"})[0], ["g-bob"])
        page, answer = self.listed({"limit": 2, "offset": 1})
        self.assertEqual(page, ["g-alice", "g-bob"])
        names = self.backend.names["grants"]["answer"]
        self.assertEqual((answer[names["total"]], answer[names["has_more"]]), (4, True))
        self.assertFalse(self.listed({"limit": 2, "offset": 2})[1][names["has_more"]])

    def test_a_grant_that_was_revoked_is_so(self):
        status, answer = self.ask("revoke", {"reason": "gone"}, id="g-1")
        self.assertEqual((status, answer[self.backend.names["revoke"]["answer"]["success"]]), (200, True))
        self.expect_failure(self.ask("token", ASK), 400, "grant_revoked")
        self.expect_failure(self.ask("revoke", {}, id="g-1"), 400, "grant_revoked")
        self.expect_failure(self.ask("revoke", {}, id="g-none"), 404, "grant_not_found")
        self.assertEqual(self.listed({"status": "revoked"})[0], ["g-1"])

    def test_a_session_is_polled_until_the_user_decided(self):
        wish = {"providers": ["google"], "origin": "https://app.example", "policy": {"max_ttl": 604800},
                "scopes": {"google": ["read"]}, "metadata": {"team": "a"}}
        status, answer = self.ask("session", wish, user_token=ALICE)
        names, states = self.backend.names["session"]["answer"], self.backend.names["poll"]["states"]
        self.assertEqual((status, answer[names["expires_in"]]), (200, 600))
        token = answer[names["token"]]
        self.assertEqual(answer[names["url"]], self.backend.base
                         + self.backend.names["connect_page"].replace("{session_token}", token))
        poll = self.backend.names["poll"]["answer"]

        def look(**options):
            return self.ask("poll", {"token": token}, user_token=ALICE, **options)[1]
        self.assertEqual((look()[poll["state"]], look()[poll["grants"]]), (states["pending"], []))
        for state in ("denied", "expired", "config_error"):
            self.backend.control("session", {"token": token, "state": state, "reason": "since"})
            self.assertEqual((look()[poll["state"]], look()[poll["reason"]]), (states[state], "since"))
        self.backend.control("session", {"token": token, "state": "complete", "grants": ["g-alice"]})
        self.assertEqual(look()[poll["grants"]][0][self.backend.names["grant"]["id"]], "g-alice")
        self.expect_failure(self.ask("poll", {"token": token}, user_token=BOB), 404, "session_not_found")

    def test_a_session_that_nobody_finished_expires(self):
        _, answer = self.ask("session", {"providers": ["google"]})
        token = answer[self.backend.names["session"]["answer"]["token"]]
        self.backend.control("clock", {"skew": 200})
        self.backend.control("session", {"token": token, "expires": int(time.time())})
        _, answer = self.ask("poll", {"token": token})
        self.assertEqual(answer[self.backend.names["poll"]["answer"]["state"]],
                         self.backend.names["poll"]["states"]["expired"])

    def proxied(self, **fields):
        return self.ask("proxy", {"grant": "g-1", "method": "GET", "url": self.upstream.origin + "/x", **fields})

    def test_a_proxied_request_goes_out_with_the_credential_and_comes_back_whole(self):
        self.backend.control("grant", {"id": "g-1", "proxy": "restricted"})
        with servers.Upstream(self.folder) as self.upstream:
            status, answer = self.proxied(method="POST", json={"a": [1]}, headers={"X-Mine": "1"})
            requests = self.upstream.requests()
        names = self.backend.names["proxy"]["answer"]
        self.assertEqual((status, answer[names["status"]], answer[names["cut"]]), (200, 200, False))
        self.assertTrue(base64.b64decode(answer[names["body"]]))
        headers = {name.lower() for request in requests for name in request["headers"]}
        self.assertLessEqual({"x-mine", "authorization"}, headers)

    def test_a_human_decides_about_a_proxied_request(self):
        self.backend.control("grant", {"id": "g-1", "proxy": "approval"})
        names = self.backend.names
        with servers.Upstream(self.folder) as self.upstream:
            for state, final in (("approved", "executed"), ("denied", "denied"), ("expired", "expired")):
                before = len(self.upstream.requests())
                status, answer = self.proxied()
                self.assertEqual((status, len(self.upstream.requests())), (202, before))
                approval = answer[names["proxy"]["answer"]["approval"]]
                look = self.ask("approval", id=approval)[1]
                self.assertEqual(look[names["approval"]["answer"]["state"]], names["approval"]["states"]["pending"])
                self.expect_failure(self.ask("approval_result", id=approval), 404, "no_result")
                self.assertEqual(self.backend.control("approval", {"id": approval, "state": state}), final)
                look = self.ask("approval", id=approval)[1]
                self.assertEqual(look[names["approval"]["answer"]["state"]], names["approval"]["states"][final])
                self.assertEqual(look[names["approval"]["answer"]["has_result"]], state == "approved")
                if state == "approved":
                    _, result = self.ask("approval_result", id=approval)
                    self.assertEqual(result[names["proxy"]["answer"]["status"]], 200)
        self.expect_failure(self.ask("approval", id="none"), 404, "approval_not_found")

    def test_a_proxied_request_fails_when_its_upstream_cannot_be_reached(self):
        self.expect_failure(self.ask("proxy", {**ASK, "url": "http://127.0.0.1:1/"}), 502, "upstream_failed")

    def test_records_are_kept_in_the_names_of_the_keys(self):
        record = {**RECORD, "request_headers": {"accept": "*/*"}, "response_body": "x" * 10240, "reason": "why"}
        self.assertEqual(self.ask("audit", record)[0], 200)
        self.assertEqual(self.backend.audits(1), [record])

    def test_a_caller_is_given_an_id_that_is_his_and_stays(self):
        header = self.backend.names["headers"]["actor_given"]
        given = []
        for caller in ("one", "two", "one"):
            self.ask("token", ASK, head={"caller": caller})
            given.append(self.caller.answered[header])
        self.assertEqual(given[0], given[2])
        self.assertNotEqual(given[0], given[1])

    def test_a_key_is_deprecated_or_may_not_do_all(self):
        header = self.backend.names["headers"]["deprecated"]
        self.ask("token", ASK)
        self.assertIsNone(self.caller.answered[header])
        self.backend.control("key", {"key": self.backend.key, "status": "deprecated", "scopes": ["grants:read"]})
        details = self.expect_failure(self.ask("token", ASK), 403, "insufficient_scope")
        self.assertEqual(details[self.backend.names["error"]["missing"]], ["tokens:retrieve"])
        self.assertEqual(self.caller.answered[header], "true")
        self.assertEqual(self.ask("grants")[0], 200)

    def test_it_listens_on_loopback_alone(self):
        with self.assertRaises(OSError), socket.create_connection(("127.0.0.2", self.backend.port), timeout=2):
            pass

    # ---- told to misbehave -------------------------------------------------------------------------------------------

    def bytes(self, *faults, ask=None):
        """All that comes over the connection for a token call, until it ends."""
        self.backend.fault(*({"route": "token", **fault} for fault in faults))
        body = json.dumps(self.caller.named("token", ask or ASK)).encode()
        method, target = self.caller.names["token"]["method"], self.caller.target("token")
        head = self.caller.head(method, target, body, {})
        lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{self.backend.port}", "Connection: close",
                 "Content-Type: application/json", f"Content-Length: {len(body)}",
                 *(f"{self.caller.names['headers'][name]}: {value}" for name, value in head.items())]
        with socket.create_connection(("127.0.0.1", self.backend.port), timeout=5) as peer:
            peer.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            parts = []
            while part := peer.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def test_an_error_is_told_with_any_code_a_number_of_times_after_a_number_of_calls(self):
        self.backend.fault({"route": "token", "skip": 1, "times": 2, "headers": {"retry-after": "7"}, "error": {
            "status": 403, "code": "whatever", "details": {"policy": "rate_limit_exceeded", "retry_after": 7}}})
        self.assertEqual([self.ask("token", ASK)[0] for _ in range(4)], [200, 403, 403, 200])
        self.backend.fault({"error": {"status": 403, "details": {"policy": "rate_limit_exceeded"}},
                            "headers": {"retry-after": "7"}})
        _, answer = self.ask("token", ASK)
        self.assertEqual(answer[self.backend.names["error"]["policy"]], self.backend.word("rate_limit_exceeded"))
        self.assertEqual(self.caller.answered["retry-after"], "7")
        self.assertEqual(self.backend.seen()["faults_left"], 0)

    def test_members_are_left_out_altered_and_added(self):
        names = self.backend.names["token"]["answer"]
        self.backend.fault({"omit": ["type"], "set": {"token": 5, "scopes": None}, "extra": {"surprise": [1]}})
        _, answer = self.ask("token", ASK)
        self.assertNotIn(names["type"], answer)
        self.assertEqual((answer[names["token"]], answer[names["scopes"]], answer["surprise"]), (5, None, [1]))
        self.backend.fault({"route": "grants", "set": {"list.0.id": 7}, "omit": ["list.1.status"]})
        _, answer = self.ask("grants")
        first, second = answer[self.answer("grants", "list")[0]][:2]
        self.assertEqual(first[self.backend.names["grant"]["id"]], 7)
        self.assertNotIn(self.backend.names["grant"]["status"], second)

    def test_an_answer_is_replayed(self):
        _, first = self.ask("token", ASK)
        self.backend.fault({"replay": True})
        self.assertEqual(self.ask("token", {**ASK, "grant": "g-alice"}, user_token=ALICE)[1], first)

    def test_an_answer_is_cut_off_at_any_byte(self):
        whole = self.bytes({"cut": 1 << 20})
        self.assertIn(b"token-of-g-1", whole)
        for length in (0, 1, 12, len(whole) - 1):
            self.assertEqual(len(self.bytes({"cut": length})), length)

    def test_bodies_are_mangled(self):
        names = self.backend.names["token"]["answer"]
        self.assertEqual(self.bytes({"duplicate": "token"}).count(f'"{names["token"]}":'.encode()), 2)
        with self.assertRaises(UnicodeDecodeError):
            self.bytes({"invalid_utf8": "token"}).decode()
        self.assertGreater(len(self.bytes({"pad": 10 << 20})), 10 << 20)
        self.assertTrue(self.bytes({"truncate": 20}).endswith(b"\r\n\r\n" + self.bytes().split(b"\r\n\r\n")[1][:20]))
        head, body = self.bytes({"gzip": 10 << 20}).split(b"\r\n\r\n", 1)
        self.assertIn(b"content-encoding: gzip", head.lower())
        self.assertEqual((len(body) < 20000, len(gzip.decompress(body))), (True, 10 << 20))
        html = {"status": 200, "type": "text/html", "text": "<p>"}
        self.assertTrue(self.bytes({"raw": html}).endswith(b"\r\n\r\n<p>"))

    def test_an_answer_leads_elsewhere(self):
        head = self.bytes({"raw": {"status": 302, "text": ""}, "headers": {"location": "https://evil.example/"}})
        self.assertRegex(head, rb"^HTTP/1\.1 302 .*\r\n(?s:.*)location: https://evil\.example/\r\n")

    def test_chunks_are_odd(self):
        plain = json.loads(self.bytes().split(b"\r\n\r\n", 1)[1])
        for how in ("plain", "each_byte", "extension", "trailer"):
            self.backend.fault({"chunked": how})
            token = self.backend.names["token"]["answer"]["token"]
            self.assertEqual(self.ask("token", ASK)[1][token], plain[token])
        for how, sign in (("no_end", b"}\r\n"), ("short", b"}"), ("bad_size", b"\r\n\r\nzz\r\n"),
                          ("huge_size", b"\r\n\r\nfffffffffffffffff\r\n"), ("both_lengths", b"content-length: 5\r\n")):
            self.assertIn(sign, self.bytes({"chunked": how}))
        self.assertTrue(self.bytes({"chunked": "no_end"}).endswith(b"}\r\n"))

    def test_answers_are_slow_drip_or_never_come(self):
        start = time.monotonic()
        self.bytes({"slow_ms": 300})
        self.assertGreater(time.monotonic() - start, 0.3)
        start = time.monotonic()
        self.bytes({"drip_ms": 1})
        self.assertGreater(time.monotonic() - start, 0.3)
        with self.assertRaises(ConnectionResetError):
            self.bytes({"reset": True})
        self.backend.fault({"hang": True})
        method, target = self.backend.names["token"]["method"], self.caller.target("token")
        body = json.dumps(self.caller.named("token", ASK)).encode()
        head = [(self.backend.names["headers"][name], value)
                for name, value in self.caller.head(method, target, body, {}).items()]
        with self.assertRaises(TimeoutError):
            alter.exchange(self.backend.port, method, target, [*head, ("Content-Type", "application/json")], body,
                           timeout=0.5)

    # ---- bits --------------------------------------------------------------------------------------------------------

    def varied_calls(self):
        self.ask("token", ASK, head={"caller": "me", "caller_type": self.backend.names["caller_types"]["agent"]})
        actor = self.caller.answered[self.backend.names["headers"]["actor_given"]]
        self.ask("token", {**ASK, "context": {"a": "b"}}, head={
            "caller": "me", "caller_type": self.backend.names["caller_types"]["agent"], "actor": actor})
        self.ask("grants", {"provider": "google", "limit": 5}, user_token=ALICE)
        self.ask("revoke", {"reason": "gone"}, id="g-1")

    def test_every_bit_of_an_accepted_call_matters(self):
        self.backend.control("flips", {"exhaustive": True})
        self.varied_calls()
        flips = self.backend.seen()["flips"]
        self.assertEqual((flips["calls"], flips["signatures"], flips["survivors"]), (4, 4, []))
        self.assertGreater(flips["tried"], 10000)
        self.assertEqual(self.backend.reasons(), [])

    def test_flips_find_a_part_that_is_not_signed(self):
        hole = self.folder / "hole.conf"
        hole.write_text('signing = { parts = [ "nonce", "content_hash" ]; };\n')
        with alter.Backend(self.folder, self.profile, extra=("--profile", hole)) as backend:
            backend.names["signing"]["parts"] = ["nonce", "content_hash"]
            backend.reset(*GRANTS)
            backend.control("flips", {"exhaustive": True})
            self.assertEqual(alter.Caller(backend).call("token", ASK)[0], 200)
            survivors = {survivor["part"] for survivor in backend.seen()["flips"]["survivors"]}
        self.assertEqual(survivors, {backend.names["headers"]["timestamp"].lower()})


class Alter1(OneProfile, unittest.TestCase):
    profile = "alter-1"


class Other(OneProfile, unittest.TestCase):
    profile = "other"


class Itself(unittest.TestCase):
    def test_every_reason_to_reject_a_call_has_a_test(self):
        text = "".join(path.read_text("utf-8") for path in sorted(alter.FOLDER.glob("*.mjs")))
        calls = re.findall(r"\b(?:bad|reject|refuse)\('(\w+)'|\bunauthorised\('\w+', '(\w+)'|"
                           r"\bReject\(\d+, '\w+', '(\w+)'|\breason: '(\w+)' }", text)
        reasons = {reason for match in calls for reason in match if reason} - {"no_control"}
        reasons |= {f"{word}_{part}" for word in ("no", "malformed") for part in ("content_hash", "signature")}
        self.assertGreater(len(reasons), 40)
        self.assertEqual(reasons, {reason for reason, *_ in ROWS})

    def test_nothing_is_called_the_same_in_both_profiles(self):
        """Every path, header, field name, code and state of the second profile differs from that of alter-1."""
        one = alter.read_profile(site.SOURCE / "etc" / "alter-1.conf")
        two = alter.read_profile(alter.PROFILES["other"])
        alike = []

        def compare(first, second, path):
            self.assertIs(type(first), type(second), path)
            if isinstance(first, dict):
                self.assertEqual(first.keys() - UNNAMED, second.keys() - UNNAMED, path)
                for name in first.keys() - UNNAMED:
                    if name not in ("method", "status", "result", "advice", "parts", "encoding") or "." not in path:
                        compare(first[name], second[name], f"{path}.{name}")
            elif isinstance(first, list) and first and isinstance(first[0], dict):
                self.assertEqual(len(first), len(second), path)
                for place, pair in enumerate(zip(first, second)):
                    compare(*pair, f"{path}.{place}")
            elif first == second:
                alike.append(path)
        compare(one, two, "")
        self.assertEqual(alike, [])
        self.assertNotEqual(one["signing"]["parts"], two["signing"]["parts"])
        self.assertNotEqual(one["signing"]["encoding"], two["signing"]["encoding"])


if __name__ == "__main__":
    tap.main()
