"""A folder of ours alone, used through one open handle: nobody can put another in its place.

Everything in it is named relative to the handle and never through a symbolic link.
"""

import errno
import os
import stat
from contextlib import suppress
from typing import Self

from homeport.core.registry_words import bad_folder, unusable_folder

NEW = "~"
"""Ends the name of a file that is being written."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a named pipe would wait for its other end


class PrivateFolder:
    """Mode 0700 and owned by this user: checked when it is opened. A context manager."""

    def __init__(self, path: str, handle: int) -> None:
        self.path = path
        self.handle = handle

    @classmethod
    def open(cls, path: str, *, make: bool = False) -> Self:
        """Open it, after making it if need be (not its parents).

        Raises FileNotFoundError when it is not there (not with `make`), UsageError when it is no
        folder, another user's, open to others, or cannot be used.
        """
        try:
            handle = _opened(path, make=make)
        except FileNotFoundError:
            if make:
                raise unusable_folder(path, "its parent is not there") from None
            raise
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise bad_folder(path, "not-a-folder") from None
            raise unusable_folder(path, error.strerror or str(error)) from None
        try:
            _check(path, os.fstat(handle))
        except BaseException:
            os.close(handle)
            raise
        return cls(path, handle)

    def open_file(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of a file in it; new files are 0600. OSError (ELOOP for a link)."""
        return os.open(name, flags | _FILE, 0o600, dir_fd=self.handle)

    def read(self, name: str, limit: int) -> bytes:
        """The first `limit` bytes of a regular file. OSError."""
        fd = self.open_file(name)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            return os.read(fd, limit)
        finally:
            os.close(fd)

    def begin(self, name: str, data: bytes) -> int:
        """Write all of `data` for `put`; the open descriptor of the new file. OSError."""
        self.remove(name + NEW)
        fd = self.open_file(name + NEW, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            while data:
                data = data[os.write(fd, data) :]
        except BaseException:
            os.close(fd)
            self.remove(name + NEW)
            raise
        return fd

    def put(self, name: str) -> None:
        """What was begun takes the place of `name`, in one step. OSError."""
        os.replace(name + NEW, name, src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def remove(self, name: str) -> None:
        """Take a file away if it is there. OSError."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.handle)

    def names(self) -> list[str]:
        """What is in it."""
        return sorted(os.listdir(self.handle))

    def way_to(self, name: str) -> str:
        """A path for calls that take no handle: bind(2), where a path has at most 108 bytes."""
        through = f"/proc/self/fd/{self.handle}"
        return f"{through if os.path.isdir(through) else self.path}/{name}"

    def close(self) -> None:
        """Let go of the handle."""
        os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(path: str, *, make: bool) -> int:
    try:
        return os.open(path, _FOLDER)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # another homeport was quicker, or a link that leads nowhere
        os.mkdir(path, 0o700)
    return os.open(path, _FOLDER)


def _check(path: str, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise bad_folder(path, "not-yours", f"the user with the id {status.st_uid}")
    if status.st_mode & 0o077:
        raise bad_folder(path, "open-to-others", f"{stat.S_IMODE(status.st_mode):o}")
