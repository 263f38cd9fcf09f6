"""Connections that outlive the worker: followed until nothing is in flight on them, then handed on.

A connection can go when its parser stands between two requests, every request it has read is
answered, and the answers are in the kernel. From then on nothing of it is in this process: bytes
that come later wait in the kernel for whoever reads next, and closing our descriptor sends
nothing while another process has one (close(2), unix(7)).

So reading stops for good at the first boundary between requests, which is at once for an idle
connection: from there on no request can be read by halves here. What is still to be answered is
answered first. Reading goes on where a request has arrived in part.
"""

import asyncio
import select
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol, cast

from homeport.engine.serving.connection import HttpConnection
from homeport.engine.serving.head_and_body import HeadAndBody

BATCH = 64
"""Connections handed over at a time."""
NEXT = 0.1
"""Seconds that the next request of a connection is waited for that cannot go."""
_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


class Heir(Protocol):
    """Who gets the connections."""

    def released(self) -> None:
        """From now on no new request is read here."""

    def hand(self, listener: int, used: bool, descriptors: tuple[int, ...]) -> bool:
        """Copies of these descriptors go there; False: not now."""


class Outbox:
    """Connections on which nothing is in flight, in batches of one listener and kind.

    After a batch the next one waits until `taken` is called.
    """

    def __init__(self, heir: Heir, listener_of: Callable[[HttpConnection], int]) -> None:
        self._heir = heir
        self._listener_of = listener_of
        self._resting: list[HttpConnection] = []
        self._may_send = True
        self._sending: asyncio.Handle | None = None

    def add(self, connection: HttpConnection) -> None:
        """It goes with the next batch."""
        self._resting.append(connection)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().call_soon(self.send)

    def taken(self) -> None:
        """The last batch has arrived."""
        self._may_send = True
        self.send()

    def send(self) -> None:
        """Hand over what can go now; the rest stays until this is called again."""
        self._sending = None
        if not self._may_send:
            return
        kinds: dict[tuple[int, bool], list[HttpConnection]] = defaultdict(list)
        self._resting = [c for c in self._resting if not c.transport.is_closing()]
        for connection in self._resting:
            if cast(HeadAndBody, connection.transport).is_flushed:
                kinds[self._listener_of(connection), connection.was_used].append(connection)
        for (listener, used), connections in kinds.items():
            batch = connections[:BATCH]
            descriptors = tuple(c.transport.get_extra_info("socket").fileno() for c in batch)
            if self._heir.hand(listener, used, descriptors):
                self._may_send = False
                for connection in batch:
                    connection.transport.abort()  # theirs now: only our copy ends
            break


class Follower(asyncio.Protocol):
    """Stands before a connection of a leaving worker and sees to it that it can go."""

    def __init__(self, connection: HttpConnection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox
        self._stopped = False
        self._transport = cast(HeadAndBody, connection.transport)
        self._transport.set_protocol(self)
        self._look()

    def _look(self) -> None:
        """Something may have changed: stop reading at a boundary, let go what is answered."""
        connection = self._connection
        if self.is_over or not connection.is_between_requests:
            return
        self._transport.stop_reading()
        self._stopped = True
        cycle = connection.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.on_response = self._answered  # the newest: the last to be answered
        else:
            self._rest()

    def _answered(self) -> None:
        self._connection.on_response_complete()
        self._rest()

    def _rest(self) -> None:
        self._connection._unset_keepalive_if_required()
        self._outbox.add(self._connection)

    @property
    def is_over(self) -> bool:
        """Whether the connection has ended, or was handed over."""
        return self._transport.is_closing()

    def tend(self) -> None:
        """See whether the client has left: with reading stopped nobody would tell the app."""
        if self._stopped and self._connection.answering:
            poll = select.poll()
            poll.register(self._transport.get_extra_info("socket").fileno(), _GONE)
            if poll.poll(0):
                self._stopped = False
                self._transport.read_again()

    # What the transport tells goes on to the connection.

    def data_received(self, data: bytes) -> None:
        """Read, and look."""
        self._connection.data_received(data)
        self._look()

    def eof_received(self) -> None:
        """Nothing more comes."""
        self._connection.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, or was handed over."""
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._connection.resume_writing()


class LastRequests(Follower):
    """Of a connection that cannot go, because its TLS state is here: each answer is the last.

    Only an answer that says so ends it (RFC 9112, 9.6): the client may be sending just now. So an
    idle one is kept for a moment, and an answer that has begun without the word is not the last.
    """

    def __init__(self, connection: HttpConnection, outbox: Outbox) -> None:
        self._ends = asyncio.get_running_loop().time() + NEXT
        super().__init__(connection, outbox)

    def _look(self) -> None:
        cycle = self._connection.cycle
        if cycle is not None and not (cycle.response_complete or cycle.response_started):
            self._connection.drain()

    def tend(self) -> None:
        """Reading goes on, but not for long: the successor is the newer version."""
        if asyncio.get_running_loop().time() >= self._ends:
            self._connection.drain()

    @property
    def is_awaited(self) -> bool:
        """Whether a next request may still be read here, and answered by this version."""
        connection, time = self._connection, asyncio.get_running_loop().time()
        return time < self._ends and connection.was_used and not self.is_over


def follow(connection: HttpConnection, outbox: Outbox) -> Follower:
    """Do with a connection what its kind allows."""
    return (Follower if connection.can_go else LastRequests)(connection, outbox)
