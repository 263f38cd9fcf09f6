"""What a file held: enough to tell a save from a save that changed nothing."""

import importlib.util
import os
import stat
from typing import NamedTuple, Self

_LARGEST = 1 << 24
"""Bytes that are read to be compared; of a larger file every save counts as a change."""
_RACY = 2_000_000_000
"""Nanoseconds in which a second write may leave the same stamp (file systems count coarsely)."""


class Version(NamedTuple):
    """`changed` is the ctime in ns: unlike the mtime no tool sets it back. `content` is a hash."""

    changed: int
    size: int
    content: int

    @classmethod
    def made_of(cls, status: os.stat_result, data: bytes) -> Self:
        """`data` was read after `status`: a later change makes them differ, never agree."""
        return cls(status.st_ctime_ns, status.st_size, _hash(data))

    @classmethod
    def unread(cls, status: os.stat_result) -> Self:
        """Of a file whose bytes are not known: no later version has the same content."""
        return cls(status.st_ctime_ns, status.st_size, -status.st_ctime_ns)

    def is_still(self, path: str, now: int) -> bool:
        """Whether the file holds the same bytes; `now` is the wall clock in ns.

        Its stamp is enough, unless it is so young that the next write may have left the same.
        """
        try:
            status = os.stat(path)
        except OSError:
            return False
        same = (status.st_ctime_ns, status.st_size) == (self.changed, self.size)
        if same and now - self.changed > _RACY:
            return True
        other = version_of(path)
        return other is not None and other.content == self.content


def version_of(path: str) -> Version | None:
    """Of the file as it is now; None when there is none that can be read."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > _LARGEST:
            return Version.unread(status)
        with open(path, "rb") as file:
            return Version.made_of(status, file.read())
    except OSError:
        return None


def _hash(data: bytes) -> int:
    return int.from_bytes(importlib.util.source_hash(data), "little")
