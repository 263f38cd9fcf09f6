"""Whether a server of the wanted name runs, before anything is opened for a second one."""

import time
from collections.abc import Mapping

from homeport.core.entry import Entry, Foreign
from homeport.core.errors import HomeportError, NameTakenError, NothingThereError
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.registration import PATIENCE, read_there
from homeport.engine.runtime_folder import runtime_folder
from homeport.engine.turns import Turn, is_taken, turn

LEAVES_WITHIN = 15.0
"""Seconds to wait for a namesake that is stopping. One of the default `--stop-timeout` needs 12."""
ANSWERS_WITHIN = 1.0
_PAUSE = 0.02


class _Held:
    """A server has the name; `by` is its entry, None when that cannot be read."""

    def __init__(self, by: Entry | Foreign | None) -> None:
        self.by = by


def make_way(
    name: str, project: str, environment: Mapping[str, str], *, restart: bool
) -> Entry | None:
    """The server to be replaced by the one of that name; None when the name is free.

    A namesake that is stopping is waited for. Raises NameTakenError when one runs and may not be
    replaced: without `restart`, or when it serves another folder than `project`. Raises
    HomeportError, OSError when the folder of servers cannot be used.
    """
    deadline = time.monotonic() + LEAVES_WITHIN
    while held := _holder(name, environment):
        found = held.by
        if isinstance(found, Entry) and _is_stopping(found) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        elif restart:
            return _replaceable(held, name, project)
        else:
            raise _taken(held, name, project)
    return None


def to_replace(name: str, project: str, environment: Mapping[str, str]) -> Entry | None:
    """As `make_way` with `restart`, and at once: who is stopping is to be replaced as well."""
    held = _holder(name, environment)
    return _replaceable(held, name, project) if held else None


def _holder(name: str, environment: Mapping[str, str]) -> _Held | None:
    try:
        folder = runtime_folder(environment)
    except FileNotFoundError:
        return None
    with folder:
        return _Held(read_there(folder, name)) if _runs(folder, name) else None


def _replaceable(held: _Held, name: str, project: str) -> Entry:
    if isinstance(held.by, Entry) and held.by.project == project:
        return held.by
    raise _taken(held, name, project)


def _taken(held: _Held, name: str, project: str) -> NameTakenError:
    from homeport.core.server_words import name_taken

    return name_taken(name, project, held.by, time.time())


def _runs(folder: PrivateFolder, name: str) -> bool:
    """Most of the time there is no file of that name, and nothing to be locked."""
    if f"{name}.json" not in folder.names():
        return False
    with turn(folder, Turn.TOGETHER, PATIENCE) as may_look:
        return may_look and is_taken(folder, f"{name}.json")


def _is_stopping(entry: Entry) -> bool:
    from homeport.engine.control_client import ask

    try:
        return bool(ask(entry, {"ask": "state"}, ANSWERS_WITHIN)["phase"] == "stopping")
    except NothingThereError:  # it ends this moment
        return True
    except HomeportError:  # it hangs, or does not tell
        return False
