"""A worker from the moment its app is loaded: startup, serving, and an orderly end."""

import asyncio
import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from homeport.core.errors import ExitCode
from homeport.core.failure import Failure, FailureKind
from homeport.core.wire import Adopt, Drained, Failed, Job, Ping, Pong, Ready, Retire, Taken
from homeport.core.wire_doors import Answered, Certify, Change, Cut, Passes, Serve, Shut
from homeport.engine import garbage, used_files
from homeport.engine.channel import Channel, Received
from homeport.engine.heirs import InOrder, Successor, adopt
from homeport.engine.imports_seen import ImportsSeen, Telling

if TYPE_CHECKING:
    from homeport.engine.access_log import AccessLog
    from homeport.engine.serving.server import Server

LAST_WORDS = 1.0
"""Seconds that the supervisor has to hear what a worker says at its end."""
EVERYONE = ("0.0.0.0/0", "::/0")

listening: dict[int, int] = {}
"""The listeners of this process: descriptor → inode, for a number is given again after a close."""


def report(channel: Channel, failure: Failure) -> None:
    """Say why there is no app, and which files it was about."""
    used_files.tell(channel)
    channel.send(Failed(failure=failure.to_json()))


def run_loop(life: "Life") -> ExitCode:
    """Not `asyncio.run`: at the end it waits for every thread of the default executor."""
    loop = new_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(life.run())


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where there is one."""
    try:
        import uvloop

        return uvloop.new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()


class Life:
    """A worker from the moment its app is loaded.

    `is_guest`: others live in this process too, and nothing of theirs is to change.
    """

    def __init__(
        self,
        app: Any,
        job: Job,
        channel: Channel,
        seen: ImportsSeen | None = None,
        *,
        is_guest: bool = False,
    ) -> None:
        self._is_guest = is_guest
        self._app = app
        self._seen = seen
        self._job = job
        self._channel = channel
        self._retire: asyncio.Future[Retire] | None = None
        self._work = InOrder()

    async def run(self) -> ExitCode:
        """Serve; the exit code of the process."""
        from homeport.engine.access_log import BatchedLog
        from homeport.engine.app_loader import docs_path
        from homeport.engine.serving.server import StartupFailedError
        from homeport.engine.worker_doors import WorkerDoors

        loop = asyncio.get_running_loop()
        job = self._job
        log = BatchedLog(loop, 1, json=job.json, colour=job.colour) if job.access_log else None
        self._server = self._new_server(log)
        # The page of a failure is ours, and has to see who passes requests on.
        proxies = job.trusted_proxies if job.failure is None else EVERYONE
        self._doors = WorkerDoors(self._server, self._channel, proxies)
        self._retire = loop.create_future()
        try:
            await self._server.start()
        except StartupFailedError as error:
            report(self._channel, self._startup_failure(error))
            return ExitCode.APP
        loop.add_reader(self._channel.fileno(), self._read)
        self._channel.never_wait(self._send_when_there_is_room)
        if not self._is_guest:
            garbage.collect_as_usual()
        docs = docs_path(self._app)
        self._channel.send(Ready(docs=docs))
        used_files.tell(self._channel)
        used_files.when_grown(lambda: loop.call_soon_threadsafe(used_files.tell, self._channel))
        telling = Telling(self._seen, self._channel, loop) if self._seen else None
        try:
            retire = await self._retire
            await self._drain(retire)
            self._doors.tell()
            if telling is not None:
                telling.tell()
            await asyncio.wait_for(self._server.stop(), retire.timeout + 1)
        except TimeoutError:
            text = "The app's shutdown did not finish in %g s and was given up."
            logging.getLogger("uvicorn.error").error(text, retire.timeout + 1)
        finally:
            used_files.when_grown(None)
            self._say_the_last()
            if log is not None:
                log.close()
        return ExitCode.OK

    def _say_the_last(self) -> None:
        loop, number = asyncio.get_running_loop(), self._channel.fileno()
        loop.remove_reader(number)
        loop.remove_writer(number)
        self._channel.finish(LAST_WORDS)

    def _send_when_there_is_room(self) -> None:
        """Waiting for the supervisor here would keep all visitors waiting, and maybe for good."""
        loop, number = asyncio.get_running_loop(), self._channel.fileno()

        def go_on() -> None:
            self._channel.go_on()
            if not self._channel.is_stuck:
                loop.remove_writer(number)

        loop.add_writer(number, go_on)

    def _new_server(self, log: "AccessLog | None") -> "Server":
        from homeport.engine.app_loader import positional_arguments
        from homeport.engine.serving.server import AppSettings, Interface, Server

        interface: Interface = "asgi2" if positional_arguments(self._app) == 1 else "asgi3"
        settings = AppSettings(self._job.root_path, self._job.trusted_proxies, interface)
        return Server(self._app, settings, log)

    async def _drain(self, retire: Retire) -> None:
        await self._work.done()  # what we were given before
        heir = Successor(self._channel) if retire.hand_over else None
        drained = await self._server.drain(grace=retire.grace, timeout=retire.timeout, heir=heir)
        self._channel.send(Drained(cut_requests=drained.cut_requests))

    def _startup_failure(self, error: Any) -> Failure:
        from homeport.engine.failure_report import failure_of

        summary = "The app's startup failed."
        if error.error is not None:
            return failure_of(error.error, FailureKind.STARTUP, summary, project=self._job.project)
        lines = str(error).strip().splitlines()
        return Failure(
            kind=FailureKind.STARTUP,
            summary=summary,
            error=lines[-1] if lines else "it sent lifespan.startup.failed",
            full=str(error),
        )

    def _read(self) -> None:
        received = self._channel.read()
        if received is None:
            self._leave()
            return
        for message in received:
            self._obey(message)

    def _obey(self, received: Received) -> None:
        match received.message:
            case Serve(doors=doors):
                listening.update((fd, os.fstat(fd).st_ino) for fd in received.descriptors)
                sockets = [socket.socket(fileno=number) for number in received.descriptors]
                self._work.add(self._open(sockets, doors))
            case Shut(door=door):
                self._work.add(self._doors.shut(door))
            case Certify(opened=opened):
                self._work.add(self._doors.certify(opened))
            case Passes() | Answered() | Change() | Cut() as message:
                self._doors.hear(message)
            case Adopt() as message:
                self._channel.send(Taken())
                self._work.add(adopt(self._server, message, received.descriptors))
            case Taken():
                self._server.taken()
            case Ping(number=number):
                self._channel.send(Pong(number=number))
            case Retire() as retire:
                self._leave(retire)
            case message:
                raise AssertionError(f"not for a worker: {message}")

    async def _open(self, sockets: list[socket.socket], doors: tuple[dict[str, Any], ...]) -> None:
        for sock, facts in zip(sockets, doors, strict=True):
            await self._doors.open(sock, facts)

    def _leave(self, retire: Retire = Retire(grace=0.1, timeout=1.0)) -> None:  # noqa: B008
        if self._retire is not None and not self._retire.done():
            self._retire.set_result(retire)
