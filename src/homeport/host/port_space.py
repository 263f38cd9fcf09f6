"""The rules for ports: Linux's from /proc, those of other systems by name; and a trial bind."""

import os
import re
import socket
import sys
from pathlib import Path

from homeport.core.address import ip_version
from homeport.core.port_rules import PortRules

PROC = Path("/proc")

_DEFAULT_FIRST_UNPRIVILEGED = 1024
_DEFAULT_EPHEMERAL = range(32768, 61000)
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_NET_BIND_SERVICE = 10  # CAP_NET_BIND_SERVICE, capabilities(7)


def linux_rules(root: Path = PROC) -> PortRules:
    """The rules of our network namespace; what is not readable has the defaults of the kernel."""
    return PortRules(
        first_unprivileged=first_unprivileged_port(root),
        privileged=may_bind_low_ports(_text(root / "self/status")),
        ephemeral=ephemeral_ports(root),
        reserved=parse_ranges(_text(root / "sys/net/ipv4/ip_local_reserved_ports")),
    )


def other_rules() -> PortRules:
    """The rules of macOS and Windows.

    The IANA dynamic ports (RFC 6335 section 6) are the ephemeral ones of both. Windows has no
    privileged ports.
    """
    if sys.platform == "win32":
        return PortRules(
            first_unprivileged=0,
            privileged=True,
            ephemeral=range(49152, 65536),
            excluded=_excluded_ports(),
        )
    return PortRules(
        first_unprivileged=1024, privileged=os.geteuid() == 0, ephemeral=range(49152, 65536)
    )


def _excluded_ports() -> tuple[range, ...]:
    """Those of Windows; none when it does not tell, and then the bind says so."""
    from homeport.host import windows

    try:
        return windows.excluded_ports()
    except OSError:
        return ()


def first_unprivileged_port(root: Path = PROC) -> int:
    """The lowest port every user of this network namespace may listen on; containers have 0."""
    text = _text(root / "sys/net/ipv4/ip_unprivileged_port_start").strip()
    match = _RANGE.fullmatch(text)
    return int(match[1]) if match else _DEFAULT_FIRST_UNPRIVILEGED


def ephemeral_ports(root: Path = PROC) -> range:
    """The source ports of outgoing connections, IPv6 too."""
    text = _text(root / "sys/net/ipv4/ip_local_port_range")
    ranges = parse_ranges("-".join(text.split()))
    return ranges[0] if ranges else _DEFAULT_EPHEMERAL


def may_bind_low_ports(status: str) -> bool:
    """Whether the `CapEff:` line of /proc/<pid>/status has CAP_NET_BIND_SERVICE."""
    for line in status.splitlines():
        name, _, digits = line.partition(":")
        if name == "CapEff":
            try:
                return bool(int(digits, 16) >> _NET_BIND_SERVICE & 1)
            except ValueError:
                return False
    return False


def parse_ranges(text: str) -> tuple[range, ...]:
    """`8080,9000-9010` → the ranges of ports; what is none is left out."""
    found = []
    for part in text.strip().split(","):
        if match := _RANGE.fullmatch(part):
            found.append(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(found)


def try_bind(ip: str, port: int) -> int | None:
    """Bind a socket as a server would, without listening, and close it at once.

    None when that works, else the errno: EADDRINUSE, EACCES, EADDRNOTAVAIL. ValueError when `ip`
    is no IP address.
    """
    family = socket.AF_INET if ip_version(ip) == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            if sys.platform == "win32":  # where SO_REUSEADDR would take a port from its owner
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((ip, port))
    except OSError as error:
        return error.errno or -1
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError:
        return ""
