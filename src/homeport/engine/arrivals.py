"""Who arrived at the doors that networks can reach: remembered, and the first time told."""

import time
from collections.abc import Collection
from typing import Any

from homeport.core.evidence import Evidence, PeerSeen, newly_reached
from homeport.core.wire_doors import Visited
from homeport.engine.sparing import Sparing


class Arrivals:
    """What workers told of peers, for the life of a server."""

    def __init__(self) -> None:
        self._evidence = Evidence()
        self._sparing = Sparing()

    @property
    def forgotten(self) -> int:
        """How many peers made room for others."""
        return self._evidence.forgotten

    def add(self, message: Visited, own: Collection[str], at: float) -> list[PeerSeen]:
        """Remember; gives the peers from elsewhere that are worth telling.

        Not who was turned away by its address (R0): it has not reached the app. And not all of a
        crowd. `own` are the addresses of this computer, `at` is wall clock.
        """
        batch = [_peer_of(peer, at) for peer in message.peers if peer["ip"]]
        before, self._evidence = self._evidence, self._evidence.merged(batch)
        return [
            peer
            for peer in newly_reached(before, self._evidence, own)
            if peer.connections > dict(peer.refused).get("R0", 0)
            and self._sparing.may_tell(peer.peer, time.monotonic())
        ]

    def facts(self) -> list[dict[str, Any]]:
        """Each peer, the latest last."""
        return [_peer_facts(peer) for peer in self._evidence.peers]


def _peer_of(facts: dict[str, Any], at: float) -> PeerSeen:
    refused: dict[str, int] = {}
    for rule, _, _, times in facts["refused"]:
        refused[rule] = refused.get(rule, 0) + times
    devices = [device for device in facts["requests"] if device]
    return PeerSeen(
        peer=facts["ip"],
        first=at,
        last=at,
        connections=facts["connections"],
        allowed=sum(facts["requests"].values()),
        refused=tuple(sorted(refused.items())),
        tls_failures=tuple(sorted(facts["tls"].items())),
        device=devices[-1] if devices else None,
    )


def _peer_facts(peer: PeerSeen) -> dict[str, Any]:
    return {
        "peer": peer.peer,
        "first": peer.first,
        "last": peer.last,
        "connections": peer.connections,
        "allowed": peer.allowed,
        "refused": dict(peer.refused),
        "tls_failures": dict(peer.tls_failures),
        "device": peer.device,
    }
