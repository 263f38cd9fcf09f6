"""The ports of this user's projects, in the file `ports.json` of the state folder.

Reading it, choosing, binding and writing are one turn: of fifty servers that start at once each
sees what those before it have got. Without the memory (a folder that cannot be used, a process
that keeps the lock) a server starts all the same, and says so.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from homeport import host
from homeport.core.errors import BindError, HomeportError
from homeport.core.plan import BindPlan
from homeport.core.port_claims import Claim, Owner, home_of, settle
from homeport.core.port_memory import LARGEST, OtherVersion, read_claims, to_text
from homeport.engine.binding import Listeners, open_listeners
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.runtime_folder import state_folder
from homeport.engine.turns import Turn, turn

if TYPE_CHECKING:
    from homeport.core.moved import Moved
    from homeport.core.port_choice import Choice
    from homeport.core.port_rules import PortRules

FILE = "ports.json"
LOST = "ports.json.bad"
PATIENCE = 5.0
"""Seconds to wait for one's turn: fifty starts at once on a busy computer take one or two."""


def open_at_home(
    plan: BindPlan, owner: Owner, environment: Mapping[str, str], *, remember: bool = True
) -> "tuple[Listeners, Moved | None, tuple[str, ...]]":
    """Open all targets of `plan` on the port of `owner`, or on another one that is free.

    Besides: what there is to tell when it is another one, and notes. With `remember` it is the one
    to try first next time. Raises as `open_listeners`.
    """
    with ExitStack() as our_turn:
        memory = _memory(environment, owner, our_turn)
        listeners, choice = _open(plan, owner, memory.claims)
        try:
            if remember:
                memory.keep(settle(owner, memory.claims, listeners.port, time.time()))
        except BaseException:
            listeners.close()
            raise
    moved = _moved(choice, listeners, owner, memory) if choice is not None else None
    return listeners, moved, tuple(memory.notes)


def _open(
    plan: BindPlan, owner: Owner, claims: tuple[Claim, ...]
) -> "tuple[Listeners, Choice | None]":
    """At home if that can be; else on what is chosen."""
    home = home_of(owner, claims)
    if home is not None:
        try:
            return open_listeners(replace(plan, ports=(home,)), "--port"), None
        except BindError as error:
            if error.code != "no-free-port":
                raise
    choose, rules = _for_choosing()
    choice = choose(owner, claims, rules, time.time())
    return open_listeners(replace(plan, ports=choice.ports), "--port"), choice


def _for_choosing() -> "tuple[Callable[..., Choice], PortRules]":
    """What only those need who do not have their port yet: it takes longer than all the rest."""
    from homeport.core.port_choice import choose

    return choose, host.port_rules()


def _moved(
    choice: "Choice", listeners: Listeners, owner: Owner, memory: "_Memory"
) -> "Moved | None":
    from homeport.core.moved import NextTime, moved

    held_by = listeners.busy.listeners if listeners.busy else ()
    home = home_of(owner, memory.claims) if memory.is_kept else None
    next_time = NextTime.HERE if home == listeners.port else NextTime.BACK
    return moved(choice, listeners.port, held_by, next_time if home else NextTime.UNKNOWN)


class _Memory:
    """What is remembered. `write` None: there is nothing to write it to."""

    def __init__(
        self,
        claims: tuple[Claim, ...],
        write: Callable[[str], None] | None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.claims = claims
        self.notes = list(notes)
        self.is_kept = write is not None
        self._write = write

    def keep(self, claims: tuple[Claim, ...]) -> None:
        """Remember these from now on. What cannot be written is noted."""
        if claims == self.claims or self._write is None:
            return
        try:
            self._write(to_text(claims))
            self.claims = claims
        except OSError as error:
            self.is_kept = False
            self.notes.append(_not_remembered(error))


def _memory(environment: Mapping[str, str], owner: Owner, our_turn: ExitStack) -> _Memory:
    """The memory, and our turn with it."""
    try:
        folder = our_turn.enter_context(state_folder(environment, make=True))
    except (HomeportError, OSError) as error:
        return _Memory((), None, (_not_remembered(error),))
    if not _seems_known(owner, folder):
        _for_choosing()  # before others wait for us
    try:
        is_ours = our_turn.enter_context(turn(folder, Turn.ALONE, PATIENCE))
    except OSError as error:  # a folder that is read-only
        return _read(folder, error)
    if is_ours:
        return _read(folder, None)
    from homeport.core.registry_words import registry_busy

    return _read(folder, registry_busy(folder.path))


def _seems_known(owner: Owner, folder: PrivateFolder) -> bool:
    with suppress(OSError):
        return json.dumps(owner.project).encode() in folder.read(FILE, LARGEST)
    return False


def _not_remembered(error: HomeportError | OSError) -> str:
    from homeport.core.moved import not_remembered

    if isinstance(error, HomeportError):
        return not_remembered(error.message)
    return not_remembered(error.strerror or str(error))


def _read(folder: PrivateFolder, trouble: HomeportError | OSError | None) -> _Memory:
    """What the file says; with `trouble` it is only looked at."""

    def write(text: str) -> None:
        os.close(folder.begin(FILE, text.encode()))
        folder.put(FILE)

    try:
        found = read_claims(folder.read(FILE, LARGEST + 1).decode())
    except FileNotFoundError:
        found = ()
    except (OSError, ValueError):  # a folder, a link, bytes that are no text
        found = None
    if isinstance(found, tuple) and trouble is None:
        return _Memory(found, write)
    return _troubled(folder, found, trouble, write)


def _troubled(
    folder: PrivateFolder,
    found: tuple[Claim, ...] | OtherVersion | None,
    trouble: HomeportError | OSError | None,
    write: Callable[[str], None],
) -> _Memory:
    from homeport.core import moved

    path, lost = (os.path.join(folder.path, name) for name in (FILE, LOST))
    if isinstance(found, OtherVersion):
        reason = moved.memory_of_other_version(path, found)
        return _Memory((), None, (moved.not_remembered(reason),))
    if trouble is None:
        try:
            os.replace(FILE, LOST, src_dir_fd=folder.handle, dst_dir_fd=folder.handle)
        except OSError as error:
            trouble = error
        else:
            return _Memory((), write, (moved.memory_lost(path, lost),))
    return _Memory(found or (), None, (_not_remembered(trouble),))
