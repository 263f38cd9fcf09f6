"""A worker: the process that imports the app and serves it.

Started by the supervisor as `python -P -m homeport.engine.worker` with a channel on descriptor 3
and its lifeline on 4. It imports what serving needs while the supervisor still reads its command
line, then waits for its job:

    job → import the app → lifespan startup → ready → (listeners) → serving → (retire) → drain
        → lifespan shutdown → end
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from homeport.core.errors import ExitCode
from homeport.core.failure import Failure, FailureKind
from homeport.core.wire import (
    Adopt,
    Drained,
    Failed,
    Imported,
    Job,
    Ready,
    Retire,
    Serve,
    Start,
    Taken,
)
from homeport.engine import fresh_import, used_files
from homeport.engine.channel import Channel, Received
from homeport.engine.heirs import InOrder, Successor, adopt
from homeport.engine.imports_seen import ImportsSeen, Telling
from homeport.engine.versions import version_of

CHANNEL, LIFELINE = 3, 4

_GC_AS_USUAL = gc.get_threshold()
_GC_WHILE_LOADING = (100_000, 50, 100)
"""Imports make many objects and little garbage: looking for it costs a tenth of the start."""


def main() -> NoReturn:
    """The whole life of a worker process."""
    from homeport.engine import lifeline

    gc.set_threshold(*_GC_WHILE_LOADING)
    lifeline.hold_on_to(LIFELINE)
    os.register_at_fork(after_in_child=_let_go_after_fork)
    _ignore_the_terminal()
    channel = Channel(socket.socket(fileno=CHANNEL))
    os.set_inheritable(CHANNEL, False)
    os.set_inheritable(LIFELINE, False)
    importlib.import_module("homeport.engine.serving.server")  # while there is no job yet
    try:
        job = channel.receive().message
    except EOFError:
        os._exit(ExitCode.OK)
    assert isinstance(job, Job)
    _set_up_imports(job)
    end(serve_job(job, channel))


listening: set[int] = set()
"""The descriptors of the listeners of this process."""


def _let_go_after_fork() -> None:
    """A process that the app forks may outlive us: it must not hold the port or our channel."""
    used_files.when_grown(None)
    for descriptor in (CHANNEL, LIFELINE, *listening):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _ignore_the_terminal() -> None:
    """Ctrl-C reaches us too, SIGTERM to a process group also: the supervisor says what it means.

    A handler and not SIG_IGN: that would be inherited by programs the app starts.
    """
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    for number in numbers:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def _set_up_imports(job: Job) -> None:
    fresh_import.install()
    sys.path[:] = [*job.sys_path, *(path for path in sys.path if path not in job.sys_path)]


def serve_job(job: Job, channel: Channel, app: Any = None) -> ExitCode:
    """Load, serve until told to retire, shut down. `app` given: nothing is imported."""
    from homeport.engine import env_file, worker_logs
    from homeport.engine.app_loader import AppLoadError, load_app, prepared

    worker_logs.set_up(job)
    seen = ImportsSeen() if job.warm and job.failure is None else None
    try:
        if job.failure is not None:
            from homeport.engine.failure_page import FailurePage

            app = FailurePage(Failure.from_json(job.failure))
        else:
            if job.env_file is not None:
                if version := version_of(job.env_file):
                    used_files.note(job.env_file, version)
                env_file.load(job.env_file)
            app = load_app(job) if app is None else prepared(app, job)
    except AppLoadError as error:
        _report(channel, error.failure)
        return ExitCode.APP
    except OSError as error:
        _report(channel, _without_environment(error))
        return ExitCode.APP
    if job.single_lifespan and job.failure is None and not _may_start(channel):
        return ExitCode.OK
    return run_loop(_Life(app, job, channel, seen))


def _may_start(channel: Channel) -> bool:
    """Wait for the word; False when there is nobody to give it any more."""
    channel.send(Imported())
    try:
        return isinstance(channel.receive().message, Start)
    except EOFError:
        return False


def _without_environment(error: OSError) -> Failure:
    summary = f"{error.filename} (--env-file) cannot be read: {error.strerror}."
    return Failure(kind=FailureKind.STARTUP, summary=summary, error=str(error))


def _report(channel: Channel, failure: Failure) -> None:
    used_files.tell(channel)
    channel.send(Failed(failure=failure.to_json()))


def run_loop(life: "_Life") -> ExitCode:
    """Run on uvloop where there is one.

    Not `asyncio.run`: at the end it waits for every thread of the default executor.
    """
    loop: asyncio.AbstractEventLoop
    try:
        import uvloop

        loop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(life.run())


class _Life:
    """A worker from the moment its app is loaded."""

    def __init__(
        self, app: Any, job: Job, channel: Channel, seen: ImportsSeen | None = None
    ) -> None:
        self._app = app
        self._seen = seen
        self._job = job
        self._channel = channel
        self._retire: asyncio.Future[Retire] | None = None
        self._work = InOrder()

    async def run(self) -> ExitCode:
        """Serve; the exit code of the process."""
        from homeport.engine.access_log import BatchedLog
        from homeport.engine.app_loader import docs_path, positional_arguments
        from homeport.engine.serving.server import (
            AppSettings,
            Interface,
            Server,
            StartupFailedError,
        )

        loop = asyncio.get_running_loop()
        job = self._job
        log = BatchedLog(loop, 1, json=job.json, colour=job.colour) if job.access_log else None
        interface: Interface = "asgi2" if positional_arguments(self._app) == 1 else "asgi3"
        settings = AppSettings(job.root_path, job.trusted_proxies, interface)
        self._server = Server(self._app, settings, log)
        self._retire = loop.create_future()
        try:
            await self._server.start()
        except StartupFailedError as error:
            _report(self._channel, self._startup_failure(error))
            return ExitCode.APP
        loop.add_reader(self._channel.fileno(), self._read)
        gc.freeze()  # what is loaded stays: never look through it again
        if gc.get_threshold() == _GC_WHILE_LOADING:  # else the app has chosen its own
            gc.set_threshold(*_GC_AS_USUAL)
        docs = docs_path(self._app)
        self._channel.send(Ready(docs=docs))
        used_files.tell(self._channel)
        used_files.when_grown(lambda: loop.call_soon_threadsafe(used_files.tell, self._channel))
        telling = Telling(self._seen, self._channel, loop) if self._seen else None
        try:
            retire = await self._retire
            await self._drain(retire)
            if telling is not None:
                telling.tell()
            await asyncio.wait_for(self._server.stop(), retire.timeout + 1)
        except TimeoutError:
            text = "The app's shutdown did not finish in %g s and was given up."
            logging.getLogger("uvicorn.error").error(text, retire.timeout + 1)
        finally:
            used_files.when_grown(None)
            loop.remove_reader(self._channel.fileno())
            if log is not None:
                log.close()
        return ExitCode.OK

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
            case Serve():
                listening.update(received.descriptors)
                sockets = [socket.socket(fileno=number) for number in received.descriptors]
                self._work.add(self._accept(sockets))
            case Adopt() as message:
                self._channel.send(Taken())
                self._work.add(adopt(self._server, message, received.descriptors))
            case Taken():
                self._server.taken()
            case Retire() as retire:
                self._leave(retire)
            case message:
                raise AssertionError(f"not for a worker: {message}")

    async def _accept(self, sockets: list[socket.socket]) -> None:
        for sock in sockets:
            sock.setblocking(False)
            await self._server.accept_on(sock)

    def _leave(self, retire: Retire = Retire(grace=0.1, timeout=1.0)) -> None:  # noqa: B008
        if self._retire is not None and not self._retire.done():
            self._retire.set_result(retire)


def end(code: ExitCode) -> NoReturn:
    """Leave without tearing the interpreter down piece by piece: that can take half a second.

    What users rely on is done: exit handlers run, output is flushed.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or None
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
