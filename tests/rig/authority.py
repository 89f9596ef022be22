# tests/rig/authority.py: a certificate authority for tests, and leaf certificates that are good, wrong or expired.
import pathlib
import subprocess

CONFIGURATION = """
[ca]
default_ca = test
[test]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
[anything]
commonName = supplied
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    outcome = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if outcome.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {outcome.stderr}")


class Authority:
    """`certificate` is what a client trusts. leaf() gives (certificate, key) files, made once for each name."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.crt"
        self.key = self.folder / "ca.key"
        self.configuration = self.folder / "ca.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "index.txt").write_text("")
        openssl("req", "-x509", *KEY, "-days", 30, "-subj", "/CN=Attache test CA", "-keyout", self.key,
                "-out", self.certificate, "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def leaf(self, name, names="DNS:localhost,IP:127.0.0.1", usage="serverAuth", first_day=None, last_day=None):
        """`first_day` and `last_day` are YYYYMMDD; without them the certificate is good now."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if certificate.exists():
            return certificate, key
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
        openssl("req", *KEY, "-subj", f"/CN={name}.test", "-keyout", key, "-out", request)
        dates = ["-startdate", f"{first_day}000000Z", "-enddate", f"{last_day}000000Z"] if first_day else ["-days", 10]
        openssl("ca", "-batch", "-notext", "-config", self.configuration, "-cert", self.certificate,
                "-keyfile", self.key, "-in", request, "-out", certificate, "-extfile", extensions, *dates)
        return certificate, key

    def good(self):
        return self.leaf("good")

    def wrong_name(self):
        return self.leaf("wrong-name", names="DNS:other.test")

    def expired(self):
        return self.leaf("expired", first_day="20200101", last_day="20200201")

    def self_signed(self):
        certificate, key = self.folder / "self-signed.crt", self.folder / "self-signed.key"
        if not certificate.exists():
            openssl("req", "-x509", *KEY, "-days", 10, "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return certificate, key
