"""May this server be stopped, and which of its processes first: `plan_stop(...)`.

What is refused names the command that is right instead (research/ports.md, E).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.core import stop_refusals
from homeport.core.facts import Holder, Listener
from homeport.core.occupants import Occupant
from homeport.core.relays import relay

INIT = 1
_MANAGERS = ("systemd", "launchd", "init")
_KERNEL = (0, 2, 4)
"""Never a server: the idle task, Linux's kthreadd, Windows' System."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants it stopped. `pids` are our own process and its parents; `project` is a folder."""

    pids: frozenset[int]
    user: str
    is_root: bool
    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlan:
    """Whom to signal, in this order, and `also`: what else these processes listen on.

    Only processes that have the port open are ever signalled. A parent that does not may watch over
    them and start new ones. Whether it does cannot be seen, and to end a shell, an editor or the
    program that asks would be worse: the look at the port afterwards tells.
    """

    occupant: Occupant
    also: tuple[Listener, ...]
    is_own_project: bool

    @property
    def holders(self) -> tuple[Holder, ...]:
        """The processes that have the port open, parents first."""
        return self.occupant.holders


def plan_stop(occupant: Occupant, everything: Sequence[Listener], asker: Asker) -> StopPlan:
    """How to stop `occupant`; `everything` are all listeners of this computer.

    Raises NotStoppedError for what must not or cannot be stopped from here.
    """
    if not occupant.holders:
        raise stop_refusals.hidden(occupant)
    for holder in occupant.holders:
        _check(holder, occupant, asker)
    pids = {holder.pid for holder in occupant.holders}
    also = [
        listener
        for listener in everything
        if listener not in occupant.listeners
        and listener.address.port != occupant.port
        and any(holder.pid in pids for holder in listener.holders)
    ]
    folder = occupant.project.folder if occupant.project else None
    return StopPlan(
        occupant=occupant,
        also=tuple(also),
        is_own_project=folder is not None and folder == asker.project,
    )


def _check(holder: Holder, occupant: Occupant, asker: Asker) -> None:
    if found := relay(holder.program, holder.command, holder.pid, occupant.port):
        raise stop_refusals.is_a_relay(occupant, holder, found)
    if holder.pid in (INIT, *_KERNEL):
        raise stop_refusals.protected(occupant, holder, "belongs to the system itself")
    if holder.pid in asker.pids:
        raise stop_refusals.protected(occupant, holder, "runs this very command")
    if holder.origin.container:
        raise stop_refusals.in_a_container(occupant, holder, holder.origin.container)
    if holder.origin.unit and _started_by_manager(holder):
        raise stop_refusals.is_a_unit(occupant, holder, holder.origin.unit)
    if not asker.is_root and holder.user != asker.user:
        raise stop_refusals.of_another_user(occupant, holder)


def _started_by_manager(holder: Holder) -> bool:
    """Whether the service manager itself started it or its supervisor.

    A server that was typed in a terminal of a code server is in that one's unit, which must not be
    stopped for it: there are other programs between.
    """
    between = [
        ancestor
        for ancestor in holder.ancestors
        if ancestor.program not in _MANAGERS and ancestor.program != holder.program
    ]
    return not between
