"""What came to the doors of a worker, told to the supervisor in batches.

Counted before the guard decides: that something arrived is the only proof that it can. On doors
for this computer only what was refused is told; a program here that connects proves nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Protocol

from homeport.core.wire_doors import Visited
from homeport.engine.channel import Channel

DELAY = 0.2
"""Seconds that news may wait: a person who looks at both screens does not notice."""
MOST_PEERS = 64
"""Peers of one batch; of the others only the number of connections is told."""
MOST_REFUSALS = 16
"""Different refusals of a peer in one batch."""


class Loop(Protocol):
    """What is needed of an event loop."""

    def call_later(self, delay: float, callback: Any, *args: Any) -> object:
        """As asyncio's."""


@dataclass(slots=True)
class _Peer:
    connections: int = 0
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    tls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    agent: str = ""
    forwarded: bool = False


class Visits:
    """Of all doors of this worker."""

    def __init__(self, channel: Channel, loop: Loop) -> None:
        self._channel = channel
        self._loop = loop
        self._doors: dict[int, dict[str, _Peer]] = {}

    def _peer(self, door: int, ip: str) -> _Peer:
        if not self._doors:
            self._loop.call_later(DELAY, self.tell)
        peers = self._doors.setdefault(door, {})
        if ip not in peers and len(peers) >= MOST_PEERS:
            ip = ""
        return peers.setdefault(ip, _Peer())

    def arrived(self, door: int, ip: str, tls_error: str | None = None) -> None:
        """A connection, or the end of its TLS handshake."""
        peer = self._peer(door, ip)
        if tls_error is None:
            peer.connections += 1
        else:
            peer.tls[tls_error] += 1

    def refused(self, door: int, ip: str, rule: str, code: str, line: str) -> None:
        """A request was not let in; `line` says why to whoever runs the server."""
        refused = self._peer(door, ip).refused
        if len(refused) < MOST_REFUSALS or (rule, code, line) in refused:
            refused[rule, code, line] += 1

    def forwarded(self, door: int, ip: str) -> None:
        """It sent forwarded headers, and is no proxy that is trusted."""
        self._peer(door, ip).forwarded = True

    def let_in(self, door: int, ip: str, device: str | None, agent: str) -> None:
        """A request was."""
        peer = self._peer(door, ip)
        peer.requests[device or ""] += 1
        peer.agent = agent

    def tell(self) -> None:
        """All that is untold; later, where the supervisor has not heard the last of it yet."""
        if self._channel.is_stuck:
            self._loop.call_later(DELAY, self.tell)
            return
        doors, self._doors = self._doors, {}
        for door, peers in doors.items():
            facts = tuple(_facts(ip, peer) for ip, peer in peers.items())
            self._channel.send(Visited(door=door, peers=facts))


def _facts(ip: str, peer: _Peer) -> dict[str, Any]:
    return {
        "ip": ip,
        "agent": peer.agent,
        "connections": peer.connections,
        "requests": dict(peer.requests),
        "refused": [[*why, times] for why, times in peer.refused.items()],
        "forwarded": peer.forwarded,
        "tls": dict(peer.tls),
    }
