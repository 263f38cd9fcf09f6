"""The access log: lines are collected and written in batches, never one at a time.

Writing costs more than answering, so a request only appends a tuple. Lines are formatted and
written at most `DELAY` later, and before the process ends. A reader that stops reading does not
stop the server: of what it has no room for, the newest `MOST_WAITING` lines are kept.
"""

import os
import select
import time
from asyncio import AbstractEventLoop, TimerHandle
from typing import Protocol

from homeport.core.access import Visit, json_lines, text_lines

DELAY = 0.05
"""Seconds a line may wait."""
MOST_WAITING = 20_000
LAST_CHANCE = 0.2
"""Seconds a slow reader gets when the process ends."""
_ROOM = select.PIPE_BUF
"""A pipe that polls writable has room for this much, and takes it in one piece (pipe(7))."""


class AccessLog(Protocol):
    """What uvicorn's request cycle needs of its access logger."""

    def info(
        self, form: str, client: str, method: str, path: str, http_version: str, status: int
    ) -> None:
        """A request was answered; the arguments are those of uvicorn's access line."""


class BatchedLog:
    """Writes to a descriptor; `json` decides the form, `colour` whether text is coloured."""

    def __init__(self, loop: AbstractEventLoop, descriptor: int, *, json: bool, colour: bool):
        self._loop = loop
        self._descriptor = descriptor
        self._json = json
        self._colour = colour
        self._visits: list[Visit] = []
        self._unwritten: list[bytes] = []
        self._timer: TimerHandle | None = None
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def info(
        self, form: str, client: str, method: str, path: str, http_version: str, status: int
    ) -> None:
        """Note one request; the first one of a batch sets the time of its writing."""
        if self._timer is None:
            self._timer = self._loop.call_later(DELAY, self.flush)
        self._visits.append((client, method, path, http_version, status))

    def flush(self) -> None:
        """Format what was collected and write what there is room for."""
        self._timer = None
        visits, self._visits = self._visits, []
        if visits:
            now = time.time()
            if self._json:
                lines = json_lines(visits, now)
            else:
                clock = time.strftime("%H:%M:%S", time.localtime(now))
                lines = text_lines(visits, clock, colour=self._colour)
            self._unwritten += [line.encode(errors="replace") for line in lines]
        self._write()
        if self._unwritten:
            self._timer = self._loop.call_later(DELAY, self.flush)

    def close(self) -> None:
        """Write what is left; a reader that is only slow is waited for a moment."""
        deadline = time.monotonic() + LAST_CHANCE
        self.flush()
        while self._unwritten and (left := deadline - time.monotonic()) > 0:
            self._poll.poll(left * 1000)
            self._write()
        if self._timer is not None:
            self._timer.cancel()

    def _write(self) -> None:
        start = 0
        lines = self._unwritten
        while start < len(lines) and self._has_room():
            end, size = start, 0
            while end < len(lines) and (size + len(lines[end]) <= _ROOM or end == start):
                size += len(lines[end])
                end += 1
            try:
                os.write(self._descriptor, b"".join(lines[start:end]))
            except OSError:  # nobody reads any more: serving matters more than the log
                end = len(lines)
            start = end
        del lines[:start]
        del lines[: max(len(lines) - MOST_WAITING, 0)]

    def _has_room(self) -> bool:
        return bool(self._poll.poll(0))
