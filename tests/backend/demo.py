# tests/backend/demo.py: ./dev demo --connect: a user connects an account, and the grant is used, renewed and revoked.
"""Everything is on this machine: the backend for tests, an OpenID provider, an API that asks it about each token, and a
headless Chromium in the place of the user. With --by-hand the user is you."""
import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import unittest

from rig import browser, site
from rig.live import Live

EVENTS = "/calendar/v3/calendars/primary/events"
CONFIGURATION = """schema = 1;
settings  = {{ state_dir = "{state}"; }};
providers = ( {{ name = "alter"; module = "alter_connect.so";
                options = {{ api_key = {{ file = "{key}"; }};
                            base_url = "{base}"; }}; }} );
stacks    = ( {{ name = "calendars"; match = {{ default = true; }};
                origins = [ "{upstream}" ];
                fetch = ( {{ use = "alter"; control = "required"; }} ); }} );
policy    = {{ default = "permit"; }};
audit     = ( {{ module = "audit_file.so"; control = "required";
                options = {{ path = "{audit}"; }}; }} );
"""
SIGN_IN = (["press", "Continue to Google"], ["press", "Alice Adams"])
CONSENT = (*SIGN_IN, ["press", "Allow"], ["see", "Connected"])
REFUSE = (*SIGN_IN, ["press", "Cancel"], ["see", "Not connected"])
TOKEN_SECONDS = 3
# What finds the browser of whoever runs this.
DESKTOP = {name: os.environ.get(name) for name in (
    "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "HOME")}


class Demo:
    def __init__(self, here, live, by_hand):
        self.here, self.live, self.by_hand = here, live, by_hand
        self.step = 0
        self.events = live.upstream + EVENTS

    def title(self, text):
        self.step += 1
        print(f"\n{self.step}. {text}", flush=True)

    def say(self, text):
        print(f"   {text}", flush=True)

    def run(self, *arguments, expected=0, env=None, stderr=subprocess.PIPE):
        """Runs a command, and shows it with its output and its exit status where that is not 0."""
        self.say("$ attache " + " ".join(shlex.quote(argument) for argument in arguments))
        process = subprocess.Popen([site.COMMAND, "--config", self.here.config, *arguments], text=True,
                                   stdout=subprocess.PIPE, stderr=stderr, stdin=subprocess.DEVNULL,
                                   cwd=self.here.folder, env=self.here.environment(env))
        try:
            outputs = process.communicate(timeout=330)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        for output in outputs:
            for line in (output or "").splitlines():
                self.say(line)
        if process.returncode != expected:
            raise AssertionError(f"attache {arguments[0]} ended with status {process.returncode}, not {expected}")
        if expected:
            self.say(f"exit status {expected}")

    def connect(self, *arguments, steps, expected=0):
        clicks = ", ".join(f'"{label}"' for verb, label in steps if verb == "press")
        command = ["connect", "--provider", "google", *arguments]
        if self.by_hand:
            self.say(f"(press {clicks})")
            # What a human has to read at once, such as an address to open, is not kept back.
            self.run(*command, expected=expected, env=DESKTOP, stderr=None)
        else:
            self.say(f"(in the place of a user, a headless Chromium presses {clicks})")
            opener = browser.Opener(self.here.folder, *steps)
            try:
                self.run(*command, expected=expected, env={"BROWSER": opener.program})
                opener.wait()
            finally:
                opener.stop()

    def request(self, grant, *arguments, expected=0):
        self.run("request", self.events, "--grant", grant, *arguments, expected=expected)

    def only_grant(self):
        """The grant that the steps after connecting are about."""
        shown = site.run([site.COMMAND, "--config", self.here.config, "grants", "--status", "active", "--json"],
                         env=self.here.environment(), cwd=self.here.folder)
        (grant,) = json.loads(shown.stdout)["grants"]
        return grant["grant"], grant["account"]

    def tell(self):
        self.title("A site whose grants are kept by the Alter backend: attache.conf")
        for line in self.here.config.read_text().splitlines():
            self.say(line)
        self.run("check")
        self.title("A user connects an account: a page to choose on, then the provider's own")
        self.connect("--max-ttl", "7d", "--default-ttl", "1d", steps=CONSENT)
        grant, account = self.only_grant()
        self.title("The application uses the grant, and never sees its token")
        self.request(grant, "--reason", "what is on today")
        self.run("request", self.events, "--provider", "google", "--account", account)
        self.title(f"The provider's tokens live {TOKEN_SECONDS} seconds here: the backend renews them")
        time.sleep(TOKEN_SECONDS)
        self.request(grant)
        self.say(f"(renewed at the provider: {self.live.grant(grant)['refreshed']})")
        self.title("What the user did not consent to, the API refuses")
        self.request(grant, "--json", '{"summary": "Lunch"}', expected=3)
        self.title("A user may refuse")
        self.connect(steps=REFUSE, expected=7)
        self.title("A grant is revoked, and of no use any more")
        self.run("grants", "--provider", "google")
        self.run("revoke", grant, "--reason", "end of the demo")
        self.request(grant, expected=3)
        self.title("What the audit file has of all that")
        for record in self.here.records():
            if record.get("phase") == "result":
                self.say(json.dumps({name: record[name] for name in ("time", "event", "grant", "outcome")
                                     if record.get(name) is not None}))


def main():
    parser = argparse.ArgumentParser(prog="./dev demo --connect", description=__doc__)
    parser.add_argument("--by-hand", action="store_true", help="connect in your own browser: consent, then refuse")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with site.Site() as here, Live(here.folder) as live:
            live.live(seconds=TOKEN_SECONDS, margin=1)
            key = here.write("alter.key", live.key)
            here.configure(CONFIGURATION.format(key=key, base=live.base, upstream=live.upstream, audit=here.audit,
                                                state=here.folder / "state"))
            Demo(here, live, options.by_hand).tell()
    except KeyboardInterrupt:
        sys.exit("demo: it was interrupted; start it again")
    except (OSError, AssertionError, unittest.SkipTest) as error:
        sys.exit(f"demo: {error}")


if __name__ == "__main__":
    main()
