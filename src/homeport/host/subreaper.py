"""Parents of orphans: a process that gets the children of its children when those end."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from homeport.host.proc_files import parse_stat

_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37  # linux/prctl.h


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Meanwhile orphans below this process become its children, and then go where they always went.

    prctl(2); it does not hold for children. OSError where the kernel does not let us.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    before = ctypes.c_int()
    if libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0) or libc.prctl(
        _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


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
