"""What `arp -an` prints, where there is no netlink: macOS, the BSDs, and net-tools on Linux.

    ? (192.168.1.1) at 0:1c:42:0:0:18 on en0 ifscope [ethernet]
    ? (192.168.1.9) at (incomplete) on en0 ifscope [ethernet]
    ? (192.0.2.1) at 02:fc:00:00:00:05 [ether] on eth0

Only IPv4. It does not tell how old an answer is. Nobody ran this on a Mac yet.
"""

import re
import subprocess
from collections.abc import Callable

from homeport.core.address import is_ip
from homeport.core.neighbours import Neighbour, NeighbourState
from homeport.core.plain import plain

COMMAND = ("arp", "-an")
_TIMEOUT = 5.0  # seconds
_LINE = re.compile(
    r"\S+ \((?P<ip>[0-9.]+)\) at (?P<mac>\S+) (?:\[\w+\] )?(?P<marks>PERM )?on (?P<interface>\S+)"
    r"(?P<rest>.*)"
)
_MAC = re.compile(r"[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}", re.IGNORECASE)


def neighbours(run: Callable[[], str] | None = None) -> tuple[Neighbour, ...]:
    """Who is in the table. OSError when the command cannot be run."""
    return parse((run or _run)())


def parse(text: str) -> tuple[Neighbour, ...]:
    """The rows that are about one device; a line that does not fit is left out."""
    return tuple(filter(None, map(_row, text.splitlines())))


def _row(line: str) -> Neighbour | None:
    match = _LINE.match(line)
    if not match or not is_ip(match["ip"]):
        return None
    mac = _normal(match["mac"])
    state = NeighbourState.STALE if mac else NeighbourState.INCOMPLETE
    if match["marks"] or "permanent" in match["rest"]:
        state = NeighbourState.PERMANENT
    return Neighbour(ip=match["ip"], mac=mac, interface=plain(match["interface"]), state=state)


def _normal(text: str) -> str | None:
    """macOS leaves out leading zeros."""
    if not _MAC.fullmatch(text):
        return None
    return ":".join(part.zfill(2).lower() for part in text.split(":"))


def _run() -> str:
    try:
        done = subprocess.run(
            COMMAND,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{COMMAND[0]} did not end within {_TIMEOUT:g} s") from error
    return done.stdout.decode("utf-8", "surrogateescape")
