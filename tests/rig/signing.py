# tests/rig/signing.py: the signer, driven by its rig program.
import json
import subprocess
import unittest

from rig import site


class Signer:
    """A running tests/rig/signer: ask() for one signature, ask_all() for many."""

    def __init__(self):
        program = site.BUILD / "tests" / "rig" / "signer"
        if not program.exists():
            raise unittest.SkipTest("tests/rig/signer is not built")
        self.arguments = [str(program), str(site.MODULES / "sign" / "openssl.so")]

    def run(self, lines, env=None):
        return subprocess.run(self.arguments, input=lines, capture_output=True, text=True, timeout=60,
                              env=site.clean_environment("/nonexistent", env))

    def ask_all(self, requests):
        outcome = self.run("".join(json.dumps(request) + "\n" for request in requests))
        if outcome.returncode or outcome.stderr:
            raise AssertionError(f"the signer ended with {outcome.returncode}: {outcome.stderr}")
        return [json.loads(line) for line in outcome.stdout.splitlines()]

    def ask(self, **request):
        return self.ask_all([request])[0]

    def headers(self, **request):
        """The header lines of a signature, as a dict."""
        answer = self.ask(**request)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return dict(line.split(": ", 1) for line in answer["lines"])
