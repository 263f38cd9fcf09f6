"""TCP sockets and their processes as psutil tells them: macOS, Windows, or on demand.

psutil names one process per socket at most. Several sockets of one address can only be told apart
where the system does; they are shown as one listener with all holders, because a socket shared by
a parent and its workers is what that nearly always is.

On macOS the whole table needs root. Without it, our own processes are asked one by one, and what
others hold is not seen at all.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from homeport.core.address import Address
from homeport.core.facts import Holder, Listener, Remnant
from homeport.host import port_space
from homeport.host._psutil import Psutil, load
from homeport.host.portable_processes import holder_of
from homeport.host.remnant_kinds import by_port, kind_of
from homeport.host.socket_rows import (
    CLOSE,
    ESTABLISHED,
    LISTEN,
    SYN_SENT,
    TIME_WAIT,
    Row,
    decode_text_ip,
)

_STATES = {
    "LISTEN": LISTEN,
    "SYN_SENT": SYN_SENT,
    "TIME_WAIT": TIME_WAIT,
    "CLOSE": CLOSE,
    "NONE": CLOSE,
    "BOUND": CLOSE,
}
_NOT_ACCEPTED = "SYN_RECV"


class _Socket(NamedTuple):
    """A row without uid and inode, and a process that holds it, when one is known."""

    row: Row
    pid: int | None


def listeners(
    port: int | None, *, owners: bool = True, psutil: Psutil | None = None
) -> tuple[Listener, ...]:
    """The sockets listening on `port` (None: on any) with the holders that psutil tells.

    `v6only` is None and `user` is the user of the first holder: psutil knows neither.
    """
    psutil = psutil or load()
    pids: dict[tuple[Address, bool], set[int]] = {}
    for row, pid in _sockets(psutil):
        if row.state == LISTEN and port in (None, row.port):
            key = Address(ip=row.ip, port=row.port), row.mapped
            pids.setdefault(key, set()).update([pid] if pid else [])
    found = []
    for address, mapped in sorted(pids, key=str):
        holders = _holders(pids[address, mapped], psutil) if owners else ()
        user = holders[0].user if holders else None
        found.append(
            Listener(address=address, v6only=None, user=user, holders=holders, mapped=mapped)
        )
    return tuple(found)


def remnants(port: int, *, psutil: Psutil | None = None) -> tuple[Remnant, ...]:
    """The sockets on `port` that do not listen, but for connections of a listener.

    Which system shows bound sockets differs; none tells how long TIME_WAIT will last.
    """
    psutil = psutil or load()
    sockets = list(_sockets(psutil))
    listening = by_port(
        Listener(address=Address(ip=row.ip, port=row.port), v6only=None, user=None)
        for row, _ in sockets
        if row.state == LISTEN
    )
    ephemeral = port_space.other_rules().ephemeral
    found = []
    for row, pid in sockets:
        kind = kind_of(row, listening, ephemeral) if row.port == port else None
        if kind:
            holders = _holders({pid}, psutil) if pid else ()
            found.append(
                Remnant(
                    kind=kind,
                    address=Address(ip=row.ip, port=port),
                    peer=Address(ip=row.peer_ip, port=row.peer_port) if row.peer_port else None,
                    user=holders[0].user if holders else None,
                    holders=holders,
                )
            )
    return tuple(found)


def _sockets(psutil: Psutil) -> Iterator[_Socket]:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            yield from _socket(connection, connection.pid)
        return
    except psutil.AccessDenied:
        pass
    for process in psutil.process_iter():
        try:
            connections = process.net_connections(kind="tcp")
        except (psutil.AccessDenied, psutil.NoSuchProcess, OSError):
            continue
        for connection in connections:
            yield from _socket(connection, process.pid)


def _socket(connection: Any, pid: int | None) -> Iterator[_Socket]:
    """The connection as a row, when it has a local port at all."""
    if not connection.laddr or connection.status == _NOT_ACCEPTED:
        return
    ip, mapped = decode_text_ip(connection.laddr.ip)
    peer = connection.raddr
    row = Row(
        state=_STATES.get(connection.status, ESTABLISHED),
        ip=ip,
        port=connection.laddr.port,
        peer_ip=decode_text_ip(peer.ip)[0] if peer else "",
        peer_port=peer.port if peer else 0,
        uid=0,
        inode=0,
        mapped=mapped,
    )
    yield _Socket(row=row, pid=pid)


def _holders(pids: Iterable[int], psutil: Psutil) -> tuple[Holder, ...]:
    """The oldest first."""
    maybe = [holder_of(pid, psutil) for pid in pids]
    return tuple(sorted((one for one in maybe if one), key=lambda one: (one.started or 0, one.pid)))
