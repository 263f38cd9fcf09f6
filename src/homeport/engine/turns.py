"""One process at a time: locks of the runtime folder.

Both are flock(2): the kernel drops them when the process ends, however that happens.

* `<name>.json` is locked by its server as long as it runs. Every version of homeport does that.
* `.lock` is held for the moment in which names are given out or taken back (exclusively), or looked
  at (shared), so that a look at a lock is never mistaken for a server.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from homeport.engine.private_folder import PrivateFolder

PAUSE, LONGEST_PAUSE = 0.001, 0.016
"""Seconds between two tries: fifty that wait must not keep the one that works from its work."""


class Turn(Enum):
    """Whether others may have theirs at the same time."""

    ALONE = fcntl.LOCK_EX
    TOGETHER = fcntl.LOCK_SH


@contextmanager
def turn(folder: PrivateFolder, kind: Turn, patience: float) -> Iterator[bool]:
    """Have one's turn with the folder; False when that did not come within `patience` seconds.

    OSError when the lock cannot be had at all: a folder that is read-only, a full disk.
    """
    fd = folder.open_file(".lock", os.O_RDWR | os.O_CREAT)
    try:
        deadline, pause = time.monotonic() + patience, PAUSE
        while not (got := lock(fd, kind)) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        yield got
    finally:
        os.close(fd)


def lock(fd: int, kind: Turn = Turn.ALONE) -> bool:
    """Lock an open file for as long as it is open; False when another has it."""
    try:
        fcntl.flock(fd, kind.value | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_taken(folder: PrivateFolder, entry: str) -> bool:
    """Whether a server holds this entry, or something that is no file of ours has its place.

    To be asked in a `turn`, for it locks the file for a moment.
    """
    try:
        fd = folder.open_file(entry)
    except FileNotFoundError:
        return False
    except OSError:  # a symbolic link, a socket
        return True
    try:
        return not stat.S_ISREG(os.fstat(fd).st_mode) or not lock(fd, Turn.TOGETHER)
    finally:
        os.close(fd)
