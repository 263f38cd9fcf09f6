"""Sockets → servers: who occupies a port.

A server is often several sockets (two families, SO_REUSEPORT) and several processes (a supervisor
and its reload child, a prefork parent and its workers). Counting either would turn one server into
a conflict with itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from homeport.core.facts import Holder, Listener, Origin, Project

FORKED = "python (multiprocessing)"
"""The program of a Python child whose command line names only its parent's pipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupant:
    """One server on one port.

    `holders` are its processes, parents before their children. It is empty when none is visible to
    us; `user` and `origin` are then all that is known.
    """

    port: int
    listeners: tuple[Listener, ...]
    holders: tuple[Holder, ...]

    @property
    def supervisor(self) -> Holder | None:
        """The process that all others come from."""
        return self.holders[0] if self.holders else None

    @property
    def server(self) -> Holder | None:
        """The process that most likely accepts: the youngest that has no child among them."""
        parents = {ancestor.pid for holder in self.holders for ancestor in holder.ancestors}
        leaves = [holder for holder in self.holders if holder.pid not in parents]
        return leaves[-1] if leaves else None

    @property
    def project(self) -> Project | None:
        """The project that one of its processes runs in, the server's first."""
        return next((h.project for h in reversed(self.holders) if h.project), None)

    @property
    def program(self) -> str | None:
        """The short name of what its supervisor runs: a reload child is a nameless Python."""
        return self.supervisor.program if self.supervisor else None

    @property
    def user(self) -> str | None:
        """Whose it is."""
        return self.supervisor.user if self.supervisor else self.listeners[0].user

    @property
    def origin(self) -> Origin:
        """The unit or container it belongs to."""
        return self.supervisor.origin if self.supervisor else self.listeners[0].origin

    @property
    def started(self) -> float | None:
        """When it came up, in seconds since the epoch."""
        return self.supervisor.started if self.supervisor else None


def occupants(listeners: Iterable[Listener]) -> tuple[Occupant, ...]:
    """One `Occupant` per server and port, in the order of the ports."""
    groups: list[list[Listener]] = []
    for listener in listeners:
        related = [group for group in groups if any(_same(listener, other) for other in group)]
        groups = [group for group in groups if group not in related]
        groups.append([*(other for group in related for other in group), listener])
    found = [_occupant(group) for group in groups]
    return tuple(sorted(found, key=lambda occupant: (occupant.port, _addresses(occupant))))


def _addresses(occupant: Occupant) -> list[str]:
    return sorted(str(listener.address) for listener in occupant.listeners)


def _occupant(group: list[Listener]) -> Occupant:
    holders = {holder.pid: holder for listener in group for holder in listener.holders}
    return Occupant(
        port=group[0].address.port,
        listeners=tuple(group),
        holders=tuple(sorted(holders.values(), key=_seniority)),
    )


def _seniority(holder: Holder) -> tuple[float, int, int]:
    return holder.started or 0.0, len(holder.ancestors), holder.pid


def _same(one: Listener, other: Listener) -> bool:
    """Whether two sockets belong to one server."""
    if one.address.port != other.address.port:
        return False
    if not one.holders and not other.holders:
        # All that is known of hidden ones; sshd on both families is the usual case.
        return (one.user, one.origin) == (other.user, other.origin)
    same_place = one.address == other.address
    return any(
        _akin(first, second) or (same_place and _are_siblings(first, second))
        for first in one.holders
        for second in other.holders
    )


def _akin(one: Holder, other: Holder) -> bool:
    """The same process, or one family that runs the same thing.

    Kinship alone is not enough: an editor may listen on ::1 for a port that the server typed in
    its terminal, its child, has on 127.0.0.1.
    """
    if one.pid == other.pid:
        return True
    above_one = [ancestor.pid for ancestor in one.ancestors]
    above_other = [ancestor.pid for ancestor in other.ancestors]
    if other.pid in above_one:
        return one.program in (other.program, FORKED)
    if one.pid in above_other:
        return other.program in (one.program, FORKED)
    return False


def _are_siblings(one: Holder, other: Holder) -> bool:
    """Workers of one parent, each with a socket of its own on the same address (SO_REUSEPORT)."""
    parents = one.ancestors[:1], other.ancestors[:1]
    same = (one.command, one.folder) == (other.command, other.folder)
    return same and parents[0] == parents[1] and bool(parents[0]) and parents[0][0].pid != 1
