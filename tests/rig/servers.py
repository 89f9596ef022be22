# tests/rig/servers.py: real servers on loopback for the tests, started in the foreground and ended by their pid.
import json
import pathlib
import random
import shutil
import socket
import subprocess
import urllib.request
import time
import unittest

from rig import site
from rig.authority import Authority

TOOLS = "/usr/sbin:/usr/bin:/sbin:/bin"

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ application/json json; text/plain txt; }} default_type application/octet-stream;
  client_max_body_size 0; keepalive_requests 1000000; keepalive_timeout 60s; lingering_close off;
  log_format test escape=json '{{"connection":$connection,"connection_requests":$connection_requests,'
    '"port":$server_port,"protocol":"$server_protocol","method":"$request_method","uri":"$request_uri",'
    '"host":"$http_host","status":$status,"request_length":$request_length,"bytes_sent":$bytes_sent,'
    '"content_type":"$content_type","content_length":"$content_length","authorization":"$http_authorization",'
    '"x_api_key":"$http_x_api_key","cookie":"$http_cookie","user_agent":"$http_user_agent",'
    '"proxy_authorization":"$http_proxy_authorization","referer":"$http_referer"}}';
  access_log {folder}/access.log test;
  limit_req_zone $binary_remote_addr zone=pace:1m rate=2r/s; limit_req_status 429;
  {servers}
}}
"""

SERVER = """
  server {{
    listen 127.0.0.1:{port}{tls};
    {certificates}
    root {folder}/www;
    location / {{ return 200 "ok\\n"; }}
    location /file/ {{ alias {folder}/www/; }}
    location = /slow {{ limit_rate 10; try_files /slow.txt =404; }}
    location = /json {{ default_type application/json; return 200 '{{"method":"$request_method","query":"$args"}}'; }}
    location = /echo-authorization {{ return 200 "$http_authorization"; }}
    location = /protocol {{ return 200 "$server_protocol"; }}
    location = /limited {{ limit_req zone=pace; try_files /ok.txt =404; }}
    location = /auth {{
      if ($http_authorization != "Bearer good") {{
        add_header WWW-Authenticate 'Bearer error="invalid_token"' always; return 401; }}
      return 200 "authorised\\n"; }}
    location = /scope {{ add_header WWW-Authenticate 'Bearer error="insufficient_scope", scope="write"' always;
      return 403; }}
    location = /429 {{ add_header Retry-After 2 always; return 429; }}
    location = /503 {{ add_header Retry-After 2 always; return 503; }}
    location = /404 {{ return 404 "nothing here\\n"; }}
    location = /500 {{ return 500 "broken\\n"; }}
    location = /204 {{ return 204; }}
    location = /cookie {{ add_header Set-Cookie "session=abc; Path=/"; return 200 "ok\\n"; }}
    location = /redirect/301 {{ return 301 $arg_to; }}
    location = /redirect/302 {{ return 302 $arg_to; }}
    location = /redirect/303 {{ return 303 $arg_to; }}
    location = /redirect/307 {{ return 307 $arg_to; }}
    location = /redirect/308 {{ return 308 $arg_to; }}
    location = /drop {{ return 444; }}
  }}
"""


def free_port():
    """A port below the range of outgoing connections, so that none of them can take it before the server does."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def require(program):
    """The path of a program; a test that needs one which is not installed is skipped."""
    path = shutil.which(program, path=TOOLS)
    if not path:
        raise unittest.SkipTest(f"{program} is not installed")
    return path


class Process:
    """A server process: ready when every port takes connections, ended by stop()."""

    def __init__(self, arguments, ports, log, cwd=None, env=None):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd=cwd, env=env, start_new_session=True)
        self.pid = self.process.pid
        try:
            self.wait_for(ports)
        except BaseException:
            self.stop()
            raise

    def wait_for(self, ports, seconds=10):
        deadline = time.monotonic() + seconds
        for port in ports:
            while True:
                if self.process.poll() is not None:
                    raise OSError(f"{self.process.args[0]} ended: {self.log.read_text(errors='replace')[-2000:]}")
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Nginx:
    """nginx with one plain server, another plain one (a second origin), and one TLS server for each certificate.

    Attributes: `http`, `other`, `https`, `wrong_name`, `expired`, `self_signed` are origins, "http://127.0.0.1:PORT"
    or "https://localhost:PORT"; `authority` has the CA; `www` is served under /file/."""

    KINDS = ("good", "wrong_name", "expired", "self_signed")

    def __init__(self, folder, tls=True, extra=""):
        program = require("nginx")
        self.folder = pathlib.Path(folder).resolve()
        self.www = self.folder / "www"
        self.www.mkdir(parents=True, exist_ok=True)
        (self.www / "ok.txt").write_text("ok\n")
        (self.www / "slow.txt").write_text("slow\n" * 200)
        self.authority = Authority(self.folder / "tls") if tls else None
        self.extra = extra
        for attempts_left in reversed(range(5)):
            ports = self.configure()
            try:
                self.process = Process([program, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf",
                                        "-p", self.folder], ports, self.folder / "nginx.out")
                break
            except OSError:
                if not attempts_left:
                    raise

    def configure(self):
        ports = [free_port(), free_port()]
        servers = [self.server(port) for port in ports]
        self.http, self.other = (f"http://127.0.0.1:{port}" for port in ports)
        for kind in self.KINDS if self.authority else ():
            port = free_port()
            ports.append(port)
            servers.append(self.server(port, getattr(self.authority, kind)()))
            setattr(self, "https" if kind == "good" else kind, f"https://localhost:{port}")
        text = NGINX.format(folder=self.folder, servers="".join(servers) + self.extra)
        (self.folder / "nginx.conf").write_text(text)
        return ports

    def server(self, port, leaf=None):
        certificates = "ssl_certificate {}; ssl_certificate_key {};".format(*leaf) if leaf else ""
        return SERVER.format(folder=self.folder, port=port, tls=" ssl http2" if leaf else "", certificates=certificates)

    def logged(self):
        log = self.folder / "access.log"
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []

    def requests(self, count):
        """What was logged, one dict for each request, the connection and its count of requests among it. nginx writes
        after it has answered, so that `count` of them are waited for."""
        end = time.monotonic() + 5
        while len(self.logged()) < count and time.monotonic() < end:
            time.sleep(0.005)
        return self.logged()

    def forget(self):
        """Empties the log, once all that was asked before is in it; nginx appends, so it goes on from there."""
        end = time.monotonic() + 5
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        direct.open(self.http + "/?settled", timeout=5).close()
        while not any(entry["uri"].endswith("?settled") for entry in self.logged()) and time.monotonic() < end:
            time.sleep(0.005)
        with (self.folder / "access.log").open("w"):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.stop()


class Upstream:
    """The project's own upstream (tests/rig/upstream.c): `origin`, and requests() with masked headers."""

    def __init__(self, folder):
        program = site.BUILD / "tests" / "rig" / "upstream"
        if not program.exists():
            raise unittest.SkipTest("the upstream is not built, since libmicrohttpd is not installed")
        self.log = pathlib.Path(folder) / "upstream.jsonl"
        self.process = subprocess.Popen([str(program), "--log", str(self.log)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("port "):
            self.stop()
            raise OSError("the upstream did not start")
        self.origin = f"http://127.0.0.1:{int(line.split()[1])}"

    def requests(self):
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()] if self.log.exists() else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """The upstream ends when its standard input does."""
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
