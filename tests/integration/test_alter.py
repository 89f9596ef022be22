# tests/integration/test_alter.py: alter_connect.so as a user sees it, against the backend for tests: all of it for two
# wire profiles. Names begin with the row of the table of attacks that they are about.
import json
import time
import unittest

from rig import alter, raw, site, tap

CALLS = site.BUILD / "tests" / "rig" / "calls"
ALICE, BOB = "user-token-of-alice", "user-token-of-bob"
TOKEN = "canary-9c31f0b2-of-the-token"
GRANTS = (
    {"id": "g-1", "provider": "google", "account": "service@example.com", "scopes": ["read"],
     "credential": {"token": TOKEN, "expires_in": 3600}},
    {"id": "g-2", "provider": "github", "credential": {"token": TOKEN + "-2", "expires_in": 3600}},
    {"id": "g-alice", "provider": "google", "account": "alice@example.com", "user": "alice",
     "credential": {"token": TOKEN + "-of-alice"}},
    {"id": "g-bob", "provider": "google", "account": "bob@example.com", "user": "bob"},
)

# What the backend answers: status, code and details, in the words of alter-1; and what becomes of it.
ERRORS = (
    (400, "credential_revoked", {}, "ATT_REVOKED", 3),
    (400, "grant_revoked", {}, "ATT_REVOKED", 3),
    (400, "hitl_grant_requires_proxy", {}, "ATT_BACKEND", 11),
    (400, "restricted_grant_requires_proxy", {}, "ATT_BACKEND", 11),
    (400, "constraint_not_narrowing", {}, "ATT_BACKEND", 11),
    (401, "invalid_key", {}, "ATT_BACKEND", 11),
    (401, "key_revoked", {}, "ATT_BACKEND", 11),
    (401, "invalid_signature", {}, "ATT_BACKEND", 11),
    (401, "clock_skew", {}, "ATT_BACKEND", 11),
    (401, "replayed", {}, "ATT_BACKEND", 11),
    (401, "invalid_user_token", {}, "ATT_REAUTH", 3),
    (403, "grant_expired", {"expires_at": "2020-01-01T00:00:00Z"}, "ATT_EXPIRED", 3),
    (403, "insufficient_scope", {"missing": ["tokens:retrieve"]}, "ATT_BACKEND", 11),
    (403, "policy", {"policy": "rate_limit_exceeded", "retry_after": 7}, "ATT_RATE_LIMITED", 6),
    (403, "policy", {"policy": "outside_business_hours"}, "ATT_DENIED", 7),
    (404, "grant_not_found", {}, "ATT_NOT_FOUND", 4),
    (409, "ambiguous_grant", {"candidates": [{"id": "g-7", "account": "a@example.com"}, {"id": "g-8"}]},
     "ATT_AMBIGUOUS", 4),
    (409, "ambiguous_grant", {"grant_ids": ["g-7", "g-8"]}, "ATT_AMBIGUOUS", 4),
    (409, "token_refresh_in_progress", {}, "ATT_BACKEND", 11),
    (410, "grant_deleted", {}, "ATT_REVOKED", 3),
    (418, "teapot", {}, "ATT_BACKEND", 11),
    (429, "too_many_requests", {"retry_after": 9}, "ATT_BACKEND", 11),
    (500, "internal", {}, "ATT_BACKEND", 11),
    (503, "unavailable", {}, "ATT_BACKEND", 11),
)

# Answers to the question for a token that are none, and one part of what is said of each.
ODD = (
    ("it says nothing", {"raw": {"text": ""}}, "it is empty"),
    ("it is a page", {"raw": {"type": "text/html", "text": "<html>"}}, "it is no JSON"),
    ("it is a list", {"raw": {"text": "[]"}}, "no object"),
    ("it is a text", {"raw": {"text": '"token"'}}, "no object"),
    ("it has nothing in it", {"raw": {"text": "{}"}}, "is missing"),
    ("it is nested a hundred thousand times", {"raw": {"text": "[" * 100000}}, "it is no JSON"),
    ("it ends early and says that it is whole", {"truncate": 40}, "it is no JSON"),
    ("it is no UTF-8", {"invalid_utf8": "token"}, "it is no JSON"),
    ("its token is no UTF-8", {"invalid_utf8": "type"}, "it is no JSON"),
    ("it has its token twice", {"duplicate": "token"}, "it is no JSON"),
    ("it has another member twice", {"duplicate": "scopes"}, "it is no JSON"),
    ("it is 10 MB large", {"pad": 10 << 20}, "larger than"),
    ("it is 10 MB large and in chunks", {"pad": 10 << 20, "chunked": "plain"}, "larger than"),
    ("it is a bomb of gzip", {"gzip": 10 << 20}, "encoded"),
    ("it is compressed", {"gzip": 0}, "encoded"),
    ("it leads elsewhere", {"error": {"status": 302}, "headers": {"location": "http://127.0.0.1:1/"}}, "redirect"),
    ("it has no token", {"omit": ["token"]}, "is missing"),
    ("its token is null", {"set": {"token": None}}, "is missing"),
    ("its token is a number", {"set": {"token": 5}}, "is no text"),
    ("its token is a list", {"set": {"token": [TOKEN]}}, "is no text"),
    ("its token is empty", {"set": {"token": ""}}, "is empty"),
    ("its token has a line break", {"set": {"token": TOKEN + "\r\nX-Evil: 1"}}, "line break"),
    ("its token has a NUL", {"set": {"token": TOKEN + "\0"}}, "holds a NUL"),
    ("its type is another", {"set": {"type": "mac"}}, '"mac"'),
    ("its type is a number", {"set": {"type": 5}}, "is no text"),
    ("it expires in words", {"set": {"expires_in": "3600"}}, "is no number"),
    ("it expired", {"set": {"expires_in": -1}}, "has expired already"),
    ("it expires now", {"set": {"expires_in": 0}}, "has expired already"),
    ("it expires at no time", {"set": {"expires_at": "tomorrow"}}, "is no time"),
    ("its scopes are a text", {"set": {"scopes": "read"}}, "is no list"),
    ("its scopes are numbers", {"set": {"scopes": [1]}}, "is no text"),
    ("its flag is a text", {"set": {"scopes_outdated": "yes"}}, "neither true nor false"),
    ("it is for another grant", {"set": {"grant": "g-2"}}, "another grant"),
    ("its grant is a number", {"set": {"grant": 7}}, "is no text"),
    ("its header is a number", {"set": {"header": 7}}, "is no text"),
    ("its format is a list", {"set": {"format": ["{token}"]}}, "is no text"),
    ("its credentials are a list", {"set": {"credentials": ["a"]}}, "is no object"),
    ("its credentials are numbers", {"set": {"credentials": {"a": 5}}}, "no text"),
    ("its injections are an object", {"set": {"injections": {"a": 5}}}, "is no list"),
    ("its injections are texts", {"set": {"injections": ["a"]}}, "no object"),
)
FINE = (
    ("it has members that nobody knows", {"extra": {"surprise": {"a": [1, None]}, "retry_info": None}}),
    ("it says little", {"omit": ["type", "expires_in", "expires_at", "scopes", "grant", "provider", "scopes_outdated",
                                 "credentials", "injections"]}),
    ("it never ends", {"set": {"expires_in": None, "expires_at": None}}),
    ("it ends after the sun", {"set": {"expires_in": 1e300, "expires_at": None}}),
    ("it comes late", {"slow_ms": 300}),
    ("it comes byte for byte", {"drip_ms": 1}),
    *((f"its chunks are of the kind {how}", {"chunked": how})
      for how in ("plain", "each_byte", "extension", "trailer")),
)
# The backend as good as gone.
GONE = (
    ("it never answers", {"hang": True}),
    ("it answers too late", {"slow_ms": 20000}),
    ("it drips", {"drip_ms": 100}),
    ("it resets", {"reset": True}),
    ("it ends before it answers", {"cut": 0}),
    ("it ends in its head", {"cut": 30}),
    ("it ends in its body", {"cut": 200}),
    *((f"its chunks are of the kind {how}", {"chunked": how}) for how in ("no_end", "short", "bad_size", "huge_size")),
)
REFUSED_HEADERS = (
    *((name, "cannot carry one")
      for name in ("Host", "Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade", "Trailer",
                   "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Expect")),
    *((name, "whose name is none") for name in ("X Y", "", "X-A:", "X-A\r\nX-B")),
    ("Cookie", "which this site does not let it"),
)
REFUSED_FORMATS = (
    *((form, "is no text around {token}") for form in ("", "Bearer", "Bearer {tok", "Bearer {token}\r\nX-Evil: 1",
                                                       "Bearer {other}")),
    ("{token}\0", "holds a NUL"),
)


class OneProfile(alter.AtBackend):
    grants = GRANTS
    secrets = (TOKEN, "canary-of-another-part")

    def attache(self, *arguments, **options):
        return self.run_attache("request", *arguments, **options)

    def ask(self, *arguments, grant="g-1", path="/items", **options):
        return self.attache(self.upstream.origin + path, "--grant", grant, *arguments, **options)

    def head(self, number=-1):
        """The headers of a request that the upstream had, and its target."""
        lines = self.upstream.requests[number].split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}, lines[0].split()[1]

    def sent(self):
        """The token that the upstream had, where it is when the backend says nothing of it."""
        words = self.backend.names["injection"]
        before, after = words["default_format"].split("{token}")
        value = self.head()[0][words["default_header"].lower()]
        self.assertTrue(value.startswith(before) and value.endswith(after), value)
        return value[len(before):len(value) - len(after)]

    # ---- a request ---------------------------------------------------------------------------------------------------

    def test_a_request_by_grant_asks_for_the_credential_and_sends_it(self):
        result = self.ask("--reason", "why \u201cnot\u201d", "--context", "tool=t", "--caller", "me",
                          path="/items?secret=1")
        self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
        self.assertEqual(self.sent(), TOKEN)
        call, = self.backend.calls("token")
        self.assertEqual(call["fields"], {"grant": "g-1", "method": "GET", "url": self.upstream.origin + "/items",
                                          "reason": "why \u201cnot\u201d", "context": {"tool": "t"}})
        self.assertEqual((call["caller"], call["callerType"]), ("me", self.backend.names["caller_types"]["service"]))

    def test_a_request_by_provider_and_account_goes_with_the_users_token(self):
        result = self.attache(self.upstream.origin, "--provider", "google", "--account", "alice@example.com",
                              user=ALICE)
        self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
        self.assertEqual(self.sent(), TOKEN + "-of-alice")
        fields = self.backend.calls("token")[0]["fields"]
        self.assertEqual((fields["provider"], fields["account"], fields["user_token"]),
                         ("google", "alice@example.com", ALICE))

    def test_a_grant_of_another_user_is_not_found(self):
        for user in (BOB, "user-token-that-ended"):
            result = self.ask(grant="g-alice", user=user)
            self.expect(result, *(("ATT_NOT_FOUND", 4) if user == BOB else ("ATT_REAUTH", 3)))
        self.expect(self.ask(grant="g-alice"), "ATT_REAUTH", 3)
        self.assertEqual(self.upstream.requests, [])

    def test_several_grants_are_told_as_candidates(self):
        error = self.expect(self.attache(self.upstream.origin, "--provider", "google", user=ALICE), "ATT_AMBIGUOUS", 4)
        self.assertEqual(error["candidates"], ["g-1", "g-alice"])
        self.assertIn("g-alice (alice@example.com", error["message"])

    def test_an_agent_says_so(self):
        self.ask("--caller", "bot", "--caller-type", "agent")
        self.assertEqual(self.backend.calls("token")[0]["callerType"], self.backend.names["caller_types"]["agent"])

    def test_the_backend_sees_nothing_of_the_application_and_the_upstream_nothing_of_the_backend(self):
        self.ask("-H", "X-Mine: canary-of-another-part", "-d", "canary-of-another-part", "-X", "POST")
        names = {name.lower() for name in self.backend.names["headers"].values()}
        self.assertEqual(names & set(self.head()[0]), set())
        call, = self.backend.calls("token")
        self.assertNotIn("canary", json.dumps(call).replace("canary-9c31f0b2", ""))

    # ---- errors ------------------------------------------------------------------------------------------------------

    def advice(self, status, code, details):
        """What the profile advises for an error."""
        for row in self.backend.names["errors"]:
            word = {"code": self.backend.word(code), "policy": self.backend.word(details.get("policy"))}
            if row["status"] in (str(status), f"{status // 100}xx") and all(
                    kind not in row or row[kind] == word[kind] for kind in word):
                return row.get("advice", "")
        return ""

    def test_D4_every_row_of_the_table_of_codes_is_its_status(self):
        for status, code, details, name, exit_status in ERRORS:
            with self.subTest(f"{status} {code}"):
                self.backend.fault({"times": 9, "error": {
                    "status": status, "code": code, "message": "since it is so", "details": details}})
                result = self.ask()
                self.backend.reset(*GRANTS)
                error = self.expect(result, name, exit_status)
                self.assertEqual((error["http_status"], error["code"]), (status, self.backend.word(code)))
                for part in (str(status), self.backend.word(code), "since it is so",
                             self.advice(status, code, details)):
                    self.assertIn(part, error["message"])
                self.expect_details(error, details)
        self.assertEqual(self.upstream.requests, [])

    def expect_details(self, error, details):
        if "policy" in details:
            self.assertEqual(error["rule"], self.backend.word(details["policy"]))
        if "retry_after" in details:
            self.assertEqual(error["retry_after_ms"], details["retry_after"] * 1000)
        if "missing" in details:
            self.assertEqual(error["missing_scopes"], details["missing"])
        if "expires_at" in details:
            self.assertEqual(error["expires_at"], 1577836800)
        if "candidates" in details or "grant_ids" in details:
            self.assertEqual(error["candidates"], ["g-7", "g-8"])

    def test_D5_Retry_After_of_the_backend_is_told(self):
        for status in (429, 503):
            self.backend.fault({"error": {"status": status}, "headers": {"retry-after": "11"}})
            self.assertEqual(self.expect(self.ask(), "ATT_BACKEND", 11)["retry_after_ms"], 11000)

    def test_what_another_server_answers_is_no_verdict_on_a_grant(self):
        for status in (401, 403, 404, 410):
            for said in ({"type": "text/html", "text": "<h1>Not Found</h1>"}, {"text": "{}"}):
                with self.subTest(status=status, said=said):
                    self.backend.fault({"raw": {"status": status, **said}})
                    error = self.expect(self.ask(), "ATT_BACKEND", 11)
                    self.assertIn(f"its backend answered {status}; check base_url, and the profile", error["message"])
        self.assertEqual(self.upstream.requests, [])

    def test_a_refresh_in_progress_is_waited_for(self):
        refreshing = {"error": {"status": 409, "code": "token_refresh_in_progress"}}
        self.backend.fault({"times": 3, **refreshing})
        self.assertEqual(self.ask().status, 0)
        self.assertEqual(len(self.backend.calls("token")), 4)
        self.backend.fault({"times": 4, **refreshing})
        self.expect(self.ask(), "ATT_BACKEND", 11)
        self.assertEqual(len(self.backend.calls("token")), 8)

    def test_D1_D5_what_may_pass_is_tried_again_and_signed_anew(self):
        self.configure(retries=3)
        self.backend.fault({"times": 2, "error": {"status": 503}}, {"truncate": 9})
        self.assertEqual(self.ask().status, 0)
        self.assertEqual(len(self.backend.calls("token")), 4)
        self.backend.fault({"times": 9, "error": {"status": 503}})
        self.expect(self.ask(), "ATT_BACKEND", 11)
        self.assertEqual(len(self.backend.calls("token")), 8)

    def test_C2_what_the_backend_says_cannot_write_on_the_terminal_or_repeat_the_key(self):
        for message in ("\x1b[2J\u202ewiped", f"your key {self.backend.key} is bad", f"{ALICE} is bad"):
            self.backend.fault({"error": {"status": 403, "code": message, "message": message,
                                          "details": {"policy": message}}})
            result = self.ask(user=ALICE)
            self.expect(result, "ATT_DENIED", 7)
            self.assertNotRegex(result.stderr, "\x1b|\u202e|\\\\u001b|\\\\u202e")

    # ---- answers that are none ---------------------------------------------------------------------------------------

    def test_D1_D2_D3_D6_B9_an_answer_that_is_none_is_said_to_be_none(self):
        for what, fault, part in ODD:
            with self.subTest(what):
                self.backend.fault(fault)
                start = time.monotonic()
                result = self.ask()
                self.assertLess(time.monotonic() - start, 5)
                self.backend.reset(*GRANTS)
                error = self.expect(result, "ATT_BACKEND", 11)
                self.assertIn(part, error["message"])
        self.assertEqual(self.upstream.requests, [])

    def test_D2_an_answer_that_is_unusual_is_taken(self):
        for what, fault in FINE:
            with self.subTest(what):
                self.backend.fault(fault)
                result = self.ask()
                self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
        self.assertEqual(len(self.upstream.requests), len(FINE))

    def test_D3_D5_a_backend_that_is_gone_is_not_waited_for_longer_than_allowed(self):
        self.configure(timeout="1s", attempt_timeout="400ms", retries=9)
        for what, fault in GONE:
            with self.subTest(what):
                self.backend.fault({"times": 99, **fault})
                start = time.monotonic()
                error = self.expect(self.ask(), "ATT_BACKEND", 11)
                self.assertLess(time.monotonic() - start, 2.5)
                self.backend.reset(*GRANTS)
        self.assertEqual(self.upstream.requests, [])

    def test_D3_the_deadline_of_the_request_bounds_the_backend_too(self):
        self.backend.fault({"times": 99, "hang": True})
        start = time.monotonic()
        self.expect(self.ask("--timeout", "0.5"), "ATT_TIMEOUT", 9)
        self.assertLess(time.monotonic() - start, 2)

    def test_an_answer_of_before_is_not_taken_for_another_grant(self):
        self.assertEqual(self.ask().status, 0)
        self.backend.fault({"replay": True})
        error = self.expect(self.ask(grant="g-2"), "ATT_BACKEND", 11)
        self.assertIn("another grant", error["message"])
        self.assertEqual(len(self.upstream.requests), 1)

    def test_D6_a_redirect_of_the_backend_is_not_followed(self):
        with raw.RawServer([raw.answer(200, "{}")]) as other:
            for status in (301, 302, 303, 307, 308):
                self.backend.fault({"error": {"status": status}, "headers": {"location": other.origin}})
                error = self.expect(self.ask(), "ATT_BACKEND", 11)
                self.assertIn("a redirect, which is never followed", error["message"])
            self.assertEqual(other.connections, [])

    def test_D1_an_answer_cut_off_at_every_byte_is_none(self):
        body = len(json.dumps(self.backend.control("grant", {"id": "g-1"})))  # at least as much as an answer
        self.configure(retries=0)
        self.backend.fault(*({"cut": length} for length in range(body + 400)))
        outcome = self.here.program(CALLS, self.here.config, self.upstream.origin, body + 400, 1, "g-1")
        self.said += outcome.stdout + outcome.stderr
        ends = json.loads(outcome.stdout)
        self.assertEqual(set(ends), {"ATT_BACKEND", "ATT_OK"}, outcome)
        self.assertEqual(len(self.upstream.requests), ends["ATT_OK"])
        whole = body + 400 - ends["ATT_OK"]
        self.backend.fault({"cut": whole - 1}, {"cut": whole})
        self.assertEqual([self.ask().status for _ in range(2)], [11, 0])

    # ---- where it goes -----------------------------------------------------------------------------------------------

    def credential(self, **credential):
        self.backend.control("grant", {"id": "g-1", "credential": {"token": TOKEN, "type": "Bearer", **credential}})

    def test_the_backend_says_which_header_and_in_which_form(self):
        for header, form in (("X-API-Key", "{token}"), ("Authorization", "Token {token}"),
                             ("authorization", "{token}"), ("xi-api-key", "k={token};v=1")):
            self.credential(header=header, format=form)
            self.assertEqual(self.ask().status, 0)
            self.assertEqual(self.head()[0][header.lower()], form.replace("{token}", TOKEN))

    def test_the_backend_says_further_headers_and_query_parameters(self):
        self.credential(header="DD-API-KEY", format="{token}",
                        credentials={"application_key": "canary-of-another-part"},
                        injections=[{"target": "header", "key": "DD-APP-KEY", "value": "application_key"},
                                    {"target": "query", "key": "key", "value": "token"},
                                    {"target": "query", "key": "a&=#", "value": "application_key"}])
        self.assertEqual(self.ask(path="/items?a=b").status, 0)
        headers, target = self.head()
        self.assertEqual((headers["dd-api-key"], headers["dd-app-key"]), (TOKEN, "canary-of-another-part"))
        self.assertEqual(target, f"/items?a=b&key={TOKEN}&a%26%3D%23=canary-of-another-part")
        self.assertNotIn("authorization", headers)

    def test_requests_are_signed_for_aws_with_what_the_backend_gives(self):
        aws = {"secret_key": "canary-of-another-part", "region": "eu-west-1", "service": "s3"}
        self.credential(token="AKIDEXAMPLE", aws={**aws, "session_token": "session"})
        self.assertEqual(self.ask().status, 0)
        headers, _ = self.head()
        self.assertRegex(headers["authorization"], r"^AWS4-HMAC-SHA256 "
                         r"Credential=AKIDEXAMPLE/\d{8}/eu-west-1/s3/aws4_request, "
                         r"SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$")
        self.assertEqual(headers["x-amz-security-token"], "session")
        self.assertIn("x-amz-date", headers)

    def test_B7_B8_a_header_or_form_that_is_dangerous_is_refused(self):
        def more(target, key, value="token"):
            return {"injections": [{"target": target, "key": key, "value": value}]}
        rows = []
        for header, part in REFUSED_HEADERS:
            rows += [({"header": header, "format": "{token}"}, part), (more("header", header), part)]
        rows += [({"header": "X-Key", "format": form}, part) for form, part in REFUSED_FORMATS]
        rows += [(more("body", "a"), "is no place that is known"), (more("header", "a", "b"), "names nothing"),
                 (more("query", "a", "b"), "names nothing"), (more("query", ""), "is no name of a query parameter"),
                 ({"header": "X-Key", "format": "{token}", **more("header", "x-key")}, "wants two credentials")]
        for row, part in rows:
            with self.subTest(row):
                self.credential(**row)
                error = self.expect(self.ask(), "ATT_BACKEND", 11)
                self.assertIn(part, error["message"])
        self.assertEqual(self.upstream.requests, [])

    def test_a_cookie_is_sent_where_the_site_allows_it(self):
        self.configure(allow_cookie=True)
        self.credential(header="Cookie", format="session={token}")
        self.assertEqual(self.ask().status, 0)
        self.assertEqual(self.head()[0]["cookie"], f"session={TOKEN}")

    def test_the_caller_may_not_set_what_the_credential_has(self):
        self.credential(header="X-Key", format="{token}")
        self.expect(self.ask("-H", "x-key: mine"), "ATT_INVALID", 2)
        self.assertEqual(self.upstream.requests, [])

    # ---- afterwards --------------------------------------------------------------------------------------------------

    def repeat(self, count, **options):
        self.configure(**options)
        outcome = self.here.program(CALLS, self.here.config, self.upstream.origin, count, 1, "g-1")
        self.said += outcome.stdout + outcome.stderr
        return json.loads(outcome.stdout)

    def test_every_request_asks_the_backend_unless_the_site_allows_a_cache(self):
        self.assertEqual(self.repeat(5), {"ATT_OK": 5})
        self.assertEqual(len(self.backend.calls("token")), 5)
        self.assertEqual(self.repeat(5, cache="on"), {"ATT_OK": 5})
        self.assertEqual(len(self.backend.calls("token")), 6)

    def test_D11_a_401_of_the_upstream_drops_the_credential_and_is_tried_once_more(self):
        for cache in ("off", "on"):
            before = len(self.backend.calls("token"))
            with self.subTest(cache):
                self.upstream.answers = [raw.answer(401, "no"), raw.answer(200, "fine")]
                self.assertEqual(self.repeat(1, cache=cache), {"ATT_OK": 1})
                self.assertEqual(len(self.backend.calls("token")) - before, 2)
        self.upstream.answers = [raw.answer(401, "no")]
        self.upstream.requests.clear()
        self.expect(self.ask("-f"), "ATT_UPSTREAM", 10)
        self.assertEqual(len(self.upstream.requests), 2)

    def test_a_403_for_want_of_scopes_is_told_with_them(self):
        challenge = [("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="write admin"')]
        self.upstream.answers = [raw.answer(403, "no", challenge)]
        self.assertEqual(self.expect(self.ask(), "ATT_SCOPE", 3)["missing_scopes"], ["write", "admin"])

    def test_a_403_is_for_want_of_scopes_where_the_backend_knows_that_they_are_outdated(self):
        self.upstream.answers = [raw.answer(403, "no")]
        self.expect(self.ask("-f"), "ATT_UPSTREAM", 10)
        self.backend.control("grant", {"id": "g-1", "scopes_outdated": True})
        self.expect(self.ask(), "ATT_SCOPE", 3)

    def test_the_backend_is_told_the_id_that_it_gave_to_the_caller(self):
        self.repeat(2)
        first, second = self.backend.calls("token")
        self.assertIsNone(first.get("actor"))
        self.assertRegex(second["actor"], r"^[0-9a-f-]{36}$")

    def test_C2_a_key_in_the_wrong_form_is_refused_before_it_is_sent(self):
        self.here.write("alter.key", "sk_5up3r53cr37c4n4ry_k1\n")
        result = self.attache(self.upstream.origin, "--grant", "g-1")
        self.assertEqual(result.status, 5)
        self.assertNotIn("5up3r53cr37", result.stderr)
        self.assertEqual(self.backend.calls(), [])


class Alter1(OneProfile, unittest.TestCase):
    profile = "alter-1"


class Other(OneProfile, unittest.TestCase):
    profile = "other"


if __name__ == "__main__":
    tap.main()
