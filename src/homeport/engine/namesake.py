"""Whether a server of the wanted name runs, before anything is opened for a second one."""

import time
from collections.abc import Mapping

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError
from homeport.core.server_words import name_taken
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.registration import PATIENCE, read_there
from homeport.engine.runtime_folder import runtime_folder
from homeport.engine.turns import Turn, is_taken, turn

LEAVES_WITHIN = 15.0
"""Seconds to wait for a namesake that is stopping. One of the default `--stop-timeout` needs 12."""
ANSWERS_WITHIN = 1.0
_PAUSE = 0.02


def make_way(
    name: str, project: str, environment: Mapping[str, str], *, restart: bool
) -> Entry | None:
    """The server to be replaced by the one of that name; None when the name is free.

    A namesake that is stopping is waited for. Raises NameTakenError when one runs and may not be
    replaced: without `restart`, or when it serves another folder than `project`. Raises
    HomeportError, OSError when the folder of servers cannot be used.
    """
    deadline = time.monotonic() + LEAVES_WITHIN
    while True:
        try:
            folder = runtime_folder(environment)
        except FileNotFoundError:
            return None
        with folder:
            if not _runs(folder, name):
                return None
            found = read_there(folder, name)
        if isinstance(found, Entry):
            if _is_stopping(found) and time.monotonic() < deadline:
                time.sleep(_PAUSE)
                continue
            if restart and found.project == project:
                return found
        raise name_taken(name, project, found, time.time())


def _runs(folder: PrivateFolder, name: str) -> bool:
    """Most of the time there is no file of that name, and nothing to be locked."""
    if f"{name}.json" not in folder.names():
        return False
    with turn(folder, Turn.TOGETHER, PATIENCE) as may_look:
        return may_look and is_taken(folder, f"{name}.json")


def _is_stopping(entry: Entry) -> bool:
    from homeport.engine.control_client import ask

    try:
        answer = ask(entry, {"ask": "who"}, ANSWERS_WITHIN)
    except HomeportError:  # it ends this moment, or hangs
        return False
    return answer.get("stopping") is True
