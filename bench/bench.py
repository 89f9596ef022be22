# bench/bench.py: measures the engine and the command against plain libcurl, curl and an empty program.
"""Everything that is compared runs in one go, in turns, on one core together with nginx; what is printed is the ratio
of medians. Microseconds are of this machine and this moment, ratios carry over."""
import argparse
import os
import re
import statistics
import subprocess
import sys

import alter
from rig import servers, site
from rig.authority import Authority

TOKEN = "bench-0123456789abcdef0123456789abcdef"
HEADER = f"authorization: Bearer {TOKEN}"

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; ssl_certificate {leaf[0]}; ssl_certificate_key {leaf[1]};
    location / {{ default_type application/json; return 200 '{{"items":[]}}'; }}
  }}
}}
"""


class Goal:
    """One row of the table. `must` and `aim` are upper bounds, or with `least` lower ones."""

    def __init__(self, number, what, must, aim, peer="", least=False):
        self.number, self.what, self.must, self.aim, self.peer, self.least = number, what, must, aim, peer, least
        self.measured = None
        self.note = ""

    def reaches(self, bound):
        return self.measured >= bound if self.least else self.measured <= bound

    def verdict(self):
        if self.must is None:
            return ""
        return "aim" if self.reaches(self.aim) else "must" if self.reaches(self.must) else "MISSED"


def worker(cpu, folder, *arguments):
    return subprocess.Popen(["taskset", "-c", str(cpu), *map(str, arguments)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, env=site.clean_environment(folder))


def one_round(process, count):
    """Nanoseconds for each request, and the peak of memory in KiB."""
    process.stdin.write(f"{count}\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"bench: {process.args[3]} failed")
    nanoseconds, memory, _ = map(int, line.split())
    return nanoseconds / count, memory


class Bench:
    def __init__(self, options):
        self.options = options
        self.cpu = max(os.sched_getaffinity(0))
        self.here = site.Site()
        self.programs = site.BUILD / "bench"
        self.goals = []
        folder = self.here.folder / "nginx"
        self.authority = Authority(folder / "tls")
        ports = [servers.free_port(), servers.free_port()]
        (folder / "nginx.conf").write_text(
            NGINX.format(folder=folder, http=ports[0], https=ports[1], leaf=self.authority.good()))
        self.nginx = servers.Process(
            ["taskset", "-c", self.cpu, servers.require("nginx"), "-e", folder / "error.log", "-p", folder,
             "-c", folder / "nginx.conf"], ports, folder / "nginx.out")
        self.origins = {"HTTP": f"http://127.0.0.1:{ports[0]}", "TLS": f"https://localhost:{ports[1]}"}
        self.urls = {kind: origin + "/v1/items?limit=10" for kind, origin in self.origins.items()}
        self.configure(ca_file=str(self.authority.certificate))

    def close(self):
        self.nginx.stop()
        self.here.close()

    def configure(self, **settings):
        self.here.write("mock.json", {"grants": {"bench": {"token": TOKEN}}})
        self.here.configure(
            settings=settings,
            grants=({"name": "bench", "stack": "all", "origins": list(self.origins.values())},),
            policy={"rules": (
                {"name": "items", "effect": "permit",
                 "when": {"caller": "bench", "grant": "bench", "method": ["GET"],
                          "origin": list(self.origins.values()), "path": "/v1/**"}},
                {"name": "no-admin", "effect": "forbid", "when": {"path": "/v1/admin/**"}})})

    def goal(self, number, what, measured, must=None, aim=None, peer="", note="", least=False):
        goal = Goal(number, what, must, aim, peer, least)
        goal.measured, goal.note = measured, note
        self.goals.append(goal)

    def arguments(self, name, kind):
        """The command of a measured program: "plain", or the job that is to "keep" or to "clear" what libcurl frees."""
        if name == "plain":
            return self.programs / "plain", self.urls[kind], HEADER, self.authority.certificate
        return self.programs / "job", self.here.config, self.urls[kind], name

    # ---- requests ---------------------------------------------------------------------------------------------------

    def requests(self):
        """P1, P2, P10, R2: plain libcurl and the whole job, over HTTP and TLS."""
        workers = {(kind, name): worker(self.cpu, self.here.folder, *self.arguments(name, kind))
                   for kind in self.urls for name in ("plain", "keep", "clear")}
        times = {key: [] for key in workers}
        memory = {}
        for key, process in workers.items():
            one_round(process, 500)
        for _ in range(self.options.rounds):
            for key, process in workers.items():
                nanoseconds, memory[key] = one_round(process, self.options.requests)
                times[key].append(nanoseconds / 1000)
        for process in workers.values():
            process.stdin.close()
            process.wait()
        median = {key: statistics.median(values) for key, values in times.items()}
        for number, kind, must, aim, peer in (
                ("P1", "HTTP", 1.20, 1.12, "Go x/oauth2 1.36, no policy or audit; nginx with audit 1.89"),
                ("P2", "TLS", 1.14, 1.08, "")):
            plain, job = median[kind, "plain"], median[kind, "keep"]
            self.goal(number, f"the whole job over plain libcurl, {kind}", job / plain, must, aim, peer,
                      f"{job:.1f} and {plain:.1f} us, +{job - plain:.1f}")
        self.goal("P10", "memory over a minimal libcurl program", memory["HTTP", "keep"] / memory["HTTP", "plain"],
                  1.15, 1.05, "Go 1.06, Node 10, httpx 3.8",
                  f"{memory['HTTP', 'keep'] / 1024:.1f} and {memory['HTTP', 'plain'] / 1024:.1f} MiB")
        for kind, must, aim in (("HTTP", 1.05, 1.03), ("TLS", 1.10, 1.07)):
            self.goal("R2", f"clearing what libcurl frees, over not, {kind}",
                      median[kind, "clear"] / median[kind, "keep"], must, aim, "",
                      f"{median[kind, 'clear']:.1f} and {median[kind, 'keep']:.1f} us")

    # ---- the cache --------------------------------------------------------------------------------------------------

    def lookup(self):
        """P6: finding a kept credential by its grant, in nanoseconds, by one thread and by two at once."""
        for threads, must, aim, peer in ((1, 50, 30, "aws-c-auth 33"), (2, 80, 45, "aws-c-auth 381")):
            runs = [float(subprocess.run([self.programs / "lookup", str(threads)], capture_output=True, text=True,
                                         check=True).stdout) for _ in range(3)]
            self.goal("P6", f"look-up of a kept credential, {threads} thread{'s' * (threads > 1)}, ns", min(runs), must,
                      aim, peer)

    # ---- instructions -----------------------------------------------------------------------------------------------

    def instructions_of(self, name):
        """Instructions of one request: the difference of a long and a short run, so that neither start counts."""
        collected = []
        for count in (200, 1200):
            outcome = subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.here.folder}/callgrind.out",
                 *map(str, self.arguments(name, "HTTP"))], input=f"{count}\n", capture_output=True, text=True,
                env=self.here.environment())
            found = re.search(r"Collected : (\d+)", outcome.stderr)
            if outcome.returncode or not found:
                raise SystemExit(f"bench: {name} failed under valgrind: {outcome.stderr[-2000:]}")
            collected.append(int(found.group(1)))
        return (collected[1] - collected[0]) / 1000

    def instructions(self):
        """The engine's own instructions for each request, from callgrind."""
        plain, job = self.instructions_of("plain"), self.instructions_of("keep")
        self.goal("", "instructions of the engine for each request", job - plain,
                  note=f"{job:.0f} less {plain:.0f} of plain libcurl")

    def profile(self):
        """Where the instructions of att_request go, function by function; for whoever looks for some to save."""
        outcome = self.here.folder / "profile.out"
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=att_request",
                        f"--callgrind-out-file={outcome}", *map(str, self.arguments("keep", "HTTP"))], input="1000\n",
                       capture_output=True, text=True, check=True, env=self.here.environment())
        text = subprocess.run(["callgrind_annotate", "--auto=no", outcome], capture_output=True, text=True).stdout
        print("instructions of 1000 requests, by function\n")
        for line in re.findall(r"^ *[\d,]+ \( *[\d.]+%\) .*", text, re.M)[:40]:
            print(re.sub(r"\S*/|\?\?\?:|[\[\]]", "", line).strip())

    # ---- signatures --------------------------------------------------------------------------------------------------

    def signer(self, key):
        return self.programs / "sign", site.MODULES / "sign" / "openssl.so", key

    def sign(self):
        """P7: one signature of AWS Signature Version 4, and what libcurl's own adds to a request."""
        plain = self.programs / "plain", self.urls["HTTP"], "x-amz-meta-owner: bench", self.authority.certificate
        commands = {"keep": self.signer("keep"), "derive": self.signer("derive"), "plain": plain,
                    "libcurl": (*plain, "aws:amz:eu-west-1:s3",
                                "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}
        workers = {name: worker(self.cpu, self.here.folder, *command) for name, command in commands.items()}
        times = {name: [] for name in workers}
        for round_number in range(self.options.rounds + 1):
            for name, process in workers.items():
                microseconds = one_round(process, self.options.requests)[0] / 1000
                if round_number:  # the first one warms up
                    times[name].append(microseconds)
        for process in workers.values():
            process.stdin.close()
            process.wait()
        median = {name: statistics.median(values) for name, values in times.items()}
        theirs = median["libcurl"] - median["plain"]
        self.goal("P7", "us for a SigV4 signature, key of the day kept", median["keep"], 3.0, 1.5, "aws-c-auth 7.9",
                  f"libcurl's own adds {theirs:.1f} us")
        self.goal("", "the same with the key derived each time, over that", median["derive"] / median["keep"],
                  note=f"{median['derive']:.2f} us", peer="libcurl and aws-c-auth do that")
        own, all_together = self.instructions_of_a_signature()
        self.goal("", "instructions of a signature, without libcrypto", own,
                  note=f"{all_together:.0f} with it, less the SHA extensions")

    def instructions_of_a_signature(self):
        """Those outside of libcrypto, and all of them; valgrind knows no SHA extensions."""
        outcome, count = self.here.folder / "sign.out", 1000
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=request", f"--callgrind-out-file={outcome}",
                        *map(str, self.signer("keep"))], input=f"{count}\n", capture_output=True, text=True, check=True,
                       env=self.here.environment())
        text = subprocess.run(["callgrind_annotate", "--auto=no", "--show-percs=no", "--threshold=100", outcome],
                              capture_output=True, text=True, check=True).stdout
        rows = re.findall(r"^ *([\d,]+)  \S.*\[(.*)\]$", text, re.M)
        counts = [(int(number.replace(",", "")), module) for number, module in rows]
        return (sum(number for number, module in counts if "libcrypto" not in module) / count,
                sum(number for number, _ in counts) / count)

    # ---- starts -----------------------------------------------------------------------------------------------------

    def starts(self, commands):
        """Medians in milliseconds, in the order of the commands."""
        text = "".join("\t".join(map(str, command)) + "\n" for command in commands)
        environment = self.here.environment()
        environment.pop("LD_LIBRARY_PATH", None)  # the command knows where its library is installed
        outcome = subprocess.run(["taskset", "-c", str(self.cpu), self.programs / "starts", str(self.options.starts)],
                                 input=text, stdout=subprocess.PIPE, text=True, env=environment)
        if outcome.returncode:
            raise SystemExit("bench: a command failed; run it by hand")
        return [int(line) / 1e6 for line in outcome.stdout.split()]

    def command(self, *arguments):
        return [site.COMMAND, "--config", self.here.config, *arguments]

    def commands(self):
        """P8: commands that send nothing, against an empty program."""
        named = {"explain": self.command("explain", "bench", "GET", self.urls["HTTP"], "--caller", "bench"),
                 "check": self.command("check"), "modules": self.command("modules"),
                 "--help": [site.COMMAND, "--help"]}
        self.configure()  # as most sites are: the system's certificates
        empty, *measured = self.starts([[self.programs / "empty"], *named.values()])
        self.configure(ca_file=str(self.authority.certificate))
        for name, milliseconds in zip(named, measured):
            self.goal("P8", f"attache {name} over an empty program", milliseconds / empty, 2.0, 1.5,
                      "oidc-token 1.8, and it needs a daemon", f"{milliseconds:.2f} and {empty:.2f} ms")

    def request_command(self):
        """P9: one request from the command line, against curl."""
        curl = [servers.require("curl"), "-s", "-H", HEADER]
        for kind, url in self.urls.items():
            trust = ["--cacert", self.authority.certificate] if kind == "TLS" else []
            theirs, ours = self.starts([[*curl, *trust, url], self.command("request", url, "--grant", "bench", "-s",
                                                                           "--caller", "bench")])
            self.goal("P9", f"attache request over curl, {kind}", ours / theirs, 1.15, 1.05,
                      "oidc-token and curl 1.45", f"{ours:.2f} and {theirs:.2f} ms")

    # ---- table ------------------------------------------------------------------------------------------------------

    def table(self):
        """Prints the goals; returns how many were missed."""
        print(f"{'goal':5}{'what':51}{'must':>6}{'aim':>6}{'measured':>10}  {'met':8}{'':34}today's best peer")
        for goal in self.goals:
            bounds = ["" if bound is None else f"{bound:.2f}" for bound in (goal.must, goal.aim)]
            measured = f"{goal.measured:.0f}" if goal.measured > 100 else f"{goal.measured:.3f}"
            print(f"{goal.number:5}{goal.what:51}{bounds[0]:>6}{bounds[1]:>6}{measured:>10}  {goal.verdict():8}"
                  f"{goal.note:34}{goal.peer}".rstrip())
        return sum(goal.verdict() == "MISSED" for goal in self.goals)


PARTS = {"requests": Bench.requests, "lookup": Bench.lookup, "sign": Bench.sign, "alter": alter.measure,
         "instructions": Bench.instructions, "commands": Bench.commands, "request-command": Bench.request_command,
         "profile": Bench.profile}
ALL = [name for name in PARTS if name != "profile"]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT",
                        help=f"of {', '.join(PARTS)}; all but profile when none is named")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (7)")
    parser.add_argument("--requests", type=int, default=20000, help="requests in each round (20000)")
    parser.add_argument("--starts", type=int, default=401, help="starts of each command (401)")
    options = parser.parse_args()
    if unknown := set(options.what) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    bench = Bench(options)
    try:
        for name in options.what or ALL:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            PARTS[name](bench)
        missed = bench.table() if bench.goals else 0
    finally:
        bench.close()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
