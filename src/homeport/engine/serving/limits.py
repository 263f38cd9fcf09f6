"""How long and how much: what a door grants to those who connect.

Descriptors are the scarce thing. A process may have `RLIMIT_NOFILE` of them open (often 1,024), and
an app needs some for its files and databases. So loopback doors take connections up to three
quarters of that, doors to a network up to one quarter each, whose visitors must not be able to keep
the owner out.
"""

import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All durations are in seconds, and are looked at about once a second.

    `first_byte`: how long a connection may be open before it is used; browsers open some ahead.
    `head`: from its first byte to its end. `body_idle`: without a byte of a body that we want to
    read. `per_peer`: connections of one IP address, loopback ones excepted. `connections`: all.
    """

    first_byte: float = 60.0
    head: float = 10.0
    body_idle: float = 30.0
    per_peer: int | None = None
    connections: int = 4096

    @property
    def interval(self) -> float:
        """Seconds between two looks."""
        return min(1.0, self.first_byte / 4, self.head / 4, self.body_idle / 4)


def _of_what_may_be_open(quarters: int, most: int) -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if soft == resource.RLIM_INFINITY else min(most, soft * quarters // 4)


LOOPBACK_LIMITS = Limits(connections=_of_what_may_be_open(3, 4096))
"""For programs of this computer: only what costs others something."""
NETWORK_LIMITS = Limits(first_byte=20.0, per_peer=64, connections=_of_what_may_be_open(1, 1024))
"""For doors that a network can reach."""
