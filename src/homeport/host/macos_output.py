"""What macOS' lsof, netstat and ps print about listening sockets, as values.

The parsers never raise: a line that does not fit is left out. The layouts are those in recordings
of others (see the headers of the files in tests/host/recorded); nobody ran this on a Mac yet.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from homeport.core.address import Address, is_ip
from homeport.core.plain import plain

_ENDPOINT = re.compile(r"(?P<ip>\*|\[[^\]]*\]|[^\[\]]*):(?P<port>[0-9]{1,5})")
_NETSTAT_ENDPOINT = re.compile(r"(?P<ip>.+)\.(?P<port>[0-9]{1,5})")
_PS = re.compile(
    r"\s*(?P<pid>[0-9]{1,10})\s+(?P<user>\S+)\s+"
    r"(?P<start>\w{3}\s+\w{3}\s+[0-9]+ [0-9:]{8} [0-9]{4})\s+(?P<command>.*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A listening socket and one process that has it, as one of the commands printed it.

    `v6only` is None where the command does not tell. `name` is the name of the process, which
    macOS cuts short. `user` is a name.
    """

    address: Address
    v6only: bool | None
    pid: int | None
    name: str
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What ps tells: `started` is seconds since the epoch, exact to a second."""

    user: str
    started: float
    command: str


def parse_lsof(text: str) -> tuple[Row, ...]:
    """The rows of `lsof -F pcuLftPnT` (lsof(8), "OUTPUT FOR OTHER PROGRAMS").

    Each line is one letter and a value: p begins a process, f a file of it.
    """
    found: list[Row] = []
    process: dict[str, str] = {}
    file: dict[str, str] = {}
    for line in [*text.split("\n"), "p"]:
        letter, value = line[:1], line[1:]
        if letter in ("p", "f"):
            found.extend(_lsof_row(process, file))
            file = {}
            if letter == "p":
                process = {"p": value}
        elif letter in ("c", "u", "L"):
            process[letter] = value
        elif line.startswith("TST="):
            file["state"] = line[4:]
        elif letter in ("t", "P", "n"):
            file[letter] = value
    return tuple(found)


def _lsof_row(process: dict[str, str], file: dict[str, str]) -> Iterator[Row]:
    match = _ENDPOINT.fullmatch(file.get("n", ""))
    pid = _number(process.get("p", ""))
    if not match or pid is None or file.get("P") != "TCP":
        return
    if file.get("state", "LISTEN") != "LISTEN":
        return
    family = {"IPv4": 4, "IPv6": 6}.get(file.get("t", ""))
    address = _address(match["ip"].strip("[]"), match["port"], family)
    if address:
        user = process.get("L") or process.get("u")
        name = plain(process.get("c", ""))
        yield Row(address=address, v6only=None, pid=pid, name=name, user=plain(user or "") or None)


def parse_netstat(text: str) -> tuple[Row, ...]:
    """The listening rows of `netstat -anv -p tcp`.

    The columns behind the state changed twice: `pid epid`, then with `rxbytes txbytes` before
    them, then one column `process:pid`. Which of them it is stands in the heading.
    """
    found: list[Row] = []
    columns: list[str] = []
    for line in text.split("\n"):
        words = line.split()
        if words[:1] == ["Proto"]:
            columns = line.partition("(state)")[2].split()
        elif len(words) > 5 and words[0] in ("tcp4", "tcp6", "tcp46") and words[5] == "LISTEN":
            found.extend(_netstat_row(words[0], words[3], columns, line))
    return tuple(found)


def _netstat_row(kind: str, local: str, columns: Sequence[str], line: str) -> Iterator[Row]:
    match = _NETSTAT_ENDPOINT.fullmatch(local)
    address = match and _address(match["ip"], match["port"], 4 if kind == "tcp4" else 6)
    if not address:
        return
    behind = line.partition("LISTEN")[2]
    name, pid = "", None
    if "process:pid" in columns:
        name, pid = _named_pid(behind, columns.index("process:pid"))
    elif "pid" in columns:
        words = behind.split()[columns.index("pid") :]
        pid = _number(words[0]) if words else None
    yield Row(
        address=address,
        v6only=None if address.version == 4 else kind == "tcp6",
        pid=pid or None,  # the kernel's own sockets have 0
        name=plain(name),
    )


def _named_pid(behind: str, before: int) -> tuple[str, int | None]:
    """`0 0 131072 131072 Google Chrome He:312 00100 …`: a name may hold spaces and colons."""
    match = re.match(rf"(?:\s+\S+){{{before}}}\s+(.*):([0-9]+)(?:\s|$)", behind)
    return (match[1].strip(), _number(match[2])) if match else ("", None)


def _address(ip: str, port: str, family: int | None) -> Address | None:
    if ip == "*":
        ip = "0.0.0.0" if family == 4 else "::"
    number = _number(port)
    if not number or number > 65535 or not is_ip(ip):
        return None
    return Address(ip=ip, port=number)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def parse_ps(text: str) -> dict[int, Process]:
    """Each process of `ps -ww -o pid=,user=,lstart=,command= -p PIDS` with LC_ALL=C (ps(1))."""
    found: dict[int, Process] = {}
    for match in filter(None, map(_PS.fullmatch, text.split("\n"))):
        try:
            started = time.mktime(time.strptime(match["start"], "%a %b %d %H:%M:%S %Y"))
        except (ValueError, OverflowError):
            continue
        found[int(match["pid"])] = Process(
            user=plain(match["user"]), started=started, command=match["command"]
        )
    return found
