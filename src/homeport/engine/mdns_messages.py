"""Messages between the supervisor and the process that announces a name ⇄ JSON lines.

Not in `core/wire`: no worker ever says or hears one of them.
"""

import json
from dataclasses import asdict, dataclass
from typing import get_args


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """To the process: be `<label>.local` at `ip` and `port`, until withdrawn.

    `instance` goes into the TXT record, so it must be no secret. `recheck`: seconds between two
    looks for somebody else who answers to the name.
    """

    label: str
    ip: str
    port: int
    tls: bool
    instance: str
    recheck: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """To the process: say goodbye, and end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """From it: `name` (`shop-2.local`) leads to us now. `asked` is what we would have liked."""

    name: str
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """From it: `ip` answers to `name` too. Unless `kept`, another `Claimed` or `Failed` follows."""

    name: str
    ip: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """From it: there is no name. `reason` is a value of `NoName`, `detail` is for a log."""

    reason: str
    detail: str = ""


Message = Announce | Withdraw | Claimed | Conflict | Failed
_TYPES: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


def encode(message: Message) -> bytes:
    """One line, newline included."""
    return json.dumps({"type": type(message).__name__, **asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The inverse of `encode`; ValueError for a line that is no message."""
    try:
        data = json.loads(line)
        return _TYPES[data.pop("type")](**data)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"not a message: {line[:80]!r}") from None
