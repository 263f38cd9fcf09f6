"""A listener with TLS: what comes in first tells whether it is TLS at all.

asyncio's own server begins the handshake blindly. Here the first byte is looked at and left in
place (MSG_PEEK, recv(2)): a phone that types the address without https:// gets an answer, and a
failed handshake is told with its reason.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable

from homeport.core.ports import BACKLOG
from homeport.engine.serving.connection import HttpConnection
from homeport.engine.serving.door import Arrival, unmapped
from homeport.engine.serving.doorway import Doorway, Peer

HANDSHAKE = 0x16
"""The first byte of a TLS record that begins a connection (RFC 8446, section 5.1)."""
_AGAIN = 1.0
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

NewConnection = Callable[[], HttpConnection]


class TlsEntrance:
    """Accepts on one listening socket. `came` is told of every connection that is complete."""

    def __init__(
        self,
        sock: socket.socket,
        doorway: Doorway,
        new: NewConnection,
        came: Callable[[HttpConnection], None],
    ) -> None:
        self._sock = sock
        self._doorway = doorway
        self._new = new
        self._came = came
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.TimerHandle | None = None
        self.pending: set[asyncio.Task[None]] = set()
        """Those who have not yet said anything, or are in their handshake."""
        self._loop.add_reader(sock.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                sock, address = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:  # asyncio's server does the same
                    self._loop.remove_reader(self._sock.fileno())
                    self._again = self._loop.call_later(_AGAIN, self._go_on)
                    return
                continue  # it has ended before it was accepted (accept(2))
            sock.setblocking(False)
            peer: Peer = (str(address[0]), int(address[1]))
            if not self._doorway.enters(peer):
                sock.close()
                continue
            task = self._loop.create_task(self._receive(sock, peer))
            self.pending.add(task)
            task.add_done_callback(self.pending.discard)

    def _go_on(self) -> None:
        self._again = None
        self._loop.add_reader(self._sock.fileno(), self._accept)

    async def _receive(self, sock: socket.socket, peer: Peer) -> None:
        connection = self._new()
        connection.entered = True
        door, error = self._doorway.door, None
        try:
            async with asyncio.timeout(door.limits.first_byte):
                first = await self._first_byte(sock)
            if first is None:
                return
            context = door.tls if first == HANDSHAKE else None
            await self._loop.connect_accepted_socket(
                lambda: connection,
                sock,
                ssl=context,
                ssl_handshake_timeout=None if context is None else door.limits.head,
            )
            self._came(connection)
        except ssl.SSLError as failure:
            error = failure.reason or "unknown"
        except TimeoutError:
            error = "timeout"
        except OSError:
            error = "closed"
        finally:
            if connection.transport is None:
                self._doorway.leaves(peer)
                sock.close()
        if error is not None and peer and door.arrived is not None:
            door.arrived(Arrival(unmapped(peer[0]), peer[1], error))

    async def _first_byte(self, sock: socket.socket) -> int | None:
        """None: it was closed without one."""
        while True:
            with contextlib.suppress(BlockingIOError, InterruptedError):
                data = sock.recv(1, socket.MSG_PEEK)
                return data[0] if data else None
            readable = asyncio.Event()
            self._loop.add_reader(sock.fileno(), readable.set)
            try:
                await readable.wait()
            finally:
                self._loop.remove_reader(sock.fileno())

    def stop_accepting(self) -> None:
        """Those who were accepted may go on."""
        if self._again is not None:
            self._again.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())

    def close(self) -> None:
        """Nobody is accepted any more, and our copy of the socket is closed."""
        self.stop_accepting()
        self._sock.close()

    def give_up(self) -> None:
        """End those who have not come in yet."""
        for task in self.pending:
            task.cancel()
