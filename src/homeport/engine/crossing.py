"""Connections on their way from leaving workers to the current one, as the supervisor sees them.

A batch is kept here until the worker that is to serve it says that it has it: when that one dies
first, the next one gets it. There is one batch at a time in each channel, and not too many are
kept altogether: sending never has to wait for room, and the supervisor does not run out of
descriptors. A sender that may send no more keeps its connections, and nobody reads from them.
"""

import os
import resource
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from homeport.core.wire import Adopt, Handed, Message, Taken

_MOST_HELD = 4096

Send = Callable[[int, Message, tuple[int, ...]], bool]
"""To a worker by its number; False when it is gone. OSError: not now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Connections of one listener."""

    message: Adopt
    descriptors: tuple[int, ...]

    def close(self) -> None:
        """Let go of our copies."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def half_of_what_may_be_open() -> int:
    """Descriptors that may wait here until a sender is kept waiting: 128 on macOS, 512 on Linux.

    Many at once only while nobody serves: one app has ended before the next one may start.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_HELD if soft == resource.RLIM_INFINITY else min(soft // 2, _MOST_HELD)


class Crossing:
    """Everything that is between two workers."""

    def __init__(self, send: Send, most_held: int | None = None) -> None:
        self._send = send
        self._most_held = most_held or half_of_what_may_be_open()
        self._current: int | None = None
        self._waiting: deque[Batch] = deque()
        self._sent: dict[int, Batch] = {}
        self._owed: deque[int] = deque()
        self._closed = False

    def arrived(self, sender: int, handed: Handed, descriptors: tuple[int, ...]) -> None:
        """A leaving worker has sent a batch."""
        message = Adopt(descriptors=len(descriptors), listener=handed.listener, used=handed.used)
        batch = Batch(message=message, descriptors=descriptors)
        self._owed.append(sender)
        if self._closed:
            batch.close()
        else:
            self._waiting.append(batch)
        self.go_on()

    def towards(self, worker: int) -> None:
        """This worker serves from now on."""
        self._current = worker
        self.go_on()

    def leaves(self, worker: int) -> None:
        """This worker was told to leave: it gets no more."""
        if self._current == worker:
            self._current = None

    def taken(self, worker: int) -> None:
        """The worker has its batch."""
        if batch := self._sent.pop(worker, None):
            batch.close()
        self.go_on()

    def gone(self, worker: int) -> None:
        """The worker is dead: what it did not take is for the next one."""
        self.leaves(worker)
        self._owed = deque(number for number in self._owed if number != worker)
        if batch := self._sent.pop(worker, None):
            self._waiting.appendleft(batch)
        if self._closed:
            self.close()
        self.go_on()

    def close(self) -> None:
        """There will be no next one: close what is here, and what still comes."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().close()

    def go_on(self) -> None:
        """Send what can be sent now; called again and again, so what fails is only late."""
        current = self._current
        if current is not None and current not in self._sent and self._waiting:
            batch = self._waiting[0]
            try:
                sent = self._send(current, batch.message, batch.descriptors)
            except OSError:  # too many in flight, of all programs of this user (unix(7))
                sent = False
            if sent:
                self._sent[current] = self._waiting.popleft()
        while self._owed and self._held < self._most_held:
            self._send(self._owed.popleft(), Taken(), ())

    @property
    def stuck(self) -> bool:
        """Whether `go_on` has to be called again although nothing happens."""
        return bool(self._waiting) and self._current is not None and not self._sent

    @property
    def _held(self) -> int:
        batches = [*self._waiting, *self._sent.values()]
        return sum(len(batch.descriptors) for batch in batches)
