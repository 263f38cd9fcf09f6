"""Parents of orphans: a process that gets the children of its children when those end."""

import os

from homeport.host.proc_files import parse_stat

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def become_subreaper() -> bool:
    """From now on orphans below this process become its children (prctl(2)); False: no such thing.

    It holds until the process ends, and not for its children.
    """
    if not os.path.isdir("/proc/self"):
        return False
    import ctypes

    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def children() -> list[int]:
    """The processes whose parent this one is, those that have ended too. Empty without /proc."""
    ours, found = os.getpid(), []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    stat = parse_stat(os.fsdecode(file.read(4096)))
            except OSError:
                continue
            if stat is not None and stat.parent == ours:
                found.append(int(name))
    return found
