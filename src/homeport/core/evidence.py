"""Who was seen arriving, counted before anything is decided about them.

A connection that arrived is the only proof that a network lets it through, so arrivals count
whatever became of them. This computer's own addresses prove nothing about others: such a connection
never touches the wire.
"""

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from homeport.core.address import is_ip, is_loopback

PEERS = 64
"""How many peers are remembered one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSeen:
    """What one peer did. `first` and `last` are seconds since the epoch; `device` an id.

    `refused` counts by rule (`R2`), sorted; `tls_failures` by reason, sorted.
    """

    peer: str
    first: float
    last: float
    connections: int = 0
    allowed: int = 0
    refused: tuple[tuple[str, int], ...] = ()
    tls_failures: tuple[tuple[str, int], ...] = ()
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The peers, the latest last. `forgotten`: how many records made room for others."""

    peers: tuple[PeerSeen, ...] = ()
    forgotten: int = 0

    def merged(self, batch: Iterable[PeerSeen]) -> "Evidence":
        """With what a worker reports."""
        known = {each.peer: each for each in self.peers}
        for new in batch:
            peer = unmapped(new.peer)
            old = known.get(peer)
            new = replace(new, peer=peer)
            known[peer] = _sum(old, new) if old is not None else new
        peers = tuple(sorted(known.values(), key=lambda each: (each.last, each.peer)))
        over = max(len(peers) - PEERS, 0)
        return Evidence(peers=peers[over:], forgotten=self.forgotten + over)

    def from_elsewhere(self, own: Collection[str]) -> tuple[PeerSeen, ...]:
        """Those that are not this computer, whose addresses are `own`; the latest last."""
        return tuple(
            each for each in self.peers if each.connections and not _is_own(each.peer, own)
        )


class Proof(Enum):
    """How much is known about who gets here."""

    LISTENING = "listening"
    ANSWERS_HERE = "answers-on-this-computer"
    REACHED = "reached"
    NOT_REACHED = "not-reached-yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The words of evidence that hold, and the latest peer from elsewhere."""

    proofs: tuple[Proof, ...]
    latest: PeerSeen | None = None
    all: tuple[PeerSeen, ...] = ()


def findings(
    evidence: Evidence, own: Collection[str], *, listening: bool, answers_here: bool
) -> Findings:
    """What may be said. `answers_here`: a connection of our own was answered."""
    elsewhere = evidence.from_elsewhere(own)
    proofs = [Proof.LISTENING] if listening else []
    proofs += [Proof.ANSWERS_HERE] if answers_here else []
    proofs.append(Proof.REACHED if elsewhere else Proof.NOT_REACHED)
    return Findings(
        proofs=tuple(proofs), latest=elsewhere[-1] if elsewhere else None, all=elsewhere
    )


def newly_reached(before: Evidence, after: Evidence, own: Collection[str]) -> tuple[PeerSeen, ...]:
    """The peers from elsewhere that were not known before: worth telling."""
    known = {each.peer for each in before.from_elsewhere(own)}
    return tuple(each for each in after.from_elsewhere(own) if each.peer not in known)


def unmapped(peer: str) -> str:
    """`::ffff:192.168.1.34` is 192.168.1.34; text that is no address stays what it is."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    return str(getattr(address, "ipv4_mapped", None) or address)


def _is_own(peer: str, own: Collection[str]) -> bool:
    return peer in own or (is_ip(peer) and is_loopback(peer))


def _sum(old: PeerSeen, new: PeerSeen) -> PeerSeen:
    later = new if new.last >= old.last else old
    earlier = old if later is new else new
    return PeerSeen(
        peer=old.peer,
        first=min(old.first, new.first),
        last=later.last,
        connections=old.connections + new.connections,
        allowed=old.allowed + new.allowed,
        refused=_added(old.refused, new.refused),
        tls_failures=_added(old.tls_failures, new.tls_failures),
        device=later.device or earlier.device,
    )


def _added(
    old: tuple[tuple[str, int], ...], new: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    counts = dict(old)
    for reason, count in new:
        counts[reason] = counts.get(reason, 0) + count
    return tuple(sorted(counts.items()))
