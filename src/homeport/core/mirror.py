"""What the workers know of passes: a copy that the supervisor sends them at every change."""

from enum import Enum
from typing import Any, Self

from homeport.core.record import Record


class TokenState(Enum):
    """What a token is worth; the names are those of `core.policy.PassKind`."""

    VALID = "valid"
    EXPIRED = "expired"
    WRONG = "wrong"


class Mirror(Record):
    """Token hashes with their device ids, dead token hashes, and who has to wait.

    `waits` are peers with the monotonic time until when; the clock is the same in every process
    of a computer. `all_blocked`: nobody can pair. No secret is in it.
    """

    passes: tuple[tuple[str, str], ...] = ()
    expired: tuple[str, ...] = ()
    waits: tuple[tuple[str, float], ...] = ()
    all_blocked: bool = False

    def look(self, token: str) -> tuple[TokenState, str | None]:
        """What the token is worth, and whose it is."""
        from homeport.core.secret_hash import hashed, position  # OpenSSL; a start needs none of it

        wanted = hashed(token)
        valid = position(wanted, (known for known, _ in self.passes))
        if valid is not None:
            return TokenState.VALID, self.passes[valid][1]
        dead = position(wanted, self.expired) is not None
        return (TokenState.EXPIRED if dead else TokenState.WRONG), None

    def wait(self, peer: str, mono: float) -> float:
        """Seconds this peer has to wait before another guess; 0: none."""
        return max(dict(self.waits).get(peer, mono) - mono, 0.0)

    def to_json(self) -> dict[str, Any]:
        """For a message to a worker."""
        return self.to_dict()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` made, after a way through JSON."""
        return cls(
            passes=tuple((str(token), str(device)) for token, device in data["passes"]),
            expired=tuple(data["expired"]),
            waits=tuple((str(peer), float(until)) for peer, until in data["waits"]),
            all_blocked=data["all_blocked"],
        )
