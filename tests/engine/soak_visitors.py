"""The kinds of visitors: each keeps a connection busy in one way."""

import asyncio
import zlib

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.engine.soak_load import Visitor, get
from tests.engine.soak_wire import Connection, WentWrong

SERVICE_RESTART = 1012  # RFC 6455, 7.4.2: the registry of close codes


class Fresh(Visitor):
    """A connection for each request."""

    async def round(self) -> None:
        least = self.load.announced
        connection = await Connection.open(self.address)
        try:
            connection.send(get("/"))
            answer = await connection.answer()
        finally:
            connection.close()
        if complaint := answer.complaint():
            raise WentWrong(complaint)
        if answer.version < least:
            raise WentWrong(f"stale: {answer.version} after {least} was announced")
        self.count("answers")


class Kept(Visitor):
    """One connection, a request every now and then."""

    async def round(self) -> None:
        connection = await self.connected()
        least = self.load.announced
        connection.send(get("/"))
        await self.take(connection, least)


class Lazy(Kept):
    """A connection that is idle most of the time, over several reloads."""

    pause = 0.7


class Pipelined(Visitor):
    """Four requests at once; the last one is cut in two, and a reload passes in between."""

    lengths = (10, 20_000, 9, 4_000)

    async def round(self) -> None:
        connection = await self.connected()
        least = self.load.announced
        requests = b"".join(get(f"/?n={length}") for length in self.lengths)
        connection.send(requests[:-30])
        for length in self.lengths[:-1]:
            await self._one(connection, length, least)
        await self.until_reloaded(least)
        connection.send(requests[-30:])
        await self._one(connection, self.lengths[-1], least)

    async def _one(self, connection: Connection, length: int, least: int) -> None:
        answer = await self.take(connection, least)
        if len(answer.body) != length:
            raise WentWrong(f"the answer of {len(answer.body)} to the request of {length} bytes")


class Upload(Visitor):
    """A body in pieces: half of it before a reload, the rest after it."""

    piece = bytes(range(256)) * 16
    pieces = 20

    async def round(self) -> None:
        connection = await self.connected()
        least = self.load.announced
        length = len(self.piece) * self.pieces
        head = f"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        connection.send(head.encode())
        for number in range(self.pieces):
            connection.send(self.piece)
            await asyncio.sleep(0.005)
            if number == self.pieces // 2:
                await self.until_reloaded(least)
        answer = await self.take(connection, least)
        received = f"{length} {zlib.crc32(self.piece * self.pieces)}"
        if answer.body.decode() != f"{answer.version} {received}":
            raise WentWrong(f"the app got {answer.body!r} of {received}")


class Slow(Visitor):
    """An answer that takes its time; a reload passes while it is under way."""

    async def round(self) -> None:
        connection = await self.connected()
        least = self.load.announced
        connection.send(get("/slow?n=60000&pieces=30"))
        answer = await self.take(connection, least)
        if len(answer.body) != 60_000:
            raise WentWrong(f"{len(answer.body)} bytes")


class Events(Visitor):
    """A server-sent stream, asked for again when it ends; it ends between two events."""

    pause = 0.0
    _at = _next = _version = 0

    def leave(self) -> None:
        super().leave()
        self._at = self._next = 0

    async def round(self) -> None:
        if self.connection is None:
            self.leave()
            least = self.load.announced
            self.connection = await Connection.open(self.address)
            self.connection.send(get("/events"))
            await self._read(self.connection)
            if self._version < least:
                raise WentWrong(f"stale: {self._version} after {least} was announced")
            self.count("answers")
        await self._read(self.connection)

    async def _read(self, connection: Connection) -> None:
        """The next event, or the end of the stream."""
        while (end := connection.body.find(b"\n\n", self._at)) < 0:
            if await connection.more():
                continue
            if self._next == 0:
                raise WentWrong("dropped without an answer")
            if self._at < len(connection.body):
                raise WentWrong("cut within an event")
            if self.load.saved <= self._version:
                raise WentWrong("ended without a reload")
            self.count("ended")
            self.leave()
            return
        _, version, number = connection.body[self._at : end].split()
        if int(number) != self._next:
            raise WentWrong(f"event {number.decode()} instead of {self._next}")
        self._version = int(version)
        self._at, self._next = end + 2, self._next + 1


class Socket(Visitor):
    """A WebSocket, opened again when it was closed with 1012."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._socket: ClientConnection | None = None
        self._version = 0

    def leave(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
        self._socket = None

    async def round(self) -> None:
        opening = self._socket is None
        least = self.load.announced
        try:
            if self._socket is None:
                url = f"ws://{self.address.netloc}/ws"
                self._socket = await connect(url, ping_interval=None, proxy=None, max_size=None)
            await self._socket.send("hello")
            version, said = str(await self._socket.recv()).split()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else None
            if code != SERVICE_RESTART:
                raise WentWrong(f"closed with {code}") from None
            self.count("ended")
            self.leave()
            return
        except (OSError, InvalidHandshake, InvalidMessage, EOFError) as error:
            raise WentWrong(f"handshake: {error!r} {error.__cause__!r}") from None
        if said != "hello" or (not opening and int(version) != self._version):
            raise WentWrong(f"{version} {said} on a WebSocket of {self._version}")
        if opening and int(version) < least:
            raise WentWrong(f"stale: {version} after {least} was announced")
        self._version = int(version)
        self.count("answers")


EVERYONE: tuple[type[Visitor], ...] = (
    *(Fresh, Fresh, Kept, Kept, Lazy, Lazy, Upload, Upload, Slow, Slow, Pipelined, Pipelined),
    *(Events, Events, Socket, Socket, Fresh, Kept, Lazy, Slow),
)
"""One of each kind for 127.0.0.1 and one for ::1, which take turns."""
