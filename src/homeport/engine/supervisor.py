"""The supervisor: owns the listeners, starts and retires workers, watches files.

It reads events from descriptors, asks `core.lifecycle` what they mean, and carries out the
actions. It never imports the app, uvicorn or asyncio, so that nothing of the app can break it.
"""

import select
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from homeport.core import lifecycle, wire, words
from homeport.core.errors import ExitCode
from homeport.core.events import (
    Action,
    Announce,
    Begin,
    Changed,
    Due,
    Event,
    Exited,
    Failed,
    Finish,
    Give,
    Kill,
    News,
    Ready,
    Retire,
    Spawn,
    StopAsked,
    WakeAt,
)
from homeport.core.failure import Failure
from homeport.core.state import Phase, State
from homeport.engine.channel import Channel
from homeport.engine.deaths import death_of, not_started
from homeport.engine.outside import Input, Process
from homeport.engine.reporting import Moment, Reporter
from homeport.engine.saves import Saves
from homeport.engine.shadows import Shadows

GRACE = 0.3
"""Seconds that WebSockets and server-sent streams are given to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to serve. `descriptors` are the open listeners; `started` is a monotonic time.

    `restarts` is False when the one worker cannot be replaced.
    """

    job: wire.Job
    descriptors: tuple[int, ...]
    stop_timeout: float
    started: float
    restarts: bool


class Supervisor:
    """One server, from open listeners to its end."""

    def __init__(
        self,
        service: Service,
        reporter: Reporter,
        spawn: Callable[[], Process],
        inputs: tuple[Input, ...],
        saves: Saves | None,
        shadows: Shadows,
        heard: Callable[[wire.Imported], None] | None = None,
    ) -> None:
        self._service = service
        self._reporter = reporter
        self._spawn = spawn
        self._saves = saves
        self._shadows = shadows
        self._heard = heard
        self._state = State(
            reload=saves is not None,
            overtime=service.stop_timeout * 2 + 2,
            restarts=service.restarts,
        )
        self._workers: dict[int, Process] = {}
        self._docs: str | None = None
        self._warned = False
        self._wakes: list[float] = []
        self._begun = service.started
        self._serving_since: float | None = None
        self._exit_code: ExitCode | None = None
        self._selector = selectors.DefaultSelector()
        for source in inputs:
            self._selector.register(source, selectors.EVENT_READ, partial(self._listen_to, source))
        if saves is not None:
            self._selector.register(saves, selectors.EVENT_READ, saves.read)

    def run(self) -> ExitCode:
        """Until everything has ended. No worker is left, however this is left."""
        try:
            self._handle(Begin())
            while self._exit_code is None:
                for key, _ in self._selector.select(self._patience()):
                    key.data()
                self._reap()
                self._wake()
            return self._exit_code
        finally:
            for process in self._workers.values():
                process.kill()
                process.wait()
                process.close()
            self._selector.close()

    def _listen_to(self, source: Input) -> None:
        events = source.read()
        if events is None:
            self._selector.unregister(source)
            events = [StopAsked(reason="terminal closed")]
        for event in events:
            self._begun = time.monotonic()
            self._handle(event)

    def _patience(self) -> float | None:
        """Seconds until something is due."""
        times = [*self._wakes]
        if self._saves is not None and self._saves.due is not None:
            times.append(self._saves.due)
        if self._shadows.due is not None:
            times.append(self._shadows.due)
        return max(min(times) - time.monotonic(), 0.0) if times else None

    def _wake(self) -> None:
        now = time.monotonic()
        if self._saves is not None and self._saves.full and not self._warned:
            self._warned = True
            self._reporter.warn(words.WATCHES_USED_UP)
        if self._saves is not None and (changed := self._saves.take(now)):
            self._begun = self._saves.seen
            self._handle(Changed(reasons=changed))
        if strangers := self._shadows.take(now):
            self._reporter.warn(words.shadowed(strangers))
        if any(wake <= now for wake in self._wakes):
            self._wakes = [wake for wake in self._wakes if wake > now]
            if self._state.phase is Phase.WAITING:  # else it is about a leaver, not a start
                self._begun = now
            self._handle(Due())

    def _handle(self, event: Event) -> None:
        self._state, actions = lifecycle.step(self._state, event, time.monotonic())
        for action in actions:
            self._do(action)

    def _do(self, action: Action) -> None:
        match action:
            case Spawn():
                self._start(action.worker, action.failure)
            case Give(worker=number):
                self._give(number)
            case Retire(worker=number):
                timeout = self._service.stop_timeout
                self._workers[number].channel.send(wire.Retire(grace=GRACE, timeout=timeout))
            case Kill(worker=number):
                if number in self._workers:
                    self._workers[number].kill()
            case WakeAt(time=moment):
                self._wakes.append(moment)
            case Announce():
                self._announce(action)
            case Finish(exit_code=code):
                self._exit_code = code
            case _:
                assert_never(action)

    def _start(self, number: int, failure: Failure | None) -> None:
        try:
            process = self._spawn()
        except OSError as error:  # no interpreter any more, no memory, too many processes
            self._handle(Exited(worker=number, failure=not_started(error)))
            return
        self._workers[number] = process
        data = failure.to_json() if failure is not None else None
        process.channel.send(replace(self._service.job, failure=data))
        reader = partial(self._read, number)
        self._selector.register(process.channel, selectors.EVENT_READ, reader)

    def _give(self, number: int) -> None:
        descriptors = self._service.descriptors
        serve = wire.Serve(descriptors=len(descriptors))
        self._workers[number].channel.send(serve, descriptors)

    def _read(self, number: int) -> None:
        """What a worker says; at the end of file it is about to exit."""
        channel = self._workers[number].channel
        messages = channel.read()
        if messages is None:
            self._selector.unregister(channel)
            return
        for received in messages:
            self._hear(number, received.message)

    def _hear(self, number: int, message: wire.Message) -> None:
        if isinstance(message, wire.Ready | wire.Failed) and self._saves is not None:
            self._saves.loaded(message.files)
        match message:
            case wire.Ready():
                self._docs = message.docs
                self._handle(Ready(worker=number))
            case wire.Failed():
                failure = Failure.from_json(message.failure)
                self._handle(Failed(worker=number, failure=failure))
            case wire.Drained() if message.cut_requests:
                self._reporter.cut(message.cut_requests)
            case wire.Imported() if self._heard is not None:
                self._heard(message)
            case _:
                pass

    def _reap(self) -> None:
        for number, process in list(self._workers.items()):
            code = process.reap()
            if code is None:
                continue
            while process.channel in self._selector.get_map() and _readable(process.channel):
                self._read(number)
            if process.channel in self._selector.get_map():
                self._selector.unregister(process.channel)
            del self._workers[number]
            process.close()
            if not self._state.is_leaving(number):
                self._begun = time.monotonic()
            self._handle(Exited(worker=number, failure=death_of(code)))

    def _announce(self, announce: Announce) -> None:
        now = time.monotonic()
        moment = Moment(took=now - self._begun, serving_since=self._serving_since, docs=self._docs)
        if announce.news in (News.READY, News.RELOADED):
            self._serving_since = time.time()
        self._reporter.news(announce, moment)


def _readable(channel: Channel) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(0))
