# tests/style/check.py: the house rules that a program can see. Needs no git, so it holds for an unpacked tarball too.
import ast
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from rig import tap

SOURCE = pathlib.Path(os.environ.get("ATT_SOURCE", ".")).resolve()
BUILD = os.environ.get("ATT_BUILD")

NOT_OURS = re.compile(r"(\.git|autom4te\.cache|build-aux|m4|node_modules|build.*|_.*|\.deps|\.libs|stage|__pycache__)$")
GENERATED = {"configure", "aclocal.m4", "config.h", "config.h.in", "Makefile.in", "Makefile", "libtool"}
SUFFIXES = set(".c .h .py .mjs .sh .mk .am .ac .md .in .map .conf .json .js .css .html .1 .3 .5 .7".split())
SCRIPTS = {"dev", ".ci/run"}
NOT_IN_TARBALL = {".gitignore"}

FILE_LINES = 400
PUBLIC_HEADER_LINES = 800  # each is one manual
FUNCTION_LINES = 60
COLUMNS = 120

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|system|popen|getenv)\s*\(")
BANNED_IN_LIBRARY = re.compile(r"\b(perror|exit|setenv|putenv|setlocale|signal|umask|chdir)\s*\(")
LIBRARY = ("core/", "providers/", "plugins/")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
HERE = [path for path in (SOURCE, pathlib.Path.home()) if path.is_dir() and len(path.parts) > 2]
MACHINE = re.compile("|".join(re.escape(f"{path}/") for path in [*HERE, "/root", "/work"]))
MISSPELT = re.compile(r"\b(credentails?|credetials?|credentals?|grnats?|gratns?|provders?|proivders?|polciy|polices|"
                      r"placments?|orgins?|upsteams?|upstrems?|backneds?|secerts?|autid|cleints?|modlues?|"
                      r"recieved?|seperate\w*|occured|occurence|neccessary|refered)\b", re.I)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
# Who may include what; a folder that is not named may include anything.
FORBIDDEN_INCLUDES = {
    "include/": re.compile(r"core/|curl/|libconfig|jansson"),
    "providers/": re.compile(r"core/|curl/|libconfig|attache/attache\.h"),
    "plugins/": re.compile(r"core/|curl/|libconfig|attache/attache\.h"),
    "core/transport/": re.compile(r"libconfig|openssl/"),
    "core/sign/openssl/": re.compile(r"curl/|libconfig"),
    "core/": re.compile(r"curl/|openssl/"),
}


def ours():
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(name for name in folders if not NOT_OURS.match(name))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            where = path.relative_to(SOURCE).as_posix()
            if where not in GENERATED and (path.suffix in SUFFIXES or where in SCRIPTS):
                yield where


FILES = list(ours())
TEXT = {where: (SOURCE / where).read_text("utf-8") for where in FILES}
C_FILES = [where for where in FILES if where.endswith((".c", ".h"))]
CODE = [where for where in FILES if where.endswith((".c", ".h", ".py", ".mjs", ".sh")) or where in SCRIPTS]


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)


def bare(text):
    """C without comments and the insides of literals, with every line where it was."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def hits(pattern, where, text):
    return [f"{where}:{text.count(chr(10), 0, match.start()) + 1}: {match.group().strip()}"
            for match in pattern.finditer(text)]


def clang_format():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            if "version 14." in version:
                return name
    raise unittest.SkipTest("clang-format 14 is not installed; other versions format in other ways")


class Style(unittest.TestCase):
    def none(self, findings):
        findings = list(findings)
        if findings:
            self.fail("\n" + "\n".join(findings))

    def test_there_are_files_to_look_at(self):
        self.assertIn("include/attache/attache.h", FILES)

    def test_c_is_formatted_with_the_file_in_the_tree(self):
        outcome = subprocess.run([clang_format(), "--dry-run", "-Werror", *C_FILES], cwd=SOURCE, capture_output=True,
                                 text=True)
        self.none(re.findall(r"^[^\s:]+:\d+", outcome.stderr, re.M))
        self.assertEqual(outcome.returncode, 0, outcome.stderr)

    def test_no_banned_call(self):
        for where in C_FILES:
            code = bare(TEXT[where])
            with self.subTest(where):
                self.none(hits(BANNED, where, code))
                if where.startswith(LIBRARY):
                    self.none(hits(BANNED_IN_LIBRARY, where, code))

    def test_dependencies_go_one_way(self):
        findings = []
        for where in C_FILES:
            folder = next((name for name in FORBIDDEN_INCLUDES if where.startswith(name)), None)
            for name in INCLUDE.findall(without_comments(TEXT[where])):
                if folder and FORBIDDEN_INCLUDES[folder].match(name):
                    findings.append(f"{where} includes {name}")
        self.none(findings)

    def test_files_have_one_theme(self):
        for where in CODE:
            lines = len(TEXT[where].splitlines())
            if not where.startswith("tests/"):
                with self.subTest(where):
                    self.assertLessEqual(lines, PUBLIC_HEADER_LINES if where.startswith("include/") else FILE_LINES)

    def test_functions_fit_the_eye(self):
        """Functions fit the eye: at most 60 lines from brace to brace."""
        findings = []
        for where in C_FILES:
            if where.startswith("tests/"):
                continue
            begin = None
            for number, line in enumerate(TEXT[where].splitlines(), 1):
                if line == "{":
                    begin = number
                elif line == "}" and begin:
                    if number - begin - 1 > FUNCTION_LINES:
                        findings.append(f"{where}:{begin}: {number - begin - 1} lines")
                    begin = None
        self.none(findings)

    def test_the_first_line_says_what_a_file_is_for(self):
        findings = []
        for where in CODE:
            lines = TEXT[where].splitlines()
            first = lines[1] if lines[0].startswith("#!") else lines[0]
            names = "|".join(map(re.escape, (where, where.rsplit("/", 1)[-1])))
            if not re.match(rf"(/\*|//|#) ({names}): \S", first):
                findings.append(f"{where}: {first}")
        self.none(findings)

    def test_headers_are_guarded(self):
        self.none(where for where in C_FILES if where.endswith(".h")
                  and not re.search(r"^#ifndef (\w+_H)\n#define \1$", TEXT[where], re.M))

    def test_public_functions_are_described(self):
        """Every public function has a comment in its paragraph of the header."""
        paragraphs = TEXT["include/attache/attache.h"].split("\n\n")
        self.none(paragraph for paragraph in paragraphs
                  if re.search(r"^ATT_API ", paragraph, re.M) and not paragraph.lstrip().startswith("/*"))

    def test_every_test_that_the_attacks_name_exists(self):
        rows = TEXT["doc/attacks.md"].splitlines()[7:]
        tests = "\n".join(text for where, text in TEXT.items() if where.startswith("tests/") and "style" not in where)
        named = [(name, row) for row in rows for name in re.findall(r"`(\w{12,})`", row.rsplit("|", 2)[1])]
        named += [(name, row) for row in rows for name in re.findall(r"tests/(?:unit|api|fuzz|abi)/[\w-]+", row)]
        self.assertGreater(len(named), 50)
        self.none([name for name, row in named
                   if f"{name}.c" not in TEXT and not re.search(rf"\b(void|def) {re.escape(name)}\(", tests)])

    def test_nothing_is_marked_unfinished(self):
        self.none(hit for where in FILES for hit in hits(UNFINISHED, where, TEXT[where]))

    def test_no_path_of_a_machine(self):
        self.none(hit for where in FILES if where != "tests/style/check.py"
                  for hit in hits(MACHINE, where, TEXT[where]))

    def test_words_are_spelt_right(self):
        self.none(hit for where in FILES if where != "tests/style/check.py"
                  for hit in hits(MISSPELT, where, TEXT[where]))

    def test_structs_have_no_suffix(self):
        suffix = re.compile(r"\b(struct|enum|union) att_\w+_t\b")
        self.none(hit for where in C_FILES for hit in hits(suffix, where, TEXT[where]))

    def test_lines_are_clean(self):
        """Lines are clean: no tab, no blank at the end, at most 120 columns, a newline at the end of the file."""
        findings = []
        for where in FILES:
            is_make = where.endswith((".mk", ".am"))
            for number, line in enumerate(TEXT[where].split("\n"), 1):
                if ("\t" in line and not is_make) or line != line.rstrip() or "\r" in line:
                    findings.append(f"{where}:{number}: blank or tab")
                if where in CODE and len(line) > COLUMNS:
                    findings.append(f"{where}:{number}: {len(line)} columns")
            if TEXT[where] and not TEXT[where].endswith("\n"):
                findings.append(f"{where}: no newline at the end")
        self.none(findings)

    def test_python_parses(self):
        for where in FILES:
            if where.endswith(".py"):
                ast.parse(TEXT[where], where)

    def test_every_file_is_in_the_tarball(self):
        if not BUILD or not pathlib.Path(BUILD, "Makefile").exists():
            self.skipTest("no build folder to ask")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        listed = subprocess.run(["make", "-s", "-C", BUILD, "list-dist-files"], env=environment, capture_output=True,
                                text=True, check=True).stdout.split()
        listed = {os.path.relpath(os.path.join(BUILD, name), SOURCE) if name.startswith(("./", "../", "/")) else name
                  for name in listed} | NOT_IN_TARBALL
        self.none(where for where in FILES
                  if where not in listed and not any(where.startswith(name + "/") for name in listed))


if __name__ == "__main__":
    tap.main()
