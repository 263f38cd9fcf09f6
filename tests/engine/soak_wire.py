"""HTTP/1.1 as a client that looks closely: what exactly happened to a request that went wrong."""

import asyncio
import select
import zlib
from collections import deque
from typing import NamedTuple, Self

import httptools


class Address(NamedTuple):
    ip: str
    port: int

    @property
    def netloc(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


class Answer(NamedTuple):
    """A complete answer. `stays`: the server keeps the connection open."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    stays: bool

    @property
    def version(self) -> int:
        return int(self.headers[b"x-version"])

    def complaint(self) -> str | None:
        """What is wrong with it, as far as it can tell by itself."""
        if self.status != 200:
            return f"status {self.status}"
        if len(self.body) != int(self.headers[b"content-length"]):
            return f"{len(self.body)} bytes of {self.headers[b'content-length'].decode()}"
        if zlib.crc32(self.body) != int(self.headers[b"x-sum"]):
            return "wrong checksum"
        if not self.body.startswith(self.headers[b"x-version"]):
            return "head and body of different versions"
        return None


class WentWrong(Exception):
    """A request that was not answered; the message says how that looked."""


class Connection:
    """One TCP connection; answers come in the order of the requests."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answers: deque[Answer] = deque()
        self.on_message_begin()
        self._partial = False
        self._parser = httptools.HttpResponseParser(self)

    @classmethod
    async def open(cls, address: Address) -> Self:
        try:
            return cls(*await asyncio.open_connection(address.ip, address.port))
        except ConnectionRefusedError:
            raise WentWrong("refused") from None
        except OSError as error:
            raise WentWrong(f"cannot connect: {error}") from None

    # What httptools calls.

    def on_message_begin(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self._partial = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        status, stays = self._parser.get_status_code(), self._parser.should_keep_alive()
        self._answers.append(Answer(status, self.headers, self.body, stays))
        self._partial = False

    # What visitors call.

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> Answer:
        """The next complete answer."""
        while not self._answers:
            if not await self.more():
                raise WentWrong("cut short" if self._partial else "dropped without an answer")
        return self._answers.popleft()

    async def more(self) -> bool:
        """Read on: into `headers` and `body` of the answer that is arriving. False: the end."""
        try:
            data = await self._reader.read(65536)
        except OSError as error:
            raise WentWrong(f"reset {'in' if self._partial else 'before'} the answer") from error
        if data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError as error:
                raise WentWrong(f"no HTTP: {error!r} {data[:80]!r}") from error
        return bool(data)

    def closed_while_idle(self) -> bool:
        """Whether the server has ended it, as every client checks before it asks again."""
        if self._reader.at_eof() or self._writer.transport.is_closing():
            return True
        poll = select.poll()
        poll.register(self._writer.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self._writer.transport.abort()
