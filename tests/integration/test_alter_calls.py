# tests/integration/test_alter_calls.py: a hundred thousand random calls of alter_connect.so, of which a strict backend
# rejects none, and every one after the change of one bit. ATT_CALLS says how many.
import concurrent.futures
import json
import os
import tempfile
import unittest

from rig import alter, raw, site, tap

CALLS = site.BUILD / "tests" / "rig" / "calls"
FEWEST = int(os.environ.get("ATT_CALLS", 100000 if site.SANITIZER == "no" else 5000))
GRANTS = [{"id": f"grant-{number}", "provider": f"provider-{number % 10}",
           "account": f"account-{number % 10}@example.com",
           **({"user": ("alice", "bob")[number % 2]} if number % 4 == 0 else {}),
           "credential": {"token": f"token-of-grant-{number}"}} for number in range(100)]
EXPECTED = {"ATT_OK", "ATT_NOT_FOUND", "ATT_AMBIGUOUS"}
ROUTES = {"token", "grants", "revoke", "session", "audit"}


class Calls(unittest.TestCase):
    seconds = 600
    maxDiff = None

    def run_calls(self, profile, count, seed):
        """Both ends of a run with one profile: what the program says, and what the backend saw."""
        folder = tempfile.TemporaryDirectory(prefix="attache-test-")
        self.addCleanup(folder.cleanup)
        with alter.Backend(folder.name, profile) as backend, site.Site() as here, \
                raw.RawServer([raw.answer(200)]) as upstream:
            backend.reset(*GRANTS)
            backend.control("flips", {})
            alter.configure(here, backend, upstream.origin)
            outcome = here.program(CALLS, here.config, upstream.origin, count, seed, timeout=500)
            seen = backend.seen()
            self.assertEqual((outcome.status, outcome.stderr, seen["rejects"][:3]), (0, "", []),
                             (profile, seed, seen["accepted"], seen["rejected"]))
            return json.loads(outcome.stdout), seen

    def test_the_backend_rejects_no_call_and_each_of_them_after_the_change_of_one_bit(self):
        seed = int.from_bytes(os.urandom(4), "big")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = [pool.submit(self.run_calls, profile, FEWEST // 2, seed) for profile in alter.PROFILES]
            results = [run.result() for run in runs]
        print(f"# seed {seed}", [(ends, seen["routes"], {**seen["flips"], "survivors": 0}) for ends, seen in results])
        for ends, seen in results:
            self.assertEqual((set(ends), seen["routes"].keys()), (EXPECTED, ROUTES), seed)
            self.assertEqual((seen["flips"]["survivors"], seen["flips"]["calls"]), ([], seen["accepted"]), seed)
            self.assertGreaterEqual(seen["flips"]["tried"], seen["accepted"])
            self.assertGreaterEqual(seen["flips"]["signatures"], seen["accepted"] // 100)
        self.assertGreaterEqual(sum(seen["accepted"] for _, seen in results), FEWEST)


if __name__ == "__main__":
    tap.main()
