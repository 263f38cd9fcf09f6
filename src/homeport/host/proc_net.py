"""TCP sockets from /proc/net/tcp and tcp6: for systems that do not answer by netlink.

These files also show the sockets of other network namespaces (/proc/<pid>/net), to every user.
They do not tell IPV6_V6ONLY, nor sockets that are bound and do not listen.

Format: proc_net_tcp.rst in the kernel's documentation, net/ipv4/tcp_ipv4.c for the timers.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from homeport.host.socket_rows import Row, decode_ip

PROC = Path("/proc")

_TIME_WAIT_TIMER = 3
_TICKS = 100  # USER_HZ: the clock ticks of /proc on every architecture of today

_HEX = "[0-9A-Fa-f]"
_IP = f"(?:{_HEX}{{32}}|{_HEX}{{8}})"
_ROW = re.compile(
    rf"^ *\d+: ({_IP}):({_HEX}{{4}}) ({_IP}):({_HEX}{{4}}) ({_HEX}{{2}})"
    rf" +{_HEX}+:{_HEX}+ +({_HEX}{{1,8}}):({_HEX}{{1,8}}) +{_HEX}+"
    r" +(\d{1,10}) +-?\d+ +(\d{1,20})(?: |$)",
    re.ASCII | re.MULTILINE,
)


def rows(port: int | None = None, folder: Path = PROC / "net") -> list[Row]:
    """All sockets of the network namespace that `folder` shows, or those of one local port.

    Those in LISTEN too. OSError when there is no such file; a kernel without IPv6 has one only.
    """
    found = list(parse(_text(folder / "tcp"), port))
    try:
        return found + list(parse(_text(folder / "tcp6"), port))
    except FileNotFoundError:
        return found


def parse(text: str, port: int | None = None) -> Iterator[Row]:
    """The rows of one such file; lines that are none are left out."""
    for match in _ROW.finditer(text):
        ip, number, peer_ip, peer_port, state, timer, when, uid, inode = match.groups()
        if (port is not None and int(number, 16) != port) or len(ip) != len(peer_ip):
            continue
        own_ip, mapped = _ip(ip)
        waits = int(timer, 16) == _TIME_WAIT_TIMER
        yield Row(
            state=int(state, 16),
            ip=own_ip,
            port=int(number, 16),
            peer_ip=_ip(peer_ip)[0],
            peer_port=int(peer_port, 16),
            uid=int(uid),
            inode=int(inode),
            mapped=mapped,
            seconds=int(when, 16) / _TICKS if waits else None,
        )


def _ip(digits: str) -> tuple[str, bool]:
    """The kernel prints each 32-bit word of the network-order address as a native integer."""
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    return decode_ip(b"".join(word.to_bytes(4, sys.byteorder) for word in words))


def _text(path: Path) -> str:
    return os.fsdecode(path.read_bytes())
