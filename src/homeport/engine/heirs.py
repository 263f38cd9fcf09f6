"""The worker's side of a handover: connections go to and come from the supervisor."""

import asyncio
import logging
import socket
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from homeport.core.wire import Adopt, Handed, Released
from homeport.engine.channel import Channel

if TYPE_CHECKING:
    from homeport.engine.serving.server import Server


class Successor:
    """The worker that comes after this one, by way of the supervisor."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def released(self) -> None:
        """From now on no new request is read here."""
        self._channel.send(Released())

    def hand(self, listener: int, used: bool, descriptors: tuple[int, ...]) -> bool:
        """False: not now. The kernel bounds what is in flight (ETOOMANYREFS, unix(7))."""
        handed = Handed(descriptors=len(descriptors), listener=listener, used=used)
        try:
            return self._channel.send(handed, descriptors)
        except OSError:
            return False


class InOrder:
    """Does one thing after the other: connections need the listeners they belong to."""

    def __init__(self) -> None:
        self._last: asyncio.Future[None] | None = None

    def add(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it when all that came before is done."""

        async def then(earlier: asyncio.Future[None] | None) -> None:
            if earlier is not None:
                await asyncio.wait([earlier])
            try:
                await work
            except Exception:  # else nobody would ever hear of it
                logging.getLogger("uvicorn.error").exception("A door does not open.")

        self._last = asyncio.ensure_future(then(self._last))

    async def done(self) -> None:
        """Wait for all of it."""
        if self._last is not None:
            await asyncio.wait([self._last])


async def adopt(server: "Server", message: Adopt, descriptors: tuple[int, ...]) -> None:
    """Serve the connections of a worker that is leaving."""
    for number in descriptors:
        sock = socket.socket(fileno=number)
        sock.setblocking(False)
        await server.adopt(sock, listener=message.listener, used=message.used)
