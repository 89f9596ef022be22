# tests/integration/test_rig.py: the servers and the TAP of the tests do what the other tests take for granted.
import json
import pathlib
import socket
import ssl
import subprocess
import tempfile
import types
import unittest
import urllib.error
import urllib.request

from rig import raw, servers, site, tap


def get(url, authority=None):
    """The body; certificates are checked against `authority` alone, and no proxy of the environment is used."""
    context = ssl.create_default_context(cafile=authority) if authority else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(url, timeout=10) as response:
        return response.read().decode()


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="attache-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.nginx = servers.Nginx(pathlib.Path(cls.folder.name) / "nginx")
        cls.addClassCleanup(cls.nginx.stop)

    def test_nginx_answers_over_http_and_tls_and_logs_each_request(self):
        self.nginx.forget()
        self.assertEqual(get(self.nginx.http), "ok\n")
        self.assertEqual(get(self.nginx.https + "/protocol", self.nginx.authority.certificate), "HTTP/1.1")
        self.assertEqual([entry["uri"] for entry in self.nginx.requests(2)], ["/", "/protocol"])
        self.assertEqual([entry["connection_requests"] for entry in self.nginx.requests(2)], [1, 1])

    def test_each_bad_certificate_is_bad_for_its_own_reason(self):
        for kind, text in (("wrong_name", "Hostname mismatch"), ("expired", "certificate has expired"),
                           ("self_signed", "self-signed certificate")):
            with self.subTest(kind):
                with self.assertRaisesRegex(urllib.error.URLError, text):
                    get(getattr(self.nginx, kind), self.nginx.authority.certificate)

    def test_nginx_refuses_redirects_and_drops_as_asked(self):
        for path, status in (("/503", 503), ("/429", 429), ("/auth", 401), ("/scope", 403), ("/500", 500)):
            with self.subTest(path):
                with self.assertRaises(urllib.error.HTTPError) as caught:
                    get(self.nginx.http + path)
                self.assertEqual(caught.exception.code, status)
                caught.exception.close()
        self.assertEqual(get(f"{self.nginx.http}/redirect/302?to={self.nginx.other}/protocol"), "HTTP/1.1")
        with self.assertRaises(ConnectionError):
            get(self.nginx.http + "/drop")


class Raw(unittest.TestCase):
    def test_it_gives_its_answers_in_turn_and_keeps_what_it_received(self):
        with raw.RawServer([raw.answer(body="one"), raw.answer(body="two")]) as server:
            self.assertEqual([get(server.origin + path) for path in ("/a", "/b", "/c")], ["one", "two", "two"])
            self.assertEqual([request.split()[1] for request in server.requests], [b"/a", b"/b", b"/c"])
            self.assertEqual(len(server.connections), 3)

    def test_it_keeps_a_connection_and_reads_bodies(self):
        with raw.RawServer([raw.answer()]) as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
                client.recv(1000)
                client.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
                client.recv(1000)
            self.assertTrue(server.requests[0].endswith(b"\r\n\r\nabc"))
            self.assertTrue(server.requests[1].endswith(b"\r\n0\r\n\r\n"))
            self.assertEqual(len(server.connections), 1)

    def test_it_resets_and_hangs(self):
        with raw.RawServer(raw.Connection.reset) as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                with self.assertRaises(ConnectionResetError):
                    client.recv(1)
        with raw.RawServer(raw.Connection.hang) as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as client:
                with self.assertRaises(TimeoutError):
                    client.recv(1)


class Upstream(unittest.TestCase):
    def test_it_answers_with_the_request_and_never_with_a_credential(self):
        with site.Site() as here, servers.Upstream(here.folder) as upstream:
            secret = "sesame-open-0123456789"
            request = urllib.request.Request(
                f"{upstream.origin}/a%2Fb?page=2&api_key={secret}", data=b'{"caf\xc3\xa9": 1}', method="PUT",
                headers={"Authorization": f"Bearer {secret}", "X-Api-Key": secret, "Cookie": "short", "X-Note": "n"})
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
                answer = json.load(response)
            logged = upstream.requests()
        self.assertEqual(answer["method"], "PUT")
        self.assertEqual((answer["path"], answer["query"]), ("/a%2Fb", "page=2&api_key=sesa…(22 characters)"))
        self.assertEqual((answer["body"], answer["body_size"]), ('{"café": 1}', 12))
        self.assertEqual(answer["headers"]["X-Note"], "n")
        self.assertNotIn("Authorization", answer["headers"])
        self.assertNotIn(secret, json.dumps([answer, logged]))
        self.assertEqual(logged[0]["request"], "PUT /a%2Fb?page=2&api_key=sesa…(22 characters) HTTP/1.1")
        self.assertEqual(logged[0]["headers"]["Authorization"], "Bearer sesa…(22 characters)")
        self.assertEqual(logged[0]["headers"]["X-Api-Key"], "sesa…(22 characters)")
        self.assertEqual(logged[0]["headers"]["Cookie"], "…(5 characters)")
        self.assertEqual(upstream.process.returncode, 0)


class Site(unittest.TestCase):
    def test_parts_become_a_configuration(self):
        with site.Site(settings=None, providers=None, stacks=None, audit=None,
                       policy={"rules": ({"name": 'a"b\\', "n": 2**40, "yes": True, "when": {"m": ["GET", "PUT"]}},)}
                       ) as here:
            text = here.config.read_text()
            self.assertEqual(here.config.stat().st_mode & 0o777, 0o600)
        self.assertEqual(" ".join(text.split()), 'schema = 1; policy = { rules = ( { name = "a\\"b\\\\"; '
                         'n = 1099511627776L; yes = true; when = { m = [ "GET", "PUT" ]; }; } ); };')
        self.assertFalse(here.folder.exists())

    def test_programs_run_with_a_clean_environment_and_a_deadline(self):
        with site.Site() as here:
            result = here.program("/usr/bin/env", env={"EXTRA": "1", "PATH": None})
            names = [line.partition("=")[0] for line in result.stdout.splitlines()]
            self.assertLessEqual(set(names), {"HOME", "LC_ALL", "LD_LIBRARY_PATH", "EXTRA", "ASAN_OPTIONS",
                                              "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
            self.assertIn("EXTRA", names)
            with self.assertRaises(subprocess.TimeoutExpired):
                here.program("/bin/sleep", "30", timeout=0.1)


class Tap(unittest.TestCase):
    def test_every_end_of_a_test_is_one_line(self):
        class Cases(unittest.TestCase):
            def test_a_good(self):
                pass

            def test_b_bad(self):
                self.fail("because")

            def test_c_skipped(self):
                self.skipTest("no tool")

            def test_d_parts(self):
                for part in range(3):
                    with self.subTest(part=part):
                        self.assertEqual(part, 1)

        class Broken(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                raise OSError("no server")

            def test_e_unreached(self):
                "A docstring wins #1."

        module = types.ModuleType("cases")
        module.Cases, module.Broken = Cases, Broken
        bad, text = tap.output(module)
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(lines, ["1..5", "ok 1 - a good", "not ok 2 - b bad", "ok 3 - c skipped # SKIP no tool",
                                 "not ok 4 - d parts", "not ok 5 - A docstring wins \\#1."])
        self.assertEqual(bad, 3)
        self.assertIn("# AssertionError: because", text)
        self.assertIn("# OSError: no server", text)
        self.assertEqual(json.dumps(tap.output(types.ModuleType("empty"))), '[1, "Bail out! no tests\\n"]')


if __name__ == "__main__":
    tap.main()
