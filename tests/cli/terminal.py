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
from typing import Any

from tests.engine.live import PATIENCE, environment


class Terminal:
    """`homeport` in a terminal of its own.

    `size` is rows and columns.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        size: tuple[int, int] | None = None,
        **env: str,
    ) -> None:
        self._seen = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            if size is not None:
                termios.tcsetwinsize(0, size)
            os.chdir(folder)
            command = [sys.executable, "-m", "homeport", *arguments]
            os.execve(sys.executable, command, environment(TERM="xterm-256color", **env))

    @property
    def screen(self) -> str:
        """All that was written, colours included; a character that is not complete yet is not."""
        return self._seen.decode(errors="ignore")

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def until(self, text: str) -> str:
        """Everything on the screen, once `text` is on it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.plain:
            assert time.monotonic() < deadline, f"never {text!r}, only:\n{self.plain}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self._seen += os.read(self.master, 65536)
                except OSError:
                    break
        assert text in self.plain, f"ended without {text!r}:\n{self.plain}"
        return self.plain

    @property
    def plain(self) -> str:
        """The screen without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.screen).replace("\r\n", "\n")

    def look(self, seconds: float) -> str:
        """Everything on the screen, after reading for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self._seen += os.read(self.master, 65536)
        return self.plain

    def forget(self) -> None:
        """What is on the screen now is not looked at again."""
        self._seen = b""

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
                    self._seen += os.read(self.master, 65536)

    def mode(self) -> list[object]:
        return termios.tcgetattr(self.master)


@contextlib.contextmanager
def in_terminal(folder: Path, *arguments: str, **how: Any) -> Iterator[Terminal]:
    """`how` as for `Terminal`."""
    term = Terminal(folder, *arguments, **how)
    try:
        yield term
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(term.pid, signal.SIGKILL)
            os.waitpid(term.pid, 0)
        os.close(term.master)
