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

from homeport.engine.serving.connection import CLOSE, HttpConnection
from homeport.engine.serving.door import Door
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.leaving import Follower, LastRequests, Outbox, follow

Send = Callable[[dict[str, Any]], Awaitable[None]]
REQUEST = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self, extra: dict[str, Any] | None = None) -> None:
        super().__init__(extra)
        self.writes: list[bytes] = []
        self.closed = False
        self.protocol: asyncio.BaseProtocol | None = None
        self.reading: list[str] = []

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reading.append("pause")

    def resume_reading(self) -> None:
        self.reading.append("resume")

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        return 0


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

    def __init__(self, extra: dict[str, Any] | None = None) -> None:
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
        self.state = Doorway(Door(number=0), config.loaded_app, asyncio.get_running_loop())
        self.transport = FakeTransport(extra)
        self.connection = kind(config, self.state, {}, _loop=asyncio.get_running_loop())
        self.connection.connection_made(self.transport)

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


def run(story: Callable[[Connected], Awaitable[None]], extra: dict[str, Any] | None = None) -> None:
    async def main() -> None:
        await story(Connected(extra))

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


class NoHeir:
    """Never takes anything."""

    def released(self) -> None: ...

    def hand(self, listener: int, used: bool, descriptors: tuple[int, ...]) -> bool:
        return False


def outbox() -> Outbox:
    return Outbox(NoHeir(), lambda connection: 0)


@pytest.mark.parametrize(
    ("data", "between"),
    [
        (b"", True),
        (b"\r\n", True),
        (b"G", False),
        (REQUEST[:-1] % b"", False),
        (REQUEST % b"", True),
        (REQUEST % b"" + b"\r\n", True),
        (REQUEST % b"" + b"G", False),
        (REQUEST % b"" + REQUEST % b"", True),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1", False),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n12", True),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n", False),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
            True,
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
            False,
        ),
    ],
)
@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("used", [False, True])
def test_what_lies_between_requests_is_known_from_the_first_byte(
    data: bytes, between: bool, answered: bool, used: bool
) -> None:
    async def story(it: Connected) -> None:
        if used:
            it.connection.data_received(REQUEST % b"")
            await it.settle()
        it.connection.data_received(data)
        if answered:
            await it.settle()
        assert it.connection.is_between_requests is between

    run(story)


def test_reading_that_was_stopped_is_not_started_by_uvicorn() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"1" + REQUEST % b"2")
        assert it.transport.reading == ["pause"]  # pipelined: uvicorn's own
        assert isinstance(follow(it.connection, outbox()), Follower)
        await it.settle()
        assert b"".join(it.transport.writes).count(b"HTTP/1.1 200") == 2
        assert it.connection.timeout_keep_alive_task is None
        assert it.transport.reading == ["pause", "pause"]
        it.connection.flow.pause_reading()
        it.connection.flow.resume_reading()
        assert it.transport.reading == ["pause", "pause"]

    run(story)


def test_a_tls_connection_stays_and_each_answer_is_the_last() -> None:
    async def story(it: Connected) -> None:
        follower = follow(it.connection, outbox())
        assert isinstance(follower, LastRequests)
        assert it.transport.protocol is follower
        assert not it.transport.closed
        follower.data_received(REQUEST % b"")
        await it.settle()
        assert it.transport.writes[-1].count(b"connection: close") == 1
        assert it.transport.closed

    run(story, {"sslcontext": object()})


def test_an_idle_tls_connection_ends_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client may be sending just now, and would have to be told."""

    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        monkeypatch.setattr(it.connection, "_has_unread", lambda: False)
        follower = follow(it.connection, outbox())
        assert isinstance(follower, LastRequests) and follower.is_awaited
        follower.tend()
        assert not it.transport.closed
        while follower.is_awaited:
            await asyncio.sleep(0.005)
        follower.tend()
        assert it.transport.closed

    run(story, {"sslcontext": object()})


def test_the_next_request_on_a_tls_connection_is_told_to_be_the_last() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        await it.settle()
        follower = follow(it.connection, outbox())
        follower.data_received(REQUEST % b"")
        await it.settle()
        assert it.transport.writes[-1].count(b"connection: close") == 1
        assert it.transport.closed

    run(story, {"sslcontext": object()})


def test_the_end_of_an_answer_is_told_by_a_function_that_can_be_replaced() -> None:
    async def story(it: Connected) -> None:
        it.connection.data_received(REQUEST % b"")
        told: list[bool] = []
        cycle = it.connection.cycle
        cycle.on_response = lambda: told.append(cycle.response_complete)
        await it.settle()
        assert told == [True]

    run(story)


def test_a_kept_connection_has_its_timer_before_its_first_byte() -> None:
    async def story(it: Connected) -> None:
        kept = type(it.connection)(it.connection.config, it.state, {}, it.connection.loop)
        kept.kept = True
        kept.connection_made(FakeTransport())
        assert kept.timeout_keep_alive_task is not None
        kept.data_received(b"G")
        assert kept.timeout_keep_alive_task is None

    run(story)


def test_an_idle_connection_of_another_worker_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not one that was opened for a request that is about to come."""

    async def story(it: Connected) -> None:
        it.connection.kept = True
        monkeypatch.setattr(it.connection, "_has_unread", lambda: False)
        it.connection.drain()
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
