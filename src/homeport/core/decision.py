"""What the guard decides about a visit, and every reason for which it refuses one."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.record import Record

LONGEST_SHOWN = 100  # characters of a header value that are shown to people


class Fault(Enum):
    """Why a visit is refused: the rule of docs/security.md, and the HTTP status of the answer.

    400 for what is malformed, 421 for a wrong name (RFC 9110 section 15.5.20), 403 for the rest.
    """

    METHOD = ("method", "R1", 400)
    TARGET = ("target", "R1", 400)
    H2C = ("h2c", "R1", 400)
    TWO_LENGTHS = ("two-lengths", "R1", 400)
    TWO_HOSTS = ("two-hosts", "R1", 400)
    NO_HOST = ("no-host", "R2", 400)
    BAD_HOST = ("bad-host", "R2", 400)
    FOREIGN_HOST = ("foreign-host", "R2", 421)
    TWO_ORIGINS = ("two-origins", "R3", 403)
    BAD_ORIGIN = ("bad-origin", "R3", 403)
    NULL_ORIGIN = ("null-origin", "R3", 403)
    FOREIGN_ORIGIN = ("foreign-origin", "R3", 403)
    UNKNOWN_SITE = ("unknown-site", "R4", 403)
    CROSS_SITE = ("cross-site", "R4", 403)
    CONTRADICTION = ("contradiction", "R4", 403)
    SOCKET_WITHOUT_ORIGIN = ("socket-without-origin", "R5", 403)
    SOCKET_WITHOUT_PASS = ("socket-without-pass", "R6", 403)
    WRONG_TOKEN = ("wrong-token", "R6", 403)
    MISPLACED_CODE = ("misplaced-code", "R6", 403)
    USED_CODE = ("used-code", "R6", 403)
    BLOCKED = ("blocked", "R6", 429)
    COOKIE_ALONE = ("cookie-alone", "R7", 403)
    ENDED = ("ended", "R9", 403)

    def __init__(self, code: str, rule: str, status: int) -> None:
        self.code = code
        self.rule = rule
        self.status = status


class Allow(Record):
    """The app may answer."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Refused. `found` is the value it is about, fit to be shown; empty when there is none."""

    fault: Fault
    found: str = ""

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""
        return self.fault.status

    @property
    def rule(self) -> str:
        """`R0` to `R9`."""
        return self.fault.rule


class Ask(Record):
    """401: the visitor may ask to be let in."""


class Drop(Record):
    """Close without an answer: it came from where nobody was invited (R0)."""


Decision = Allow | Deny | Ask | Drop


def shown(raw: bytes | str) -> str:
    r"""A value that a stranger chose, as printable ASCII of at most `LONGEST_SHOWN` characters.

    Every other byte becomes `\xNN`.
    """
    text = raw if isinstance(raw, str) else raw[: LONGEST_SHOWN + 1].decode("latin-1")
    clean = "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in text)
    return clean if len(clean) <= LONGEST_SHOWN else clean[: LONGEST_SHOWN - 1] + "…"
