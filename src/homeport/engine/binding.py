"""Opening the listeners of a plan: all of them on one port, or none.

Bind *and* listen is the only test of a port (two sockets may both bind and only the second
`listen` fails, socket(7)), and what was opened is kept: never probed, closed and opened again.
"""

import contextlib
import errno
import socket
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from homeport import host
from homeport.core import bind_refusals
from homeport.core.address import Address
from homeport.core.errors import PortBusyError
from homeport.core.plan import BindPlan, Target
from homeport.core.ports import BACKLOG, HIGHEST_PORT, TRIES
from homeport.engine.shadows import Shadows

if TYPE_CHECKING:
    from homeport.core.availability import Availability
    from homeport.core.facts import Listener

_TRIES_FOR_ANY_PORT = 50
_NO_SUCH_FAMILY = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Listeners:
    """The open sockets. `skipped` are addresses this computer does not have (no IPv6).

    `busy` is the first port that was wanted and not free, with who held it.
    """

    def __init__(
        self, sockets: list[socket.socket], skipped: tuple[str, ...], busy: "Busy | None"
    ) -> None:
        self.sockets = sockets
        self.skipped = skipped
        self.busy = busy

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What is listened on, in the order of the plan."""
        names = (sock.getsockname() for sock in self.sockets)
        return tuple(Address(ip=name[0], port=name[1]) for name in names)

    @property
    def port(self) -> int:
        """The port they share."""
        return self.addresses[0].port

    @cached_property
    def shadows(self) -> Shadows:
        """Who else may answer on this port."""
        return Shadows(self.sockets)

    def close(self) -> None:
        """Give the port back."""
        for sock in self.sockets:
            sock.close()


class Busy(Exception):
    """An address that someone else has."""

    def __init__(self, address: Address) -> None:
        super().__init__(str(address))
        self.address = address

    # Looked up when it is told, not when it is met: others may wait for their turn to bind.
    # What is imported is not needed on the way of a server that gets its port.

    @cached_property
    def free(self) -> "Availability":
        """Why it cannot be had; as things are when this is first asked for."""
        from homeport.host.survey import why_busy

        return why_busy(self.address)

    @cached_property
    def listeners(self) -> "tuple[Listener, ...]":
        """The sockets in the way."""
        from homeport.core.busy_refusals import in_the_way

        return in_the_way(self.free)


class _FamilyMissing(Exception):
    """This computer has no IPv6 (or IPv4) loopback."""


def listening(descriptors: Iterable[int]) -> dict[Address, socket.socket]:
    """Sockets of another process, or of this one before, by what they listen on.

    They are the caller's to close.
    """
    found = {}
    for descriptor in descriptors:
        sock = socket.socket(fileno=descriptor)
        sock.setblocking(False)
        sock.set_inheritable(False)
        ip, port, *_ = sock.getsockname()
        found[Address(ip=ip, port=port)] = sock
    return found


def open_listeners(
    plan: BindPlan, origin: str, inherited: Mapping[Address, socket.socket] | None = None
) -> Listeners:
    """The sockets of the first port of `plan` on which every target can be had.

    `origin` says in messages where the port comes from. What is in `inherited` listens already and
    is used as it is. Raises BindError, PortBusyError.
    """
    had = inherited or {}
    first_busy: Busy | None = None
    for port in plan.ports:
        try:
            sockets, skipped = _open_any(plan) if port == 0 else _open_all(plan, port, origin, had)
        except Busy as busy:
            if plan.asked:
                raise _told(busy, origin) from None
            first_busy = first_busy or busy
        else:
            return Listeners(sockets, skipped, first_busy)
    raise bind_refusals.no_free_port(plan.ports)


def _told(busy: Busy, origin: str) -> PortBusyError:
    """With a port that can be had instead, near the one that was asked for."""
    from homeport.core.busy_refusals import port_busy
    from homeport.host.survey import free_ports

    port = busy.address.port
    try:
        near = free_ports(range(port + 1, min(port + TRIES, HIGHEST_PORT) + 1), 1)
    except OSError:  # the sockets are not shown to us
        near = ()
    return port_busy(busy.address, busy.free, origin, time.time(), *near)


def _open_any(plan: BindPlan) -> tuple[list[socket.socket], tuple[str, ...]]:
    """A port of the system's choice for the first target that is free for the others too."""
    for _ in range(_TRIES_FOR_ANY_PORT):
        first, *others = plan.targets
        sock = _open(first, 0, "--port 0")
        port = sock.getsockname()[1]
        rest = BindPlan(targets=tuple(others), ports=(port,), asked=True)
        try:
            sockets, skipped = _open_all(rest, port, "--port 0", {})
        except Busy:
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return [sock, *sockets], skipped
    raise bind_refusals.no_free_port(())


def _open_all(
    plan: BindPlan, port: int, origin: str, had: Mapping[Address, socket.socket]
) -> tuple[list[socket.socket], tuple[str, ...]]:
    with contextlib.ExitStack() as cleanup:
        sockets, skipped = [], []
        for target in plan.targets:
            if inherited := had.get(Address(ip=target.ip, port=port)):
                sockets.append(inherited)
                continue
            try:
                sockets.append(cleanup.enter_context(_open(target, port, origin)))
            except _FamilyMissing:
                skipped.append(target.ip)
        cleanup.pop_all()
    return sockets, tuple(skipped)


def _open(target: Target, port: int, origin: str) -> socket.socket:
    """A listening socket; Busy, _FamilyMissing or a BindError when it cannot be had."""
    address = Address(ip=target.ip, port=port)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with contextlib.ExitStack() as cleanup:
            sock = cleanup.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where REUSEADDR is a hijack
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:  # so that a restart works while old connections linger in TIME_WAIT
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((target.ip, port))
            sock.listen(BACKLOG)
            sock.setblocking(False)
            cleanup.pop_all()
    except OSError as error:
        raise _refusal(error, target, address, origin) from None
    return sock


def _refusal(error: OSError, target: Target, address: Address, origin: str) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return Busy(address)
    if error.errno in _NO_SUCH_FAMILY:
        if target.optional:
            return _FamilyMissing()
        return bind_refusals.address_not_here(address.ip, host.interfaces())
    if error.errno in (errno.EACCES, errno.EPERM):
        return bind_refusals.port_privileged(address, host.first_unprivileged_port(), origin)
    return bind_refusals.bind_refused(address, error.strerror or str(error))
