"""Guessing codes and tokens gets slow, then impossible: per peer, and for all peers together.

After the nth wrong one a peer waits 1, 2, 4, … seconds, after `PER_PEER` it is shut out for
`BLOCKED`. After `OVERALL` wrong ones from wherever, nobody can pair until the person at the
computer asks for a new code. None of this touches a device that has a valid token.
"""

from dataclasses import dataclass, replace

PER_PEER = 10
OVERALL = 100
BLOCKED = 15 * 60.0
"""Seconds a peer is shut out, and after which its wrong guesses are forgotten."""
LONGEST_WAIT = 60.0
PEERS = 256
"""How many peers are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesser:
    """A peer that was wrong `count` times; `last` and `until` are monotonic seconds."""

    peer: str
    count: int
    last: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Who was wrong how often, the latest last. `overall` counts since the last new code."""

    guessers: tuple[Guesser, ...] = ()
    overall: int = 0

    @property
    def all_blocked(self) -> bool:
        """Whether pairing is shut for everybody."""
        return self.overall >= OVERALL

    def waits(self, mono: float) -> dict[str, float]:
        """The peers that have to wait, with the monotonic time until when."""
        return {each.peer: each.until for each in self.guessers if each.until > mono}

    def wait(self, peer: str, mono: float) -> float:
        """Seconds this peer has to wait before it may try again."""
        if self.all_blocked:
            return BLOCKED
        return max(self.waits(mono).get(peer, mono) - mono, 0.0)

    def blocks(self, peer: str, mono: float) -> bool:
        """Whether the peer used up its guesses."""
        return any(g.peer == peer and g.count >= PER_PEER and g.until > mono for g in self.guessers)


def wrong(throttle: Throttle, peer: str, mono: float, times: int = 1) -> Throttle:
    """The same after `peer` was wrong, `times` times."""
    known = next((g for g in throttle.guessers if g.peer == peer), None)
    before = known.count if known and mono - known.last < BLOCKED else 0
    count = min(before + times, PER_PEER)
    pause = BLOCKED if count == PER_PEER else min(2.0 ** (count - 1), LONGEST_WAIT)
    guesser = Guesser(peer=peer, count=count, last=mono, until=mono + pause)
    others = tuple(g for g in throttle.guessers if g.peer != peer)
    return Throttle(
        guessers=(*others, guesser)[-PEERS:], overall=min(throttle.overall + times, OVERALL)
    )


def with_new_code(throttle: Throttle) -> Throttle:
    """The person asked for a new code: others may pair again; a guesser still waits."""
    return replace(throttle, overall=0)
