# tests/integration/test_examples.py: the examples are built and run as their reader would,
# from where they are installed.
import os
import pathlib
import shlex
import shutil
import unittest

from rig import raw, site, tap

EXAMPLES = site.PREFIX / "share" / "doc" / "attache" / "examples"
COMPILER = shlex.split(os.environ.get("CC", "cc"))
SANITIZE = [] if site.SANITIZER == "no" else [f"-fsanitize={site.SANITIZER}"]


class Examples(unittest.TestCase):
    def setUp(self):
        self.site = site.Site()
        self.addCleanup(self.site.close)
        self.packages()

    def packages(self):
        """attache.pc with the prefix of the staged tree, since staging moved the files but not what is in them."""
        lines = (site.LIBDIR / "pkgconfig" / "attache.pc").read_text().splitlines()
        self.site.write("packages/attache.pc", "\n".join(
            f"prefix={site.PREFIX}" if line.startswith("prefix=") else line for line in lines) + "\n")
        self.environment = {"PKG_CONFIG_PATH": self.site.folder / "packages",
                            "CC": shlex.join([*COMPILER, *SANITIZE]), "TMPDIR": self.site.folder}

    def run_in(self, folder, *arguments, **environment):
        return site.run(arguments, cwd=folder, env=self.site.environment({**self.environment, **environment}))

    def flags(self):
        result = self.run_in(self.site.folder, "pkg-config", "--cflags", "--libs", "attache")
        self.assertEqual(result.status, 0, result.stderr)
        return shlex.split(result.stdout)

    def copy(self, name):
        return pathlib.Path(shutil.copytree(EXAMPLES / name, self.site.folder / name))

    def test_the_request_of_the_manual_is_made_and_says_what_went_wrong(self):
        program = self.site.folder / "request"
        built = self.run_in(self.site.folder, *COMPILER, *SANITIZE, "-std=c11", "-Wall", "-Wextra", "-Werror", "-o",
                            program, EXAMPLES / "request.c", *self.flags())
        self.assertEqual(built.status, 0, built.stderr)
        answers = self.site.write("answers.jsonl", '{"url":"https://www.googleapis.com/calendar/v3/calendars/primary/'
                                                   'events?maxResults=10","status":200,"body":"two events"}\n')
        self.site.write("mock.json", {"grants": {"calendar": {"token": "t"}}})
        config = self.site.configure(
            settings={"state_dir": str(self.site.folder / "state"), "replay": str(answers)},
            grants=({"name": "calendar", "stack": "all", "origins": ["https://www.googleapis.com"]},),
            policy={"rules": ({"name": "digest", "effect": "permit", "when": {"caller": "email-assistant-v2"}},)})
        good = self.run_in(self.site.folder, program, ATTACHE_CONFIG=config)
        self.assertEqual((good.status, good.stdout), (0, "two events"), good.stderr)
        self.site.write("mock.json",
                        {"grants": {"calendar": {"result": "reauth", "say": "the consent was taken back"}}})
        bad = self.run_in(self.site.folder, program, ATTACHE_CONFIG=config)
        self.assertEqual((bad.status, bad.stdout), (3, ""), bad.stderr)
        self.assertIn("the consent was taken back", bad.stderr)

    def test_the_module_is_built_by_its_own_makefile_and_used_with_no_rebuild(self):
        folder = self.copy("module")
        made = self.run_in(folder, "make", "install", f"DESTDIR={self.site.folder / 'installed'}",
                           CC=shlex.join(COMPILER))
        self.assertEqual(made.status, 0, made.stderr)
        modules = self.site.folder / "modules"
        modules.mkdir()
        shutil.copy(site.MODULES / "audit_file.so", modules)
        installed = list((self.site.folder / "installed").rglob("file_token.so"))
        self.assertEqual(len(installed), 1)
        shutil.copy(installed[0], modules)
        token = self.site.write("token", "first-token\n")
        with raw.RawServer([raw.answer(200, "ok")]) as upstream:
            self.site.configure(
                settings={"state_dir": str(self.site.folder / "state"), "module_dir": str(modules)},
                providers=({"name": "disk", "module": "file_token.so", "options": {"path": str(token)}},),
                stacks=({"name": "all", "fetch": ({"use": "disk", "control": "required"},)},),
                grants=({"name": "g", "stack": "all", "origins": [upstream.origin]},), policy={"default": "permit"})
            for expected in ("first-token", "second-token"):
                self.site.write("token", expected + "\n")
                result = self.site.attache("request", upstream.origin + "/", "--grant", "g")
                self.assertEqual((result.status, result.stdout), (0, "ok"), result.stderr)
                self.assertIn(f"authorization: bearer {expected}\r\n".encode(), upstream.requests[-1].lower())
            for content in ("", "x" * 5000, "two\nlines\n"):
                self.site.write("token", content)
                result = self.site.attache("request", upstream.origin + "/", "--grant", "g")
                self.assertNotEqual(result.status, 0)
                self.assertIn("is no token of one line", result.stderr)
            self.assertEqual(len(upstream.requests), 2)

    def test_an_application_is_tested_without_network(self):
        folder = self.copy("application-test")
        result = self.run_in(folder, "./test.sh")
        self.assertEqual(result.status, 0, result.stdout + result.stderr)
        self.assertEqual(result.stdout.count("\nok ") + result.stdout.startswith("ok "), 10, result.stdout)


if __name__ == "__main__":
    tap.main()
