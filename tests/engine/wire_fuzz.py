"""A fuzzer for the bytes that connections bring, in bulk and without sockets.

An input is one connection: valid requests put together by grammar, then spoiled (pieces of others,
flipped bytes, repeated or missing parts) or not, or only random bytes. It is fed to a connection
twice, cut at different places. What has to hold is in `Fuzzer.check`.
"""

import asyncio
import logging
import random
from typing import Any

from uvicorn.config import Config

from homeport.core.wire_rules import MOST_HEAD_BYTES, MOST_HEADERS
from homeport.engine.serving.connection import HttpConnection
from homeport.engine.serving.door import Door
from homeport.engine.serving.doorway import Doorway

METHODS = [b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"TRACE", b"CONNECT", b"PRI", b"get", b"M"]
TARGETS = [b"/", b"/a?b=c", b"//a", b"*", b"http://evil.example/", b"a:1", b"/%zz", b"", b"/\xe9"]
VERSIONS = [b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"ICE/1.0", b""]
FIELDS = [
    *(b"Host: localhost", b"Host: localhost:8000", b"Host: a\tb", b"Host:", b"host : x", b"Host: "),
    *(b"Content-Length: 3", b"Content-Length: 0", b"Content-Length: +3", b"Content-Length: 5"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: x,"),
    *(
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: Upgrade",
        b"Expect: 100-continue",
    ),
    *(b"Upgrade: websocket", b"Upgrade: h2c", b"Upgrade: foo", b"HTTP2-Settings: x"),
    *(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"),
    *(b"Cookie: a=b", b"X: y", b"X:\x01", b" folded", b": empty", b"X: " + b"y" * 9000, b"X: \xff"),
]
BODIES = [
    *(b"", b"abc", b"abcde", b"3\r\nabc\r\n0\r\n\r\n", b"3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n"),
    *(b"0\r\nHost: evil.example\r\n\r\n", b"zz\r\n", b"fffffffffffffffff\r\n", b"3\r\nabcd\r\n"),
    *(b"\x81\x82\0\0\0\0hi", b"\x88\x80\0\0\0\0", b"\xff\xff", b"0\r\nContent-Length: 3\r\n\r\n"),
]
VALID = [b"Host: localhost", b"Cookie: a=b", b"X: y", b"Accept: */*"]
WEBSOCKET = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
READ = 256 * 1024
"""What a loop reads at most at once."""
_UNEASY = (bytes([0]), b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x7f", b"\xff", b"0", b";")


def request(dice: random.Random) -> bytes:
    """One request; half of them valid, with a body that fits."""
    if dice.random() < 0.05:
        return WEBSOCKET + dice.choice(BODIES)
    if dice.random() < 0.5:
        fields, body, method = list(VALID[: dice.randint(1, 4)]), b"", b"GET"
        if dice.random() < 0.4:
            method, length = b"POST", dice.randrange(50)
            body = b"b" * length
            if dice.random() < 0.5:
                fields.append(b"Transfer-Encoding: chunked")
                body = (b"%x\r\n" % length + body + b"\r\n" if length else b"") + b"0\r\n\r\n"
            else:
                fields.append(b"Content-Length: %d" % length)
        dice.shuffle(fields)
        return b"\r\n".join([method + b" /x HTTP/1.1", *fields, b"", b""]) + body
    line = b" ".join([dice.choice(METHODS), dice.choice(TARGETS), dice.choice(VERSIONS)])
    fields = dice.choices(FIELDS, k=dice.randrange(6))
    if dice.random() < 0.7:
        fields.append(VALID[0])
    return b"\r\n".join([line, *fields, b"", b""]) + dice.choice(BODIES)


def spoiled(dice: random.Random, data: bytes) -> bytes:
    """With one small thing wrong."""
    place, other = dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)
    if dice.random() < 0.01:
        return (
            data[:place] + (dice.choice(FIELDS) + b"\r\n") * dice.choice((120, 4000)) + data[place:]
        )
    kind = dice.randrange(6)
    if kind == 0:
        return data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
    if kind == 1:
        return data[:place] + dice.choice(_UNEASY) + data[place:]
    if kind == 2:
        return data[: min(place, other)] + data[max(place, other) :]
    if kind == 3:
        return data[:place] + data[min(place, other) : max(place, other)] * 3 + data[place:]
    if kind == 4:
        return data[:place]
    return data[:place] + request(dice)[dice.randrange(20) :]


def one_input(dice: random.Random) -> bytes:
    """What one connection brings."""
    if dice.random() < 0.05:
        return dice.randbytes(dice.randrange(300))
    data = b"".join(request(dice) for _ in range(dice.choice((1, 1, 1, 2, 3))))
    for _ in range(dice.choice((0, 1, 1, 2, 4))):
        data = spoiled(dice, data)
    return data[: 4 * READ]


def cut(dice: random.Random, data: bytes) -> list[bytes]:
    """In some pieces."""
    places = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 1, 3, 8))))
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece[i : i + READ] for piece in pieces for i in range(0, len(piece), READ)]


class Wire(asyncio.Transport):
    """In the place of a socket: what is written is kept."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 50000)})
        self.written = bytearray()
        self.closed = self.half_closed = False
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        assert not self.half_closed, "written after its end"
        if not self.closed:
            self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.half_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        return 0


class _Loud(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Fuzzer:
    """Runs inputs in the running loop; AssertionError names the input that broke something."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self._seen: list[Any] = []
        self._config = Config(
            lambda: self._app,
            factory=True,
            http=HttpConnection,
            ws="none",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            ws_ping_interval=None,
        )
        self._config.load()
        door = Door(0, refused=lambda fault, _: self.count(fault.rule.code))
        self._doorway = Doorway(door, self._app, self._loop)
        self._loud = _Loud()
        logging.getLogger("uvicorn.error").addHandler(self._loud)
        self._loop.set_exception_handler(lambda _, context: self._loud.said.append(str(context)))
        self.tally: dict[str, int] = {}
        self.inputs = 0

    def count(self, what: str) -> None:
        """One more of that kind."""
        self.tally[what] = self.tally.get(what, 0) + 1

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.check(scope)
        if scope["type"] == "websocket":
            self._seen.append(("websocket", scope["path"]))
            self.count("websockets")
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            return
        body, message = b"", {"type": "", "more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
        self._seen.append((scope["method"], scope["path"], body, len(scope["headers"])))
        self.count("served")
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    def check(self, scope: Any) -> None:
        """No app is ever called with a request that could be understood in two ways."""
        names = [name for name, _ in scope["headers"]]
        assert names.count(b"host") == 1, scope
        assert len(names) <= MOST_HEADERS, scope
        assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1, scope
        assert b"http2-settings" not in names, scope
        assert scope.get("method") not in ("TRACE", "CONNECT", "PRI"), scope
        assert scope["path"].startswith("/") or scope["method"] == "OPTIONS", scope

    async def feed(self, pieces: list[bytes]) -> tuple[list[Any], bytes, bool]:
        """What the app saw, what was answered, whether the connection was ended."""
        self._seen = []
        wire = Wire()
        connection = HttpConnection(self._config, self._doorway, {}, self._loop)
        wire.protocol = connection
        connection.connection_made(wire)
        for piece in pieces:
            if wire.closed:
                break
            wire.protocol.data_received(piece)
            if self._doorway.tasks:
                await self._settle()
        await self._settle()
        ended = wire.closed or wire.half_closed
        wire.protocol.connection_lost(ConnectionResetError())
        await self._settle()
        assert not self._doorway.tasks, "an app was left waiting"
        return self._seen, bytes(wire.written), ended

    async def _settle(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)
            if not self._doorway.tasks:
                break
        await asyncio.sleep(0)

    async def one(self) -> None:
        """The next input, cut in two ways: the app must see the same."""
        data = one_input(self._dice)
        self.inputs += 1
        try:
            whole = await self.feed([data[i : i + READ] for i in range(0, len(data), READ)])
            pieces = await self.feed(cut(self._dice, data))
            assert self._loud.said == [], self._loud.said
            near_a_limit = len(data) > MOST_HEAD_BYTES / 2 or data.count(b"\n") >= MOST_HEADERS
            if not near_a_limit and b"websocket" not in data.lower():
                # An upgrade must not come before an answer, nor together with what follows it.
                self._compare(whole, pieces)
        except Exception as error:
            raise AssertionError(f"input {self.inputs}: {data!r}") from error

    def _compare(self, whole: Any, pieces: Any) -> None:
        (seen, written, ended), (seen_too, written_too, ended_too) = whole, pieces
        assert seen == seen_too, (seen, seen_too)
        answers, others = (_without_date(one) for one in (written, written_too))
        assert answers == others, (answers, others)
        assert ended == ended_too

    def close(self) -> None:
        """Nothing is left of it."""
        logging.getLogger("uvicorn.error").removeHandler(self._loud)
        self._doorway.close()
        assert not self._doorway.connections
        assert self._doorway._inside == 0


def _without_date(written: bytes) -> list[bytes]:
    """Line by line; 100 Continue may come or not, by when the body came."""
    lines = written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").split(b"\r\n")
    return [line for line in lines if not line.lower().startswith(b"date:")]
