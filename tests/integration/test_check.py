# tests/integration/test_check.py: attache check on options that each go with the declared list and not with each other:
# what would keep an engine from opening is an error here, with its file and line, and nothing was opened for it.
import json
import unittest

from rig import site, tap

KEY = {"file": "/nowhere/key"}
TOKEN = {"token": {"file": "/nowhere/token"}}
JWT = "urn:ietf:params:oauth:token-type:jwt"

NO_URL = ('is no URL of a service; write one as in "https://api.alterauth.com", without user, query, fragment, '
          'escapes, "." and ".."')

# Options, the one at fault, and the cause.
EXEC = (
    ({"protocol": "plain", "command": []},
     "command", '"" is not the absolute path of a program; write [ "/PATH/HELPER", ... ]'),
    ({"protocol": "plain", "command": ["helper"]},
     "command", '"helper" is not the absolute path of a program; write [ "/PATH/HELPER", ... ]'),
    ({"protocol": "plain", "command": ["/h"], "sha256": "abc"},
     "sha256", "it is not 64 digits of lower-case hex; write what sha256sum prints of the helper"),
    ({"protocol": "plain", "command": ["/h"], "environment": ["1=2"]},
     "environment", '"1=2" is no variable; write "NAME=value", or "NAME" for that of this process'),
    ({"protocol": "plain", "command": ["/h"], "environment": ["A=1", "A=2"]},
     "environment", "A stands in it twice; leave one out"),
    ({"protocol": "plain", "command": ["/h"], "kind": "two words"},
     "kind", '"two words" is no word of 1 to 31 letters, digits, "_", "." and "-"; write one as in "api_key"'),
    ({"protocol": "google", "command": ["/h"], "token_type": JWT},
     None, "the protocol google needs it; write the audience of the pool"),
    ({"protocol": "google", "command": ["/h"], "audience": "//iam", "token_type": "jwt"},
     "token_type", "the protocol google needs one of "),
    ({"protocol": "plain", "command": ["/h"], "server": "registry.example"},
     "server", "it is for the protocol docker-credential, and this one is plain; leave it out"),
    ({"protocol": "kubernetes", "command": ["/h"], "cluster": 'a"b'},
     "cluster", 'it is no URL; write it as in "https://10.0.0.1:6443"'),
)

SECRETS = (
    ({"source": "references"},
     None, 'names no secret, and source = "references" needs one; write secrets = { token = { file = "/PATH"; }; }'),
    ({"secrets": TOKEN},
     "secrets", 'belongs to source = "references"; set that, or leave it out'),
    ({"source": "references", "secrets": TOKEN, "file": "/nowhere/secrets.db"},
     "file", 'belongs to source = "local"; set that, or leave it out'),
    ({"source": "references", "secrets": TOKEN, "key": {"file": "/nowhere/key"}},
     "key", 'belongs to source = "local"; set that, or leave it out'),
    *(({"source": "alter", "api_key": KEY, option: value}, option,
       f'belongs to source = "{source}"; set that, or leave it out')
      for source, option, value in (("local", "file", "/nowhere/secrets.db"), ("local", "key", KEY),
                                    ("references", "secrets", TOKEN), ("references", "grant", "api"))),
    *(({"source": source, **more, option: value}, option,
       'belongs to source = "alter"; set that, or leave it out')
      for source, more in (("local", {}), ("references", {"secrets": TOKEN}))
      for option, value in (("api_key", KEY), ("base_url", "https://a.example"), ("cache", "on"), ("cache_for", "2m"),
                            ("timeout", "31s"), ("attempt_timeout", "9s"), ("retries", 0),
                            ("allow_cookie", True))),
    ({"source": "alter"},
     "source", 'it needs the key of the service; write api_key = { file = "/PATH"; }'),
    ({"source": "alter", "api_key": KEY, "base_url": "http://a.example"},
     "base_url", 'would send the API key in the clear; write https://, http:// is for this machine alone'),
    ({"source": "alter", "api_key": KEY, "base_url": "https://ann:s3cret@a.example"},
     "base_url", f"it {NO_URL}"),
    ({"source": "references", "secrets": TOKEN, "parts": ["username"]},
     "parts",
     'has an item that is not "name=value", with a name of a-z, 0-9 and _ and a value on one line; write it so'),
    ({"source": "references", "secrets": TOKEN, "parts": ["token=ann"]},
     "parts", 'names the part "token", which stands twice; keep one'),
    ({"key": {"file": "/nowhere/key"}, "key_file": "/nowhere/secrets.key"},
     "key", "stands beside key_file; a store has one key: keep one of them"),
    ({"file": "/" + "x" * 1100},
     "file", "has more than 1024 characters; name a shorter path"),
)


# Lines of a wire profile, the one at fault from 1, and the cause.
PROFILES = (
    (('base_url = "https://ann:s3cret@a.example";',), 1, f"base_url {NO_URL}"),
    (('name = "mine";', 'base_url = "http://a.example";'), 2,
     'base_url would send the API key in the clear; write https://, http:// is for this machine alone'),
    (('token = { pth = "/x"; };',), 1,
     '"token.pth" is no word of a profile; correct it, alter-1.conf among the documentation has all of them'),
    (('token = "x";',), 1, '"token" must be a group; write its words in { }'),
    (('token = { path = { a = "x"; }; };',), 1, '"token.path" must be text; write it in quotes'),
    (('errors = "x";',), 1,
     '"errors" must be a list; write one as alter-1.conf among the documentation has it'),
    (('revoke = { path = "/sdk/grants/revoke"; };',), 1,
     'revoke.path = "/sdk/grants/revoke" must have {grant_id} once, and no other braces; write it as in '
     '"/sdk/grants/{grant_id}/revoke"'),
    (('approval = { path = "/sdk/{grant_id}"; };',), 1,
     'approval.path = "/sdk/{grant_id}" must have {approval_id} once, and no other braces; write it as in '
     '"/sdk/approvals/{approval_id}"'),
    (('token = { path = "/sdk/{grant_id}"; };',), 1,
     'token.path = "/sdk/{grant_id}" has braces, and nothing is replaced in it; leave them out'),
    (('connect_page = "/x";',), 1,
     'connect_page = "/x" must have {session_token} once, and no other braces; write it as in '
     '"/sdk/oauth/connect#session={session_token}"'),
    *((('headers = {', f'  key = "{name}";', '};'), 2,
       f'headers.key = "{name}" is a header that HTTP or this program sets itself; write another')
      for name in ("Host", "Content-Length", "Transfer-Encoding", "Connection", "Content-Type")),
    (('headers = { caller = "X-API-Key"; };',), 1,
     'headers.key and headers.caller have the same name "x-api-key"; give each its own'),
    (('errors = ( { status = "9xx"; result = "denied"; } );',), 1,
     'errors.0.status = "9xx" is no status; write one as in "403", or a class as in "5xx"'),
)


class Check(unittest.TestCase):
    def setUp(self):
        self.here = site.Site()
        self.addCleanup(self.here.close)

    def provider(self, module, options):
        self.here.configure(
            providers=({"name": "one", "module": module, "options": options},),
            stacks=({"name": "all", "match": {"default": True}, "fetch": ({"use": "one", "control": "required"},)},))

    def line_of(self, option):
        """Where the option stands in the options of the provider, and not deeper; for None, where its entry begins."""
        lines = list(enumerate(self.here.config.read_text().splitlines(), 1))
        if option is None:
            return next(at for at, line in lines if line.startswith("providers = "))
        found = [(line.index(option), at) for at, line in lines if line.strip().startswith(option + " = ")]
        return min(found)[1]

    def refused(self, module, name, options, option, cause):
        with self.subTest(module=module, options=options):
            self.provider(module, options)
            before = sorted(self.here.folder.rglob("*"))
            result = self.here.attache("check")
            self.assertEqual((result.status, result.stderr), (5, ""), result.stdout)
            errors = [line for line in result.stdout.splitlines() if "error: " in line]
            self.assertEqual(len(errors), 1, result.stdout)
            self.assertIn(f'{self.here.config}:{self.line_of(option)}: error: ', errors[0])
            self.assertIn(cause, errors[0])
            self.assertNotIn("s3cret", result.stdout)
            self.assertIn('"one" cannot be opened with option "', errors[0])
            self.assertEqual(sorted(self.here.folder.rglob("*")), before)
            found = json.loads(self.here.attache("check", "--json").stdout)["findings"]
            self.assertEqual([one["module"] for one in found if one["severity"] == "error"], [name])
            # The engine says the same, once.
            result = self.here.attache("request", "https://localhost:1/", "--grant", "api")
            self.assertEqual(result.status, 5, result)
            self.assertEqual(result.stderr.count(cause), 1, result.stderr)

    def test_exec_is_refused_for_what_its_engine_could_not_open(self):
        for options, option, cause in EXEC:
            self.refused("exec.so", "exec", options, option, cause)

    def test_managed_secrets_is_refused_for_what_its_engine_could_not_open(self):
        for options, option, cause in SECRETS:
            self.refused("managed_secrets.so", "managed_secrets", options, option, cause)

    def test_a_wire_profile_is_refused_in_its_own_line(self):
        for lines, at, cause in PROFILES:
            with self.subTest(lines):
                profile = self.here.write("profile.conf", "\n".join((*lines, "")))
                self.provider("alter_connect.so", {"api_key": KEY, "profile": str(profile)})
                result = self.here.attache("check")
                self.assertEqual((result.status, result.stderr), (5, ""), result.stdout)
                errors = [line for line in result.stdout.splitlines() if "error: " in line]
                self.assertEqual(errors, [f"{profile}:{at}: error: {cause}"], result.stdout)

    def test_the_clock_of_a_mock_is_checked_and_its_script_not_read(self):
        self.refused("mock.so", "mock", {"script": "/nowhere/mock.json", "clock": "noon"}, "clock",
                     'is neither "real" nor a time in UTC, as "2026-01-31T12:00:00Z"')

    def test_the_mode_of_an_audit_file_is_checked(self):
        self.here.configure(audit=({"module": "audit_file.so", "options": {"path": str(self.here.audit),
                                                                           "mode": "rw"}},))
        lines = self.here.config.read_text().splitlines()
        line = next(at for at, text in enumerate(lines, 1) if text.strip().startswith("mode = "))
        result = self.here.attache("check")
        self.assertEqual(result.status, 5, result.stdout)
        self.assertIn(f"{self.here.config}:{line}: error: ", result.stdout)
        self.assertIn("it is no octal number that lets the owner read and write", result.stdout)
        self.assertFalse(self.here.audit.exists())

    def test_the_providers_of_the_manual_of_secrets_are_sound(self):
        manual = (site.SOURCE / "doc" / "attache-secrets.7").read_text()
        providers = manual.split(".Bd -literal -offset indent\n")[1].split(".Ed\n")[0]
        for source in ('"secrets"', 'source = "references"', 'source = "alter"'):
            self.assertIn(source, providers)
        self.here.configure(providers=None, stacks=tuple(
            {"name": name, **({"match": {"default": True}} if name == "shared" else {}),
             "fetch": ({"use": name, "control": "required"},)} for name in ("secrets", "billing", "shared")))
        self.here.write("attache.conf", self.here.config.read_text() + providers)
        result = self.here.attache("check")
        self.assertEqual(result.status, 0, result.stdout)

    def test_what_only_opening_finds_is_no_error_of_the_check(self):
        for module, options in (("exec.so", {"protocol": "plain", "command": ["/nowhere/helper"]}),
                                ("managed_secrets.so", {"source": "references", "secrets": TOKEN}),
                                ("managed_secrets.so", {"key": KEY}),
                                ("managed_secrets.so", {"source": "alter", "api_key": KEY}),
                                ("alter_connect.so", {"api_key": KEY}),
                                ("mock.so", {"script": "/nowhere/mock.json"})):
            with self.subTest(module=module, options=options):
                self.provider(module, options)
                before = sorted(self.here.folder.rglob("*"))
                result = self.here.attache("check")
                self.assertEqual(result.status, 0, result.stdout)
                self.assertEqual(sorted(self.here.folder.rglob("*")), before)


if __name__ == "__main__":
    tap.main()
