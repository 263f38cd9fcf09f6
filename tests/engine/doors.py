"""A real server with one or more doors in the test's own loop, and clients that speak in bytes."""

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from homeport.core.wire_rules import Fault
from homeport.engine.serving.door import Door
from homeport.engine.serving.limits import Limits
from homeport.engine.serving.server import AppSettings, Server

Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: list[Loop] = [uvloop.new_event_loop, asyncio.new_event_loop]
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class App:
    """Answers `name path body-length`; keeps the scopes it was called with."""

    def __init__(self, name: str = "app") -> None:
        self.name = name
        self.scopes: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.ends: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        self.scopes.append({**scope, "headers": list(scope["headers"])})
        await (self._echo if scope["type"] == "websocket" else self._answer)(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        length = 0
        if scope["path"] == "/slow":
            self.begun.set()
            await self.gate.wait()
        elif scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            self.begun.set()
            while (message := await receive())["type"] != "http.disconnect":
                pass
            self.ends.append(message)
            return
        elif scope["path"] != "/unread":
            message = {"more_body": True}
            while message.get("more_body"):
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.ends.append(message)
                    return
                length += len(message["body"])
        body = f"{self.name} {scope['path']} {length}".encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _echo(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.begun.set()
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": self.name + message["text"]})
        self.ends.append(message)


class House:
    """The server; `faults` are what its doors have refused."""

    def __init__(self) -> None:
        self.app = App()
        self.server = Server(self.app, AppSettings(), None)
        self.faults: list[tuple[str, str]] = []
        self.addresses: dict[int, tuple[str, int]] = {}
        self.clients: list[socket.socket] = []

    def refused(self, fault: Fault, peer: str) -> None:
        self.faults.append((fault.rule.code, peer))

    async def door(self, number: int = 0, ip: str = "127.0.0.1", **what: Any) -> tuple[str, int]:
        """Open one more."""
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        listener = socket.create_server((ip, 0), family=family, backlog=1024)
        listener.setblocking(False)
        self.addresses[number] = listener.getsockname()[:2]
        await self.server.accept_on(listener, Door(number, **({"refused": self.refused} | what)))
        return self.addresses[number]

    def client(self, number: int = 0) -> socket.socket:
        sock = socket.create_connection(self.addresses[number])
        sock.setblocking(False)
        self.clients.append(sock)
        return sock

    async def say(self, *parts: bytes, number: int = 0) -> bytes:
        """Send in pieces, and read to the end of the connection."""
        client = self.client(number)
        reading = asyncio.ensure_future(read(client))
        try:
            for part in parts:
                await asyncio.get_running_loop().sock_sendall(client, part)
                await asyncio.sleep(0)
        except OSError:
            pass  # it was closed while we spoke
        return await reading

    async def close(self) -> None:
        for client in self.clients:
            client.close()
        self.app.gate.set()
        await self.server.drain(grace=0, timeout=0.2)
        await self.server.stop()


async def read(client: socket.socket, until: bytes | None = None) -> bytes:
    """What comes until the end of the connection, or until those bytes have come."""
    got, loop = b"", asyncio.get_running_loop()
    while until is None or until not in got:
        try:
            data = await asyncio.wait_for(loop.sock_recv(client, 1 << 16), 10)
        except ConnectionResetError:
            return got
        if not data:
            break
        got += data
    return got


async def eventually(true: Callable[[], object], what: str) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never: {what}")


def statuses(answer: bytes) -> list[int]:
    """Of the responses in it."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def play(
    new_loop: Loop, story: Callable[[House], Awaitable[None]], patience: float = 30
) -> list[str]:
    """Run a story on a loop; nothing may have been logged as an error. Returns what was logged."""
    heard = _Heard()
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]

    async def whole() -> None:
        house = House()
        await house.server.start()
        try:
            await story(house)
        finally:
            await house.close()

    loop = new_loop()
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.addHandler(heard)
        logger.disabled = False  # other tests run servers that set these up as they like
        logger.setLevel(logging.WARNING)
    try:
        loop.run_until_complete(asyncio.wait_for(whole(), patience))
    finally:
        for logger, level, disabled in before:
            logger.removeHandler(heard)
            logger.disabled = disabled
            logger.setLevel(level)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    assert failures == []
    assert not any("Traceback" in line for line in heard.lines), heard.lines
    return heard.lines


def quick(**seconds: Any) -> Limits:
    """Limits with deadlines that a test can wait for."""
    return Limits(**({"first_byte": 60.0, "head": 60.0, "body_idle": 60.0} | seconds))


def request(line: bytes, *fields: bytes) -> bytes:
    """A head; the request line as given."""
    return b"\r\n".join([line, *fields, b"", b""])
