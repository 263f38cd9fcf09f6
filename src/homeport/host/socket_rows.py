"""One row of a table of TCP sockets, from whatever source, and the values it becomes."""

import functools
import ipaddress
import socket
from typing import NamedTuple

from homeport.core.address import Address
from homeport.core.facts import Holder, Listener, Origin, Remnant, RemnantKind
from homeport.core.plain import plain

# The kernel's include/net/tcp_states.h
ESTABLISHED, SYN_SENT, TIME_WAIT, CLOSE, LISTEN = 1, 2, 6, 7, 10
UNACCEPTED = (3, 12)  # SYN_RECV and NEW_SYN_RECV

NO_ORIGIN = Origin()


class Row(NamedTuple):
    """A TCP socket as the kernel reports it.

    `inode` 0: no process has it. `device` is the index of the interface it is bound to, or 0.
    `cgroup` is the inode number of a folder. An IPv4-mapped address is given as IPv4, and `mapped`
    is set. `seconds`: when the system forgets it; only of a connection that is kept for nothing
    but its numbers, in TIME_WAIT or for the last step before it.
    """

    state: int
    ip: str
    port: int
    peer_ip: str
    peer_port: int
    uid: int
    inode: int
    mapped: bool = False
    v6only: bool | None = None
    device: int = 0
    cgroup: int | None = None
    seconds: float | None = None


@functools.lru_cache(maxsize=4096)
def decode_ip(packed: bytes) -> tuple[str, bool]:
    """The address in 4 or 16 bytes, and whether it was IPv4-mapped; it is IPv4 then."""
    if len(packed) == 16 and packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:]), True
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, packed), False


_MAPPED = bytes(10) + b"\xff\xff"


def decode_text_ip(text: str) -> tuple[str, bool]:
    """`decode_ip` of an address as text; a zone is left out. ValueError when it is none."""
    return decode_ip(ipaddress.ip_address(text.partition("%")[0]).packed)


@functools.lru_cache(maxsize=1024)
def user_name(uid: int) -> str:
    """The name of a user, or the number as text when it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def listener(row: Row, holders: tuple[Holder, ...] = (), origin: Origin = NO_ORIGIN) -> Listener:
    """The row of a listening socket as a value."""
    return Listener(
        address=Address(ip=row.ip, port=row.port),
        v6only=row.v6only,
        user=user_name(row.uid),
        holders=holders,
        device=_device_name(row.device) if row.device else None,
        mapped=row.mapped,
        inode=row.inode or None,
        origin=origin,
    )


def remnant(row: Row, kind: RemnantKind, holders: tuple[Holder, ...] = ()) -> Remnant:
    """The row of any other socket as a value.

    The kernel says uid 0 of a socket that no process has any more: that is nobody's name.
    """
    peer = Address(ip=row.peer_ip, port=row.peer_port) if row.peer_port else None
    return Remnant(
        kind=kind,
        address=Address(ip=row.ip, port=row.port),
        peer=peer,
        user=user_name(row.uid) if row.inode else None,
        v6only=row.v6only,
        seconds=row.seconds,
        holders=holders,
    )


def _device_name(index: int) -> str:
    try:
        return plain(socket.if_indextoname(index))
    except OSError:  # it is gone, or in another network namespace
        return f"interface {index}"
