"""What the guard asks about devices and their passes; who knows it is elsewhere."""

from typing import Literal, Protocol

from homeport.core.record import Record
from homeport.core.visit import PassKind


class Admitted(Record):
    """Let in: the token to show from now on, and for how many seconds it is good."""

    token: str
    seconds: float


class Refused(Record):
    """Not let in; `retry_after` seconds from now there may be another answer, 0: never."""

    reason: Literal["used", "expired", "wrong", "blocked", "denied", "gone"]
    retry_after: float = 0.0


class Knocked(Record):
    """Waiting to be let in: the number shown on both screens, and the secret to ask with."""

    number: str
    ticket: str


class Passes(Protocol):
    """Devices, codes and guesses. Peers are IP addresses; agents are User-Agent values."""

    def look(self, token: str) -> tuple[PassKind, str | None]:
        """What a token is worth, and whose it is (device id). Compares in constant time."""

    def blocked(self, peer: str) -> float:
        """For how many more seconds this peer may not guess; 0: it may."""

    def wrong(self, peer: str) -> None:
        """This peer has shown a wrong token."""

    async def redeem(self, code: str, peer: str, agent: str) -> Admitted | Refused:
        """Use a one-time code."""

    async def knock(self, peer: str, agent: str) -> Knocked | Refused:
        """A visitor without a code asks to be let in."""

    async def answer(self, ticket: str, peer: str) -> Admitted | Refused | None:
        """What came of it; None: nobody has answered yet."""
