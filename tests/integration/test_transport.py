# tests/integration/test_transport.py: the curl transport against real TLS servers, driven without an engine. Names
# begin with the row of the table of attacks that they are about.
import json
import pathlib
import tempfile
import unittest

from rig import raw, servers, site, tap

EXCHANGE = site.BUILD / "tests" / "rig" / "exchange"
OBJECT = site.MODULES / "transport" / "curl.so"
GIBIBYTE = 1 << 30


class Transport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="attache-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.nginx = servers.Nginx(cls.folder / "nginx")
        cls.addClassCleanup(cls.nginx.stop)
        cls.authority = cls.nginx.authority.certificate

    def exchange(self, *arguments, authority=True, env=None, timeout=60):
        """The outcome of each exchange; with --search, the last one counts copies of the secret."""
        trust = ("--ca", self.authority) if authority else ()
        outcome = site.run((EXCHANGE, OBJECT, *trust, *arguments), env=site.clean_environment(self.folder, env),
                           timeout=timeout)
        self.assertEqual(outcome.status, 0, outcome)
        return [json.loads(line) for line in outcome.stdout.splitlines()]

    def one(self, *arguments, **options):
        outcomes = self.exchange(*arguments, **options)
        self.assertEqual(len(outcomes), 1)
        return outcomes[0]

    def expect_failure(self, sentence, *arguments, result="NETWORK", **options):
        outcome = self.one(*arguments, **options)
        self.assertEqual((outcome["result"], outcome["detail"]), (result, sentence))

    def test_a_get_over_tls_uses_http_2_where_it_is_offered(self):
        outcome = self.one("GET", self.nginx.https + "/protocol")
        self.assertEqual((outcome["result"], outcome["status"], outcome["body"]), ("OK", 200, "HTTP/2.0"))

    def test_a_post_over_tls_arrives_whole(self):
        with raw.RawServer([raw.answer(201, "made")], self.nginx.authority.good()) as server:
            outcome = self.one("--header", "Content-Type: application/json", "--body", "100000", "POST", server.origin)
            self.assertEqual((outcome["status"], outcome["body"], outcome["bytes_out"]), (201, "made", 100000))
            head, body = server.requests[0].split(b"\r\n\r\n", 1)
        self.assertEqual(len(body), 100000)
        self.assertIn(b"\r\nContent-Type: application/json", head)
        self.assertNotIn(b"expect", head.lower())

    def test_connections_are_kept_over_tls(self):
        self.nginx.forget()
        urls = [self.nginx.https + "/json", self.nginx.http + "/json"] * 3
        outcomes = self.exchange("GET", *urls)
        self.assertEqual({outcome["status"] for outcome in outcomes}, {200})
        entries = self.nginx.requests(6)
        self.assertEqual(len({entry["connection"] for entry in entries}), 2)
        self.assertEqual([entry["connection_requests"] for entry in entries], [1, 1, 2, 2, 3, 3])

    @unittest.skipIf(site.SANITIZER != "no", "a sanitizer keeps memory that was freed")
    def test_a_gibibyte_streams_over_tls_in_constant_memory(self):
        with (self.nginx.www / "large").open("wb") as file:
            file.truncate(GIBIBYTE)
        outcomes = self.exchange("GET", self.nginx.https + "/json", self.nginx.https + "/file/large", timeout=110)
        self.assertEqual((outcomes[1]["result"], outcomes[1]["bytes_in"]), ("OK", GIBIBYTE))
        self.assertLess(outcomes[1]["peak_kib"] - outcomes[0]["peak_kib"], 4096)

    def test_A2_A3_A4_a_redirect_is_handed_up_and_not_followed(self):
        self.nginx.forget()
        for target in (self.nginx.other, self.nginx.http, "ftp://localhost/", "file:///etc/passwd"):
            outcome = self.one("--secret-header", "X-Api-Key", "GET", f"{self.nginx.https}/redirect/302?to={target}")
            self.assertEqual(outcome["status"], 302)
            self.assertIn(f"location: {target}", outcome["headers"])
        self.assertEqual({entry["uri"].split("?")[0] for entry in self.nginx.requests(4)}, {"/redirect/302"})

    def test_A5_a_netrc_file_is_not_read(self):
        self.nginx.forget()
        for name in (".netrc", "_netrc"):
            (self.folder / name).write_text("machine localhost login eve password evil\ndefault login e password f\n")
        self.one("GET", self.nginx.https, env={"NETRC": self.folder / ".netrc"})
        self.assertEqual(self.nginx.requests(1)[0]["authorization"], "")

    def test_A6_proxy_variables_are_not_read(self):
        with raw.RawServer([raw.answer(502)]) as proxy:
            names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
            outcome = self.one("GET", self.nginx.https, env={name: proxy.origin for name in names})
            self.assertEqual(outcome["status"], 200)
            self.assertEqual(proxy.connections, [])

    def test_A6_a_configured_proxy_sees_a_tunnel_and_no_header(self):
        with raw.RawServer([raw.answer(502)]) as proxy:
            self.expect_failure("the proxy does not connect to the upstream (it answered 502)", "--proxy", proxy.origin,
                                "--secret-header", "X-Api-Key", "GET", self.nginx.https, env={"no_proxy": "*"})
            self.assertTrue(proxy.requests[0].startswith(b"CONNECT localhost:"))
            self.assertNotIn(b"x-api-key", proxy.requests[0].lower())

    def test_A10_a_certificate_for_another_name_is_refused(self):
        self.expect_failure("the certificate that localhost shows is for another name than the URL's host",
                            "GET", self.nginx.wrong_name)

    def test_A10_an_expired_certificate_is_refused(self):
        self.expect_failure("the certificate that localhost shows has expired", "GET", self.nginx.expired)

    def test_A10_a_self_signed_certificate_is_refused(self):
        self.expect_failure("the certificate that localhost shows is self-signed", "GET", self.nginx.self_signed)

    def test_A10_an_unknown_authority_is_refused_and_no_variable_makes_it_known(self):
        names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
        for env in ({}, {name: self.authority for name in names}, {"SSL_CERT_DIR": self.authority.parent}):
            self.expect_failure("the certificate that localhost shows is signed by an authority that is not trusted "
                                "here: name its certificate in ca_file",
                                "GET", self.nginx.https, authority=False, env=env)

    def test_A10_nothing_is_sent_where_the_certificate_is_bad(self):
        self.nginx.forget()
        self.one("--secret-header", "Authorization", "GET", self.nginx.expired)
        self.assertEqual(self.nginx.requests(0), [])

    def test_A11_keys_of_tls_are_not_logged(self):
        log = self.folder / "keys"
        self.expect_failure("SSLKEYLOGFILE is set, so libcurl writes the keys of TLS connections to a file;"
                            " unset it and start again",
                            "GET", self.nginx.https, result="REFUSED", env={"SSLKEYLOGFILE": log})
        self.assertEqual(log.read_bytes() if log.exists() else b"", b"")

    def test_F7_a_kept_tls_connection_that_dies_is_tried_again_for_safe_methods_only(self):
        def answer_once(connection):
            if connection.read_request():
                connection.send(raw.answer(200, "ok"))
                connection.read_request()

        for method, expected in (("GET", ("OK", 1, 2)), ("POST", ("NETWORK", 0, 2))):
            with raw.RawServer(answer_once, self.nginx.authority.good()) as server:
                outcomes = self.exchange(method, server.origin, server.origin)
                requests = sum(connection.received.count(method.encode() + b" / ") for connection in server.connections)
                self.assertEqual(outcomes[0]["result"], "OK")
                self.assertEqual((outcomes[1]["result"], outcomes[1]["resent"]), expected[:2])
                self.assertEqual(requests, expected[2] + outcomes[1]["resent"])

    @unittest.skipIf(site.SANITIZER != "no", "a sanitizer keeps memory that was freed")
    def test_C5_no_copy_of_a_credential_stays_in_memory_that_is_cleared(self):
        for origin in (self.nginx.http, self.nginx.https):
            for place in (("--secret-header", "Authorization"), ("--secret-header", "X-Api-Key"),
                          ("--secret-query", "k")):
                with self.subTest(origin=origin, place=place):
                    self.nginx.forget()
                    *outcomes, copies = self.exchange("--search", "--clear", *place, "--count", "3", "GET", origin)
                    self.assertEqual({outcome["status"] for outcome in outcomes}, {200})
                    self.assertEqual(copies, {"copies": 0, "copies_closed": 0, "cleared": True})
                    self.assertEqual([entry["connection_requests"] for entry in self.nginx.requests(3)], [1, 2, 3])

    @unittest.skipIf(site.SANITIZER != "no", "a sanitizer keeps memory that was freed")
    def test_C5_the_search_for_copies_finds_those_that_libcurl_leaves(self):
        *_, copies = self.exchange("--search", "--secret-header", "X-Api-Key", "GET", self.nginx.http)
        self.assertGreater(copies["copies"], 0)
        self.assertFalse(copies["cleared"])


if __name__ == "__main__":
    tap.main()
