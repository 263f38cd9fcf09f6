"""From one server to the next on the same listener: no connection falls between them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from homeport.core.ports import BACKLOG
from homeport.engine.serving.server import AppSettings, Server

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [
    uvloop.new_event_loop,
    asyncio.new_event_loop,
]


class App:
    """Answers `ok`, or `no` when its process would have ended already."""

    body = b"ok"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # no lifespan
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def run(new_loop: Callable[[], asyncio.AbstractEventLoop], story: Awaitable[None]) -> None:
    loop = new_loop()
    try:
        loop.run_until_complete(story)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def answer_of(client: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.sock_recv(client, 4096), 10)


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("rounds", range(6))
def test_a_connection_that_was_accepted_this_very_moment_is_answered(
    new_loop: Callable[[], asyncio.AbstractEventLoop], rounds: int
) -> None:
    """The old server closes its copy some rounds of the loop after the connections came."""

    async def story() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        old_app = App()
        old, new = (Server(app, AppSettings(), None) for app in (old_app, App()))
        await old.start()
        await new.start()
        await old.accept_on(listener.dup())
        clients = [socket.create_connection(listener.getsockname()) for _ in range(20)]
        for client in clients:
            client.setblocking(False)
        for _ in range(rounds):
            await asyncio.sleep(0)
        leaving = asyncio.ensure_future(old.drain(grace=5, timeout=5))
        leaving.add_done_callback(lambda _: setattr(old_app, "body", b"no"))
        await new.accept_on(listener)
        await asyncio.sleep(0.03)
        for client in clients:
            client.send(REQUEST)
        answers = [await answer_of(client) for client in clients]
        for client in clients:
            client.close()
        assert [answer[-2:] for answer in answers] == [b"ok"] * len(clients)
        assert await leaving == (0, 0)
        await old.stop()
        assert await new.drain(grace=1, timeout=1) == (0, 0)
        await new.stop()
        listener.close()

    run(new_loop, story())


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_burst_may_wait_while_the_loop_is_busy(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Beyond the queue of the socket a client's connect would hang for a second and more."""

    async def story() -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        listener.setblocking(False)
        server = Server(App(), AppSettings(), None)
        await server.start()
        await server.accept_on(listener)
        # Without a pause: the loop accepts nobody meanwhile.
        clients = [socket.create_connection(listener.getsockname(), 0.5) for _ in range(300)]
        for client in clients:
            client.close()
        await asyncio.wait_for(server.drain(grace=1, timeout=1), 10)
        await server.stop()

    run(new_loop, story())
