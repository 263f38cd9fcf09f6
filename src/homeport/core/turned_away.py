"""Who was refused at a door that a network can reach, in the words of the guard; for the doctor."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

MOST = 32
"""How many different refusals are remembered; the oldest make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """`rule` and `code` as in `core/decision.Fault`; `line` is the terminal's, empty for R0.

    `last` is seconds since the epoch.
    """

    peer: str
    rule: str
    code: str
    line: str
    times: int
    last: float


def merged(known: tuple[TurnedAway, ...], new: Iterable[TurnedAway]) -> tuple[TurnedAway, ...]:
    """With what a worker reports; the latest last."""
    found = {(one.peer, one.code, one.line): one for one in known}
    for one in new:
        old = found.pop((one.peer, one.code, one.line), None)
        times = one.times + (old.times if old else 0)
        found[one.peer, one.code, one.line] = replace(one, times=times)
    return tuple(found.values())[-MOST:]
