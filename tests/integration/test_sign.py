# tests/integration/test_sign.py: signatures compared with those of others: published cases, botocore, Python's hmac.
import base64
import calendar
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import random
import re
import time
import unittest
import urllib.parse

from rig import raw, signing, site, tap

VECTORS = pathlib.Path(os.environ.get("ATT_VECTORS") or site.SOURCE.resolve().parent / "shared" / "vectors") / "sigv4"
KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
LEFT_OUT = re.compile(r"(?i)(authorization|cache-control|connection|expect|forwarded|from|keep-alive|max-forwards|"
                      r"pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|x-amzn-trace-id|proxy-.*|"
                      r"x-forwarded-.*)$")


def parse_request(text):
    """A request of the published cases, which may have folded header lines, blanks in the path and no version."""
    head, _, body = text.partition("\n\n")
    first, *rest = re.sub(r"\n[ \t]", "\n\0", head).split("\n")
    lines = []
    for line in rest:
        if line.startswith("\0"):
            lines[-1] += "\n " + line[1:]
        elif line:
            lines.append(line)
    method, target = re.fullmatch(r"(\S+) (.*?)(?: HTTP/1\.1)?", first, re.S).groups()
    path, mark, query = target.partition("?")
    host = next(line.split(":", 1)[1] for line in lines if line.lower().startswith("host:"))
    return {"method": method, "path": path, "host": host.strip(), "body": body,
            "headers": [line for line in lines if not line.lower().startswith("host:")],
            **({"query": query} if mark else {})}


class Published(unittest.TestCase):
    def test_the_published_cases_of_signature_version_4(self):
        if not VECTORS.is_dir():
            self.skipTest(f"the published cases are not in {VECTORS}; name their folder with ATT_VECTORS")
        cases, requests = [], []
        for folder in sorted(path for path in VECTORS.iterdir() if path.is_dir()):
            context = json.loads((folder / "context.json").read_text())
            credentials = context["credentials"]
            request = parse_request((folder / "request.txt").read_text("utf-8"))
            request.update(region=context["region"], service=context["service"],
                           time=calendar.timegm(time.strptime(context["timestamp"], "%Y-%m-%dT%H:%M:%SZ")),
                           plain_path=not context["normalize"], body_line=context["sign_body"],
                           access_key=credentials["access_key_id"], secret_key=credentials["secret_access_key"])
            if "token" in credentials and not context.get("omit_session_token"):
                request["token"] = credentials["token"]
            cases.append(folder)
            requests.append(request)
        self.assertGreaterEqual(len(cases), 31)
        for folder, answer in zip(cases, signing.Signer().ask_all(requests)):
            with self.subTest(folder.name):
                expected = (folder / "header-signed-request.txt").read_text("utf-8")
                wanted = re.search(r"^Authorization: ?(.*)$", expected, re.M).group(1)
                self.assertEqual(answer["lines"][0], "authorization: " + wanted)


# ---- botocore -------------------------------------------------------------------------------------------------------

WORDS = ["a", "key", "Max-Items", "x y", "ü", "日本", "a+b", "a/b", "a%b", "~t.i_l-de", "*", "(1)", "'q'", "", "=", "&",
         "@:,;$!", "%zz", "Z", "aa", "a.b", "A"]
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]
SERVICES = ["s3", "s3", "sts", "dynamodb", "execute-api", "s3-outposts", "bedrock"]
HEADERS = ["Accept", "content-type", "X-Amz-Acl", "x-amz-meta-Name", "Range", "User-Agent", "Expect", "Cache-Control",
           "x-custom", "x-custom-2", "x-amz-target", "If-Match", "Via", "Proxy-Thing", "X-Forwarded-For", "Referer"]


def spell(chance, text, safe=""):
    """One of the ways in which a caller may write a text: escapes in either case, and plain where that is allowed."""
    style = chance.randrange(3)
    quoted = urllib.parse.quote(text, safe=safe + ("" if style == 0 else "!$'()*,;:@" if style == 1 else "!'()*"))
    return re.sub("%..", lambda match: match.group().lower(), quoted) if chance.random() < 0.3 else quoted


class Oracle:
    """Signs as botocore does: a request is given to it in the form that both sides sign."""

    def __init__(self):
        try:
            import botocore.auth
            import botocore.awsrequest
            import botocore.config
            import botocore.credentials
            import botocore.loaders
        except ImportError as error:
            raise unittest.SkipTest("python3-botocore is not installed") from error
        self.botocore = botocore
        self.real_datetime = botocore.auth.datetime

    def sign(self, request, path, pairs):
        auth, moment = self.botocore.auth, datetime.datetime.utcfromtimestamp(request["time"])

        class Clock:
            class datetime(datetime.datetime):
                @classmethod
                def utcnow(cls):
                    return moment

        credentials = self.botocore.credentials.Credentials(request["access_key"], request["secret_key"],
                                                            request.get("token"))
        headers = [line.split(":", 1) for line in request["headers"] if not LEFT_OUT.match(line.split(":")[0])]
        encoded = sorted((urllib.parse.quote(name, safe="-_.~"), urllib.parse.quote(value, safe="-_.~"))
                         for name, value in pairs)
        query = "&".join(f"{name}={value}" for name, value in encoded)
        aws = self.botocore.awsrequest.AWSRequest(
            request["method"], f"https://{request['host']}{path}" + ("?" + query if query else ""),
            data=request["body"].encode())
        for name, value in headers:
            aws.headers.add_header(name, value)
        if request["payload"] == "unsigned":
            aws.context["payload_signing_enabled"] = False
            aws.context["client_config"] = self.botocore.config.Config(s3={"payload_signing_enabled": False})
        elif request["body_line"]:
            aws.headers["X-Amz-Content-SHA256"] = hashlib.sha256(request["body"].encode()).hexdigest()
        kind = auth.S3SigV4Auth if request["plain_path"] else auth.SigV4Auth
        auth.datetime = Clock
        try:
            kind(credentials, request["service"], request["region"]).add_auth(aws)
        finally:
            auth.datetime = self.real_datetime
        signed = {name.lower(): value for name, value in aws.headers.items()}
        names = ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
        return [f"{name}: {signed[name]}" for name in names if name in signed]


def random_request(chance):
    """A request, and what it means: the path that botocore is given, and the parameters."""
    service = chance.choice(SERVICES)
    s3 = service.startswith("s3")
    segments = [chance.choice(WORDS) for _ in range(chance.randrange(6))]
    spelled = [spell(chance, segment) for segment in segments]
    if not s3 and chance.random() < 0.2 and segments:
        spelled.insert(chance.randrange(len(spelled)), chance.choice([".", "..", ""]))
    path = "/" + "/".join(spelled)
    pairs = [(chance.choice(WORDS) or "n", chance.choice(WORDS)) for _ in range(chance.choice([0, 0, 1, 2, 5, 30]))]
    query = "&".join(spell(chance, name, "/") + ("=" + spell(chance, value, "/=+") if value or chance.random() < 0.5
                                                  else "") for name, value in pairs)
    headers = [f"{name}:{chance.choice(['', ' '])}{chance.choice(['v', 'a  b', ' x y ', 'é', '1,2', 'T' * 300, ''])}"
               for name in chance.sample(HEADERS, chance.randrange(7))]
    headers += ["x-repeated: two", "X-Repeated:  one"] * (chance.random() < 0.2)
    request = {"method": chance.choice(METHODS), "host": chance.choice(["h.example", "h.example:8443", "b.s3.example"]),
               "path": path, "query": query, "headers": headers, "service": service,
               "region": chance.choice(["us-east-1", "eu-central-2"]), "time": chance.randrange(0, 4_000_000_000),
               "body": chance.choice(["", "", "x" * chance.randrange(5000), '{"ü": 1}']),
               "payload": chance.choice(["body", "body", "unsigned"]), "plain_path": s3,
               "body_line": s3 or chance.random() < 0.5, "keep": chance.random() < 0.5,
               "access_key": chance.choice(["AKID", "AKIDEXAMPLE"]),
               "secret_key": chance.choice(["short", "k" * 40, "l/+" * 40])}
    if chance.random() < 0.4:
        request["token"] = "Fwo+/=" * chance.randrange(1, 80)
    meant = urllib.parse.quote("/" + "/".join(segments), safe="/-_.~") if s3 else path
    return request, meant, pairs


class Botocore(unittest.TestCase):
    def test_random_requests_are_signed_as_botocore_signs_them(self):
        oracle, chance = Oracle(), random.Random(20260302)
        drawn = [random_request(chance) for _ in range(3000)]
        answers = signing.Signer().ask_all([request for request, _, _ in drawn])
        for number, ((request, path, pairs), answer) in enumerate(zip(drawn, answers)):
            expected = oracle.sign(request, path, pairs)
            self.assertEqual(answer.get("lines", answer), expected, f"request {number}: {request}")
        self.assertEqual(len(answers), 3000)

    def test_region_and_service_of_every_endpoint_that_botocore_knows(self):
        oracle = Oracle()
        loader, names = oracle.botocore.loaders.Loader(), {}
        for service in loader.list_available_services("service-2"):
            metadata = loader.load_service_model(service, "service-2")["metadata"]
            if metadata.get("signatureVersion") in ("v4", "s3", "s3v4"):
                prefix = metadata["endpointPrefix"]
                names.setdefault(prefix, set()).add(metadata.get("signingName", prefix))
        hosts = []
        for partition in loader.load_data("endpoints")["partitions"]:
            for prefix, service in partition["services"].items():
                for region, endpoint in service["endpoints"].items():
                    if region not in partition["regions"] or prefix not in names or endpoint.get("deprecated"):
                        continue
                    merged = {**partition["defaults"], **service.get("defaults", {}), **endpoint}
                    host = merged["hostname"].format(service=prefix, region=region, dnsSuffix=partition["dnsSuffix"])
                    hosts.append((host, names[prefix], merged.get("credentialScope", {}).get("region", region)))
        self.assertGreater(len(hosts), 2000)
        answers = signing.Signer().ask_all([{"kind": "scope", "host": host} for host, _, _ in hosts])
        wrong = [(host, services, region, answer) for (host, services, region), answer in zip(hosts, answers)
                 if answer.get("service") not in services or answer.get("region") != region]
        self.assertEqual(wrong, [])


# ---- HMAC -----------------------------------------------------------------------------------------------------------

REQUEST = {"method": "POST", "scheme": "https", "host": "api.example:8443", "path": "/v1/a%20b", "query": "x=1&y",
           "body": "the body ü", "time": 1772438400}


class Hmac(unittest.TestCase):
    def test_the_message_is_filled_in_and_signed_with_each_algorithm(self):
        body = REQUEST["body"].encode()
        message = ("v1:{method}\n{scheme}://{host}{path}?{query}\n{target}\n{body_sha256}{newline}"
                   "{timestamp}.{nonce}.{body}!")
        digest_of_body = hashlib.sha256(body).hexdigest()
        meant = (f"v1:POST\nhttps://api.example:8443/v1/a%20b?x=1&y\n/v1/a%20b?x=1&y\n{digest_of_body}\n"
                 "1772438400.n0nce.").encode() + body + b"!"
        for digest in ("sha256", "sha512", "sha1"):
            for key in ("k", "a key that is longer than any block of a digest: " * 4):
                made = hmac.new(key.encode(), meant, digest).digest()
                for spelling, text in (("hex", made.hex()), ("base64", base64.b64encode(made).decode())):
                    with self.subTest(f"{digest} {spelling} {len(key)}"):
                        answer = signing.Signer().ask(kind="hmac", message=message, digest=digest, spelling=spelling,
                                                      key=key, nonce="n0nce", **REQUEST)
                        self.assertEqual(answer.get("signature", answer), text)

    def test_a_target_without_a_query_has_no_question_mark(self):
        request = {name: value for name, value in REQUEST.items() if name != "query"}
        answer = signing.Signer().ask(kind="hmac", message="{target}|{query}", key="k", **request)
        self.assertEqual(answer["signature"], hmac.new(b"k", b"/v1/a%20b|", "sha256").hexdigest())


class Libcrypto(unittest.TestCase):
    def test_a_libcrypto_without_the_digest_is_told(self):
        with site.Site() as here:
            file = here.write("openssl.cnf", "openssl_conf = all\n[all]\nalg_section = what\n[what]\n"
                                             "default_properties = provider=none-of-them\n")
            outcome = signing.Signer().run("", {"OPENSSL_CONF": file})
        self.assertEqual((outcome.returncode, outcome.stdout), (2, ""))
        self.assertEqual(outcome.stderr, "signer: requests cannot be signed: libcrypto has no SHA-256, or memory is "
                                         "out; check the configuration of OpenSSL\n")


# ---- on the wire ----------------------------------------------------------------------------------------------------

def read_wire(data):
    """A request as it was sent: method, path, query, header lines, body."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    return method, path, query, lines, body.decode()


class Wire(unittest.TestCase):
    """What the installed command sends is what was signed."""

    def send(self, inject, parts, url, *arguments, **site_parts):
        with site.Site() as here, raw.RawServer([raw.answer(body="ok")]) as server:
            here.write("mock.json", {"grants": {"api": parts}})
            grant = {"name": "api", "origins": [server.origin], **({"inject": inject} if inject else {})}
            here.configure(grants=(grant,), policy={"default": "permit"},
                           **{name: part(here) for name, part in site_parts.items()})
            result = here.attache("request", server.origin + url, "--grant", "api", *arguments)
            self.assertEqual(result.status, 0, result.stderr)
            return f"127.0.0.1:{server.port}", *read_wire(server.requests[0])

    def verify(self, sent, service, region, oracle, payload="body", token=None):
        host, method, path, query, lines, body = sent
        headers = dict(line.split(": ", 1) for line in lines)
        signed = re.search("SignedHeaders=([^,]*),", headers["authorization"]).group(1).split(";")
        own = ("authorization", "host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
        stamp = calendar.timegm(time.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ"))
        self.assertLess(abs(time.time() - stamp), 60)
        request = {"method": method, "host": host, "body": body, "time": stamp, "region": region, "service": service,
                   "headers": [line for line in lines if line.split(":")[0].lower() in signed
                               and line.split(":")[0].lower() not in own],
                   "payload": payload, "plain_path": service == "s3", "body_line": True, **KEYS,
                   **({"token": token} if token else {})}
        expected = oracle.sign(request, path, urllib.parse.parse_qsl(query.replace("+", "%2B"), True))
        for line in expected:
            name, value = line.split(": ", 1)
            self.assertEqual(headers[name], value)

    def test_a_request_of_the_command_verifies_with_botocore(self):
        parts = {"token": KEYS["access_key"], "parts": {"secret_key": KEYS["secret_key"], "session_token": "a/b=="}}
        sent = self.send({"kind": "sigv4", "region": "eu-west-1", "service": "execute-api"}, parts,
                         "/v1/a%20b/c:d?b=2&a=1+1&c", "-H", "X-Custom:  a   b ", "--json", '{"ü": 1}')
        self.verify(sent, "execute-api", "eu-west-1", Oracle(), token="a/b==")

    def test_keys_of_a_helper_sign_where_its_module_says_so(self):
        def providers(here):
            keys = {"Version": 1, "AccessKeyId": KEYS["access_key"], "SecretAccessKey": KEYS["secret_key"]}
            helper = here.write("helper", f"#!/bin/sh\nprintf '%s' '{json.dumps(keys)}'\n", 0o700)
            return ({"name": "keys", "module": "exec.so", "options": {"protocol": "aws", "command": [str(helper)]}},)

        def stacks(_):
            return ({"name": "all", "match": {"default": True}, "fetch": ({"use": "keys", "control": "required"},)},)

        oracle = Oracle()
        with self.assertRaisesRegex(AssertionError, 'cannot be signed: its name tells no service.*write service = '):
            self.send(None, {}, "/", providers=providers, stacks=stacks)
        sent = self.send({"kind": "sigv4", "region": "us-east-1", "service": "s3", "payload": "unsigned"}, {}, "/b/k",
                         "-X", "PUT", "-d", "content", providers=providers, stacks=stacks)
        self.verify(sent, "s3", "us-east-1", oracle, payload="unsigned")

    def test_an_hmac_of_the_command_is_that_of_what_is_sent(self):
        inject = {"kind": "hmac", "header": "X-Signature", "key": "secret_key", "nonce": "X-Nonce",
                  "message": "{method}{newline}{target}{newline}{timestamp}{newline}{nonce}{newline}{body_sha256}",
                  "format": "t={timestamp},id={token},v1={signature}"}
        parts = {"token": "the-id", "parts": {"secret_key": "the-key"}}
        _, method, path, query, lines, body = self.send(inject, parts, "/a%2fb?x=1+1", "-d", "body")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        stamp, signature = re.fullmatch("t=([0-9]+),id=the-id,v1=([0-9a-f]{64})", headers["x-signature"]).groups()
        message = "\n".join((method, f"{path}?{query}", stamp, headers["x-nonce"],
                             hashlib.sha256(body.encode()).hexdigest()))
        self.assertEqual(signature, hmac.new(b"the-key", message.encode(), "sha256").hexdigest())


if __name__ == "__main__":
    tap.main()
