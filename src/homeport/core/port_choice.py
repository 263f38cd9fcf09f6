"""Which port a server gets that none was asked for: that of last time, else one of its own.

A project and a name have one port, their home. The first of all gets 8000; who comes later gets a
port of its own, which its folder and name lead to, so it would be the same one again even if all
were forgotten (docs/adr/0014).
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from homeport.core.port_claims import Claim, Owner, claim_of
from homeport.core.port_rules import PortRules
from homeport.core.ports import DEFAULT_PORT, REFUSED_BY_BROWSERS, TRIES
from homeport.core.well_known import NEVER_PROBED, usual

OWN_PORTS = range(8100, 10000)
"""Where ports of projects are: four digits, below what systems give to outgoing connections."""
RECENT = 30 * 86400.0
"""Seconds for which 8000 is kept for the project that has it."""


class Choice(NamedTuple):
    """`ports` to try in order. `home` is the one that should be had, were all as it should be.

    `kept_for` has it instead: because it was there first, or (`is_lost`) came when we were away.
    """

    ports: tuple[int, ...]
    home: int
    kept_for: Owner | None = None
    is_lost: bool = False


def choose(owner: Owner, claims: Sequence[Claim], rules: PortRules, now: float) -> Choice:
    """Which ports to try for `owner`, none of them another's."""
    mine = claim_of(owner, claims)
    others = [claim for claim in claims if claim.owner != owner and claim.went_to is None]
    taken = {port for claim in others for port in (claim.port, claim.instead)}
    own = _own_ports(owner, rules, taken)
    if mine is not None:
        instead = [mine.instead] if mine.instead and mine.instead not in taken else []
        if mine.went_to is not None:
            return Choice(_once(*instead, *own), mine.port, mine.went_to, is_lost=True)
        return Choice(_once(mine.port, *instead, *own), mine.port)
    by = next((claim for claim in others if claim.port == DEFAULT_PORT), None)
    if by is not None and abs(now - by.used) < RECENT:
        return Choice(own, DEFAULT_PORT, by.owner)
    return Choice((DEFAULT_PORT, *own), DEFAULT_PORT)


def _own_ports(owner: Owner, rules: PortRules, taken: set[int | None]) -> tuple[int, ...]:
    """Up to `TRIES` ports, from that of the project's own on; the ephemeral ones only if need be.

    An outgoing connection may have one of those at any moment.
    """

    def fit(*, ephemeral: bool) -> tuple[int, ...]:
        found = (
            port
            for port in _around(owner)
            if port not in taken and (port in rules.ephemeral) is ephemeral and _is_fit(port, rules)
        )
        return tuple(islice(found, TRIES))

    return fit(ephemeral=False) or fit(ephemeral=True)


def _around(owner: Owner) -> Iterator[int]:
    start = 0xCBF29CE484222325  # FNV-1a; to import hashlib takes longer than all the rest
    for byte in "\0".join(owner).encode("utf-8", "backslashreplace"):
        start = (start ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    start %= len(OWN_PORTS)
    yield from OWN_PORTS[start:]
    yield from OWN_PORTS[:start]


def _is_fit(port: int, rules: PortRules) -> bool:
    return (
        port not in REFUSED_BY_BROWSERS
        and port not in NEVER_PROBED
        and usual(port) is None
        and (rules.privileged or port >= rules.first_unprivileged)
        and not any(port in each for each in rules.excluded)
    )


def _once(*ports: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(ports))
