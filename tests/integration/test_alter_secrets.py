# tests/integration/test_alter_secrets.py: managed_secrets.so with source = "alter": secrets that the Alter service
# keeps, for two wire profiles. What goes over the wire is that of alter_connect.so, whose tests are test_alter*.py.
import hashlib
import hmac
import json
import re
import time
import unittest

from rig import alter, raw, site, tap

CALLS = site.BUILD / "tests" / "rig" / "calls"
TOKEN = "canary-71b0e4d9-of-the-key"
OTHER = "canary-71b0e4d9-of-another-part"
GRANTS = ({"id": "g-1", "provider": "billing", "credential": {"token": TOKEN, "expires_in": 3600}},)

# What the backend answers, and what becomes of it.
ERRORS = ((400, "credential_revoked", "ATT_REVOKED", 3), (401, "invalid_key", "ATT_BACKEND", 11),
          (404, "grant_not_found", "ATT_NOT_FOUND", 4), (500, "internal", "ATT_BACKEND", 11))


def chain(key, *messages):
    for message in messages:
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return key


class OneProfile(alter.AtBackend):
    grants = GRANTS
    secrets = (TOKEN, OTHER)

    def configure(self, **options):
        alter.configure(self.here, self.backend, self.upstream.origin, module="managed_secrets.so",
                        options={"source": "alter", "retries": 0, **options})

    def ask(self, *arguments, path="/items"):
        return self.run_attache("request", self.upstream.origin + path, "--grant", "g-1", *arguments)

    def credential(self, **credential):
        self.backend.control("grant", {"id": "g-1", "credential": {"token": TOKEN, "type": "Bearer", **credential}})

    def head(self):
        """The headers of the last request that the upstream had, and its target."""
        lines = self.upstream.requests[-1].split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}, lines[0].split()[1]

    def repeat(self, count, **options):
        self.configure(**options)
        outcome = self.here.program(CALLS, self.here.config, self.upstream.origin, count, 1, "g-1")
        self.said += outcome.stdout + outcome.stderr
        return json.loads(outcome.stdout)

    def test_a_secret_of_the_service_is_sent_and_told_as_one(self):
        result = self.ask("--reason", "why", "--caller", "me")
        self.assertEqual((result.status, result.stdout), (0, "fine"), result.stderr)
        words = self.backend.names["injection"]
        self.assertEqual(self.head()[0][words["default_header"].lower()],
                         words["default_format"].replace("{token}", TOKEN))
        call, = self.backend.calls("token")
        self.assertEqual(call["fields"], {"grant": "g-1", "method": "GET", "url": self.upstream.origin + "/items",
                                          "reason": "why"})
        kinds = [record["grant_kind"] for record in self.here.records() if "grant_kind" in record]
        self.assertEqual(kinds, ["managed_secret"])

    def test_the_service_says_where_a_secret_goes(self):
        self.credential(header="DD-API-KEY", format="key={token}", credentials={"application_key": OTHER},
                        injections=[{"target": "header", "key": "DD-APP-KEY", "value": "application_key"},
                                    {"target": "query", "key": "key", "value": "token"}])
        self.assertEqual(self.ask(path="/items?a=b").status, 0)
        headers, target = self.head()
        self.assertEqual((headers["dd-api-key"], headers["dd-app-key"]), (f"key={TOKEN}", OTHER))
        self.assertEqual(target, f"/items?a=b&key={TOKEN}")
        self.assertNotIn("authorization", headers)

    def test_keys_of_aws_sign(self):
        self.credential(token="AKIDEXAMPLE", aws={"secret_key": OTHER, "region": "eu-west-1", "service": "execute-api"})
        self.assertEqual(self.ask(path="/v1/me").status, 0)
        headers, target = self.head()
        scope, names, signature = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8}/eu-west-1/execute-api/aws4_request), "
            r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})", headers["authorization"]).groups()
        self.assertIn("host", names.split(";"))
        signed = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
        canonical = f"GET\n{target}\n\n{signed}\n{names}\n{hashlib.sha256(b'').hexdigest()}"
        text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                          hashlib.sha256(canonical.encode()).hexdigest()))
        self.assertEqual(signature, chain(b"AWS4" + OTHER.encode(), *scope.split("/"), text).hex())

    def test_errors_of_the_service_are_their_status(self):
        for status, code, name, exit_status in ERRORS:
            with self.subTest(code):
                self.backend.fault({"error": {"status": status, "code": code, "message": "since it is so"}})
                error = self.expect(self.ask(), name, exit_status)
                self.assertEqual((error["http_status"], error["code"]), (status, self.backend.word(code)))
        self.assertEqual(self.upstream.requests, [])

    def test_C2_a_key_in_the_wrong_form_is_refused_before_it_is_sent(self):
        self.here.write("alter.key", "sk_5up3r53cr37c4n4ry_k1\n")
        result = self.ask()
        self.assertEqual(result.status, 5)
        self.assertIn("it is no API key of this service", result.stderr)
        self.assertNotIn("5up3r53cr37", result.stderr)
        self.assertEqual(self.backend.calls(), [])

    def test_every_request_asks_the_service_unless_the_site_allows_a_cache(self):
        self.assertEqual(self.repeat(5), {"ATT_OK": 5})
        self.assertEqual(len(self.backend.calls("token")), 5)
        self.assertEqual(self.repeat(5, cache="on"), {"ATT_OK": 5})
        self.assertEqual(len(self.backend.calls("token")), 6)

    def test_D11_a_401_of_the_upstream_is_tried_once_more_with_a_fresh_credential(self):
        self.upstream.answers = [raw.answer(401, "no"), raw.answer(200, "fine")]
        self.assertEqual(self.ask().stdout, "fine")
        self.assertEqual(len(self.backend.calls("token")), 2)

    def test_D10_one_request_does_not_wait_for_another(self):
        self.configure(audit="off")
        self.backend.fault(*({"slow_ms": 1000} for _ in range(4)))
        start = time.monotonic()
        outcome = self.here.program(CALLS, self.here.config, self.upstream.origin, 4, 1, "g-1", "together")
        self.assertLess(time.monotonic() - start, 3.5)
        self.assertEqual(json.loads(outcome.stdout), {"ATT_OK": 4})

    def test_the_service_is_told_of_requests(self):
        for audit, count in (("off", 0), ("metadata", 1), ("full", 2)):
            self.configure(audit=audit)
            self.assertEqual(self.ask(path="/items?key=1").status, 0)
            self.assertEqual(len(self.backend.audits(count)), count)

    def test_it_keeps_no_secrets_of_this_machine(self):
        result = self.here.attache("secret", "list")
        self.assertEqual(result.status, 5, result)
        self.assertIn("no provider of the configuration keeps secrets; add ", result.stderr)

    def test_without_libcrypto_nothing_is_asked_and_the_cause_is_told(self):
        broken = self.here.write("lib/libcrypto.so.3", "no library")
        result = self.here.attache("request", self.upstream.origin, "--grant", "g-1",
                                   env={"LD_LIBRARY_PATH": f"{broken.parent}:{site.LIBDIR}"})
        self.assertEqual(result.status, 5, result)
        self.assertIn("libcrypto.so.3 cannot be loaded, and requests to its backend are signed with it; "
                      "install OpenSSL 3", result.stderr)


class Alter1(OneProfile, unittest.TestCase):
    profile = "alter-1"


class Other(OneProfile, unittest.TestCase):
    profile = "other"


if __name__ == "__main__":
    tap.main()
