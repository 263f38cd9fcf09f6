"""The remembered ports as they are written down: one JSON object, `ports.json`.

The format has a version `major.minor`, as that of entries (core/entry).
"""

import json
from collections.abc import Sequence
from typing import Any, TypeGuard

from homeport.core.port_claims import MOST_CLAIMS, Claim, Owner
from homeport.core.ports import HIGHEST_PORT

VERSION = "1.0"
LARGEST = 1024 * 1024
"""Bytes of the file; what is longer is none of ours."""

_to_text = json.JSONEncoder().encode
"""Kept: an app may put its own in the place of `json.dumps`."""
_LATEST = 1e11  # seconds since the epoch, the year 5138


class OtherVersion(str):
    """That of a homeport which writes another major version of the format."""

    __slots__ = ()


def to_text(claims: Sequence[Claim]) -> str:
    """The whole file, a line for each claim."""
    lines = ",\n".join(_to_text(_to_json(claim)) for claim in claims)
    return f'{{"version": "{VERSION}", "ports": [\n{lines}\n]}}\n'


def read_claims(text: str) -> tuple[Claim, ...] | OtherVersion | None:
    """The inverse of `to_text`; None for garbage. A claim that is none is left out."""
    if len(text) > LARGEST:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or not version.partition(".")[0].isdecimal():
        return None
    if version.partition(".")[0] != VERSION.partition(".")[0]:
        return OtherVersion(version[:20])
    ports = data.get("ports")
    if not isinstance(ports, list):
        return None
    found = (claim for each in ports if (claim := _claim(each)) is not None)
    return tuple({claim.owner: claim for claim in found}.values())[:MOST_CLAIMS]


def _to_json(claim: Claim) -> dict[str, Any]:
    return {
        **claim.owner._asdict(),
        "port": claim.port,
        "used": round(claim.used),
        "instead": claim.instead,
        "went_to": claim.went_to._asdict() if claim.went_to else None,
    }


def _claim(data: object) -> Claim | None:
    if not isinstance(data, dict):
        return None
    owner, went_to = _owner(data), data.get("went_to")
    port, instead = data.get("port"), data.get("instead")
    used: Any = data.get("used")
    if owner is None or type(used) not in (int, float) or not 0 <= used < _LATEST:
        return None
    if not _is_port(port) or not (instead is None or _is_port(instead)):
        return None
    return Claim(owner, port, float(used), instead, _owner(went_to))


def _owner(data: object) -> Owner | None:
    if not isinstance(data, dict):
        return None
    project, name = data.get("project"), data.get("name")
    return Owner(project, name) if isinstance(project, str) and isinstance(name, str) else None


def _is_port(value: object) -> TypeGuard[int]:
    return type(value) is int and 1024 <= value <= HIGHEST_PORT
