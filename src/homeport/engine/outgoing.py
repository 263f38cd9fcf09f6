"""What a channel could not send yet: kept in order, so that its owner never waits for the reader.

Two processes that each wait until the other reads would wait for good.
"""

import errno
import os
import select
import socket
import time
from array import array
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

_NOW = socket.MSG_DONTWAIT
_LOOK, _PAUSE = 60.0, 0.005


class _Unsent(NamedTuple):
    data: bytes
    descriptors: tuple[int, ...]  # copies of our own


class Outgoing:
    """Messages for one socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unsent: deque[_Unsent] = deque()

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._unsent)

    def send(self, data: bytes, descriptors: tuple[int, ...]) -> None:
        """Send what there is room for, keep the rest.

        OSError as the system refuses: the other end is gone, or (ETOOMANYREFS, unix(7)) it takes
        no descriptors now; then nothing was sent or kept.
        """
        sent = 0 if self._unsent else self._some(data, descriptors)
        if sent < len(data):
            kept = () if sent else tuple(map(os.dup, descriptors))
            self._unsent.append(_Unsent(data[sent:], kept))

    def go_on(self) -> None:
        """Send what there is room for by now. OSError when the other end is gone."""
        while self._unsent:
            data, descriptors = self._unsent[0]
            try:
                sent = self._some(data, descriptors)
            except OSError as error:
                if error.errno == errno.ETOOMANYREFS:
                    return
                self.forget()
                raise
            if not sent:
                return
            _close(descriptors)
            self._unsent[0] = _Unsent(data[sent:], ())
            if sent == len(data):
                self._unsent.popleft()

    def finish(self, seconds: float) -> None:
        """Wait for room, but not longer."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        while self._unsent and (left := deadline - time.monotonic()) > 0:
            poll.poll(min(left, _LOOK) * 1000)
            before = self._unsent[0]
            self.go_on()
            if self._unsent and self._unsent[0] is before:
                time.sleep(_PAUSE)  # there is room for bytes, and for no descriptors

    def forget(self) -> None:
        """Nobody will read it."""
        while self._unsent:
            _close(self._unsent.popleft().descriptors)

    def _some(self, data: bytes, descriptors: Sequence[int]) -> int:
        """Bytes sent now; the descriptors went with the first of them."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", descriptors))]
        try:
            return self._socket.sendmsg([data], rights if descriptors else [], _NOW)
        except BlockingIOError:
            return 0


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
