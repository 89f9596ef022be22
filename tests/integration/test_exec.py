# tests/integration/test_exec.py: the exec provider with the helpers that Debian carries, from the command to what
# arrives at an upstream. Names that begin with a letter and a number are rows of doc/attacks.md.
import base64
import json
import os
import pathlib
import subprocess
import time
import unittest

from rig import raw, servers, site, tap

SECRET = "canary-5d3b0c7719ef48a2-of-a-helper"
GIT = "/usr/bin/git"


def header(request, name):
    """The value of a header of a raw request, or None."""
    for line in request.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        field, _, value = line.partition(b": ")
        if field.lower() == name.encode():
            return value.decode()
    return None


def basic(username, password):
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Exec(unittest.TestCase):
    def setUp(self):
        self.site = site.Site()
        self.addCleanup(self.site.close)
        self.folder = self.site.folder
        self.upstream = raw.RawServer([raw.answer(200, "ok\n")])
        self.addCleanup(self.upstream.stop)

    def configure(self, protocol, command, inject=None, **options):
        options = {"protocol": protocol, "command": [str(word) for word in command], **options}
        grant = {"name": "api", "origins": [self.upstream.origin], **({"inject": inject} if inject else {})}
        self.site.configure(
            providers=({"name": "helper", "module": "exec.so", "options": options},),
            grants=(grant,),
            stacks=({"name": "all", "match": {"default": True}, "fetch": ({"use": "helper", "control": "required"},)},),
            policy={"default": "permit"})

    def script(self, text, name="helper"):
        return self.site.write(name, "#!/bin/sh\n" + text, mode=0o700)

    def request(self, *arguments, path="/", **options):
        return self.site.attache("request", self.upstream.origin + path, "--grant", "api", *arguments, **options)

    def run_tool(self, *arguments, input="", env=None):
        """Another program as its user would run it; it has to succeed."""
        result = self.site.program(*arguments, input=input, env={"LD_LIBRARY_PATH": None, **(env or {})})
        self.assertEqual(result.status, 0, result)
        return result.stdout

    def expect(self, authorization, **options):
        """One request arrives with that header, and the secret is in nothing that was written."""
        result = self.request(**options)
        self.assertEqual((result.status, result.stdout), (0, "ok\n"), result.stderr)
        self.assertEqual(header(self.upstream.requests[-1], "authorization"), authorization)
        self.clean(result)

    def refuse(self, status, sentence, **options):
        before = len(self.upstream.requests)
        result = self.request(**options)
        self.assertEqual(result.status, status, result)
        self.assertIn(sentence, result.stderr)
        self.assertEqual(len(self.upstream.requests), before)
        self.clean(result)

    def clean(self, result):
        self.assertNotIn(SECRET, result.stderr)
        self.assertNotIn(SECRET, json.dumps(self.site.records()))


class Git(Exec):
    def setUp(self):
        super().setUp()
        servers.require("git")
        self.host = f"127.0.0.1:{self.upstream.port}"
        self.entry = f"protocol=http\nhost={self.host}\nusername=ann\npassword={SECRET}\n"

    def test_git_credential_store_gives_a_pair(self):
        store = self.folder / "store"
        self.run_tool(GIT, "credential-store", "--file", store, "store", input=self.entry)
        self.configure("git-credential", [GIT, "credential-store", "--file", store])
        self.expect(basic("ann", SECRET))

    def test_a_store_that_has_no_entry_says_so(self):
        self.configure("git-credential", [GIT, "credential-store", "--file", self.folder / "none"])
        self.refuse(4, "helper /usr/bin/git knows no user name with a password for this host; store one")

    def test_the_path_reaches_a_helper_that_asks_for_it(self):
        store = self.folder / "store"
        self.run_tool(GIT, "credential-store", "--file", store, "store", input=self.entry + "path=team/x.git\n")
        self.configure("git-credential", [GIT, "credential-store", "--file", store], path=True)
        self.expect(basic("ann", SECRET), path="/team/x.git")
        self.refuse(4, "knows no user name with a password", path="/other/x.git")

    def test_the_path_is_the_one_that_git_stores(self):
        store = self.folder / "store"
        self.run_tool(GIT, "-c", f"credential.helper=store --file {store}", "-c", "credential.useHttpPath=true",
                      "credential", "approve",
                      input=f"url={self.upstream.origin}/a%20team/x.git/\nusername=ann\npassword={SECRET}\n")
        self.configure("git-credential", [GIT, "credential-store", "--file", store], path=True)
        self.expect(basic("ann", SECRET), path="/a%20team/x.git/")
        self.expect(basic("ann", SECRET), path="/a%20team/x.git")

    def test_a_refresh_token_beside_the_password_is_masked(self):
        token = "refresh-" + SECRET
        self.site.write("answer", f"username=ann\npassword=its-{SECRET}\noauth_refresh_token={token}\n")
        self.configure("git-credential", [self.script(f"cat {self.folder}/answer\n")])
        self.upstream.answers = [raw.answer(200, f"<{token}>\n")]
        result = self.request()
        self.assertEqual((result.status, result.stdout), (0, f"<{'*' * len(token)}>\n"), result.stderr)
        self.assertNotIn(token.encode(), self.upstream.requests[-1])
        self.clean(result)

    def test_the_cache_daemon_of_git_gives_a_pair_and_outlives_the_request(self):
        socket = self.folder / "private" / "socket"
        socket.parent.mkdir(mode=0o700)
        cache = [GIT, "credential-cache", "--timeout", "300", "--socket", socket]
        self.run_tool(*cache, "store", input=self.entry)
        self.addCleanup(self.run_tool, *cache, "exit")
        self.configure("git-credential", cache)
        self.expect(basic("ann", SECRET))
        self.expect(basic("ann", SECRET))

    def test_git_itself_asks_its_own_helpers_and_never_the_user(self):
        store = self.folder / "store"
        self.run_tool(GIT, "credential-store", "--file", store, "store", input=self.entry)
        self.site.write(".gitconfig", f"[credential]\nhelper = store --file {store}\n")
        self.configure("git-credential", [GIT, "credential"], environment=["HOME"])
        self.expect(basic("ann", SECRET))
        store.unlink()
        self.refuse(4, "helper /usr/bin/git knows no user name with a password for this host; store one")

    def test_what_the_upstream_refuses_is_erased_and_nothing_else(self):
        other = self.entry.replace(self.host, "other.example")
        store = self.folder / "store"
        for entry in (self.entry, other):
            self.run_tool(GIT, "credential-store", "--file", store, "store", input=entry)
        self.configure("git-credential", [GIT, "credential-store", "--file", store])
        self.upstream.answers = [raw.answer(401, "no\n")]
        result = self.request()
        self.assertEqual(result.status, 4, result)
        self.assertIn("knows no user name with a password for this host", result.stderr)
        self.assertEqual(len(self.upstream.requests), 1)
        self.assertEqual(store.read_text().count(SECRET), 1)
        self.assertIn("other.example", store.read_text())
        self.clean(result)

    def test_git_itself_is_told_what_was_taken_and_what_was_refused(self):
        """A helper of git that knows a password, and a store that learns it when it was good."""
        store = self.folder / "store"
        self.site.write("password", f"username=ann\npassword={SECRET}\n")
        helper = self.script(f'[ "$1" = get ] || exit 0; cat {self.folder}/password\n')
        self.site.write(".gitconfig", f"[credential]\nhelper = {helper}\nhelper = store --file {store}\n")
        self.configure("git-credential", [GIT, "credential"], environment=["HOME"])
        self.upstream.answers = [raw.answer(500, "no\n"), raw.answer(200, "ok\n")]
        self.assertEqual(self.request("-f").status, 10)
        self.assertFalse(store.exists())
        self.expect(basic("ann", SECRET))
        self.assertIn(SECRET, store.read_text())
        self.upstream.answers = [raw.answer(401, "no\n")]
        self.assertEqual(self.request("-f").status, 10)
        self.assertEqual(store.read_text(), "")

    def test_git_credential_oauth_that_knows_no_host_is_passed_over(self):
        program = servers.require("git-credential-oauth")
        self.configure("git-credential", [program], environment=["HOME"])
        self.refuse(4, f"helper {program} knows no user name with a password for this host; store one")

    def test_git_sends_what_git_would_have_sent(self):
        """The same helper serves git itself, and both send the same header."""
        store = self.folder / "store"
        self.run_tool(GIT, "credential-store", "--file", store, "store", input=self.entry)
        self.configure("git-credential", [GIT, "credential-store", "--file", store])
        self.expect(basic("ann", SECRET))
        challenge = raw.answer(401, "", [("WWW-Authenticate", 'Basic realm="x"')])
        with raw.RawServer([challenge, raw.answer(404, "")]) as other:
            entry = self.entry.replace(self.host, f"127.0.0.1:{other.port}")
            self.run_tool(GIT, "credential-store", "--file", store, "store", input=entry)
            self.site.program(GIT, "-c", f"credential.helper=store --file {store}", "ls-remote",
                              other.origin + "/x.git",
                              env={"LD_LIBRARY_PATH": None, "GIT_TERMINAL_PROMPT": "0"})
            sent = {header(request, "authorization") for request in other.requests}
        self.assertIn(header(self.upstream.requests[0], "authorization"), sent)


class Pass(Exec):
    """pass and the docker helper on top of it, with a key of the test's own."""

    def setUp(self):
        super().setUp()
        for program in ("gpg", "gpgconf", "pass"):
            servers.require(program)
        self.keys = self.folder / "keys"
        self.keys.mkdir(mode=0o700)
        self.environment = {"GNUPGHOME": self.keys, "PASSWORD_STORE_DIR": self.folder / "passwords"}
        self.addCleanup(self.run_tool, "gpgconf", "--kill", "gpg-agent", env=self.environment)
        self.run_tool("gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key",
                      "attache test <test@example.com>", "default", "default", "never", env=self.environment)
        self.run_tool("pass", "init", "test@example.com", env=self.environment)
        self.variables = ["HOME", *(f"{name}={value}" for name, value in self.environment.items())]

    def insert(self, name, text):
        self.run_tool("pass", "insert", "-m", name, input=text, env=self.environment)

    def test_pass_prints_a_token(self):
        self.insert("api/token", SECRET + "\n")
        self.configure("plain", ["/usr/bin/pass", "show", "api/token"], environment=self.variables)
        self.expect("Bearer " + SECRET)

    def test_pass_with_notes_below_the_password(self):
        self.insert("api/login", f"{SECRET}\nuser: ann\nurl: x\n")
        self.configure("plain", ["/usr/bin/pass", "show", "api/login"], environment=self.variables)
        self.refuse(5, "printed more than one line; let it print the secret alone, or set first_line = true")
        self.configure("plain", ["/usr/bin/pass", "show", "api/login"], environment=self.variables, first_line=True,
                       username="ann")
        self.expect(basic("ann", SECRET))

    def test_pass_without_the_entry_fails_without_its_words(self):
        self.configure("plain", ["/usr/bin/pass", "show", "api/none"], environment=self.variables)
        self.refuse(11, "helper /usr/bin/pass failed with exit status 1; run it by hand to see why, or set stderr = "
                    '"log"')

    def docker(self, server, username):
        entry = json.dumps({"ServerURL": server, "Username": username, "Secret": SECRET})
        self.run_tool("docker-credential-pass", "store", input=entry, env=self.environment)

    def test_docker_credential_pass_gives_a_pair_for_the_origin(self):
        program = servers.require("docker-credential-pass")
        self.docker(self.upstream.origin, "ann")
        self.configure("docker-credential", [program], environment=self.variables)
        self.expect(basic("ann", SECRET))

    def test_docker_credential_pass_gives_a_token_for_a_named_server(self):
        program = servers.require("docker-credential-pass")
        self.docker("registry.example", "<token>")
        self.configure("docker-credential", [program], environment=self.variables, server="registry.example")
        self.expect("Bearer " + SECRET)

    def test_docker_credential_pass_that_has_no_entry_says_so(self):
        program = servers.require("docker-credential-pass")
        self.docker("registry.example", "ann")
        self.configure("docker-credential", [program], environment=self.variables, server="other.example")
        self.refuse(4, f"helper {program} has no credential for this server; store one, or correct server")


class SecretService(Exec):
    """docker-credential-secretservice with a keyring of the test's own, on a bus of its own."""

    def setUp(self):
        super().setUp()
        self.helper = servers.require("docker-credential-secretservice")
        for program in ("dbus-daemon", "gnome-keyring-daemon"):
            servers.require(program)
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700)
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                    env=site.clean_environment(self.folder, {"LD_LIBRARY_PATH": None}))
        self.addCleanup(self.end, self.bus)
        self.variables = {"DBUS_SESSION_BUS_ADDRESS": self.bus.stdout.readline().strip(),
                          "XDG_RUNTIME_DIR": str(runtime), "HOME": str(self.folder)}
        self.keyring = subprocess.Popen(["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=site.clean_environment(self.folder,
                                                                   {"LD_LIBRARY_PATH": None, **self.variables}))
        self.addCleanup(self.end, self.keyring)
        self.keyring.stdin.write(b"pw")
        self.keyring.stdin.close()

    @staticmethod
    def end(process):
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()

    def store(self, entry):
        """The daemon takes a moment to be on the bus; until then the helper fails."""
        deadline = time.monotonic() + 20
        while True:
            result = self.site.program(self.helper, "store", input=json.dumps(entry),
                                       env={"LD_LIBRARY_PATH": None, **self.variables})
            if result.status == 0 or time.monotonic() > deadline:
                self.assertEqual(result.status, 0, result)
                return
            time.sleep(0.05)

    def test_docker_credential_secretservice_gives_a_pair(self):
        self.store({"ServerURL": self.upstream.origin, "Username": "ann", "Secret": SECRET})
        self.configure("docker-credential", [self.helper],
                       environment=[f"{name}={value}" for name, value in self.variables.items()])
        self.expect(basic("ann", SECRET))


class Examples(Exec):
    """The examples of attache-exec(7), with scripts where Debian has no helper."""

    def test_kubernetes_gives_a_bearer_token(self):
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": SECRET, "expirationTimestamp": "2096-10-02T07:06:40Z"}}
        self.site.write("answer", answer)
        helper = self.script(f'[ -n "$KUBERNETES_EXEC_INFO" ] && cat {self.folder}/answer\n')
        self.configure("kubernetes", [helper])
        self.expect("Bearer " + SECRET)

    def test_google_gives_a_subject_token(self):
        answer = {"version": 1, "success": True, "token_type": "urn:ietf:params:oauth:token-type:jwt",
                  "id_token": SECRET, "expiration_time": 4000000000}
        self.site.write("answer", answer)
        helper = self.script(f'[ "$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" = a ] && cat {self.folder}/answer\n')
        self.configure("google", [helper], audience="a", token_type="urn:ietf:params:oauth:token-type:jwt")
        self.expect("Bearer " + SECRET)

    def test_bazel_gives_header_fields(self):
        answer = {"headers": {"Authorization": ["Bearer " + SECRET], "X-Api-Key": ["key-" + SECRET]}}
        self.site.write("answer", answer)
        helper = self.script(f"cat >{self.folder}/asked; cat {self.folder}/answer\n")
        self.configure("bazel", [helper])
        self.expect("Bearer " + SECRET, path="/a/b")
        self.assertEqual(header(self.upstream.requests[-1], "x-api-key"), "key-" + SECRET)
        asked = json.loads((self.folder / "asked").read_text())
        self.assertEqual((asked["uri"], asked["grant"], asked["method"]), (self.upstream.origin + "/a/b", "api", "GET"))
        self.site.write("answer", {"headers": {"Transfer-Encoding": [SECRET]}})
        before = len(self.upstream.requests)
        self.assertNotEqual(self.request().status, 0)
        self.assertEqual(len(self.upstream.requests), before)

    def test_aws_signs_with_what_the_process_gave(self):
        answer = {"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": SECRET, "SessionToken": "session"}
        self.site.write("answer", answer)
        helper = self.script(f"cat {self.folder}/answer\n")
        self.configure("aws", [helper])
        self.refuse(5, "the request to 127.0.0.1 cannot be signed: its name tells no service, and neither inject nor "
                    'the credential of grant "api" does')
        self.configure("aws", [helper], inject={"kind": "sigv4", "region": "eu-west-1", "service": "s3"})
        result = self.request()
        self.assertEqual((result.status, result.stdout), (0, "ok\n"), result.stderr)
        self.clean(result)
        request = self.upstream.requests[-1]
        self.assertRegex(header(request, "authorization"),
                         r"^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-1/s3/aws4_request, ?"
                         r"SignedHeaders=\S+, ?Signature=[0-9a-f]{64}$")
        self.assertEqual(header(request, "x-amz-security-token"), "session")
        self.assertNotIn(SECRET.encode(), request)


class Traps(Exec):
    def test_H5_a_helper_that_hangs_fails_the_request_and_is_gone(self):
        helper = self.script(f"echo $$ >{self.folder}/pid; sleep 1000\n")
        self.configure("plain", [helper], timeout="300ms")
        started = time.monotonic()
        self.refuse(9, "was ended: it was still running when its time was over; run it by hand to see what it waits "
                    "for")
        self.assertLess(time.monotonic() - started, 30)
        self.assertFalse(pathlib.Path("/proc", (self.folder / "pid").read_text().strip()).exists())

    def test_H3_a_flood_is_no_credential(self):
        self.configure("plain", [self.script("exec yes " + SECRET + "\n")])
        self.refuse(5, "was ended: it printed more than 65536 bytes")

    def test_H8_a_helper_that_others_may_write_is_not_run(self):
        helper = self.script(f"echo ran >{self.folder}/ran; echo {SECRET}\n")
        helper.chmod(0o722)
        self.configure("plain", [helper])
        self.refuse(5, f"others may write the helper {helper} (mode 0722)")
        self.assertFalse((self.folder / "ran").exists())

    def test_H9_the_pinned_helper_is_run_and_no_other(self):
        helper = self.script(f"echo {SECRET}\n")
        pin = self.run_tool("sha256sum", helper).split()[0]
        self.configure("plain", [helper], sha256=pin)
        self.expect("Bearer " + SECRET)
        self.script(f"echo {SECRET}x\n")
        self.refuse(5, "is not the pinned one: its sha256 is ")

    def test_what_a_helper_says_is_logged_only_where_the_site_says_so(self):
        helper = self.script(f"printf 'no such entry\\033[31m\\n' >&2; echo {SECRET}\n")
        self.configure("plain", [helper])
        self.assertNotIn("no such entry", self.request("-v").stderr)
        self.configure("plain", [helper], stderr="log")
        result = self.request("-v")
        self.assertIn(r"helper: helper: no such entry\x1b[31m", result.stderr)
        self.clean(result)

    def test_C5_while_a_helper_runs_the_secret_is_in_no_argument_and_no_environment(self):
        secret = SECRET + os.urandom(8).hex()  # no other run of this test has it
        self.site.write("secret", secret + "\n")
        helper = self.script(f"cat {self.folder}/secret; : >{self.folder}/printed\n"
                             f"while [ ! -e {self.folder}/go ]; do sleep 0.02; done\n")
        self.configure("plain", [helper])
        command = [site.COMMAND, "--config", self.site.config, "request", self.upstream.origin, "--grant", "api"]
        process = subprocess.Popen([str(word) for word in command], env=self.site.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + 30
            while not (self.folder / "printed").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            seen = self.processes()
        finally:
            (self.folder / "go").touch()
            output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, output), (0, "ok\n"), errors)
        self.assertTrue(any(str(helper) in text for text in seen), "the helper was not among the processes")
        self.assertFalse([text for text in seen if secret in text])

    @staticmethod
    def processes():
        """Arguments and environment of every process that may be read, but for this one."""
        seen = []
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            for name in ("cmdline", "environ"):
                try:
                    seen.append((folder / name).read_bytes().decode(errors="replace"))
                except OSError:
                    continue
        return seen

    def test_the_module_says_what_it_is_and_checks_its_options(self):
        self.configure("plain", ["/bin/true"], server="x")
        self.refuse(5, f'{self.site.config}:')
        self.refuse(5, '"helper" cannot be opened with option "server": it is for the protocol docker-credential, and '
                    "this one is plain; leave it out")
        listed = self.site.attache("modules")
        self.assertRegex(listed.stdout, r"exec\s+.*provider|provider\s+.*exec")


if __name__ == "__main__":
    tap.main()
