"""Multicast DNS on exactly one interface, and what zeroconf does not do there.

Its sockets hear and answer on every interface unless they are kept to one. And it gives no answer
to a question for ANY record of a host, which is how others ask whether a name is free (RFC 6762
section 8.1): Avahi would take the name that we have.
"""

import asyncio
import socket
import struct
from typing import Any, Self, cast

from zeroconf import DNSIncoming, Zeroconf  # type: ignore[attr-defined]  # not in its hints
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from homeport import host
from homeport.core.local_name import NoName

_PORT = 5353
_GROUPS = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}
_LINUX_MULTICAST_ALL = {socket.AF_INET: (socket.IPPROTO_IP, 49), socket.AF_INET6: (41, 29)}
_ANY = 255
_MOST_OFTEN = 0.2  # seconds between two defences: those who ask do so each 0.25 s


class NoNameError(Exception):
    """There will be no name."""

    def __init__(self, reason: NoName, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason


async def open_link(ip: str) -> tuple[AsyncZeroconf, str]:
    """zeroconf on the interface that has this address, with its name. NoNameError."""
    name = next((each.name for each in host.interfaces() if ip in each.ips), None)
    if name is None:
        raise NoNameError(NoName.ADDRESS)
    try:
        opened = AsyncZeroconf(interfaces=[ip])
        zc = opened.zeroconf
        await zc.async_wait_for_start()
        if not zc.engine.senders:
            raise NoNameError(NoName.NETWORK, f"{name} takes no multicast")
        for each in zc.engine.readers:
            _keep_to(each.sock, name)
    except (OSError, RuntimeError) as error:  # RuntimeError: ifaddr does not know the address
        raise NoNameError(NoName.NETWORK, str(error)) from error
    return opened, name


def _keep_to(sock: socket.socket, name: str) -> None:
    """Nothing is heard or answered elsewhere, nor anything that came by a router answered.

    Without it a socket gets what comes in by every interface on which any program of this computer
    has joined the group (ip(7), IP_MULTICAST_ALL), and questions to port 5353 of any address.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
    if not hasattr(socket, "SO_BINDTODEVICE"):
        return
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode() + b"\0")
    except PermissionError:  # Linux before 5.7
        level, option = _LINUX_MULTICAST_ALL[sock.family]
        sock.setsockopt(level, option, 0)


class Defence(asyncio.DatagramProtocol):
    """Answers those who ask for anything about our host, while `info` is set."""

    def __init__(self, zc: Zeroconf) -> None:
        self._zeroconf = zc
        self._transport: asyncio.BaseTransport | None = None
        self._last = 0.0
        self.info: AsyncServiceInfo | None = None

    @classmethod
    async def on(cls, interface: str, zc: Zeroconf) -> Self:
        """Listen beside zeroconf on the interface. NoNameError."""
        families = {each.sock.family for each in zc.engine.senders}
        try:
            sock = _group_socket(socket.AddressFamily(families.pop()), interface)
        except OSError as error:
            raise NoNameError(NoName.NETWORK, str(error)) from error
        loop = asyncio.get_running_loop()
        transport, made = await loop.create_datagram_endpoint(lambda: cls(zc), sock=sock)
        made._transport = transport
        return made

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Say who we are when the question is for our host."""
        info, now = self.info, asyncio.get_running_loop().time()
        if info is None or now - self._last < _MOST_OFTEN or not _asks_for(data, info.server or ""):
            return
        self._last = now
        self._zeroconf.async_send(self._zeroconf.generate_service_broadcast(info, None))

    def close(self) -> None:
        """Stop to listen."""
        cast(asyncio.BaseTransport, self._transport).close()


def _asks_for(data: bytes, name: str) -> bool:
    message = DNSIncoming(data)
    return bool(message.valid and message.is_query()) and any(
        each.type == _ANY and each.name.lower() == name.lower() for each in message.questions
    )


def _group_socket(family: socket.AddressFamily, interface: str) -> socket.socket:
    """Bound to the group, so that it takes no packet that is for one of us alone."""
    index = socket.if_nametoindex(interface)
    group = _GROUPS[family]
    packed = socket.inet_pton(family, group)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.bind((group, _PORT, 0, index))
            member = packed + struct.pack("@I", index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
        else:
            sock.bind((group, _PORT))
            member = packed + struct.pack("@4xi", index)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        _keep_to(sock, interface)
    except OSError:
        sock.close()
        raise
    return sock
