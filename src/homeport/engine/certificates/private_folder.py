"""The folder that keeps the key of the local CA: ours alone, or not used.

Every file is opened relative to one handle on the folder and without following links, so nobody
can put another one in its place between looking and opening.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from homeport.core import certificate_refusals as refusals
from homeport.core.errors import HomeportError

_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


class PrivateFolder:
    """A folder that only we may enter, by its handle; a context manager."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Make it (0700) where it is missing, and look whose it is.

        HomeportError when it is a link, of another user, open to others, or cannot be made;
        FileNotFoundError when it is not there and may not be made.
        """
        try:
            if create:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
        except OSError as error:
            if not create and isinstance(error, FileNotFoundError):
                raise
            if path.is_symlink():
                raise refusals.unsafe(str(path), "it is a symbolic link") from None
            raise _not_kept(path, error) from None
        try:
            _check(path, os.fstat(descriptor))
        except HomeportError:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, name: str, *, secret: bool = False) -> bytes | None:
        """All of a file; None when it is not there.

        HomeportError when it is a link or no file, or a `secret` that others may read.
        """
        path = self.path / name
        try:
            opened = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=self._descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if path.is_symlink():
                raise refusals.unsafe(str(path), "it is a symbolic link") from None
            raise _not_kept(path, error) from None
        with os.fdopen(opened, "rb") as file:
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode):
                raise refusals.unsafe(str(path), "it is not a file")
            if secret:
                _check(path, found)
            return file.read()

    def names(self) -> list[str]:
        """What is in it."""
        return os.listdir(self._descriptor)

    def write(self, name: str, data: bytes, mode: int = 0o600) -> None:
        """All of it or nothing, in place of what was there; under `lock`. HomeportError."""
        new = name + ".new"
        try:
            with suppress(FileNotFoundError):
                os.unlink(new, dir_fd=self._descriptor)  # of somebody who died while writing
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
            opened = os.open(new, flags, mode, dir_fd=self._descriptor)
            with os.fdopen(opened, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(opened)
            os.replace(new, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            os.fsync(self._descriptor)
        except OSError as error:
            raise _not_kept(self.path / name, error) from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One process at a time; the others wait for the few milliseconds a key takes."""
        flags = os.O_RDWR | os.O_CREAT | _NO_LINK
        try:
            opened = os.open("homeport-ca.lock", flags, 0o600, dir_fd=self._descriptor)
        except OSError as error:
            raise _not_kept(self.path, error) from None
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield
        finally:
            os.close(opened)


def _check(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        step = "run homeport as that user, or with a folder of your own in XDG_STATE_HOME"
        raise refusals.unsafe(str(path), f"it belongs to the user with id {found.st_uid}", step)
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
        step = f"if nobody else can have read it:  chmod {wanted} {path}"
        raise refusals.unsafe(str(path), f"its mode is {mode:o}: others may enter or read it", step)


def _not_kept(path: Path, error: OSError) -> HomeportError:
    return refusals.not_kept(str(path), error.strerror or str(error))
