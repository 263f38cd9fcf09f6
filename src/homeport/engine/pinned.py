"""The process of a registered server, so that its end can be waited for; it is never signalled.

A pid may be another process's by now. So a handle of it is opened first (pidfd_open(2)) and then
compared with the start time in the entry: after that the handle stays with this very process.
"""

import os
import select
import time
from typing import Self

from homeport.core.entry import Entry
from homeport.engine import registry
from homeport.host.me import boot_id, start_ticks

PAUSE = 0.02


class Pinned:
    """A context manager. Where no handle can be had the registry is asked again and again."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._descriptor = _handle(entry)

    @property
    def is_sure(self) -> bool:
        """Whether it is the process that is waited for, and not only its entry."""
        return self._descriptor is not None

    def is_gone(self, until: float) -> bool:
        """Whether the process (or its entry) has ended, or does so before `until` (monotonic)."""
        if self._descriptor is not None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(max(until - time.monotonic(), 0) * 1000))
        while self._answers():
            if time.monotonic() >= until:
                return False
            time.sleep(PAUSE)
        return True

    def _answers(self) -> bool:
        living = registry.survey(os.environ, self._entry.name).living
        return any(each.instance == self._entry.instance for each in living)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the handle."""
        if self._descriptor is not None:
            os.close(self._descriptor)


def _handle(entry: Entry) -> int | None:
    if not hasattr(os, "pidfd_open") or entry.start_ticks is None or entry.boot != boot_id():
        return None
    try:
        descriptor = os.pidfd_open(entry.pid)
    except OSError:  # it has ended
        return None
    if start_ticks(entry.pid) == entry.start_ticks:
        return descriptor
    os.close(descriptor)
    return None
