# tests/rig/browser.py: the headless Chromium of tests/backend/browser.mjs, and the Node.js and packages that it needs.
import json
import os
import pathlib
import re
import subprocess
import tempfile
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
