"""Sockets that a service manager has opened for us: sd_listen_fds(3).

They outlive this process, so a restart refuses nobody: whoever connects meanwhile waits.
"""

import os
import socket
import stat
from collections.abc import Mapping
from contextlib import suppress

from homeport import host
from homeport.core import inherited
from homeport.core.address import Address
from homeport.core.plan import ServeRequest, needs_interfaces, plan
from homeport.engine.binding import Listeners


def keep_from_children(told: Mapping[str, str]) -> None:
    """Close them in every program that is started from now on; nothing is judged yet."""
    said = told.get("LISTEN_FDS", "")
    if told.get("LISTEN_PID") == str(os.getpid()) and said.isdigit():
        for descriptor in range(inherited.FIRST, inherited.FIRST + min(int(said), inherited.MOST)):
            with suppress(OSError):
                os.set_inheritable(descriptor, False)


def inherited_listeners(told: Mapping[str, str], request: ServeRequest) -> Listeners | None:
    """The sockets we were given instead of ones to open; None when there are none.

    Raises UsageError for what cannot be served and for a request that says something else.
    """
    named = inherited.descriptors(told, os.getpid())
    if not named:
        return None
    listening = inherited.addresses([_look(number, name) for number, name in named.items()])
    error = inherited.contradiction(
        listening,
        request.port,
        request.port_origin,
        _wanted(request, listening),
        request.hosts_origin,
    )
    if error is not None:
        raise error
    sockets = [socket.socket(fileno=number) for number in named]
    for sock in sockets:
        sock.setblocking(False)
    return Listeners(sockets, (), None)


def _wanted(request: ServeRequest, listening: tuple[Address, ...]) -> tuple[str, ...] | None:
    """The addresses that were asked for; one that may be left out only where it was given."""
    if request.hosts_origin is None:
        return None
    known = host.interfaces() if needs_interfaces(request.hosts) else ()
    given = {address.ip for address in listening}
    targets = plan(request, known).targets
    return tuple(each.ip for each in targets if not each.optional or each.ip in given)


def _look(descriptor: int, name: str) -> inherited.Socket:
    """What is there; it stays open."""
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return inherited.Socket(descriptor=descriptor, name=name, kind="none")
    if not is_socket:
        return inherited.Socket(descriptor=descriptor, name=name, kind="other")
    sock = socket.socket(fileno=descriptor)
    try:
        return _described(sock, name)
    finally:
        sock.detach()


def _described(sock: socket.socket, name: str) -> inherited.Socket:
    kind = _kind(sock)
    if kind != "tcp":
        return inherited.Socket(descriptor=sock.fileno(), name=name, kind=kind)
    ip, port = sock.getsockname()[:2]
    both = (
        sock.family == socket.AF_INET6
        and ip == "::"
        and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    )
    return inherited.Socket(
        descriptor=sock.fileno(),
        name=name,
        kind=kind,
        listens=bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)),
        address=Address(ip=ip, port=port),
        both=both,
    )


def _kind(sock: socket.socket) -> str:
    if sock.family == socket.AF_UNIX:
        return "unix"
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return "other"
    return {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}.get(sock.type, "other")
