# tests/rig/site.py: a temporary site: its configuration, its files, and the command run in it.
import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

PREFIX = pathlib.Path(os.environ.get("ATT_PREFIX", "/usr/local"))
LIBDIR = pathlib.Path(os.environ.get("ATT_LIBDIR", PREFIX / "lib"))
BUILD = pathlib.Path(os.environ.get("ATT_BUILD", "."))
SOURCE = pathlib.Path(os.environ.get("ATT_SOURCE", "."))
SANITIZER = os.environ.get("ATT_SANITIZER", "no")
COMMAND = PREFIX / "bin" / "attache"
MODULES = LIBDIR / "attache"

Result = collections.namedtuple("Result", "status stdout stderr")


def libconfig(value, indent="  "):
    """Python data as libconfig text: dict a group, tuple and list of dicts a list, list of plain values an array."""
    if isinstance(value, dict):
        members = "".join(f"{indent}{name} = {libconfig(item, indent + '  ')};\n" for name, item in value.items())
        return "{\n" + members + indent[2:] + "}"
    if isinstance(value, (list, tuple)):
        plain = isinstance(value, list) and not any(isinstance(item, (dict, list, tuple)) for item in value)
        inner = ", ".join(libconfig(item, indent) for item in value)
        return f"[ {inner} ]" if plain else f"( {inner} )"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -(2**31) <= value < 2**31 else f"{value}L"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def clean_environment(home, extra=None):
    """Nothing of the tester's own environment but what the sanitizers need; `extra` wins, None takes away."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8",
                   "LD_LIBRARY_PATH": str(LIBDIR)}
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    environment.update(extra or {})
    return {name: str(value) for name, value in environment.items() if value is not None}


def run(arguments, *, input=None, env=None, cwd=None, timeout=60):
    """Runs a program to its end; a hang ends its whole process group and raises subprocess.TimeoutExpired.

    `input` and the outputs are text where input is text or None, else bytes."""
    text = not isinstance(input, bytes)
    process = subprocess.Popen([str(argument) for argument in arguments], env=env, cwd=cwd, start_new_session=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=text, encoding="utf-8" if text else None,
                               errors="backslashreplace" if text else None)
    try:
        stdout, stderr = process.communicate(input or ("" if text else b""), timeout=timeout)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Result(process.returncode, stdout, stderr)


class Site:
    """A folder with attache.conf, mock.json and whatever else a test writes; gone with its `with` block.

        with site.Site() as here:
            here.write("mock.json", {...})
            here.configure(grants=({...},), stacks=({...},), policy={"default": "permit"})
            result = here.attache("request", "https://localhost:1/", "--grant", "g")

    configure() starts from a mock provider named "offline", a stack that asks it for everything, a required audit
    file, and no policy; a part that the test names replaces the part of the same name, None leaves it out."""

    def __init__(self, **parts):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attache-test-"))
        self.config = self.folder / "attache.conf"
        self.audit = self.folder / "audit.jsonl"
        self.write("mock.json", {"grants": {}})
        if parts:
            self.configure(**parts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, content, mode=0o600):
        """Writes text, bytes, or data as JSON; returns the path. Folders on the way are made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, (dict, list)):
            content = json.dumps(content, indent=1)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def parts(self):
        return {
            "schema": 1,
            "settings": {"state_dir": str(self.folder / "state")},
            "providers": ({"name": "offline", "module": "mock.so",
                           "options": {"script": str(self.folder / "mock.json")}},),
            "stacks": ({"name": "all", "match": {"default": True},
                        "fetch": ({"use": "offline", "control": "required"},)},),
            "audit": ({"module": "audit_file.so", "control": "required", "options": {"path": str(self.audit)}},),
        }

    def configure(self, text=None, **parts):
        """Writes attache.conf from text, or from parts over the defaults; returns its path."""
        if text is None:
            parts = {name: part for name, part in {**self.parts(), **parts}.items() if part is not None}
            text = "".join(f"{name} = {libconfig(part)};\n" for name, part in parts.items())
        return self.write("attache.conf", text)

    def allow(self, *origins, token="t0ken-of-the-mock-provider", **parts):
        """Configures one grant, "api", with a bearer token for these origins, and a policy that permits all."""
        self.write("mock.json", {"grants": {"api": {"token": token}}})
        return self.configure(**{"grants": ({"name": "api", "origins": list(origins)},),
                                 "policy": {"default": "permit"}, **parts})

    def environment(self, extra=None):
        return clean_environment(self.folder, extra)

    def attache(self, *arguments, config=True, input=None, env=None, timeout=60):
        """Runs the installed command in this site; `config=False` leaves --config out."""
        chosen = ["--config", self.config] if config else []
        return run([COMMAND, *chosen, *arguments], input=input, env=self.environment(env), cwd=self.folder,
                   timeout=timeout)

    def program(self, path, *arguments, input=None, env=None, timeout=60):
        """Runs another program in this site, with the installed library."""
        return run([path, *arguments], input=input, env=self.environment(env), cwd=self.folder, timeout=timeout)

    def records(self):
        """The audit records; a line that is no JSON is an error."""
        if not self.audit.exists():
            return []
        return [json.loads(line) for line in self.audit.read_text("utf-8").splitlines()]
