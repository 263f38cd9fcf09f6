"""Whose pass is good, and how to get one: what the guard and the pairing pages need to know."""

from dataclasses import dataclass
from typing import Literal, Protocol

from homeport.core.policy import PassKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A device was let in; `seconds`: how long its token is good."""

    token: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It was not; `retry_after`: seconds, 0 where trying again does not help."""

    reason: Literal["used", "expired", "wrong", "blocked", "denied", "gone"]
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked:
    """Somebody waits to be let in: the number shown on both screens, the secret to ask with."""

    number: str
    ticket: str


class Passes(Protocol):
    """The passes of one door."""

    def look(self, token: str) -> tuple[PassKind, str | None]:
        """What this token is, and the id of its device."""

    def blocked(self, peer: str) -> float:
        """How many seconds this peer has to wait; 0: none."""

    def wrong(self, peer: str) -> None:
        """This peer guessed wrong once."""

    async def redeem(self, code: str, peer: str, agent: str) -> Admitted | Refused:
        """Let in whoever has the one-time code."""

    async def knock(self, peer: str, agent: str) -> Knocked | Refused:
        """Ask for a visitor who has no code."""

    async def answer(self, ticket: str) -> Admitted | Refused | None:
        """What became of the question; None: still waiting."""
