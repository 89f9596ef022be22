# tests/integration/test_radosgw.py: signed requests of the installed command to Ceph's gateway, which verifies them.
import json
import pathlib
import re
import tempfile
import unittest
import urllib.parse

from rig import radosgw, site, tap

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/alice"]}, "Action": ["sts:AssumeRole"]}]},
    separators=(",", ":"))
READ = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::*"}]}, separators=(",", ":"))
KEYS = ["plain", "with blank", "a+b", "a&b", "a=b", "100%", "ü/日本", "a//b", "dot.", "(1)*@:,;!$'x", "~tilde", "q?x",
        "h#x", '"quoted"', "back\\slash", "%2F"]


class Gateway(unittest.TestCase):
    seconds = 60

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="attache-test-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.gateway = radosgw.Radosgw(pathlib.Path(folder.name) / "ceph")
        cls.addClassCleanup(cls.gateway.stop)
        cls.origin = "http://" + cls.gateway.host
        cls.here = site.Site()
        cls.addClassCleanup(cls.here.close)
        cls.configure()
        cls.request("PUT", "/bucket", grant="s3")

    @classmethod
    def configure(cls, **more):
        alice = {"token": radosgw.ACCESS_KEY, "parts": {"secret_key": radosgw.SECRET_KEY}}
        wrong = {"token": radosgw.ACCESS_KEY, "parts": {"secret_key": "not-the-secret-of-alice"}}
        scoped = {"token": radosgw.ACCESS_KEY,
                  "parts": {"secret_key": radosgw.SECRET_KEY, "region": "us-east-1", "service": "s3"}}
        cls.here.write("mock.json", {"grants": {"s3": alice, "unsigned": alice, "iam": alice, "wrong": wrong,
                                                "scoped": scoped, **more}})
        signed = {"kind": "sigv4", "region": "us-east-1", "service": "s3"}
        grants = [("s3", signed), ("wrong", signed), ("temporary", signed), ("tokenless", signed),
                  ("unsigned", {**signed, "payload": "unsigned"}), ("scoped", {"kind": "sigv4"}),
                  ("iam", {**signed, "service": "iam"}), ("sts", {**signed, "service": "sts"})]
        cls.here.configure(policy={"default": "permit"}, grants=tuple(
            {"name": name, "origins": [cls.origin], "inject": inject} for name, inject in grants))

    @classmethod
    def request(cls, method, target, *arguments, grant="s3", status=0):
        result = cls.here.attache("request", "-f", "-X", method, cls.origin + target, "--grant", grant, *arguments)
        if result.status != status:
            raise AssertionError(f"{method} {target}: {result}")
        return result

    @staticmethod
    def key(name):
        return "/bucket/" + urllib.parse.quote(name)

    def put(self, name, content="content", grant="s3"):
        return self.request("PUT", self.key(name), "-d", content, grant=grant)

    def test_objects_of_any_name_are_put_and_got(self):
        for name in KEYS:
            with self.subTest(name):
                self.put(name, f"content of {name}")
                self.assertEqual(self.request("GET", self.key(name)).stdout, f"content of {name}")

    def test_a_path_is_signed_however_it_is_spelled(self):
        self.put("odd/a+b(1)=*'&,;:@!$~", "odd")
        for spelled in ("/bucket/odd/a+b(1)=*'&,;:@!$~", "/bucket/odd/a%2bb%281%29%3d%2a%27&,;:%40!$%7e",
                        "/bucket/./odd/x/../a%2Bb(1)=*'&,;:@!$~"):
            with self.subTest(spelled):
                self.assertEqual(self.request("GET", spelled).stdout, "odd")

    def test_a_query_is_signed_however_it_is_spelled(self):
        for name in ("list/a+b", "list/a b", "list/a/b", "list/ü"):
            self.put(name)
        for query, found in (("delimiter=/&prefix=list/a", ["list/a b", "list/a+b"]),
                             ("prefix=list%2Fa%2fb&delimiter=%7c", ["list/a/b"]),
                             ("prefix=list/a+b", ["list/a+b"]), ("prefix=list/a%2Bb", ["list/a+b"]),
                             ("prefix=list/a%20b", ["list/a b"]), ("prefix=list/%c3%bc", ["list/ü"]),
                             ("list-type=2&prefix=list/%C3%BC&encoding-type=url", ["list%2F%C3%BC"]),
                             ("marker=list/a%20b&prefix=list/a&max-keys=1", ["list/a+b"]),
                             ("max-keys=1&&prefix=list/a&", ["list/a b"]), ("prefix=(1)!$,:;@*'", [])):
            with self.subTest(query):
                answer = self.request("GET", "/bucket?" + query).stdout
                self.assertEqual(re.findall("<Key>(.*?)</Key>", answer), found)

    def test_a_query_of_a_bare_name_is_signed(self):
        for query in ("?acl", "?acl="):
            self.assertIn("AccessControlPolicy", self.request("GET", "/bucket" + query).stdout)

    def test_headers_are_signed_and_arrive(self):
        self.request("PUT", self.key("meta"), "-d", "m", "-H", "x-amz-meta-a: one   two ", "-H", "X-Amz-Meta-B: ü",
                     "-H", "Cache-Control: no-cache", "-H", "Content-Type: text/plain")
        self.assertRegex(self.request("GET", self.key("meta"), "-i").stdout, "(?i)x-amz-meta-a: one +two")

    def test_a_body_need_not_be_hashed_where_the_site_says_so(self):
        self.put("unsigned", "not hashed", grant="unsigned")
        self.assertEqual(self.request("GET", self.key("unsigned"), grant="unsigned").stdout, "not hashed")

    def test_a_file_is_streamed_with_its_chunks_signed(self):
        for size in (0, 1, 65535, 65536, 65537, 300000):
            for grant in ("s3", "unsigned"):
                with self.subTest(f"{size} {grant}"):
                    content = (f"{grant} {size} " + "0123456789abcdef" * (size // 16 + 1))[:size]
                    path = self.here.write("upload", content)
                    self.request("PUT", self.key(f"streamed-{size}"), "-T", path, grant=grant)
                    self.assertEqual(self.request("GET", self.key(f"streamed-{size}")).stdout, content)

    def test_region_and_service_may_come_with_the_credential(self):
        self.put("scoped", "scoped", grant="scoped")
        self.assertEqual(self.request("GET", self.key("scoped"), grant="scoped").stdout, "scoped")

    def test_a_wrong_secret_is_refused(self):
        self.put("kept")
        result = self.request("GET", self.key("kept"), grant="wrong", status=10)
        self.assertIn("403", result.stderr)

    def post(self, grant, **form):
        return self.request("POST", "/", "-d", urllib.parse.urlencode(form, quote_via=urllib.parse.quote), "-H",
                            "content-type: application/x-www-form-urlencoded", grant=grant).stdout

    def test_a_session_token_of_sts_is_sent_and_signed(self):
        self.put("for-the-role", "read me")
        self.post("iam", Action="CreateRole", RoleName="reader", AssumeRolePolicyDocument=TRUST)
        self.post("iam", Action="PutRolePolicy", RoleName="reader", PolicyName="p", PolicyDocument=READ)
        self.configure(sts={"token": radosgw.ACCESS_KEY, "parts": {"secret_key": radosgw.SECRET_KEY}})
        answer = self.post("sts", Action="AssumeRole", RoleArn="arn:aws:iam:::role/reader", RoleSessionName="session",
                           Version="2011-06-15")
        token, secret, session = (re.search(f"<{name}>(.*?)</{name}>", answer).group(1)
                                  for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        parts = {"secret_key": secret, "session_token": session}
        self.configure(temporary={"token": token, "parts": parts},
                       tokenless={"token": token, "parts": {"secret_key": secret}})
        self.assertEqual(self.request("GET", self.key("for-the-role"), grant="temporary").stdout, "read me")
        self.request("PUT", self.key("not-allowed"), "-d", "x", grant="temporary", status=10)
        self.request("GET", self.key("for-the-role"), grant="tokenless", status=10)


if __name__ == "__main__":
    tap.main()
