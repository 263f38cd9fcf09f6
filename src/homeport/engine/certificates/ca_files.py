"""The files of the local CA in the state folder: one is ours alone, others are for everybody."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from homeport.core import certificate_refusals as refusals
from homeport.core.errors import HomeportError
from homeport.core.registry_words import registry_busy
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.turns import Turn, turn

LARGEST = 65536
"""Bytes of a file; ours have about 1,000."""
PATIENCE = 20.0
"""Seconds to wait for a process that is making a key; that takes milliseconds."""


class CaFiles:
    """A context manager; HomeportError wherever the system or the state of a file forbids it."""

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder

    @classmethod
    def open(cls, path: Path, *, make: bool = True) -> Self:
        """As `PrivateFolder.open`: FileNotFoundError when it is not there and may not be made."""
        return cls(PrivateFolder.open(str(path), make=make))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.close()

    def path(self, name: str) -> Path:
        """Where a file is, to be told."""
        return Path(self._folder.path, name)

    def names(self) -> list[str]:
        """What is there."""
        return self._folder.names()

    def read(self, name: str, *, secret: bool = False) -> bytes | None:
        """All of a file, None when it is not there.

        Refused when it is a link or no file, or a `secret` that is another user's or that others
        may read.
        """
        path = str(self.path(name))
        try:
            descriptor = self._folder.open_file(name)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise refusals.unsafe(path, "it is a symbolic link") from None
            raise _not_kept(path, error) from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise refusals.unsafe(path, "it is not a file")
            if secret:
                _check(path, found)
            return file.read(LARGEST)

    def write(self, name: str, data: bytes, mode: int = 0o600) -> None:
        """All of it or nothing, in place of what was there; in one's `turn`."""
        try:
            descriptor = self._folder.begin(name, data)
            try:
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._folder.put(name)
            os.fsync(self._folder.handle)
        except OSError as error:
            raise _not_kept(str(self.path(name)), error) from None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One process at a time."""
        try:
            with turn(self._folder, Turn.ALONE, PATIENCE) as is_ours:
                if not is_ours:
                    raise registry_busy(self._folder.path)
                yield
        except OSError as error:
            raise _not_kept(self._folder.path, error) from None


def _check(path: str, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        step = "run homeport as that user, or with a folder of your own in XDG_STATE_HOME"
        raise refusals.unsafe(path, f"it belongs to the user with id {found.st_uid}", step)
    if found.st_mode & 0o077:
        said = f"its mode is {stat.S_IMODE(found.st_mode):o}: others may read it"
        raise refusals.unsafe(path, said, f"if nobody else can have read it:  chmod 600 {path}")


def _not_kept(path: str, error: OSError) -> HomeportError:
    return refusals.not_kept(path, error.strerror or str(error))
