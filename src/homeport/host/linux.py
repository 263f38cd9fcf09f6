"""The TCP sockets of this computer on Linux: netlink, else /proc; and who holds them.

`Sources` is the whole outside world of it, so that tests can put a recorded one in its place.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from homeport.core.facts import Holder, Listener, Origin, Remnant
from homeport.host import netlink, port_space, proc_net, sock_diag
from homeport.host.remnant_kinds import by_port, kind_of
from homeport.host.socket_rows import NO_ORIGIN, Row, listener, remnant


class Sources(NamedTuple):
    """Where the facts come from."""

    proc: Path
    dump: netlink.Dump


THIS_COMPUTER = Sources(proc=proc_net.PROC, dump=netlink.dump)


def listeners(
    port: int | None, *, owners: bool, sources: Sources = THIS_COMPUTER
) -> tuple[Listener, ...]:
    """The sockets listening on `port`, or on any; see `homeport.host.listeners`."""
    rows = _rows(sock_diag.LISTENING, port, sources)
    if not owners:
        return tuple(listener(row) for row in rows)
    holders = _holders(rows, sources)
    hidden = [row for row in rows if row.inode not in holders]
    origins = _origins(hidden, sources)
    return tuple(
        listener(row, holders.get(row.inode, ()), origins.get(row.cgroup, NO_ORIGIN))
        for row in rows
    )


def remnants(port: int, *, sources: Sources = THIS_COMPUTER) -> tuple[Remnant, ...]:
    """What is on `port` beside listeners and their connections; see `homeport.host.remnants`."""
    rows = _rows(sock_diag.NOT_LISTENING, port, sources)
    if not rows:  # nearly always: nothing more to ask then
        return ()
    listening = by_port(map(listener, _rows(sock_diag.LISTENING, None, sources)))
    ephemeral = port_space.ephemeral_ports(sources.proc)
    kinds = [(row, kind_of(row, listening, ephemeral)) for row in rows]
    holders = _holders([row for row, kind in kinds if kind], sources)
    return tuple(remnant(row, kind, holders.get(row.inode, ())) for row, kind in kinds if kind)


def _rows(states: int, port: int | None, sources: Sources) -> list[Row]:
    try:
        return sock_diag.rows(states, port, sources.dump)
    except OSError:  # a sandbox, an Android, a kernel without that module
        rows = proc_net.rows(port, sources.proc / "net")
        return [row for row in rows if states >> row.state & 1]


def _holders(rows: Sequence[Row], sources: Sources) -> dict[int, tuple[Holder, ...]]:
    inodes = {row.inode for row in rows if row.inode}
    if not inodes:  # the scan over all processes is the expensive part
        return {}
    from homeport.host import processes

    return processes.holders(inodes, sources.proc)


def _origins(rows: Sequence[Row], sources: Sources) -> dict[int | None, Origin]:
    ids = {row.cgroup for row in rows if row.cgroup}
    if not ids:
        return {}
    from homeport.host import cgroup_folders

    return cgroup_folders.origins(ids, sources.proc)
