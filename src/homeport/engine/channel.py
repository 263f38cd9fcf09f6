"""The line between supervisor and worker: JSON lines, with descriptors beside them.

A Unix stream socket pair. Descriptors travel as SCM_RIGHTS data (unix(7)): the kernel hands them
out with the bytes they were sent with, in order, so a message only says how many are its own.
"""

import array
import contextlib
import math
import os
import select
import socket
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Self

from homeport.core.wire import Message, decode, encode
from homeport.engine.outgoing import Outgoing

_READ_SIZE = 65536
DESCRIPTORS_AT_ONCE = 64
"""The most that may go along with one message (the kernel's own limit is 253, unix(7))."""
_INT = array.array("i").itemsize
# Else every program that the app starts would hold the listeners open. Not on macOS: there
# received descriptors are marked below, a moment later.
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Received(NamedTuple):
    """A message with the descriptors that came along; they are the receiver's to close."""

    message: Message
    descriptors: tuple[int, ...]


class Channel:
    """One end. Sending waits for room, until `never_wait` is called; so does `receive`.

    `read` takes what is there.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._outgoing = Outgoing(sock)
        self._stuck: Callable[[], object] | None = None
        self._buffer = b""
        self._descriptors: deque[int] = deque()
        self._waiting: deque[Received] = deque()

    @classmethod
    def pair(cls) -> tuple[Self, socket.socket]:
        """Our end, and the other one as a plain socket to give away."""
        ours, theirs = socket.socketpair()
        return cls(ours), theirs

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def never_wait(self, stuck: Callable[[], object]) -> None:
        """From now on sending keeps what there is no room for, and calls `stuck`.

        Whoever is called sees to it that `go_on` is called when there may be room.
        """
        self._stuck = stuck

    @property
    def is_stuck(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._outgoing)

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> bool:
        """False when the other end is gone (its exit is reported elsewhere).

        OSError when the kernel takes no more descriptors just now (ETOOMANYREFS, unix(7)).
        """
        try:
            self._outgoing.send(encode(message), descriptors)
            if self._outgoing and self._stuck is not None:
                self._stuck()
            elif self._outgoing:
                self._outgoing.finish(math.inf)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def go_on(self) -> None:
        """Send what waits, as far as there is room."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._outgoing.go_on()

    def finish(self, seconds: float) -> None:
        """Send what waits, within so many seconds."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._outgoing.finish(seconds)

    def receive(self) -> Received:
        """The next message; EOFError when the other end is gone."""
        while not self._waiting:
            messages = self.read()
            if messages is None:
                raise EOFError("the other end of the channel is closed")
            self._waiting.extend(messages)
        return self._waiting.popleft()

    def read(self) -> list[Received] | None:
        """The complete messages of one read; None at end of file."""
        try:
            data, ancillary, _, _ = self._socket.recvmsg(
                _READ_SIZE, socket.CMSG_SPACE(DESCRIPTORS_AT_ONCE * _INT), _CLOSE_ON_EXEC
            )
        except ConnectionResetError:
            return None
        for level, kind, payload in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % _INT])
                for number in numbers:
                    os.set_inheritable(number, False)
                self._descriptors.extend(numbers)
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [self._with_descriptors(decode(line)) for line in lines]

    def _with_descriptors(self, message: Message) -> Received:
        """Fewer than the message says when this process may open no more: the kernel drops them.

        They come with the last read of their message, never before it is complete.
        """
        count = min(getattr(message, "descriptors", 0), len(self._descriptors))
        return Received(message, tuple(self._descriptors.popleft() for _ in range(count)))

    def detach(self) -> None:
        """Let go of the descriptor without closing it."""
        self._socket.detach()

    def is_readable(self) -> bool:
        """Whether `read` would find something now, be it the end."""
        poll = select.poll()
        poll.register(self, select.POLLIN)
        return bool(poll.poll(0))

    def has_room(self) -> bool:
        """Whether a message of some kilobytes can be sent without waiting for the other end.

        Linux says so while three quarters of the buffer (208 KiB as a rule) are free (socket(7)).
        """
        poll = select.poll()
        poll.register(self, select.POLLOUT)
        return not self._outgoing and bool(poll.poll(0))

    def close(self) -> None:
        """Close this end: the other one sees end of file."""
        self._outgoing.forget()
        self._socket.close()
