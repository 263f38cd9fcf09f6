"""Listening sockets and their processes as psutil tells them: macOS, Windows, or on demand.

psutil names one process per socket at most. Several sockets of one address can only be told apart
where the system does; they are shown as one listener with all holders, because a socket shared by
a parent and its workers is what that nearly always is.

On macOS the whole table needs root. Without it, our own processes are asked one by one, and what
others hold is not seen at all.
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from homeport.core.address import Address
from homeport.core.facts import Holder, Listener
from homeport.core.redact import command_line, plain

T = TypeVar("T")


class _Process(Protocol):
    """What we ask a `psutil.Process`."""

    pid: int

    def name(self) -> str: ...
    def cmdline(self) -> list[str]: ...
    def username(self) -> str: ...
    def cwd(self) -> str: ...
    def create_time(self) -> float: ...
    def is_running(self) -> bool: ...
    def net_connections(self, kind: str) -> Iterable[Any]: ...


class _Psutil(Protocol):
    """The part of psutil that is our outside world."""

    CONN_LISTEN: str

    @property
    def AccessDenied(self) -> type[Exception]: ...
    @property
    def NoSuchProcess(self) -> type[Exception]: ...
    def net_connections(self, kind: str) -> Iterable[Any]: ...
    def process_iter(self) -> Iterable[_Process]: ...
    def Process(self, pid: int) -> _Process: ...


class Row(NamedTuple):
    """A listening socket and a process that holds it, when one is known."""

    address: Address
    pid: int | None


def listeners(port: int, psutil: _Psutil | None = None) -> tuple[Listener, ...]:
    """The sockets listening on `port` with the holders that psutil tells.

    `v6only` is None and `user` is the user of the first holder: psutil knows neither.
    """
    psutil = psutil or _psutil()
    pids: dict[Address, set[int]] = {}
    for row in _rows(port, psutil):
        pids.setdefault(row.address, set()).update([row.pid] if row.pid else [])
    found = []
    for address in sorted(pids, key=str):
        maybe = [_holder(pid, psutil) for pid in pids[address]]
        holders = sorted((holder for holder in maybe if holder), key=_age)
        user = holders[0].user if holders else None
        found.append(Listener(address=address, v6only=None, user=user, holders=tuple(holders)))
    return tuple(found)


def _psutil() -> _Psutil:
    import psutil

    return cast(_Psutil, psutil)


def _rows(port: int, psutil: _Psutil) -> Iterator[Row]:
    try:
        yield from _listening(psutil.net_connections(kind="tcp"), port, psutil)
        return
    except psutil.AccessDenied:
        pass
    for process in psutil.process_iter():
        try:
            connections = process.net_connections(kind="tcp")
        except (psutil.AccessDenied, psutil.NoSuchProcess, OSError):
            continue
        for row in _listening(connections, port, psutil):
            yield row._replace(pid=process.pid)


def _listening(connections: Iterable[Any], port: int, psutil: _Psutil) -> Iterator[Row]:
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            # Connections of one given process carry no pid.
            pid = getattr(connection, "pid", None)
            yield Row(address=Address(ip=_ip(connection.laddr.ip), port=port), pid=pid)


def _ip(text: str) -> str:
    """An IPv4-mapped address is the IPv4 address: that is all it can be reached by."""
    ip = ipaddress.ip_address(text)
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def _holder(pid: int, psutil: _Psutil) -> Holder | None:
    """The details of a process, or None when it is gone or another one has its pid now."""
    try:
        process = psutil.Process(pid)
        argv = _allowed(process.cmdline, psutil) or []
        name = _allowed(process.name, psutil) or ""
        holder = Holder(
            pid=pid,
            started=_allowed(process.create_time, psutil),
            command=command_line(argv) or plain(name),
            user=_allowed(process.username, psutil),
            folder=_allowed(process.cwd, psutil) or None,
        )
        return holder if process.is_running() else None
    except psutil.NoSuchProcess:
        return None


def _allowed(ask: Callable[[], T], psutil: _Psutil) -> T | None:
    """The answer, or None when it is not for us. Windows also denies with a bare OSError."""
    try:
        return ask()
    except (psutil.AccessDenied, OSError):
        return None


def _age(holder: Holder) -> tuple[float, int]:
    return holder.started or 0, holder.pid
