"""Listening sockets and their processes from Linux's /proc, without privileges.

How it works: /proc/net/tcp and tcp6 list the sockets of our network namespace with an inode and
the uid of their owner. A process that holds one has a symbolic link `socket:[inode]` in its
/proc/<pid>/fd. Several processes may hold the same socket (fork, reload, SCM_RIGHTS): all count.

Everything here races with processes that come and go. One that is gone when we look again is left
out. One whose descriptors we may not read (another user's) never shows up as a holder; then only
the uid of the socket says whose it is.

Formats: proc_net_tcp.rst and proc.rst in the kernel's documentation, proc_pid_stat(5).
"""

import ipaddress
import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from homeport.core.address import Address
from homeport.core.facts import Holder, Listener
from homeport.core.redact import command_line, plain

PROC = Path("/proc")

_LISTEN = "0A"  # TCP_LISTEN in the kernel's net/tcp_states.h
_DEFAULT_FIRST_UNPRIVILEGED = 1024
_DEFAULT_EPHEMERAL = range(32768, 61000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A listening socket as /proc/net/tcp or tcp6 shows it. Inode 0 means: no process has it."""

    address: Address
    uid: int
    inode: int


class Stat(NamedTuple):
    """The part of /proc/<pid>/stat we need: the short name, and clock ticks from boot to start."""

    name: str
    start_ticks: int


# Pure: text in, values out


def parse_sockets(text: str, port: int) -> list[Row]:
    """The rows of /proc/net/tcp or tcp6 that listen on exactly `port`."""
    suffix = f":{port:04X}"
    found = []
    for line in text.splitlines()[1:]:
        fields = line.split(maxsplit=10)
        if fields[3] == _LISTEN and fields[1].endswith(suffix):
            ip = _decode_ip(fields[1].removesuffix(suffix))
            address = Address(ip=ip, port=port)
            found.append(Row(address=address, uid=int(fields[7]), inode=int(fields[9])))
    return found


def _decode_ip(digits: str) -> str:
    """The kernel prints each 32-bit word of the network-order address as a native integer.

    An IPv4-mapped address becomes the IPv4 address: that is all such a socket can be reached by.
    """
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    ip = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def parse_stat(text: str) -> Stat:
    """Name (field 2, which may itself hold spaces and parentheses) and start (field 22)."""
    head, _, tail = text.rpartition(")")
    return Stat(name=head.partition("(")[2], start_ticks=int(tail.split()[19]))


def parse_boot_time(text: str) -> int:
    """Seconds since the epoch at which the computer started: `btime` in /proc/stat."""
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("btime "))


def parse_effective_uid(text: str) -> int:
    """The second number of `Uid:` in /proc/<pid>/status.

    The owner of the folder /proc/<pid> would be root for a daemon that gave up its privileges.
    """
    return next(int(line.split()[2]) for line in text.splitlines() if line.startswith("Uid:"))


# The edge: `root` is the whole outside world


def listeners(port: int, root: Path = PROC) -> tuple[Listener, ...]:
    """The sockets listening on `port` with all holders that we may see, the oldest first.

    `v6only` is None: these files do not tell. OSError when there is no /proc/net/tcp.
    """
    rows = {row.inode or row.address: row for row in _sockets(port, root)}
    wanted = {row.inode for row in rows.values() if row.inode}
    found: dict[int, list[Holder]] = {inode: [] for inode in wanted}
    # The scan over all processes is the expensive part: never for a port that nobody has.
    for inode, holder in _holders(wanted, root) if wanted else ():
        found[inode].append(holder)
    return tuple(
        Listener(
            address=row.address,
            v6only=None,
            user=_user_name(row.uid),
            holders=tuple(sorted(found.get(row.inode, ()), key=_age)),
        )
        for row in rows.values()
    )


def _sockets(port: int, root: Path) -> list[Row]:
    rows = parse_sockets((root / "net/tcp").read_text("ascii"), port)
    try:
        return rows + parse_sockets((root / "net/tcp6").read_text("ascii"), port)
    except FileNotFoundError:  # a kernel without IPv6
        return rows


def _holders(wanted: Collection[int], root: Path) -> Iterator[tuple[int, Holder]]:
    """Each wanted inode with each process that holds it."""
    links = {f"socket:[{inode}]": inode for inode in wanted}
    try:
        boot_time = parse_boot_time((root / "stat").read_text("ascii"))
    except (OSError, StopIteration):
        boot_time = None
    for pid in filter(str.isdigit, os.listdir(root)):
        process = f"{root}/{pid}"
        for fd, link in _open_sockets(process, links).items():
            try:
                holder = _holder(Path(process), boot_time)
                # The same link again: this is still the process that we found, not a new one
                # under the same pid.
                if os.readlink(fd) == link:
                    yield links[link], holder
            except OSError:
                continue


def _open_sockets(process: str, links: Collection[str]) -> dict[str, str]:
    """The descriptors of a process that are one of `links`, each link once."""
    # os instead of Path: a Path for every descriptor of every process doubles the time.
    found: dict[str, str] = {}
    try:
        for fd in os.listdir(f"{process}/fd"):
            path = f"{process}/fd/{fd}"
            try:
                link = os.readlink(path)
            except FileNotFoundError:  # closed meanwhile
                continue
            if link in links:
                found[link] = path
    except OSError:  # not ours to see, or gone
        pass
    return {path: link for link, path in found.items()}


def _holder(process: Path, boot_time: int | None) -> Holder:
    """The details of a process; OSError when it is gone.

    `started` is exact to a clock tick (10 ms) among processes, but the boot time it is counted
    from has whole seconds and moves when the clock is set.
    """
    stat = parse_stat(_text(process / "stat"))
    argv = _text(process / "cmdline").removesuffix("\0").split("\0")
    uid = parse_effective_uid(_text(process / "status"))
    try:
        folder = os.readlink(process / "cwd")
    except OSError:
        folder = None
    ticks = os.sysconf("SC_CLK_TCK")
    return Holder(
        pid=int(process.name),
        started=None if boot_time is None else boot_time + stat.start_ticks / ticks,
        # The kernel and zombies have no command line.
        command=command_line(argv) or plain(stat.name),
        user=_user_name(uid),
        folder=folder,
    )


def _text(path: Path) -> str:
    return os.fsdecode(path.read_bytes())


def _age(holder: Holder) -> tuple[float, int]:
    return holder.started or 0, holder.pid


def _user_name(uid: int) -> str:
    """The name of a user, or the number as text when it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def first_unprivileged_port(root: Path = PROC) -> int:
    """The lowest port every user of this network namespace may listen on; containers have 0."""
    try:
        return int((root / "sys/net/ipv4/ip_unprivileged_port_start").read_text("ascii"))
    except OSError:
        return _DEFAULT_FIRST_UNPRIVILEGED


def ephemeral_ports(root: Path = PROC) -> range:
    """The source ports of outgoing connections, IPv6 too."""
    try:
        text = (root / "sys/net/ipv4/ip_local_port_range").read_text("ascii")
    except OSError:
        return _DEFAULT_EPHEMERAL
    first, last = map(int, text.split())
    return range(first, last + 1)
