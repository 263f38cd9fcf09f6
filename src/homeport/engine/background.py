"""Going into the background: the side that waits, the server, and the keeper of its log.

    homeport -d
    ├── keeper   reads all that the server and its workers print, and writes the log files
    ├── server   a session of its own, no terminal; ends when nobody waits for it any more
    └── waits until the server says that it is ready, or has ended

Forked before anything is imported: that costs a thousandth of a second, and the server starts as it
would in the foreground. The keeper needs what the server knows later (name, folder); it gets that
over a socket. It ends when nobody can print any more.
"""

import contextlib
import os
import signal
import socket
from typing import NamedTuple, NoReturn

READY = b"ready"
_DEAF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_FIRST = 3


class Waiting(NamedTuple):
    """The side that waits. `pid` is the server, a child that is not reaped: nobody else's pid."""

    pid: int
    line: socket.socket

    def hears_ready(self) -> bool:
        """Wait; False when the server ends without."""
        with contextlib.suppress(ConnectionResetError):
            return self.line.recv(len(READY)) == READY
        return False

    def exit_code(self) -> int:
        """Wait for its end; negative: the signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Server:
    """The server's side. `terminal` is what standard output and error were, until it is ready."""

    def __init__(
        self, terminal: tuple[int, int], line: socket.socket, keeper: socket.socket
    ) -> None:
        self.terminal: tuple[int, ...] = terminal
        self.line = line
        self._keeper = keeper

    def keep_log(self, folder: int, name: str) -> None:
        """Tell the keeper where what we print goes. `folder` is an open handle."""
        socket.send_fds(self._keeper, [name.encode()], [folder])

    def back_to_terminal(self) -> None:
        """It does not come to a background server: what is printed now is for who waits."""
        for number, ours in enumerate(self.terminal, 1):
            os.dup2(ours, number)

    def ready(self) -> None:
        """Let the side that waits go; the terminal is no more our business."""
        for descriptor in self.terminal:
            os.close(descriptor)
        self.terminal = ()
        self._keeper.close()
        with contextlib.suppress(OSError):
            self.line.send(READY)
        self.line.close()


def into_background(keep: frozenset[int]) -> Waiting | Server:
    """Fork. Of descriptors from 3 on, the server keeps these only."""
    line, ours = socket.socketpair()
    keeper, knows = socket.socketpair()
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        _keep(read_end, knows)
    pid = os.fork()
    if pid:
        for sock in (ours, keeper, knows):
            sock.close()
        os.close(read_end)
        os.close(write_end)
        return Waiting(pid, line)
    for sock in (line, knows):
        sock.close()
    os.setsid()
    terminal = (_high(1), _high(2))
    for number in (1, 2):
        os.dup2(write_end, number)
    _replace_stdin()
    _close_all_but({*terminal, ours.fileno(), keeper.fileno(), *keep})
    return Server(terminal, ours, keeper)


def _high(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _replace_stdin() -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _close_all_but(kept: set[int]) -> None:
    """What the caller had open is not ours to keep open: locks, pipes that others wait for."""
    start = _FIRST
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def _keep(read_end: int, knows: socket.socket) -> NoReturn:
    """The keeper's life. It has no terminal, no folder, and nothing that a signal could spare."""
    try:
        os.setsid()
        for deaf in _DEAF:
            signal.signal(deaf, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(_FIRST):
            os.dup2(null, number)
        _close_all_but({read_end, knows.fileno()})
        os.chdir("/")
        data, folders, _, _ = socket.recv_fds(knows, 4096, 1)
        knows.close()
        _copy(read_end, folders, data.decode())
    finally:
        os._exit(0)


def _copy(read_end: int, folders: list[int], name: str) -> None:
    """Until the end; without a folder it goes nowhere."""
    from homeport.engine.log_files import LogFiles

    files = LogFiles(folders[0], name) if folders else None
    while data := os.read(read_end, 65536):
        if files is not None:
            files.write(data)
