"""The ports of this user's projects, in the file `ports.json` of the state folder.

Reading it, choosing, binding and writing are one turn: of fifty servers that start at once each
sees what those before it have got. Without the memory (a folder that cannot be used, a process
that keeps the lock) a server starts all the same, and says so.
"""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

from homeport import host
from homeport.core.errors import HomeportError
from homeport.core.moved import (
    Moved,
    NextTime,
    memory_lost,
    memory_of_other_version,
    moved,
    not_remembered,
)
from homeport.core.plan import BindPlan
from homeport.core.port_choice import Claim, Owner, choose, settle
from homeport.core.port_memory import LARGEST, OtherVersion, read_claims, to_text
from homeport.core.registry_words import registry_busy
from homeport.engine.binding import Listeners, open_listeners
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.runtime_folder import state_folder
from homeport.engine.turns import Turn, turn

FILE = "ports.json"
LOST = "ports.json.bad"
PATIENCE = 5.0
"""Seconds to wait for one's turn: fifty starts at once on a busy computer take one or two."""


class AtHome(NamedTuple):
    """Open listeners; `moved` when they are not where they should be, and what else to say."""

    listeners: Listeners
    moved: Moved | None
    notes: tuple[str, ...]


def open_at_home(
    plan: BindPlan, owner: Owner, environment: Mapping[str, str], *, remember: bool = True
) -> AtHome:
    """Open all targets of `plan` on the port of `owner`, or on another one that is free.

    With `remember` it is the one to try first next time. Raises as `open_listeners`.
    """
    rules = host.port_rules()  # and what that imports, before others wait for us
    with ExitStack() as our_turn:
        memory = _memory(environment, our_turn)
        choice = choose(owner, memory.claims, rules, time.time())
        listeners = open_listeners(replace(plan, ports=choice.ports), "--port")
        try:
            if remember:
                memory.keep(settle(owner, memory.claims, listeners.port, time.time()))
        except BaseException:
            listeners.close()
            raise
    held_by = listeners.busy.listeners if listeners.busy else ()
    next_time = _next_time(owner, memory, listeners.port) if remember else NextTime.UNKNOWN
    told = moved(choice, listeners.port, held_by, next_time)
    return AtHome(listeners, told, tuple(memory.notes))


def _next_time(owner: Owner, memory: "_Memory", port: int) -> NextTime:
    mine = next((claim for claim in memory.claims if claim.owner == owner), None)
    if mine is None or not memory.is_kept:
        return NextTime.UNKNOWN
    return NextTime.HERE if mine.port == port else NextTime.BACK


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
            self.notes.append(not_remembered(error.strerror or str(error)))


def _memory(environment: Mapping[str, str], our_turn: ExitStack) -> _Memory:
    """The memory, and our turn with it."""
    try:
        folder = our_turn.enter_context(state_folder(environment, make=True))
    except (HomeportError, OSError) as error:
        return _Memory((), None, (not_remembered(_reason(error)),))
    try:
        is_ours = our_turn.enter_context(turn(folder, Turn.ALONE, PATIENCE))
    except OSError as error:  # a folder that is read-only
        return _read(folder, _reason(error))
    return _read(folder, None if is_ours else registry_busy(folder.path).message)


def _reason(error: HomeportError | OSError) -> str:
    if isinstance(error, HomeportError):
        return error.message
    return error.strerror or str(error)


def _read(folder: PrivateFolder, trouble: str | None) -> _Memory:
    """What the file says; with `trouble` it is only looked at."""
    path = os.path.join(folder.path, FILE)

    def write(text: str) -> None:
        os.close(folder.begin(FILE, text.encode()))
        folder.put(FILE)

    notes = (not_remembered(trouble),) if trouble is not None else ()
    try:
        found = read_claims(folder.read(FILE, LARGEST + 1).decode())
    except FileNotFoundError:
        found = ()
    except (OSError, ValueError):  # a folder, a link, bytes that are no text
        found = None
    if isinstance(found, OtherVersion):
        return _Memory((), None, (not_remembered(memory_of_other_version(path, found.version)),))
    if trouble is not None:
        return _Memory(found or (), None, notes)
    if found is not None:
        return _Memory(found, write)
    try:
        os.replace(FILE, LOST, src_dir_fd=folder.handle, dst_dir_fd=folder.handle)
    except OSError as error:
        return _Memory((), None, (not_remembered(_reason(error)),))
    return _Memory((), write, (memory_lost(path, os.path.join(folder.path, LOST)),))
