"""What we rely on of uvicorn below its public API: the first file to look at when it changes."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from homeport.engine.serving.connection import CLOSE, HttpConnection

Send = Callable[[dict[str, Any]], Awaitable[None]]
REQUEST = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Lines:
    """An access log."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def info(self, *fields: object) -> None:
        self.lines.append(fields)


async def app(scope: dict[str, Any], receive: object, send: Send) -> None:
    await asyncio.sleep(0)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


class Connected:
    """A connection with a fake transport, in the running loop."""

    def __init__(self) -> None:
        self.log = Lines()
        kind = type("Logged", (HttpConnection,), {"log": self.log})
        config = Config(
            lambda: app,
            factory=True,
            http=kind,
            ws="none",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
        )
        config.load()
        self.state = ServerState()
        self.transport = FakeTransport()
        self.connection = kind(config, self.state, {}, _loop=asyncio.get_running_loop())
        self.connection.connection_made(self.transport)

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


def run(story: Callable[[Connected], Awaitable[None]]) -> None:
    async def main() -> None:
        await story(Connected())

    asyncio.run(main())


def test_head_and_body_are_one_write_and_the_log_gets_its_fields() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"a?b=1")
        await it.settle()
        (answer,) = it.transport.writes
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"\r\n\r\nok")
        assert it.log.lines[0][2:] == ("GET", "/a?b=1", "1.1", 200)
        assert not it.transport.closed
        assert it.connection in it.state.connections

    run(story)


def test_a_head_without_a_body_is_not_kept_for_long() -> None:
    async def story(it: Connected) -> None:
        it.connection.transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
        assert it.transport.writes == []
        await it.settle()
        assert it.transport.writes == [b"HTTP/1.1 200 OK\r\n\r\n"]

    run(story)


def test_draining_closes_an_idle_connection_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        monkeypatch.setattr(it.connection, "_has_unread", lambda: False)
        it.connection.drain()
        assert it.transport.closed

    run(story)


def test_draining_leaves_a_connection_open_on_which_a_request_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        monkeypatch.setattr(it.connection, "_has_unread", lambda: True)
        it.connection.drain()
        assert not it.transport.closed
        it.state.default_headers = [CLOSE]
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        assert b"connection: close" in it.transport.writes[-1]
        assert it.transport.closed

    run(story)


def test_a_never_used_connection_gets_its_one_request() -> None:
    async def story(it: Connected) -> None:
        it.connection.drain()
        assert not it.transport.closed
        it.state.default_headers = [CLOSE]
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        assert it.transport.writes[-1].endswith(b"ok")
        assert it.transport.closed

    run(story)


def test_all_pipelined_requests_are_answered_before_the_connection_closes() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"1" + REQUEST % b"2" + REQUEST % b"3")
        it.state.default_headers = [CLOSE]
        it.connection.drain()
        await it.settle()
        assert b"".join(it.transport.writes).count(b"HTTP/1.1 200") == 3
        assert it.transport.closed

    run(story)


def test_headers_that_are_half_there_are_waited_for() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received((REQUEST % b"")[:20])
        assert it.connection.answering
        it.connection.drain()
        assert not it.transport.closed
        it.connection.data_received((REQUEST % b"")[20:])
        await it.settle()
        assert it.transport.writes[-1].endswith(b"ok")

    run(story)


def test_cutting_says_whether_an_answer_was_lost() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        assert it.connection.cut() is True
        await it.settle()
        assert it.transport.writes == []

    run(story)


def test_cutting_an_idle_connection_loses_nothing() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        assert it.connection.cut() is False
        assert it.transport.closed

    run(story)


def test_the_parts_we_use_are_there() -> None:
    assert list(inspect.signature(HttpToolsProtocol).parameters) == [
        *("config", "server_state", "app_state", "_loop"),
    ]
    cycle = inspect.signature(RequestResponseCycle).parameters
    assert {"scope", "transport", "logger", "access_logger", "default_headers"} <= set(cycle)
    assert hasattr(WebSocketsSansIOProtocol, "shutdown")
    assert inspect.iscoroutinefunction(LifespanOn.startup)
    assert isinstance(logging.getLogger("uvicorn.error"), logging.Logger)
