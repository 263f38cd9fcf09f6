"""Single keys in the running terminal, and the terminal as it was afterwards."""

import os
import signal
import termios
import tty
from collections.abc import Callable
from types import FrameType
from typing import Protocol

from homeport.core.events import Changed, Event, StopAsked

HELP = """
  o  open the app in the browser
  s  share with devices on this network for half an hour; again: end that
  y  let the device in that is asked about;  n  do not
  r  reload now
  q  quit (Ctrl-C: the same; twice: at once)
"""


class Questions(Protocol):
    """What is asked on the screen."""

    def asking(self) -> str | None:
        """The id of the device that a key would answer now."""

    def agreed(self, device: str) -> None:
        """The answer was yes."""


class Keyboard:
    """Reads keys from a terminal in cbreak mode: no Enter needed, Ctrl-C still a signal.

    `open_browser` and `write` are what the keys `o` and `?` do.
    """

    def __init__(
        self, descriptor: int, open_browser: Callable[[], None], write: Callable[[str], object]
    ) -> None:
        self._descriptor = descriptor
        self._open_browser = open_browser
        self._write = write
        self.orders: dict[str, Callable[[], None]] = {}
        """What other keys do."""
        self.questions: Questions | None = None
        self._before = termios.tcgetattr(descriptor)
        self._take_over()
        self._handlers = {
            signal.SIGTSTP: signal.signal(signal.SIGTSTP, self._suspend),
            signal.SIGCONT: signal.signal(signal.SIGCONT, self._resume),
        }

    @staticmethod
    def usable(descriptor: int) -> bool:
        """Whether it is a terminal and ours: touching it from the background would stop us."""
        try:
            return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
        except OSError:
            return False

    def _take_over(self) -> None:
        tty.setcbreak(self._descriptor, termios.TCSANOW)

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: leave the terminal to the shell, then stop."""
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self, number: int, frame: FrameType | None) -> None:
        if self.usable(self._descriptor):
            self._take_over()

    def _restore(self) -> None:
        termios.tcsetattr(self._descriptor, termios.TCSANOW, self._before)

    def fileno(self) -> int:
        """For selectors."""
        return self._descriptor

    def read(self) -> list[Event] | None:
        """What the keys mean; None when the terminal is gone."""
        if self.usable(self._descriptor):
            self._take_over()  # `fg` after `bg` sends no signal: the first key tells
        elif os.isatty(self._descriptor):
            return []  # in the background: what is typed is for the shell
        try:
            keys = os.read(self._descriptor, 64)
        except OSError:
            keys = b""
        events: list[Event] = []
        for key in keys.decode(errors="replace"):
            match key:
                case "q":
                    events.append(StopAsked(reason="q"))
                case "r":
                    events.append(Changed(reasons=("r",)))
                case "o":
                    self._open_browser()
                case "?":
                    self._write(HELP + "\n")
                case _ if key in self.orders:
                    self.orders[key]()
        return events if keys else None

    def close(self) -> None:
        """The terminal as it was."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self.usable(self._descriptor):
            self._restore()
