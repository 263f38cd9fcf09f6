"""Which names servers hold, without reading or asking anything: quick, for completion."""

from collections.abc import Mapping

from homeport.engine.runtime_folder import runtime_folder
from homeport.engine.turns import Turn, is_taken, turn

PATIENCE = 0.1
"""Seconds to wait for a look at the locks; without it every entry counts."""
_ENDING = ".json"


def held_names(environment: Mapping[str, str]) -> list[str]:
    """Sorted. UsageError for a folder that is not safe to read."""
    try:
        folder = runtime_folder(environment)
    except FileNotFoundError:
        return []
    with folder:
        names = [name for name in folder.names() if name.endswith(_ENDING)]
        try:
            with turn(folder, Turn.TOGETHER, PATIENCE) as may_look:
                names = [name for name in names if not may_look or is_taken(folder, name)]
        except OSError:  # a folder that is read-only
            pass
    return [name.removesuffix(_ENDING) for name in names]
