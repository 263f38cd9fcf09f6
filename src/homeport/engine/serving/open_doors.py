"""The doors of one server: opened, shut, and looked through together."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

from homeport.core.ports import BACKLOG
from homeport.engine.serving.connection import HttpConnection
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.entrance import TlsEntrance

_ROUNDS = 8
"""Rounds of the loop until a connection that was accepted is made known to us (asyncio: 3)."""


class _Open(NamedTuple):
    doorway: Doorway
    entrance: asyncio.Server | TlsEntrance


class OpenDoors:
    """Doors by their number."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._shut: list[Doorway] = []  # of which an app may still be busy

    def next_number(self) -> int:
        """One more than the highest."""
        return max(self._open, default=-1) + 1

    def get(self, number: int) -> Doorway | None:
        """The door that is open under that number."""
        found = self._open.get(number)
        return found.doorway if found else None

    def all(self) -> list[Doorway]:
        """Those that are open."""
        return [one.doorway for one in self._open.values()]

    async def open(
        self,
        sock: socket.socket,
        doorway: Doorway,
        new: Callable[[], HttpConnection],
        came_late: Callable[[HttpConnection], None],
    ) -> None:
        """Accept on a listening socket. ValueError: the number is taken."""
        number = doorway.door.number
        if number in self._open:
            raise ValueError(f"door {number} is open already; shut it, or take another number")
        entrance: asyncio.Server | TlsEntrance
        if doorway.door.tls is not None:
            entrance = TlsEntrance(sock, doorway, new, came_late)
        else:
            # It calls `listen` once more, which would make the queue of the shared socket shorter.
            loop = asyncio.get_running_loop()
            entrance = await loop.create_server(new, sock=sock, backlog=BACKLOG)
        self._open[number] = _Open(doorway, entrance)

    async def shut(self, number: int) -> None:
        """Close one and cut everything that came through it; unknown numbers are fine."""
        shut = self._open.pop(number, None)
        if shut is None:
            return
        self._shut = [*(doorway for doorway in self._shut if doorway.tasks), shut.doorway]
        shut.doorway.close()
        if isinstance(shut.entrance, TlsEntrance):
            shut.entrance.give_up()
        shut.entrance.close()
        for connection in _inside(shut.doorway):
            connection.leave()
        await _rounds()
        for connection in _inside(shut.doorway):
            connection.transport.abort()

    async def stop_accepting(self) -> None:
        """Close the listeners and wait until everything that was accepted is known to us.

        asyncio loses connections that it has accepted when its server is closed in the same
        round: so no more are accepted first, and the server is closed some rounds later. uvloop
        has no such reader and accepts until then.
        """
        entrances = [one.entrance for one in self._open.values()]
        loop = asyncio.get_running_loop()
        for entrance in entrances:
            if isinstance(entrance, TlsEntrance):
                entrance.stop_accepting()
            else:
                for sock in entrance.sockets:
                    loop.remove_reader(sock.fileno())
        await _rounds()
        for entrance in entrances:
            entrance.close()
        await _rounds()

    def connections(self) -> list[Any]:
        """HTTP connections and WebSockets."""
        return [connection for doorway in self.all() for connection in _inside(doorway)]

    def connections_at(self, number: int) -> list[Any]:
        """Those that came through one door."""
        doorway = self.get(number)
        return _inside(doorway) if doorway is not None else []

    def tasks(self) -> list[asyncio.Task[None]]:
        """Calls of apps; those behind doors that are shut by now too."""
        return [task for one in (*self.all(), *self._shut) for task in list(one.tasks)]

    def handshakes(self) -> list[TlsEntrance]:
        """Entrances where somebody has been accepted and is not inside yet."""
        entrances = (one.entrance for one in self._open.values())
        return [one for one in entrances if isinstance(one, TlsEntrance) and one.pending]

    def are_busy(self) -> bool:
        """Whether anything is left of anybody."""
        return bool(self.connections() or self.tasks() or self.handshakes())

    def close(self) -> None:
        """Nothing is awaited any more."""
        for doorway in self.all():
            doorway.close()


def _inside(doorway: Doorway) -> list[Any]:
    return list(doorway.connections)


async def _rounds() -> None:
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
