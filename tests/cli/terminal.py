"""`homeport` in a terminal of its own, by a pseudo-terminal."""

import contextlib
import os
import pty
import re
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from tests.engine.live import PATIENCE, environment


class Terminal:
    """`homeport` in a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        self.screen = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            command = [sys.executable, "-m", "homeport", *arguments]
            os.execve(sys.executable, command, environment(TERM="xterm-256color", **env))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def until(self, text: str) -> str:
        """Everything on the screen, once `text` is on it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.plain:
            assert time.monotonic() < deadline, f"never {text!r}, only:\n{self.plain}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.screen += os.read(self.master, 65536).decode()
                except OSError:
                    break
        assert text in self.plain, f"ended without {text!r}:\n{self.plain}"
        return self.plain

    @property
    def plain(self) -> str:
        """The screen without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.screen)

    @property
    def url(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+", self.until("ready in"))
        assert found
        return found[0]

    def exit_code(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, "it does not end"
            if select.select([self.master], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    self.screen += os.read(self.master, 65536).decode()

    def mode(self) -> list[object]:
        return termios.tcgetattr(self.master)


@contextlib.contextmanager
def in_terminal(folder: Path, *arguments: str, **env: str) -> Iterator[Terminal]:
    term = Terminal(folder, *arguments, **env)
    try:
        yield term
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(term.pid, signal.SIGKILL)
            os.waitpid(term.pid, 0)
        os.close(term.master)
