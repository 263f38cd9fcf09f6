"""A door while it is open: who is inside, who may come in, and one clock for all of them."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from uvicorn.server import ServerState

from homeport.core.address import is_loopback
from homeport.core.wire_rules import Fault, WireRule, fault
from homeport.engine.serving.door import Arrival, Door, unmapped

Peer = tuple[str, int] | None
"""IP and port as the socket tells them; None where there is no such thing."""


MOST_USUAL = 4


class Doorway(ServerState):
    """uvicorn's state of one listener, which every connection has at hand; and ours.

    `app` is called for what comes through, `plain` for plain http where the door speaks TLS.
    """

    def __init__(self, door: Door, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.door = door
        self.app = app if door.app is None else door.app
        self.plain = speaks_https(self.tell) if door.plain is None else door.plain
        self.closed = False
        self.usual: deque[tuple[bytes, list[tuple[bytes, bytes]]]] = deque(maxlen=MOST_USUAL)
        """Methods and headers of the last plain heads; copies, for apps may change theirs."""
        self._loop = loop
        self._peers: Counter[str] = Counter()
        self._inside = 0
        self._said: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def enters(self, peer: Peer, *, known: bool = False) -> bool:
        """Whether this peer may come in; it is counted then, and `leaves` has to follow.

        `known`: another worker has told of its arrival already.
        """
        ip = unmapped(peer[0]) if peer else ""
        door = self.door
        if peer and not known and door.arrived is not None:
            door.arrived(Arrival(ip, peer[1]))
        if self.closed or (peer and door.admits is not None and not door.admits(ip)):
            return False
        if self._inside >= door.limits.connections:
            self._say_once("", fault(WireRule.DOOR_FULL), ip)
            return False
        if door.limits.per_peer is not None and peer:
            if self._peers[ip] >= door.limits.per_peer and not is_loopback(ip.partition("%")[0]):
                self._say_once(ip, fault(WireRule.PEER_FULL), ip)
                return False
            self._peers[ip] += 1
        self._inside += 1
        if self._timer is None:
            self._timer = self._loop.call_later(door.limits.interval, self._look)
        return True

    def leaves(self, peer: Peer) -> None:
        """A connection that had entered has ended."""
        self._inside -= 1
        if self.door.limits.per_peer is not None and peer:
            ip = unmapped(peer[0])
            self._peers[ip] -= 1
            if not self._peers[ip]:
                del self._peers[ip]

    def tell(self, fault: Fault, peer: Peer) -> None:
        """A request was refused."""
        ip = unmapped(peer[0]) if peer else "this computer"
        if self.door.refused is not None:
            self.door.refused(fault, ip)
        else:
            logging.getLogger("uvicorn.error").warning(fault.line(ip))

    def _say_once(self, key: str, fault: Fault, ip: str) -> None:
        if key not in self._said and len(self._said) < 1000:
            self._said.add(key)
            self.tell(fault, (ip, 0))

    def _look(self) -> None:
        """Ask every connection whether it has waited too long; a request costs nothing for it."""
        now = self._loop.time()
        for connection in list(self.connections):
            connection.tick(now)  # type: ignore[union-attr]
        inside = self._inside and not self.closed
        again = self._loop.call_later(self.door.limits.interval, self._look) if inside else None
        self._timer = again

    def close(self) -> None:
        """Nobody comes in any more."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()


def speaks_https(tell: Callable[[Fault, Peer], None]) -> Any:
    """The ASGI app that says so to those who speak plain http, and to `tell`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found = fault(WireRule.NOT_TLS)
        tell(found, scope["client"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        body = found.answer.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        start = {"type": "http.response.start", "status": found.rule.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return app
