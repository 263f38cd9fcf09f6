"""The files that /proc has for each process. Pure: text in, values out, None for garbage.

Formats: proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5), proc_stat(5).
"""

from typing import NamedTuple

_MAX_DIGITS = 19


class Stat(NamedTuple):
    """What we need of /proc/<pid>/stat: the short name, and clock ticks from boot to start."""

    name: str
    parent: int
    start_ticks: int


def parse_stat(text: str) -> Stat | None:
    """Name (field 2, which may itself hold spaces and parentheses), parent (4) and start (22)."""
    head, closed, tail = text.rpartition(")")
    fields = tail.split()
    if not closed or len(fields) < 20:
        return None
    parent, start = _number(fields[1]), _number(fields[19])
    if parent is None or start is None:
        return None
    return Stat(name=head.partition("(")[2], parent=parent, start_ticks=start)


def parse_boot_time(text: str) -> int | None:
    """Seconds since the epoch at which the computer started: `btime` in /proc/stat."""
    return _field(text, "btime", 1)


def parse_effective_uid(text: str) -> int | None:
    """The second number of `Uid:` in /proc/<pid>/status.

    The owner of the folder /proc/<pid> would be root for a daemon that gave up its privileges.
    """
    return _field(text, "Uid:", 2)


def parse_command(text: str) -> list[str]:
    """The words of /proc/<pid>/cmdline; none of the kernel's own processes and of zombies."""
    return text.rstrip("\0").split("\0") if text.strip("\0") else []


def _field(text: str, key: str, index: int) -> int | None:
    for line in text.splitlines():
        fields = line.split()
        if len(fields) > index and fields[0] == key:
            return _number(fields[index])
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None
