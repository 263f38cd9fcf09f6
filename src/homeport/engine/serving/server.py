"""All listeners of one worker, around one app and one lifespan."""

import asyncio
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Literal, NamedTuple

from uvicorn.config import Config
from uvicorn.server import ServerState

from homeport.core.ports import BACKLOG
from homeport.engine.access_log import AccessLog
from homeport.engine.serving.connection import CLOSE, HttpConnection
from homeport.engine.serving.leaving import Follower, Heir, Outbox, follow
from homeport.engine.serving.lifespan import Lifespan

_ROUNDS = 8
"""Rounds of the loop until a connection that was accepted is made known to us (asyncio: 3)."""
_STEP = 0.01
"""Seconds between two looks at what is still open; only while draining."""


Interface = Literal["asgi3", "asgi2"]


class AppSettings(NamedTuple):
    """How uvicorn is to call the app.

    `trusted_proxies` are the peers (addresses or networks) whose forwarded headers are believed;
    from everyone else they are passed on to the app as they came, and change nothing.
    """

    root_path: str = ""
    trusted_proxies: tuple[str, ...] = ()
    interface: Interface = "asgi3"


class StartupFailedError(Exception):
    """The app's lifespan startup failed. `error` is the exception where it is known."""

    def __init__(self, message: str, error: BaseException | None) -> None:
        super().__init__(message)
        self.error = error


class Drained(NamedTuple):
    """What did not finish by itself."""

    cut_requests: int
    ended_streams: int


class Server:
    """One app on any number of listeners, in the running loop."""

    def __init__(self, app: Any, settings: AppSettings, log: AccessLog | None) -> None:
        self._config = Config(
            lambda: app,
            factory=True,
            http=type("HttpConnection", (HttpConnection,), {"log": log}),
            ws="none",  # imported by HttpConnection on the first upgrade
            interface=settings.interface,
            root_path=settings.root_path,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            log_config=None,
            server_header=False,
        )
        self._config.load()
        self._lifespan = Lifespan(self._config)
        self._listeners: list[tuple[asyncio.Server, ServerState]] = []
        self._loop = asyncio.get_running_loop()
        self._tick: asyncio.TimerHandle | None = None
        self._draining = False
        self._outbox: Outbox | None = None
        self._followers: list[Follower] = []

    async def start(self) -> None:
        """Run the app's startup. Raises StartupFailedError."""
        await self._lifespan.startup()
        if self._lifespan.should_exit:
            raise StartupFailedError(self._lifespan.message, self._lifespan.error)

    async def accept_on(self, sock: socket.socket) -> None:
        """Serve the connections of a listening socket; it is closed with the server."""
        state = ServerState()
        # It calls `listen` once more, which would make the queue of the shared socket shorter.
        server = await self._loop.create_server(self._factory(state), sock=sock, backlog=BACKLOG)
        self._listeners.append((server, state))
        self._refresh_headers()

    async def adopt(self, sock: socket.socket, *, listener: int, used: bool) -> None:
        """Serve a connection that another worker has accepted on the same listener.

        `listener` is its place among those given to `accept_on`. What the client has sent
        meanwhile is still in the kernel.
        """
        _, state = self._listeners[listener]
        try:
            await self._loop.connect_accepted_socket(self._factory(state, kept=used), sock)
        except OSError:  # it has ended on the way
            sock.close()

    def _factory(self, state: ServerState, *, kept: bool = False) -> Callable[[], asyncio.Protocol]:
        config, connection = self._config, self._config.http_protocol_class
        app_state, loop = self._lifespan.state, self._loop

        def new_connection() -> asyncio.Protocol:
            made = connection(  # type: ignore[call-arg]
                config=config, server_state=state, app_state=app_state, _loop=loop
            )
            if kept:
                made.kept = True  # type: ignore[attr-defined]
            return made

        return new_connection

    def _refresh_headers(self) -> None:
        """What every answer begins with; made once a second for its Date (RFC 9110, 6.6.1).

        A new list each time: answers under way keep the one they began with.
        """
        headers = [(b"date", formatdate(usegmt=True).encode())]
        if self._draining and self._outbox is None:
            headers.append(CLOSE)
        for _, state in self._listeners:
            state.default_headers = headers
        if self._tick is not None:
            self._tick.cancel()
        self._tick = self._loop.call_later(1.0 - time.time() % 1.0, self._refresh_headers)

    async def drain(self, *, grace: float, timeout: float, heir: Heir | None = None) -> Drained:
        """Stop accepting and let everything finish.

        Requests in progress get `timeout` seconds, WebSockets and server-sent streams `grace`;
        then they are cut. Idle connections go to the heir, the others when they are idle; without
        an heir they are closed.
        """
        self._draining = True
        if heir is not None:
            self._outbox = Outbox(heir, self._listener_of)
        self._refresh_headers()
        await self._stop_accepting()
        self._let_go()
        if heir is not None:
            heir.released()
        started = self._loop.time()
        await self._wait_until(started + min(grace, timeout))
        ended = self._end_streams()
        await self._wait_until(started + timeout)
        cut = self._cut_everything()
        if self._tasks():
            await asyncio.wait(self._tasks(), timeout=0.2)
        return Drained(cut, ended)

    def _let_go(self) -> None:
        for connection in self._connections():
            if not isinstance(connection, HttpConnection):
                continue
            if self._outbox is None:
                connection.drain()
            else:
                self._followers.append(follow(connection, self._outbox))

    def _listener_of(self, connection: HttpConnection) -> int:
        states = [state for _, state in self._listeners]
        return states.index(connection.server_state)

    def taken(self) -> None:
        """What was handed over has arrived."""
        if self._outbox is not None:
            self._outbox.taken()

    async def _stop_accepting(self) -> None:
        """Close the listeners and wait until everything that was accepted is known to us.

        asyncio loses connections that it has accepted when its server is closed in the same
        round: so no more are accepted first, and the server is closed some rounds later. uvloop
        has no such reader and accepts until then.
        """
        for server, _ in self._listeners:
            for sock in server.sockets:
                self._loop.remove_reader(sock.fileno())
        await _rounds()
        for server, _ in self._listeners:
            server.close()
        await _rounds()

    async def stop(self) -> None:
        """Run the app's shutdown."""
        if self._tick is not None:
            self._tick.cancel()
        await self._lifespan.shutdown()

    def _connections(self) -> list[Any]:
        return [c for _, state in self._listeners for c in list(state.connections)]

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for _, state in self._listeners for task in list(state.tasks)]

    async def _wait_until(self, deadline: float) -> None:
        while (self._connections() or self._tasks()) and self._loop.time() < deadline:
            await asyncio.sleep(_STEP)
            self._followers = [one for one in self._followers if not one.is_over]
            for follower in self._followers:
                follower.tend()
            if self._outbox is not None:
                self._outbox.send()

    def _end_streams(self) -> int:
        """1012 (service restart) for WebSockets; event streams end and are asked for again."""
        ended = 0
        for connection in self._connections():
            if not isinstance(connection, HttpConnection):
                connection.shutdown()
            elif connection.is_event_stream:
                connection.cut()
            elif connection.answering or (self._outbox is not None and connection.can_go):
                continue
            else:
                connection.transport.close()  # opened, and never used until now
                continue
            ended += 1
        return ended

    def _cut_everything(self) -> int:
        cut = 0
        for connection in self._connections():
            if isinstance(connection, HttpConnection):
                cut += connection.cut()
            connection.transport.abort()
        for task in self._tasks():
            task.cancel()
        return cut


async def _rounds() -> None:
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
