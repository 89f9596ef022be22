# tests/rig/alter.py: the Alter-compatible backend of tests/backend: starts it, tells it what to do, and speaks to it.
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import secrets
import tempfile
import time
import urllib.parse

from rig import browser, raw, servers, site

FOLDER = site.SOURCE / "tests" / "backend"
PROFILES = {"alter-1": None, "other": FOLDER / "other.conf"}

KEYS = {"alter-1": "alter_rk_5up3r53cr37c4n4ry_k1", "other": "umbra.run.5up3r53cr37c4n4ry_k1"}
USERS = {"user-token-of-alice": {"user": "alice"}, "user-token-of-bob": {"user": "bob"},
         "user-token-that-ended": {"user": "alice", "status": "ended"}}

ADVICE = r"\S; [a-z]"  # every sentence ends with what to do
TOKENS = re.compile(r'\s+|#[^\n]*|("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*)\s*=|(-?\d+)|([{}()\[\],;])')


def read_profile(path):
    """A wire profile as a dict: what the grammar of libconfig is used for there, turned into JSON."""
    text = pathlib.Path(path).read_text("utf-8")
    parts, at = [], 0
    while at < len(text):
        match = TOKENS.match(text, at)
        if not match:
            raise ValueError(f"{path}: {text[at:at + 20]!r}")
        at = match.end()
        literal, name, number, mark = match.groups()
        if mark in ("(", ")"):
            mark = "[" if mark == "(" else "]"
        part = literal or number or (name and f'"{name}":') or ("," if mark == ";" else mark)
        if part in ("}", "]") and parts[-1] == ",":
            parts.pop()
        parts += [part] if part else []
    return json.loads("{" + "".join(parts).rstrip(",") + "}")


class Backend:
    """The backend on a port of its own, with nothing in it but a key and three users.

    `base` is its origin, `names` its profile as a dict, `key` an API key that it knows. What it is told goes through
    control(); reset() forgets everything."""

    def __init__(self, folder, profile="alter-1", parts=(), extra=()):
        node = browser.node()
        self.profile, self.file = profile, PROFILES[profile]
        self.names = read_profile(self.file or site.SOURCE / "etc" / "alter-1.conf")
        self.key = KEYS[profile]
        chosen = ["--profile", self.file] if self.file else []
        for attempts_left in reversed(range(5)):
            port = servers.free_port()
            self.base = f"http://127.0.0.1:{port}"
            try:
                self.process = servers.Process(
                    [node, FOLDER / "main.mjs", "--port", port, *chosen,
                     *(word for part in parts for word in ("--with", part)), *extra],
                    [port], pathlib.Path(folder) / f"backend-{port}.log")
                break
            except OSError:
                if not attempts_left:
                    raise
        self.port = port
        self.reset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stop()

    def control(self, name, body=None):
        status, _, text = exchange(self.port, "POST", f"/__control/{name}", [("content-type", "application/json")],
                                   json.dumps({} if body is None else body).encode(), timeout=60)
        answer = json.loads(text)
        if status != 200:
            raise AssertionError(f"{name}: {answer}")
        return answer

    def reset(self, *grants, keys=None, users=None):
        """Returns the grants as the backend has them, with their ids."""
        return self.control("reset", {"grants": grants, "keys": keys or {self.key: {"status": "active"}},
                                      "users": USERS if users is None else users})

    def fault(self, *faults):
        self.control("faults", list(faults))

    def seen(self):
        return self.control("seen")

    def calls(self, route=None):
        return [call for call in self.seen()["calls"] if route in (None, call["route"])]

    def reasons(self):
        return [reject["reason"] for reject in self.seen()["rejects"]]

    def audits(self, count=0, seconds=5):
        """The records that came in; `count` of them are waited for."""
        end = time.monotonic() + seconds
        while True:
            records = self.seen()["audits"]
            if len(records) >= count or time.monotonic() > end:
                return records
            time.sleep(0.02)

    def word(self, code):
        """What a code of alter-1 is called in this profile."""
        rows = zip(read_profile(site.SOURCE / "etc" / "alter-1.conf")["errors"], self.names["errors"])
        words = {row[kind]: other[kind] for row, other in rows for kind in ("code", "policy") if kind in row}
        return words.get(code, code)


def exchange(port, method, target, headers, body=b"", timeout=10):
    """One request as it is said here, header for header, over a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        names = {name.lower() for name, _ in headers}
        connection.putrequest(method, target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body and "content-length" not in names:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Caller:
    """An independent client: what the profile says of a request, in a few lines of Python that share nothing with the
    module. Each step can be spoilt: `head` replaces headers by the names of the profile's keys (None takes one away),
    `late` does so after the request was signed."""

    def __init__(self, backend, key=None):
        self.backend, self.names, self.key = backend, backend.names, key or backend.key

    def encode(self, digest):
        return digest.hex() if self.names["signing"]["encoding"] == "hex" else base64.b64encode(digest).decode()

    def signature(self, parts):
        signing = self.names["signing"]
        key = self.key.encode()
        if signing["label"]:
            key = hmac.new(key, signing["label"].encode(), hashlib.sha256).digest()
        separator = {"newline": "\n"}.get(signing["separator"], signing["separator"])
        text = separator.join(parts.get(part) or "" for part in signing["parts"])
        return self.encode(hmac.new(key, text.encode(), hashlib.sha256).digest())

    def head(self, method, target, body, head):
        parts = {"key": self.key, "timestamp": str(int(time.time())), "nonce": secrets.token_hex(16),
                 "content_hash": self.encode(hashlib.sha256(body).digest()), **head}
        signed = {"signature": self.signature({**parts, "method": method, "target": target}), **parts}
        return {name: value for name, value in signed.items() if value is not None}

    def target(self, route, id=None, query=None):
        path = re.sub(r"\{\w+\}", id or "", self.names[route]["path"])
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def named(self, route, fields):
        """Fields in the names of the profile, those inside the policy of a session too."""
        names = self.names[route].get("request", {})
        return {names.get(name, name): self.named(route, value) if name == "policy" else value
                for name, value in fields.items()}

    def send(self, method, target, body=b"", *, head={}, late={}, more=(), content_type="application/json"):
        said = {**self.head(method, target, body, head), **late}
        headers = [(self.names["headers"][name], value) for name, value in said.items() if value is not None]
        if content_type and body:
            headers.append(("Content-Type", content_type))
        return exchange(self.backend.port, method, target, [*headers, *more], body)

    def call(self, route, fields=None, *, id=None, user_token=None, head=None, **options):
        """A call of one of the routes of the profile: (status, answer as a dict in the names of the wire)."""
        method = self.names[route]["method"]
        fields, head = dict(fields or {}), dict(head or {})
        if user_token and method == "GET":
            head["user_token"] = user_token
        elif user_token:
            fields["user_token"] = user_token
        named = self.named(route, fields)
        if method == "GET":
            status, headers, text = self.send(method, self.target(route, id, named), head=head, **options)
        else:
            status, headers, text = self.send(method, self.target(route, id), json.dumps(named).encode(), head=head,
                                              **options)
        self.answered = headers
        return status, json.loads(text)


def configure(here, backend, *origins, module="alter_connect.so", options=None, **parts):
    """Configures a site with one provider "alter" at the backend, of this module, whose grants may go to these origins,
    all permitted. What is being refreshed is asked for again soon, so that no test has to wait for it."""
    key = here.write("alter.key", backend.key + "\n")
    own = backend.file.read_text("utf-8") if backend.file else ""
    profile = here.write("profile.conf", own + 'refresh_delays = [ "10ms", "20ms", "40ms" ];\n')
    provider = {"name": "alter", "module": module, "options": {
        "api_key": {"file": str(key)}, "base_url": backend.base, "profile": str(profile), **(options or {})}}
    stack = {"name": "all", "match": {"default": True}, "origins": list(origins),
             "fetch": ({"use": "alter", "control": "required"},)}
    return here.configure(**{"providers": (provider,), "stacks": (stack,), "policy": {"default": "permit"}, **parts})


class AtBackend:
    """What tests of the command against the backend share. A class with it says `profile`, `grants` and `secrets`."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="attache-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.backend = Backend(folder.name, cls.profile)
        cls.addClassCleanup(cls.backend.stop)

    def setUp(self):
        self.backend.reset(*self.grants)
        self.here = site.Site()
        self.addCleanup(self.here.close)
        self.upstream = raw.RawServer([raw.answer(200, "fine")])
        self.addCleanup(self.upstream.stop)
        self.said = ""
        self.configure()

    def tearDown(self):
        """What was written anywhere has no secret in it, and the backend had nothing to complain of."""
        files = [path for path in self.here.folder.rglob("*") if path.is_file() and path.name != "alter.key"]
        for text in [self.said, *(path.read_text("utf-8", "replace") for path in files)]:
            for secret in (*KEYS.values(), *USERS, *self.secrets):
                self.assertNotIn(secret, text)
        self.assertEqual(self.backend.reasons(), [])

    def shortDescription(self):
        return f"{self._testMethodName.removeprefix('test_').replace('_', ' ')}, in {self.profile}"

    def configure(self, **options):
        configure(self.here, self.backend, self.upstream.origin, options={"retries": 0, **options})

    def run_attache(self, *arguments, user=None, **options):
        """The command, with failures as JSON; `user` is the end user's token."""
        given = ("--user-token-fd", "0") if user else ()
        result = self.here.attache("--json", *arguments, *given, input=user, **options)
        self.said += result.stdout + result.stderr
        return result

    def expect(self, result, status, code):
        """The error of a result that has to be this one."""
        self.assertEqual(result.status, code, result.stderr)
        error = json.loads(result.stderr.splitlines()[-1])
        self.assertEqual(error["status"], status, error)
        self.assertRegex(error["message"], ADVICE)
        return error
