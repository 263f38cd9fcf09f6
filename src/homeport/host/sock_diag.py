"""TCP sockets by netlink sock_diag, as every user may ask for them.

Sources: sock_diag(7), the kernel's include/uapi/linux/inet_diag.h and net/ipv4/inet_diag.c. Unlike
/proc/net/tcp it tells IPV6_V6ONLY, the cgroup, and sockets that are bound and do not listen.
"""

import errno
import socket
import struct

from homeport.host import netlink
from homeport.host.socket_rows import LISTEN, UNACCEPTED, Row, decode_ip

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_BOUND_INACTIVE = 13  # only to be asked for: such sockets are reported as CLOSE

LISTENING = 1 << LISTEN
# All others, but for connections that a listener has yet to accept.
NOT_LISTENING = sum(
    1 << state for state in range(1, _BOUND_INACTIVE + 1) if state not in (LISTEN, *UNACCEPTED)
)

# inet_diag_req_v2 with inet_diag_sockid: family, protocol, wanted extras, padding, states;
# local and remote port, addresses, interface and cookie.
_REQUEST = struct.Struct("=BBBxI2s2s16s16sI8x")
# inet_diag_msg: family, state, timer, retransmits; the same id; expiry in ms, queues, uid, inode.
_ROW = struct.Struct("=BBBx2s2s16s16sI8xIIIII")
_PORT = struct.Struct("!H")
_TIME_WAIT_TIMER = 3
_V6ONLY, _CGROUP_ID = 11, 21


def rows(states: int, port: int | None = None, dump: netlink.Dump = netlink.dump) -> list[Row]:
    """The sockets of our network namespace in one of `states` (a mask), IPv4 first.

    Those of one address are in the order in which the kernel looks through them. With `port`, only
    those with that local port. OSError when the system does not answer such questions (a sandbox,
    an older kernel without the module); a kernel without IPv6 has no such sockets.
    """
    found = _family(socket.AF_INET, states, port, dump)
    try:
        return found + _family(socket.AF_INET6, states, port, dump)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return found
        raise


def _family(family: int, states: int, port: int | None, dump: netlink.Dump) -> list[Row]:
    sport = _PORT.pack(port or 0)
    request = _REQUEST.pack(
        family, socket.IPPROTO_TCP, 0, states, sport, b"\0\0", bytes(16), bytes(16), 0
    )
    parsed = map(parse, dump(_SOCK_DIAG, _BY_FAMILY, request))
    return [row for row in parsed if row and (port is None or row.port == port)]


def parse(payload: bytes) -> Row | None:
    """One answer, or None when it is not one."""
    if len(payload) < _ROW.size:
        return None
    fields = _ROW.unpack_from(payload)
    family, state, timer, sport, dport, source, target, device, expires, _, _, uid, inode = fields
    if family == socket.AF_INET:
        source, target = source[:4], target[:4]
    elif family != socket.AF_INET6:
        return None
    told = netlink.attributes(payload, _ROW.size)
    v6only = told.get(_V6ONLY)
    ip, mapped = decode_ip(source)
    return Row(
        state=state,
        ip=ip,
        port=_PORT.unpack(sport)[0],
        peer_ip=decode_ip(target)[0],
        peer_port=_PORT.unpack(dport)[0],
        uid=uid,
        inode=inode,
        mapped=mapped,
        v6only=None if v6only is None or mapped else v6only != b"\0",
        device=device,
        cgroup=netlink.number(told.get(_CGROUP_ID)),
        seconds=expires / 1000 if timer == _TIME_WAIT_TIMER else None,
    )
