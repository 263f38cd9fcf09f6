"""Signals as something to read: a pipe from which the numbers come, one byte each."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Self

from homeport.core.events import Event, StopAsked

ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})


class SignalPipe:
    """Take over the ending signals and SIGCHLD until closed. Only in the main thread.

    SIGHUP that is ignored stays so: `nohup` means it. (SIGINT is ignored for every background
    process of a script, and still `kill -INT` has to work.)

    `shared`: another event loop runs in this thread and has Python's one wakeup descriptor, so
    the handlers write to the pipe themselves.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._read_end, self._write_end = os.pipe()
        for descriptor in (self._read_end, self._write_end):
            os.set_blocking(descriptor, False)
        handler = self._write if shared else _do_nothing
        numbers = set(ENDING) if shared else {*ENDING, signal.SIGCHLD}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            numbers.remove(signal.SIGHUP)
        self._wakeup: int | None = None
        if not shared:  # first, for a signal between the two would be lost
            self._wakeup = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, handler) for number in numbers}

    def _write(self, number: int, frame: FrameType | None) -> None:
        os.write(self._write_end, bytes([number]))

    def fileno(self) -> int:
        """For selectors."""
        return self._read_end

    def read(self) -> set[signal.Signals]:
        """The ending signals that have arrived since the last call.

        Python writes every signal with a handler to its wakeup descriptor, SIGCHLD and those of
        the terminal or of the user's script among them: they only wake the reader.
        """
        try:
            written = os.read(self._read_end, 4096)
        except BlockingIOError:
            return set()
        return {number for number in ENDING if number in written}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._wakeup is not None:
            signal.set_wakeup_fd(self._wakeup)
        os.close(self._read_end)
        os.close(self._write_end)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Being told through the wakeup descriptor is enough."""


class Signals:
    """The signals that end a server, as an input."""

    def __init__(self, pipe: SignalPipe, hangup: Callable[[], list[Event]] | None = None) -> None:
        """`hangup`: what SIGHUP leads to where it is no end."""
        self._pipe = pipe
        self._hangup = hangup

    def fileno(self) -> int:
        """For selectors."""
        return self._pipe.fileno()

    def read(self) -> list[Event]:
        """Several at once are one wish."""
        numbers = self._pipe.read()
        if self._hangup is not None and numbers == {signal.SIGHUP}:
            return self._hangup()
        if self._hangup is not None:
            numbers.discard(signal.SIGHUP)  # an end beside it counts (systemd's SendSIGHUP=)
        return [StopAsked(reason=number.name) for number in sorted(numbers)[:1]]
