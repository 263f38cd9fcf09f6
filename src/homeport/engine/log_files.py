"""What a background server prints, in files that do not grow without end.

logs/<name>.log            the newest lines, at most LARGEST bytes
logs/<name>.log.1 … .4     what was there before, the older the higher

They are 0600 in a 0700 folder, named relative to its open handle and never through a link.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

FOLDER = "logs"
"""In the state folder."""
LARGEST = 1024 * 1024
FILES = 5

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def file_name(name: str) -> str:
    """The newest log file of a server."""
    return f"{name}.log"


class LogFiles:
    """The log of one server. `folder` is an open handle. What cannot be written is lost."""

    def __init__(self, folder: int, name: str) -> None:
        self._folder = folder
        self._name = file_name(name)
        self._fd: int | None = None

    def write(self, data: bytes) -> None:
        """Add it; a new file begins with a whole line where there is one."""
        while data:
            try:
                room = LARGEST - self._size()
                if len(data) > room:
                    cut = data.rfind(b"\n", 0, max(room, 0)) + 1
                    if not cut and room >= LARGEST:  # one line that is longer than a file
                        cut = LARGEST
                    self._put(data[:cut])
                    data = data[cut:]
                    self._rotate()
                else:
                    self._put(data)
                    return
            except OSError:  # a full disk: the server must not wait for it
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _size(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._name, _WRITE, 0o600, dir_fd=self._folder)
        return os.fstat(self._fd).st_size

    def _put(self, data: bytes) -> None:
        assert self._fd is not None
        while data:
            data = data[os.write(self._fd, data) :]

    def _rotate(self) -> None:
        """Unless somebody else did, whose file has the name by now."""
        assert self._fd is not None
        ours = os.fstat(self._fd)
        self.close()
        there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        if not os.path.samestat(ours, there):
            return
        for number in range(FILES - 1, 0, -1):
            older = self._name if number == 1 else f"{self._name}.{number - 1}"
            with suppress(FileNotFoundError):
                new = f"{self._name}.{number}"
                os.replace(older, new, src_dir_fd=self._folder, dst_dir_fd=self._folder)


def newest_first(name: str) -> Iterator[str]:
    """The files of a log."""
    yield file_name(name)
    for number in range(1, FILES):
        yield f"{file_name(name)}.{number}"
