"""All doors of one worker, around one app and one lifespan."""

import asyncio
import socket
import time
from collections.abc import Callable, Collection
from email.utils import formatdate
from typing import Any, Literal, NamedTuple

from uvicorn.config import Config

from homeport.engine.access_log import AccessLog
from homeport.engine.serving.connection import CLOSE, HttpConnection
from homeport.engine.serving.door import Door
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.leaving import Follower, Heir, LastRequests, Outbox, follow
from homeport.engine.serving.lifespan import Lifespan
from homeport.engine.serving.open_doors import OpenDoors

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
    """One app behind any number of doors, in the running loop."""

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
        self._doors = OpenDoors()
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

    @property
    def app(self) -> Any:
        """The app as a door may wrap it: ASGI 3, and with trusted proxies believed."""
        return self._config.loaded_app

    async def accept_on(self, sock: socket.socket, door: Door | None = None) -> None:
        """Serve the connections of a listening socket; it is closed with the server, or its door.

        Without a door it is an ordinary one with the next number. ValueError: the number is taken.
        """
        door = door or Door(number=self._doors.next_number())
        doorway = Doorway(door, self.app, self._loop)
        await self._doors.open(sock, doorway, self._factory(doorway), self._came_late)
        self._refresh_headers()

    async def shut(self, number: int) -> None:
        """Close a door and cut everything that came through it; unknown numbers are fine.

        WebSockets are told 1001; apps see that their clients have left. Other doors notice nothing.
        """
        await self._doors.shut(number)

    def clients(self, number: int) -> set[tuple[str, int]]:
        """Who is connected at a door: IP and port."""
        return {each.client for each in self._doors.connections_at(number) if each.client}

    def cut(self, number: int, clients: Collection[tuple[str, int]]) -> None:
        """End the connections of these clients at a door, whatever they are doing."""
        for connection in self._doors.connections_at(number):
            if connection.client in clients:
                connection.leave()
                connection.transport.abort()

    async def adopt(self, sock: socket.socket, *, listener: int, used: bool) -> None:
        """Serve a connection that another worker has accepted at the same door.

        `listener` is the door's number; where that door is shut by now, the connection ends. What
        the client has sent meanwhile is still in the kernel.
        """
        doorway = self._doors.get(listener)
        if doorway is None:
            sock.close()
            return
        factory = self._factory(doorway, adopted=True, kept=used)
        try:
            await self._loop.connect_accepted_socket(factory, sock)
        except OSError:  # it has ended on the way
            sock.close()

    def _factory(
        self, doorway: Doorway, *, adopted: bool = False, kept: bool = False
    ) -> Callable[[], HttpConnection]:
        config, connection = self._config, self._config.http_protocol_class
        app_state, loop = self._lifespan.state, self._loop

        def new_connection() -> HttpConnection:
            made = connection(  # type: ignore[call-arg]
                config=config, server_state=doorway, app_state=app_state, _loop=loop
            )
            assert isinstance(made, HttpConnection)
            if adopted:
                made.adopted, made.kept = True, kept
            return made

        return new_connection

    def _came_late(self, connection: HttpConnection) -> None:
        """A handshake is complete: where we are about to leave, its request is the last one."""
        if self._outbox is not None:
            self._followers.append(follow(connection, self._outbox))

    def _refresh_headers(self) -> None:
        """What every answer begins with; made once a second for its Date (RFC 9110, 6.6.1).

        A new list each time: answers under way keep the one they began with.
        """
        headers = [(b"date", formatdate(usegmt=True).encode())]
        if self._draining and self._outbox is None:
            headers.append(CLOSE)
        for doorway in self._doors.all():
            doorway.default_headers = headers
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
        await self._doors.stop_accepting()
        self._let_go()
        if heir is not None:
            await self._next_requests()
            heir.released()
        started = self._loop.time()
        await self._wait_until(started + min(grace, timeout))
        ended = self._end_streams()
        await self._wait_until(started + timeout)
        cut = self._cut_everything()
        if self._doors.tasks():
            await asyncio.wait(self._doors.tasks(), timeout=0.2)
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
        return connection.doorway.door.number

    def taken(self) -> None:
        """What was handed over has arrived."""
        if self._outbox is not None:
            self._outbox.taken()

    async def stop(self) -> None:
        """Run the app's shutdown."""
        if self._tick is not None:
            self._tick.cancel()
        self._doors.close()
        await self._lifespan.shutdown()

    def _connections(self) -> list[Any]:
        return self._doors.connections()

    async def _wait_until(self, deadline: float) -> None:
        while self._doors.are_busy() and self._loop.time() < deadline:
            await self._tend()

    async def _tend(self) -> None:
        await asyncio.sleep(_STEP)
        self._followers = [one for one in self._followers if not one.is_over]
        for follower in self._followers:
            follower.tend()
        if self._outbox is not None:
            self._outbox.send()

    async def _next_requests(self) -> None:
        """Of those who cannot be handed on: an answer that is the last one says so."""
        while any(isinstance(one, LastRequests) and one.is_awaited for one in self._followers):
            await self._tend()

    def _end_streams(self) -> int:
        """1012 (service restart) for WebSockets; event streams end and are asked for again."""
        ended = 0
        for entrance in self._doors.handshakes():
            entrance.give_up()
        for connection in self._connections():
            if not isinstance(connection, HttpConnection):
                connection.shutdown()
            elif connection.is_event_stream:
                connection.cut()
            elif not connection.may_rest or (self._outbox is not None and connection.can_go):
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
        for task in self._doors.tasks():
            task.cancel()
        return cut
