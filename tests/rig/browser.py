# tests/rig/browser.py: the headless Chromium of tests/backend/browser.mjs, and the Node.js and packages that it needs.
import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import time
import unittest

from rig import site
from rig.servers import TOOLS, require

BACKEND = site.SOURCE / "tests" / "backend"
PACKAGES = pathlib.Path(os.environ.get("ATT_NODE", site.SOURCE / "build" / "node"))
PICTURES = site.BUILD / "pictures"


def node():
    """The path of Node.js 20 or newer: that of the npm packages, else that of the system."""
    own = sorted(PACKAGES.glob("node_modules/node-linux-*/bin/node"))
    path = str(own[0]) if own else require("node")
    version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < 20:
        raise unittest.SkipTest(f"Node.js 20 is needed, not {version.strip()}; ./dev test installs it")
    return path


def environment():
    return {"PATH": TOOLS, "LC_ALL": "C.UTF-8", "ATT_NODE": str(PACKAGES), "HOME": str(site.BUILD),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp")}


def need():
    """Skips the test where there is no browser to be had."""
    require("chromium")
    if not (PACKAGES / "node_modules").exists():
        raise unittest.SkipTest(f"{PACKAGES} has no npm packages; ./dev test installs them")
    return node()


class Opener:
    """A program for the variable BROWSER, `program`: it opens the file that it is given and takes these steps there.
    What it was given is in `opened` of the folder. wait() gives what was seen; stop() ends what still runs."""

    def __init__(self, folder, *steps):
        self.folder = pathlib.Path(folder)
        self.program = self.folder / "open-browser"
        for name in ("opened", "pid", "seen"):
            (self.folder / name).unlink(missing_ok=True)
        wish = json.dumps({"url": "file://FILE", "steps": steps, "shots": str(folder)})
        words = " ".join(shlex.quote(f"{name}={value}") for name, value in environment().items())
        self.program.write_text(f"""#!/bin/sh
cd {shlex.quote(str(folder))}
printf '%s\\n' "$@" >opened
printf '%s\\n' {shlex.quote(wish)} | sed "s#FILE#$1#" |
  env -i {words} {shlex.quote(need())} {shlex.quote(str(BACKEND / "browser.mjs"))} >seeing 2>&1 &
echo $! >pid
wait $!
mv seeing seen
""")
        self.program.chmod(0o700)

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while not (self.folder / "seen").exists():
            if time.monotonic() > end:
                raise AssertionError("the browser was not opened, or has not ended")
            time.sleep(0.02)
        text = (self.folder / "seen").read_text("utf-8")
        if not text.startswith("{") or "failed" in json.loads(text):
            raise AssertionError(text)
        return json.loads(text)

    def stop(self):
        if (self.folder / "pid").exists() and not (self.folder / "seen").exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int((self.folder / "pid").read_text()), signal.SIGTERM)


class Browser:
    """A headless Chromium, ended by stop()."""

    def __init__(self):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([need(), BACKEND / "browser.mjs"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment())

    def visit(self, url=None, *steps, **more):
        """What is seen after these steps: see browser.mjs. Fails where a step cannot be done."""
        wish = {"url": url, "steps": steps, "shots": str(PICTURES), **more}
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise OSError(f"browser.mjs ended: {self.log.read()}")
        seen = json.loads(line)
        if "failed" in seen:
            raise AssertionError(seen["failed"])
        return seen

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()
