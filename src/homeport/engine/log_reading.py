"""The last lines of a background server's log, and those that come after them."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from homeport.engine.log_files import FOLDER, file_name, newest_first
from homeport.engine.private_folder import PrivateFolder
from homeport.engine.runtime_folder import state_folder

PAUSE = 0.1
_ALL = 1 << 24
"""Bytes: more than any of the files has."""


class Log:
    """One server's; a context manager. FileNotFoundError when there is none, UsageError for an
    unsafe folder.
    """

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        with state_folder(environment) as state:
            path = os.path.join(state.path, FOLDER)
        self._name = name
        self._folder = PrivateFolder.open(path)
        self.path = os.path.join(path, file_name(name))
        try:
            self._fd = self._folder.open_file(file_name(name))
        except BaseException:
            self._folder.close()
            raise

    def last(self, count: int) -> list[bytes]:
        """The last lines, and from there `following` goes on. The last may not be whole yet."""
        lines: list[bytes] = []
        for name in newest_first(self._name):
            if len(lines) >= count and name != file_name(self._name):
                break
            lines = self._lines(name) + lines
        return lines[len(lines) - count :] if count < len(lines) else lines

    def _lines(self, name: str) -> list[bytes]:
        with suppress(OSError):
            if name == file_name(self._name):
                return self._rest().splitlines(keepends=True)
            return self._folder.read(name, _ALL).splitlines(keepends=True)
        return []

    def following(self) -> Iterator[bytes]:
        """What is added, for ever; over rotations and restarts of the server."""
        while True:
            data = self._rest()
            if data:
                yield data
            elif self._is_rotated():
                yield self._rest()
                self._reopen()
            else:
                time.sleep(PAUSE)

    def _rest(self) -> bytes:
        return os.read(self._fd, _ALL)

    def _is_rotated(self) -> bool:
        try:
            there = os.stat(
                file_name(self._name), dir_fd=self._folder.handle, follow_symlinks=False
            )
        except FileNotFoundError:  # it comes with the next line
            return False
        return not os.path.samestat(there, os.fstat(self._fd))

    def _reopen(self) -> None:
        with suppress(OSError):
            fd = self._folder.open_file(file_name(self._name))
            os.close(self._fd)
            self._fd = fd

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        self._folder.close()
