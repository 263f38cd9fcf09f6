"""Going into the background: the side that waits, the server, and the keeper of its log.

    homeport -d
    ├── keeper   reads all that the server and its workers print, and writes the log files
    ├── server   a session of its own, no terminal; ends when nobody waits for it any more
    └── waits until the server says that it is ready, or has ended

Forked before anything is imported: that costs a thousandth of a second, and the server starts as it
would in the foreground. The keeper (engine/background_log) needs what the server knows later, name
and folder; it gets that over a socket.
"""

import contextlib
import os
import socket
from typing import NamedTuple

from homeport.engine.background_log import BackgroundLog, close_all_but, start_keeper

READY = b"ready"


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

    def __init__(self, terminal: tuple[int, int], line: socket.socket, log: BackgroundLog) -> None:
        self.terminal: tuple[int, ...] = terminal
        self.line = line
        self.log = log

    def back_to_terminal(self) -> None:
        """It does not come to a background server: what is printed now is for who waits."""
        for number, ours in enumerate(self.terminal, 1):
            os.dup2(ours, number)

    def ready(self) -> None:
        """Let the side that waits go; the terminal is no more our business."""
        for descriptor in self.terminal:
            os.close(descriptor)
        self.terminal = ()
        with contextlib.suppress(OSError):
            self.line.send(READY)
        self.line.close()


def into_background(keep: frozenset[int]) -> Waiting | Server:
    """Fork. Of descriptors from 3 on, the server keeps these only."""
    read_end, write_end = os.pipe()
    keeper = start_keeper(read_end)
    line, ours = socket.socketpair()
    pid = os.fork()
    if pid:
        for sock in (ours, keeper):
            sock.close()
        os.close(read_end)
        os.close(write_end)
        return Waiting(pid, line)
    line.close()
    os.setsid()
    terminal = (_high(1), _high(2))
    for number in (1, 2):
        os.dup2(write_end, number)
    _replace_stdin()
    close_all_but({*terminal, ours.fileno(), keeper.fileno(), read_end, *keep})
    return Server(terminal, ours, BackgroundLog(read_end, keeper))


def _high(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _replace_stdin() -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
