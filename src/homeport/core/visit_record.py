"""The visit log: one JSON object per line, about who came to a shared door.

A path is kept without its query string, which may hold codes, tokens and what people typed.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from homeport.core.plain import plain

LONGEST = 200
"""Characters of a path that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord:
    """A visit, or what became of one. `time` is seconds since the epoch, `device` an id.

    `rule` is the one that decided: `allowed`, `R0` to `R9` of the guard, or of the share `let-in`,
    `denied`, `revoked`, `token`, `code-used`, `code-expired`, `code-wrong`, `token-wrong`.
    """

    time: float
    peer: str | None
    rule: str
    device: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None


def log_line(visit: VisitRecord) -> str:
    """The line, with its line end; ASCII, and nothing of it can end a line early."""
    moment = datetime.fromtimestamp(visit.time, UTC).isoformat(timespec="milliseconds")
    told = {
        "time": moment.replace("+00:00", "Z"),
        "peer": _kept(visit.peer),
        "device": visit.device,
        "rule": visit.rule,
        "method": _kept(visit.method),
        "path": _kept(visit.path),
        "status": visit.status,
    }
    return json.dumps({key: value for key, value in told.items() if value is not None}) + "\n"


def _kept(text: str | None) -> str | None:
    """Without query and fragment, control characters, and whatever is beyond `LONGEST`."""
    if text is None:
        return None
    bare = text.partition("?")[0].partition("#")[0]
    return plain(bare[:LONGEST])
