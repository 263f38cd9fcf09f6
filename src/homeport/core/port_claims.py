"""Whose port is which: what is remembered from start to start (docs/adr/0014).

It is on the way of every start, so it imports next to nothing; a new port is chosen in
core/port_choice.
"""

from collections.abc import Sequence
from typing import NamedTuple

MOST_CLAIMS = 200
"""What was not used for longest is forgotten."""
_PRECISION = 3600.0  # seconds: a start within an hour of the last one writes nothing


class Owner(NamedTuple):
    """Whose port it is: the real path of a project's folder, and the name of its server."""

    project: str
    name: str


class Claim(NamedTuple):
    """`port` is the home of `owner`; `instead` what it had when that was in use.

    `used` is seconds since the epoch. `went_to`: another project has got the port meanwhile.
    """

    owner: Owner
    port: int
    used: float
    instead: int | None = None
    went_to: Owner | None = None


def claim_of(owner: Owner, claims: Sequence[Claim]) -> Claim | None:
    """Its own, if it has one."""
    return next((claim for claim in claims if claim.owner == owner), None)


def home_of(owner: Owner, claims: Sequence[Claim]) -> int | None:
    """The port that it had and may have again."""
    mine = claim_of(owner, claims)
    return mine.port if mine is not None and mine.went_to is None else None


def settle(owner: Owner, claims: Sequence[Claim], port: int, now: float) -> tuple[Claim, ...]:
    """What to remember now that `owner` has `port`; the same claims when that is nothing new."""
    mine = claim_of(owner, claims)
    if mine is None or mine.went_to is not None:
        mine = Claim(owner, port, now)
    elif port != mine.port:
        mine = mine._replace(instead=port, used=now)
    elif abs(now - mine.used) > _PRECISION:
        mine = mine._replace(used=now)
    else:
        return tuple(claims)
    others = (_without(claim, mine) for claim in claims if claim.owner != owner)
    return (mine, *sorted(others, key=lambda claim: -claim.used))[:MOST_CLAIMS]


def _without(claim: Claim, new: Claim) -> Claim:
    """What is left of a claim when `new` holds."""
    if claim.port == new.port and claim.went_to is None:
        claim = claim._replace(went_to=new.owner)
    if claim.instead in (new.port, new.instead):
        claim = claim._replace(instead=None)
    return claim
