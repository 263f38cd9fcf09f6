"""The supervisor's side of a `.local` name: a process that announces it, and what it says.

asyncio and zeroconf live in that process (`engine/mdns_process`). Whatever becomes of it, the
server goes on; the worst news is that there is no name.
"""

import contextlib
import select
import socket
from collections.abc import Callable
from typing import Self

from homeport.core.local_name import NoName, label
from homeport.engine.mdns_messages import (
    Announce,
    Claimed,
    Conflict,
    Failed,
    Message,
    Withdraw,
    decode,
    encode,
)
from homeport.engine.spawn import WorkerProcess, spawn_process

News = Claimed | Conflict | Failed
"""What a name's process tells."""

GOODBYE = 1.0
"""Seconds that it has to take the name back."""
_PATIENCE = GOODBYE + 0.5
_READ_SIZE = 65536
_LONGEST_LINE = 65536


def _spawn() -> WorkerProcess:
    return spawn_process("homeport.engine.mdns_process")


class Announcement:
    """One name on one interface, from `start` until `read` gives None. For a selector.

    `stop` only asks; `close` sees to it that the process is gone, and may take 1.5 seconds.
    """

    def __init__(self, announce: Announce, spawn: Callable[[], WorkerProcess] = _spawn) -> None:
        self._process: WorkerProcess | None = None
        self._buffer = b""
        self._expected = False  # the end of the process: it was told to, or has said why
        try:
            self._process = spawn()
        except OSError as error:  # no memory, too many processes: told the way all news are
            self._socket, theirs = socket.socketpair()
            theirs.sendall(encode(Failed(reason=NoName.ENDED.value, detail=str(error))))
            theirs.close()
        else:
            number = self._process.channel.fileno()
            self._process.channel.detach()  # its messages are not those of workers
            self._socket = socket.socket(fileno=number)
            self._send(announce)
        self._socket.setblocking(False)

    @classmethod
    def start(cls, *, name: str, ip: str, port: int, tls: bool, instance: str) -> Self:
        """Begin to announce the server `name` (`feature.shop`) at `ip`; see `Announce`."""
        return cls(Announce(label=label(name), ip=ip, port=port, tls=tls, instance=instance))

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def stop(self) -> None:
        """Ask it to take the name back and to end; `read` goes on until it gives None."""
        self._expected = True
        self._send(Withdraw())

    def read(self) -> list[News] | None:
        """The news; None when there will be none any more, and the process is gone."""
        try:
            data = self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            data = b""
        if not data:
            return self._ended()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        try:
            news = [self._news(line) for line in lines]
            if len(self._buffer) > _LONGEST_LINE:
                raise ValueError("a line without an end")
        except ValueError:  # it is not itself any more
            self._kill()
            return []
        self._expected = self._expected or any(isinstance(each, Failed) for each in news)
        return news

    def close(self) -> None:
        """Take the name back, within 1.5 seconds, and let go of everything."""
        if self._socket.fileno() < 0:
            return
        self.stop()
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        with contextlib.suppress(OSError):
            while poll.poll(_PATIENCE * 1000) and self._socket.recv(_READ_SIZE):
                pass
        self._let_go()

    def _news(self, line: bytes) -> News:
        message = decode(line)
        if not isinstance(message, Claimed | Conflict | Failed):
            raise ValueError(f"not from the process: {message}")
        return message

    def _ended(self) -> list[News] | None:
        if not self._expected:
            self._expected = True
            return [Failed(reason=NoName.ENDED.value)]  # the end of file is still there to be read
        self._let_go()
        return None

    def _send(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # it has ended; `read` will tell
            self._socket.sendall(encode(message))

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _let_go(self) -> None:
        """It hangs up when all is done, so nothing is lost by making sure."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            process.close()
        self._socket.close()
