# bench/alter.py: a request with a credential of the Alter backend, against the pattern of the Alter SDK in httpx.
"""Compares processor time, of all threads, since most of either's wall time is waiting. The backend is nginx with ready
answers, so that it costs both the same. What is told about each request afterwards is counted there, and all of it has
to have arrived."""
import pathlib
import statistics
import subprocess
import sys

from rig import servers, site

KEY = "alter_rk_bench0123456789abcdef_0000"
PAUSE_EVERY = 20  # requests, for what runs in the background; sleeping costs no processor time

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  log_format one "$http_user_agent";
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location = /sdk/token {{
      return 200 '{{"access_token":"bench-0123456789abcdef0123456789abcdef","token_type":"Bearer","expires_in":3600,
"expires_at":null,"scopes":["read"],"grant_id":"bench","provider_id":"google","scope_mismatch":false,
"injection_header":"Authorization","injection_format":"Bearer {{token}}","additional_credentials":null,
"additional_injections":null}}';
    }}
    location = /sdk/audit/api-call {{ access_log {folder}/told.log one; return 200 '{{}}'; }}
    location / {{ return 200 '{{"items":[]}}'; }}
  }}
}}
"""


def configure(here, origin, cache, audit):
    here.write("alter.key", KEY)
    here.configure(
        providers=({"name": "alter", "module": "alter_connect.so",
                    "options": {"api_key": {"file": str(here.folder / "alter.key")}, "base_url": origin,
                                "cache": cache, "audit": audit}},),
        stacks=({"name": "all", "match": {"default": True}, "origins": [origin],
                 "fetch": ({"use": "alter", "control": "required"},)},),
        policy={"default": "permit"})
    return here.folder / "attache.conf"


def told(folder):
    """How many requests each program told the backend of."""
    lines = (folder / "told.log").read_text().splitlines()
    theirs = sum("httpx" in line for line in lines)
    return {"attache": len(lines) - theirs, "httpx": theirs}


class Rounds:
    """A program that serves rounds, and the processor time that each request took it."""

    def __init__(self, bench, here, count, *command):
        self.count, self.microseconds = count, []
        self.process = subprocess.Popen(["taskset", "-c", str(bench.cpu), *map(str, command)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=here.environment())

    def run(self):
        self.process.stdin.write(f"{self.count}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: {self.process.args[3]} failed")
        self.microseconds.append(int(line.split()[2]) / self.count / 1000)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def median(self):
        return statistics.median(self.microseconds[1:])  # the first one warms up


def measure(bench):
    """P3: processor time of the SDK's pattern over ours: with a token fetched each time, with one that is kept, and
    with the site's own audit as the only one."""
    folder = bench.here.folder / "alter"
    folder.mkdir()
    port = servers.free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    nginx = servers.Process(["taskset", "-c", bench.cpu, servers.require("nginx"), "-e", folder / "error.log",
                             "-p", folder, "-c", folder / "nginx.conf"], [port], folder / "nginx.out")
    origin = f"http://127.0.0.1:{port}"
    url, count = f"{origin}/v1/items", max(bench.options.requests // 20, PAUSE_EVERY)
    with site.Site() as fetched, site.Site() as is_told, site.Site() as kept:
        job = bench.programs / "job"
        programs = {
            "httpx": Rounds(bench, fetched, count // 5, sys.executable,
                            pathlib.Path(__file__).parent / "alter_sdk.py", origin, url),
            "fetched": Rounds(bench, fetched, count, job, configure(fetched, origin, "off", "full"), url, "keep",
                              PAUSE_EVERY),
            "told": Rounds(bench, is_told, count, job, configure(is_told, origin, "on", "full"), url, "keep",
                           PAUSE_EVERY),
            "kept": Rounds(bench, kept, count, job, configure(kept, origin, "on", "off"), url, "keep")}
        try:
            for _ in range(bench.options.rounds + 1):
                for program in programs.values():
                    program.run()
        finally:
            for program in programs.values():
                program.close()
            nginx.stop()
    arrived, rounds = told(folder), bench.options.rounds + 1
    sent = {"attache": rounds * (programs["fetched"].count + programs["told"].count),
            "httpx": rounds * programs["httpx"].count}
    theirs = programs["httpx"].median()
    for name, what, factor in (("fetched", "token fetched, backend told", 30),
                               ("told", "token kept, backend told", None), ("kept", "token kept", 100)):
        ours = programs[name].median()
        bench.goal("P3", f"the SDK's pattern in httpx over it, {what}", theirs / ours, factor, factor, "",
                   f"{theirs:.0f} and {ours:.1f} us of processor", least=True)
    bench.goal("", "requests that the backend was told of, share", arrived["attache"] / sent["attache"],
               note=f"{arrived['attache']} of {sent['attache']}; httpx {arrived['httpx']} of {sent['httpx']}")
