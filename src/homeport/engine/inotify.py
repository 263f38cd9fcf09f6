"""inotify(7) with the standard library: told by the kernel which file of a folder was saved.

Why not `watchfiles` here: it polls its own queue every few milliseconds in a thread, and it can
only watch a tree with all its `.venv` and `node_modules`; see docs/adr/0006.
"""

import ctypes
import errno
import os
import struct
from typing import NamedTuple

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO = 0x8, 0x40, 0x80
_CREATE, _DELETE, _DELETE_SELF = 0x100, 0x200, 0x400
_ONLYDIR, _IS_DIR, _OVERFLOW, _IGNORED = 0x01000000, 0x40000000, 0x4000, 0x8000
_WANTED = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _ONLYDIR
_EVENT = struct.Struct("iIII")


class Change(NamedTuple):
    """Something happened to `path`; `appeared` for a folder that is new and not watched yet.

    `path` is None when the kernel's queue overflowed: anything may have happened.
    """

    path: str | None
    is_folder: bool
    appeared: bool


class Inotify:
    """Watches folders, one by one. `fileno()` is readable when there are changes."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1 failed")
        self._folders: dict[int, str] = {}

    def fileno(self) -> int:
        """For selectors."""
        return int(self._descriptor)

    def add(self, folder: str) -> bool:
        """Watch one folder (not those below); False when it is gone or may not be read.

        OSError (ENOSPC) when the user's limit of watches is reached.
        """
        name = os.fsencode(folder)
        watch = self._libc.inotify_add_watch(self._descriptor, name, ctypes.c_uint32(_WANTED))
        if watch < 0:
            error = ctypes.get_errno()
            if error in (errno.ENOENT, errno.EACCES, errno.ENOTDIR):
                return False
            raise OSError(error, os.strerror(error), folder)
        self._folders[watch] = folder
        return True

    def read(self) -> list[Change]:
        """What has happened since the last call."""
        try:
            data = os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return []
        changes = []
        while data:
            watch, mask, _, length = _EVENT.unpack_from(data)
            name = data[_EVENT.size : _EVENT.size + length].rstrip(b"\0")
            data = data[_EVENT.size + length :]
            if mask & _OVERFLOW:
                changes.append(Change(None, False, False))
            elif mask & _IGNORED:
                self._folders.pop(watch, None)
            elif watch in self._folders and name:
                is_folder = bool(mask & _IS_DIR)
                # A new file is looked at when it is closed after writing, not when it is made,
                # but a link or a hard link is complete at once.
                path = os.path.join(self._folders[watch], os.fsdecode(name))
                if is_folder or mask & ~_CREATE & _WANTED or _is_link(path):
                    appeared = is_folder and bool(mask & (_CREATE | _MOVED_TO))
                    changes.append(Change(path, is_folder, appeared))
        return changes

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)


def _is_link(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return os.path.islink(path) or status.st_nlink > 1
