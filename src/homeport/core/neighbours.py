"""Who this computer has spoken to on its own networks, as its neighbour table tells."""

from dataclasses import dataclass
from enum import Enum


class NeighbourState(Enum):
    """What is known of a neighbour (RFC 4861 section 7.3.2, the same for IPv4 and ARP)."""

    REACHABLE = "reachable"
    """It answered within the last half minute or so."""
    STALE = "stale"
    """It answered once; nobody asked since."""
    INCOMPLETE = "incomplete"
    """It is being asked for the first time."""
    FAILED = "failed"
    """It was asked and did not answer."""
    PERMANENT = "permanent"
    """Put there by hand, so it says nothing about an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A device that was spoken to, or called in vain. `mac`: `02:00:5e:00:53:01`, lower case."""

    ip: str
    mac: str | None
    interface: str
    state: NeighbourState

    @property
    def answered(self) -> bool:
        """Whether it was ever heard on this link."""
        return self.state in (NeighbourState.REACHABLE, NeighbourState.STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Where packets for elsewhere go. `mac` is None when it was not spoken to lately: we do not
    ask it, since a question would be seen.
    """

    ip: str
    mac: str | None
