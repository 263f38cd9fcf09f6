"""All servers of this user with what they tell of themselves, asked at once."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError
from homeport.engine import registry
from homeport.engine.control_client import ask_all
from homeport.engine.runtime_folder import runtime_folder


class Known(NamedTuple):
    """A server that runs; None is what an older homeport, or one that hangs, does not tell.

    `shared_until` is wall clock, None as well when it is not shared.
    """

    entry: Entry
    phase: str | None
    background: bool | None
    shared_until: float | None


def roll_call(environment: Mapping[str, str] = os.environ) -> tuple[Known, ...]:
    """By name. An unsafe folder has nobody in it."""
    try:
        found = registry.survey(environment)
        with runtime_folder(environment) as folder:
            names = [entry.name for entry in found.living]
            told = ask_all(folder, names, {"ask": "state"}, registry.ANSWER_WITHIN)
    except (HomeportError, OSError):
        return ()
    entries = sorted((*found.living, *found.silent))
    return tuple(_known(entry, told.get(entry.name, {})) for entry in entries)


def tls_servers(environment: Mapping[str, str] = os.environ) -> frozenset[int]:
    """The processes of those whose links are https. An unsafe folder has nobody in it."""
    try:
        entries = registry.entries(environment)
    except (HomeportError, OSError):
        return frozenset()
    return frozenset(entry.pid for entry in entries if "".join(entry.urls[:1]).startswith("https:"))


def _known(entry: Entry, told: Mapping[str, Any]) -> Known:
    if told.get("instance") != entry.instance:
        return Known(entry, None, None, None)
    return Known(entry, *(told.get(field) for field in ("phase", "background", "shared_until")))
