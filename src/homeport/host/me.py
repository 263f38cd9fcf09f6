"""Who is asking: whether we are root, and the processes that we are part of."""

import os


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
