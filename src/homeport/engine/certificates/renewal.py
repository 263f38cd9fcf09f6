"""The chore of a server with TLS: its certificate is renewed while it runs, its listeners stay.

One of ours is made anew after two thirds of its life, and when the addresses it is for have
changed. Files that were given are read again by then: whoever renews them has written new ones.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from homeport.core.certificates import Leaf
from homeport.core.errors import HomeportError
from homeport.core.renewal import LOOK, patience, renew_at
from homeport.core.trust_words import not_renewed
from homeport.engine.certificates.serving import certificate_for, is_for_all_addresses, names_of
from homeport.engine.doors import Doors
from homeport.engine.front import Front


class Clock(NamedTuple):
    """Unix time, and the steady clock of the supervisor."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


_SYSTEM = Clock()


class Renewal:
    """A `Chore` of the supervisor. `warn` is told what a person has to know, once each."""

    def __init__(
        self, front: Front, doors: Doors, warn: Callable[[str], None], clock: Clock = _SYSTEM
    ) -> None:
        assert front.leaf is not None, "a server without TLS has nothing to renew"
        self._front = front
        self._leaf: Leaf = front.leaf
        self._doors = doors
        self._warn = warn
        self._clock = clock
        self._told: set[str] = set()
        self._names = names_of(front)
        self._all = is_for_all_addresses(front)
        self._at = renew_at(clock.wall(), self._leaf.until)
        self._due = self._next()

    @property
    def due(self) -> float:
        """The next look (monotonic)."""
        return self._due

    def take(self, now: float) -> None:
        """Look, if it is time."""
        if now < self._due:
            return
        wall = self._clock.wall()
        names = names_of(self._front) if self._all else self._names
        if wall >= self._at or names != self._names:
            self._renew(wall)
            self._names = names
        self._due = self._next()

    def _next(self) -> float:
        wait = patience(self._clock.wall(), self._at, all_addresses=self._all)
        return self._clock.steady() + wait

    def _renew(self, wall: float) -> None:
        try:
            leaf, notes = certificate_for(self._front, wall)
        except (HomeportError, OSError) as error:
            self._at = wall + LOOK
            self._tell(not_renewed(str(error), self._leaf.until))
            return
        for note in notes:
            self._tell(note)
        if leaf.fingerprint == self._leaf.fingerprint:  # a given one, and still the same
            self._at = wall + LOOK
            return
        self._leaf = leaf
        self._at = renew_at(wall, leaf.until)
        for number in range(len(self._front.ips)):
            self._doors.certify(number, leaf)

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._warn(text)
