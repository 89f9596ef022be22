# tests/rig/terminal.py: the command in the foreground of a terminal.
import fcntl
import os
import pty
import select
import signal
import termios
import time

from rig import site


class Terminal:
    """A program in the foreground of a terminal of its own, started by a leader as a shell does: only then a stop of
    the terminal stops it."""

    def __init__(self, here, *arguments, env=None):
        self.output, self.done = b"", None
        self.ours, self.theirs = pty.openpty()
        self.name = os.ttyname(self.theirs)
        known, tell = os.pipe()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                self.lead(tell, [str(word) for word in (site.COMMAND, "--config", here.config, *arguments)],
                          here.environment({"TERM": "dumb", **(env or {})}))
            finally:
                os._exit(99)
        os.close(tell)
        self.process = int(os.read(known, 20))
        os.close(known)

    def lead(self, tell, words, environment):
        os.setsid()
        os.close(self.ours)
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        program = os.fork()
        if program == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(self.theirs, os.getpgrp())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            for descriptor in range(3):
                os.dup2(self.theirs, descriptor)
            os.execve(words[0], words, environment)
        os.write(tell, str(program).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
        os._exit(code if code >= 0 else 128 - code)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.done is None:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.leader, 0)
        os.close(self.ours)
        os.close(self.theirs)

    def read(self, seconds):
        if not select.select([self.ours], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.ours, 4096)
        except OSError:
            return False
        self.output += piece
        return bool(piece)

    def wait_for(self, text):
        deadline = time.monotonic() + 30
        while text.encode() not in self.output:
            if time.monotonic() > deadline or (not self.read(1) and self.ended()):
                raise AssertionError(f"{text!r} is not in {self.output!r}")

    def ended(self):
        if self.done is None:
            process, status = os.waitpid(self.leader, os.WNOHANG)
            self.done = status if process else None
        return self.done is not None

    def echoes(self):
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def wait_until_silent(self):
        deadline = time.monotonic() + 30
        while self.echoes() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert not self.echoes()

    def type(self, text):
        os.write(self.ours, text.encode())

    def finish(self):
        deadline = time.monotonic() + 30
        while not self.ended() and time.monotonic() < deadline:
            self.read(0.1)
        while self.read(0.1):
            pass
        return os.waitstatus_to_exitcode(self.done)

    def text(self):
        return self.output.decode().replace("\r\n", "\n")
