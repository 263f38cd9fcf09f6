"""One-time codes and knocks: the two ways for a browser to be let in.

A code is in the link that a phone scans: good for one device and two minutes; a newer one takes its
place. A knock comes from a visitor without a code: a number is shown on both screens, and the
person at the computer decides. Only hashes of codes and tickets are kept.
"""

from dataclasses import dataclass, replace
from enum import Enum

from homeport.core.deadline import Deadline, Now
from homeport.core.secret_hash import position

CODE_SECONDS = 120.0
KNOCK_SECONDS = 120.0
WAITING = 8
"""Visitors that may wait for an answer at once."""
KNOCK_AGAIN = 5.0
"""Seconds until a peer that waits may knock anew (a page that was loaded again)."""
SPENT = 32
"""How many dead codes are remembered, so as to say what became of them."""
NUMBERS = 10_000


class Why(Enum):
    """Why a visitor is not let in."""

    USED = "used"
    EXPIRED = "expired"
    WRONG = "wrong"
    BLOCKED = "blocked"
    DENIED = "denied"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The one code that is good now."""

    hash: str
    deadline: Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The code of a share and the dead ones, each with what became of it."""

    current: Code | None = None
    spent: tuple[tuple[str, Why], ...] = ()

    def renewed(self, code_hash: str, now: Now) -> "Codes":
        """A new code; the one before is dead."""
        code = Code(hash=code_hash, deadline=Deadline.after(CODE_SECONDS, now))
        return Codes(current=code, spent=self.ended(Why.EXPIRED).spent)

    def ended(self, why: Why) -> "Codes":
        """Without a current code."""
        if self.current is None:
            return self
        return Codes(spent=(*self.spent, (self.current.hash, why))[-SPENT:])

    def judge(self, code_hash: str, now: Now) -> Why | None:
        """None: good. A code that was good once is no guess."""
        dead = position(code_hash, (known for known, _ in self.spent))
        if self.current is not None and position(code_hash, (self.current.hash,)) is not None:
            return Why.EXPIRED if self.current.deadline.passed(now) else None
        return Why.WRONG if dead is None else self.spent[dead][1]


class Verdict(Enum):
    """What the person at the computer said to a knock."""

    NONE = "none"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A visitor at the door. `since` is monotonic seconds; `device` an id."""

    ticket_hash: str
    number: int
    peer: str
    device: str
    since: float
    deadline: Deadline
    verdict: Verdict = Verdict.NONE

    def answered(self, verdict: Verdict, now: Now) -> "Knock":
        """With an answer, which the visitor's page has time to fetch."""
        return replace(self, verdict=verdict, deadline=Deadline.after(KNOCK_SECONDS, now))


Knocks = tuple[Knock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """A visitor may not knock, for so many seconds."""

    why: Why
    seconds: float


def may_knock(knocks: Knocks, peer: str, now: Now) -> NotNow | None:
    """None: yes. One knock per peer, which takes the place of its earlier one; `WAITING` in all."""
    mine = next((knock for knock in knocks if knock.peer == peer), None)
    if mine is not None and mine.verdict is Verdict.DENIED:
        return NotNow(why=Why.DENIED, seconds=mine.deadline.left(now))
    if mine is not None:
        soon = mine.since + KNOCK_AGAIN - now.mono
        return NotNow(why=Why.BLOCKED, seconds=soon) if soon > 0 else None
    waiting = [knock for knock in knocks if knock.verdict is Verdict.NONE]
    if len(waiting) >= WAITING:
        return NotNow(why=Why.BLOCKED, seconds=min(each.deadline.left(now) for each in waiting))
    return None


def free_number(knocks: Knocks, wanted: int) -> int:
    """`wanted` as a number of four digits, or the next one that nobody else was shown."""
    taken = {knock.number for knock in knocks}
    number = wanted % NUMBERS
    while number in taken:
        number = (number + 1) % NUMBERS
    return number


def by_ticket(knocks: Knocks, ticket_hash: str, peer: str) -> Knock | None:
    """The knock that a ticket belongs to; a ticket is good only where it was given out."""
    place = position(ticket_hash, (knock.ticket_hash for knock in knocks))
    found = knocks[place] if place is not None else None
    return found if found is not None and found.peer == peer else None


def of_peer(knocks: Knocks, peer: str) -> Knocks:
    """The knocks of one visitor."""
    return tuple(knock for knock in knocks if knock.peer == peer)
