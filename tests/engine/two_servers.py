"""An old and a new server in one loop, and a client: the handover without processes."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from homeport.engine.serving.server import AppSettings, Drained, Server

Loop = Callable[[], asyncio.AbstractEventLoop]


def get(path: str = "/", *headers: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", *headers)
    return "\r\n".join((*lines, "", "")).encode()


def post(path: str, length: int, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *headers)
    return "\r\n".join((*lines, "", "")).encode()


class App:
    """Answers its name; what else it does is in the path."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.clients: list[Any] = []
        self.saw_disconnect = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # no lifespan
        self.clients.append((scope["client"], scope["server"]))
        body = self.name.encode()
        match scope["path"]:
            case "/slow":
                self.begun.set()
                await self.gate.wait()
            case "/upload":
                body += b":%d" % await self._length(receive)
            case "/big":
                body += b"." * 5_000_000
            case "/leave":
                await receive()
                self.begun.set()
                assert (await receive())["type"] == "http.disconnect"
                self.saw_disconnect.set()
                return
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _length(self, receive: Any) -> int:
        length = 0
        while (message := await receive())["more_body"]:
            self.begun.set()
            length += len(message["body"])
        return length + len(message["body"])


class Client:
    """One connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address)
        self.sock.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._unread = b""

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self.sock, data)

    async def _more(self) -> None:
        data = await asyncio.wait_for(self._loop.sock_recv(self.sock, 1 << 20), 5)
        if not data:
            raise EOFError(self._unread)
        self._unread += data

    async def answer(self) -> bytes:
        """The body of the next answer; `head` is kept."""
        while b"\r\n\r\n" not in self._unread:
            await self._more()
        self.head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        self.head = self.head.lower()
        if self.head.startswith(b"http/1.1 100"):
            return b"100"
        length = int(self.head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(self._unread) < length:
            await self._more()
        body, self._unread = self._unread[:length], self._unread[length:]
        return body

    async def ask(self, request: bytes) -> bytes:
        await self.send(request)
        return await self.answer()

    async def ended(self) -> bool:
        try:
            await self._more()
        except EOFError:
            return True
        return False


class Stage:
    """Both servers on one listener; the old one is the heir's predecessor."""

    def __init__(self) -> None:
        self.old_app, self.new_app = App("old"), App("new")
        self.old, self.new = (
            Server(app, AppSettings(), None) for app in (self.old_app, self.new_app)
        )
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener.setblocking(False)
        self.clients: list[Client] = []
        self.is_released = asyncio.Event()
        self.batches: list[tuple[int, bool, int]] = []
        self.refusals = 0
        self._adopting: list[asyncio.Future[None]] = []

    async def open(self) -> None:
        await self.old.start()
        await self.new.start()
        await self.old.accept_on(self.listener.dup())

    def client(self) -> Client:
        client = Client(self.listener.getsockname())
        self.clients.append(client)
        return client

    async def reload(self, timeout: float = 10) -> "asyncio.Future[Drained]":
        """Both accept, then the old one leaves; returns when it has let go."""
        leaving = await self.begin_reload(timeout)
        await self.is_released.wait()
        return leaving

    async def begin_reload(self, timeout: float = 10) -> "asyncio.Future[Drained]":
        await self.new.accept_on(self.listener)
        return asyncio.ensure_future(self.old.drain(grace=0.1, timeout=timeout, heir=self))

    # The heir.

    def released(self) -> None:
        self.is_released.set()

    def hand(self, listener: int, used: bool, descriptors: tuple[int, ...]) -> bool:
        if self.refusals:
            self.refusals -= 1
            return False
        self.batches.append((listener, used, len(descriptors)))
        socks = [socket.socket(fileno=os.dup(number)) for number in descriptors]
        self._adopting.append(asyncio.ensure_future(self._adopt(listener, used, socks)))
        return True

    async def _adopt(self, listener: int, used: bool, socks: list[socket.socket]) -> None:
        for sock in socks:
            await self.new.adopt(sock, listener=listener, used=used)
        self.old.taken()

    async def close(self) -> None:
        for client in self.clients:
            client.sock.close()
        await self.old.stop()
        await self.new.drain(grace=0, timeout=0)
        await self.new.stop()
        for adopting in self._adopting:
            await adopting
        self.listener.close()


def play(new_loop: Loop, story: Callable[[Stage], Awaitable[None]]) -> None:
    """Run a story on a loop; it has the stage to itself."""

    async def whole() -> None:
        stage = Stage()
        await stage.open()
        try:
            await story(stage)
        finally:
            await stage.close()

    loop = new_loop()
    try:
        loop.run_until_complete(asyncio.wait_for(whole(), 20))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
