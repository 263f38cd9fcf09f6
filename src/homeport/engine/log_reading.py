"""The last lines of a background server's log, and those that come after them.

The files are held open, the newest looked at first: a file that is renamed meanwhile moves towards
the ones still to be looked at, so none is missed, and one that is seen twice is known again.
"""

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
        self._ahead: list[int] = []
        self._older, _ = self._files()
        if not self._older:
            self._folder.close()
            raise FileNotFoundError(self.path)
        self._fd = self._older.pop()

    def last(self, count: int) -> list[bytes]:
        """The last lines, and from there `following` goes on. The last may not be whole yet."""
        lines = self._rest().splitlines(keepends=True)
        while self._older and len(lines) < count:
            older = self._older.pop()
            lines = os.read(older, _ALL).splitlines(keepends=True) + lines
            os.close(older)
        return lines[len(lines) - count :] if count < len(lines) else lines

    def following(self) -> Iterator[bytes | None]:
        """What is added, for ever; over rotations and restarts of the server.

        None: so much was added since the last look that some of it may be gone.
        """
        while True:
            data = self._rest()
            if data:
                yield data
            elif self._ahead:
                os.close(self._fd)
                self._fd = self._ahead.pop(0)
            else:
                self._ahead, is_whole = self._files(since=os.fstat(self._fd))
                if not self._ahead:
                    time.sleep(PAUSE)
                    continue
                yield self._rest()  # what came before it was renamed
                if not is_whole:
                    yield None

    def _rest(self) -> bytes:
        return os.read(self._fd, _ALL)

    def _files(self, since: os.stat_result | None = None) -> tuple[list[int], bool]:
        """Those that were begun after `since`, open, the oldest first; and whether it was seen."""
        found: list[int] = []
        for name in newest_first(self._name):
            with suppress(OSError):
                fd = self._folder.open_file(name)
                status = os.fstat(fd)
                is_seen = since is not None and os.path.samestat(status, since)
                if is_seen or any(os.path.samestat(status, os.fstat(each)) for each in found):
                    os.close(fd)
                else:
                    found.insert(0, fd)
                if is_seen:
                    return found, True
        return found, False

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        for fd in (self._fd, *self._older, *self._ahead):
            os.close(fd)
        self._folder.close()
