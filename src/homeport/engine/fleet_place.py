"""Where a running `homeport up` is found by `homeport down`: one per project folder.

A folder `up` in the runtime folder, used as the registry is (engine/registration), with the folder
of the project, hashed, as the name.
"""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from homeport.core import up_refusals, words
from homeport.core.entry import UP, Entry
from homeport.core.errors import HomeportError, NameTakenError
from homeport.engine import control_client
from homeport.engine.control import Control, Handler
from homeport.engine.new_entry import new_entry
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.registration import Registration, register
from homeport.engine.registry import survey_in
from homeport.engine.runtime_folder import runtime_folder

_FOLDER = "up"


class FleetPlace:
    """This `up`, to be asked by others. `control` is for its loop."""

    def __init__(self, registration: Registration, handlers: Mapping[str, Handler]) -> None:
        self._registration = registration
        entry = registration.entry
        self.control = Control(
            registration.socket, {"who": lambda request: entry.to_json(), **handlers}
        )

    def close(self) -> None:
        """Not to be found any more."""
        self.control.close()
        self._registration.close()


def take_place(
    project: str,
    names: Sequence[str],
    handlers: Mapping[str, Handler],
    environment: Mapping[str, str],
) -> FleetPlace:
    """Be the one for that project. UsageError when another one is; HomeportError, OSError."""
    wanted = new_entry(_key(project), project=project, app=" ".join(names), holder=UP)
    folder = _open(environment, make=True)
    try:
        registration = register(folder, wanted)
    except NameTakenError:
        other = _found(folder, project)
        folder.close()
        raise _already(project, other) from None
    except BaseException:
        folder.close()
        raise
    return FleetPlace(registration, handlers)


def find_place(project: str, environment: Mapping[str, str]) -> Entry:
    """The one for that project.

    Raises NothingThereError, HomeportError for one that does not answer, UsageError for an
    unsafe folder.
    """
    with suppress(FileNotFoundError), _open(environment, make=False) as folder:
        found = survey_in(folder, _key(project))
        for entry in found.living:
            return entry
        for entry in found.silent:
            raise up_refusals.up_silent(project, entry.pid)
    raise up_refusals.nothing_up(project)


def _open(environment: Mapping[str, str], *, make: bool) -> PrivateFolder:
    with runtime_folder(environment, make=make) as above:
        return PrivateFolder.open(os.path.join(above.path, _FOLDER), make=make)


def _found(folder: PrivateFolder, project: str) -> Entry | None:
    return next(iter(survey_in(folder, _key(project)).living), None)


def _already(project: str, other: Entry | None) -> HomeportError:
    names: list[str] = []
    since = "a moment ago"
    if other is not None:
        since = words.since(other.started, time.time())
        with suppress(HomeportError):
            names = list(control_client.ask(other, {"ask": "state"})["apps"])
    return up_refusals.already_up(project, since, names)


def _key(project: str) -> str:
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()
    return f"up-{digest[:32]}"
