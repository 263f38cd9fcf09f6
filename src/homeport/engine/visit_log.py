"""The visit log: who came to a shared door, as lines of JSON in a file of this user only.

At most `FILES` files of `LARGEST` bytes; the oldest lines go first. Without room on the disk the
server goes on, and the log has a gap.
"""

import contextlib
import os
from collections.abc import Mapping
from itertools import pairwise

from homeport.core.errors import HomeportError
from homeport.core.visit_record import VisitRecord, log_line
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.runtime_folder import state_folder

LARGEST = 1_000_000
FILES = 4


class VisitLog:
    """Appends to the file of a server in the state folder, made with mode 0600 at the first line.

    Where that folder is not safe or not there, nothing is kept.
    """

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = f"{name}.visits.log"
        self._environment = environment

    def add(self, visit: VisitRecord) -> None:
        """One line more."""
        with (
            contextlib.suppress(OSError, HomeportError),
            state_folder(self._environment, make=True) as folder,
        ):
            _append(folder, self._name, log_line(visit).encode())


def _append(folder: PrivateFolder, name: str, line: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder.handle)
    try:
        if os.fstat(descriptor).st_size + len(line) > LARGEST:
            _rotate(folder, name)
            os.close(descriptor)
            descriptor = os.open(name, flags, 0o600, dir_fd=folder.handle)
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _rotate(folder: PrivateFolder, name: str) -> None:
    names = [name, *(f"{name}.{number}" for number in range(1, FILES))]
    for newer, older in reversed([*pairwise(names)]):
        with contextlib.suppress(FileNotFoundError):
            os.replace(newer, older, src_dir_fd=folder.handle, dst_dir_fd=folder.handle)
