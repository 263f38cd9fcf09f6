"""What a background server prints: a pipe, and a process, the keeper, that writes it to log files.

The server holds the reading end of the pipe as well, and a keeper that died is followed by another:
whoever prints never meets a broken pipe, and what is in the pipe is not lost. The keeper ends when
nobody can print any more. Nothing slow is imported here: the first keeper is forked at the start.
"""

import os
import selectors
import signal
import socket
import time
from collections.abc import Collection
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from homeport.core.events import Event

PAUSE = 0.1
"""Seconds before the next keeper: one that cannot live must not cost a processor."""

_DEAF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_FIRST = 3


class BackgroundLog:
    """The server's side, an `Input` of its supervisor: readable when the keeper has died."""

    def __init__(self, pipe: int, keeper: socket.socket, path: str = "") -> None:
        """`pipe` is its reading end, `keeper` the line to the one that runs.

        `path` is the log file, empty for nowhere.
        """
        self.path = path
        self._pipe = pipe
        self._keeper = keeper
        self._selector = selectors.DefaultSelector()
        self._selector.register(keeper, selectors.EVENT_READ)

    @property
    def descriptors(self) -> tuple[int, int]:
        """The pipe and the line to the keeper: all that has to stay open."""
        return self._pipe, self._keeper.fileno()

    def goes_to(self, path: str) -> None:
        """Tell the keeper, who waits for it. HomeportError, OSError: it cannot be."""
        from homeport.engine.private_folder import PrivateFolder

        with PrivateFolder.open(os.path.dirname(path), make=True) as folder:
            name = os.path.basename(path).removesuffix(".log")
            socket.send_fds(self._keeper, [name.encode()], [folder.handle])
        self.path = path

    def goes_nowhere(self) -> None:
        """As `goes_to`."""
        with suppress(OSError):
            self._keeper.send(b"-")
        self.path = ""

    def fileno(self) -> int:
        """For selectors."""
        return self._selector.fileno()

    def read(self) -> "list[Event]":
        """Start another keeper. When that fails it is tried again, for this stays readable."""
        from homeport.core.errors import HomeportError

        time.sleep(PAUSE)
        with suppress(OSError):
            keeper = start_keeper(self._pipe)
            self._selector.unregister(self._keeper)
            self._keeper.close()
            self._keeper = keeper
            self._selector.register(keeper, selectors.EVENT_READ)
            try:
                self.goes_to(self.path)
            except (HomeportError, OSError):
                self.goes_nowhere()
        return []


def start_keeper(pipe: int) -> socket.socket:
    """The line to it, which ends when it does. It is nobody's child: nobody has to reap it."""
    line, knows = socket.socketpair()
    try:
        child = os.fork()
        if child == 0:
            try:
                if os.fork() == 0:
                    _keep(pipe, knows)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    except BaseException:
        line.close()
        raise
    finally:
        knows.close()
    return line


def _keep(pipe: int, knows: socket.socket) -> None:
    """The keeper's life. It has no terminal, no folder, and nothing that a signal could spare."""
    signal.set_wakeup_fd(-1)  # the supervisor's
    os.setsid()
    for deaf in _DEAF:
        signal.signal(deaf, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(_FIRST):
        os.dup2(null, number)
    close_all_but({pipe, knows.fileno()})
    os.chdir("/")
    data, folders, _, _ = socket.recv_fds(knows, 4096, 1)
    _copy(pipe, folders, data.decode())


def _copy(pipe: int, folders: list[int], name: str) -> None:
    """Until the end; without a folder it goes nowhere."""
    from homeport.engine.log_files import LogFiles

    files = LogFiles(folders[0], name) if folders else None
    while data := os.read(pipe, 65536):
        if files is not None:
            files.write(data)


def close_all_but(kept: Collection[int]) -> None:
    """What the caller had open is not ours to keep open: locks, pipes that others wait for."""
    start = _FIRST
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
