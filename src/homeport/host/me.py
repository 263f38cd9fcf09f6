"""Who is asking: whether we are root, and the processes that we are part of."""

import os

from homeport.host.proc_files import parse_stat


def is_root() -> bool:
    """Whether the system lets us end any process. An administrator on Windows is not asked for."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def own_pids() -> frozenset[int]:
    """This process and its parents, as far as they can be seen."""
    import psutil

    try:
        parents = psutil.Process().parents()
    except psutil.Error:
        parents = []
    return frozenset({os.getpid(), *(parent.pid for parent in parents)})


def start_ticks(pid: int | None = None) -> int | None:
    """Clock ticks from boot to the start of a process, this one if none is named.

    None where the system has no /proc, or no such process. Together with `boot_id` it tells the
    process from any other that ever has its pid.
    """
    stat = parse_stat(_text(f"/proc/{'self' if pid is None else pid}/stat"))
    return stat.start_ticks if stat is not None else None


def boot_id() -> str | None:
    """A random word that is new at every boot of Linux (random(4)); None elsewhere."""
    return _text("/proc/sys/kernel/random/boot_id").strip() or None


def network_id() -> str | None:
    """The network namespace that this process is in (namespaces(7)); None where there are none.

    Two processes with the same one see the same listeners: an address there has one holder.
    """
    try:
        found = os.stat("/proc/self/ns/net")
    except OSError:
        return None
    return f"{found.st_dev}:{found.st_ino}"


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(4096))
    except OSError:
        return ""
