"""The supervisor: owns the listeners, starts and retires workers, watches files.

It reads events from descriptors, asks `core.lifecycle` what they mean, and carries out the
actions. It never imports the app, uvicorn or asyncio, so that nothing of the app can break it.
"""

import selectors
import time
from collections.abc import Callable
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
    Imported,
    Kill,
    News,
    Ready,
    Retire,
    Spawn,
    Start,
    StopAsked,
    WakeAt,
)
from homeport.core.failure import Failure
from homeport.core.state import Phase, State
from homeport.engine.channel import Channel, Received
from homeport.engine.crossing import Crossing
from homeport.engine.deaths import death_of, not_started
from homeport.engine.doors import Doors
from homeport.engine.herald import Herald
from homeport.engine.outside import Chore, Input, Process
from homeport.engine.relevance import LastStart
from homeport.engine.reporting import Moment, Reporter
from homeport.engine.saves import Saves
from homeport.engine.service import Service

GRACE = 0.3
"""Seconds that WebSockets and server-sent streams are given to end."""
RETRY = 0.02
"""Seconds until the kernel is asked again to pass descriptors on that it had no room for."""


class Supervisor:
    """One server, from open listeners to its end."""

    def __init__(
        self,
        service: Service,
        reporter: Reporter,
        spawn: Callable[[], Process],
        inputs: tuple[Input, ...],
        saves: Saves | None,
        doors: Doors,
        chores: tuple[Chore, ...],
        heard: Callable[[int, wire.Message], None],
        stopping: Callable[[], None],
    ) -> None:
        """`heard` gets what workers say that is not about their own life.

        `stopping` is called once, before the workers are told to end.
        """
        self._service = service
        self._reporter = reporter
        self._spawn = spawn
        self._saves = saves
        self._doors = doors
        self._chores = chores
        self._heard = heard
        self._stopping = stopping
        self._state = State(
            reload=saves is not None,
            overtime=service.stop_timeout * 2 + 2,
            restarts=service.restarts,
            waits_for_fix=service.waits_for_fix,
        )
        self._workers: dict[int, Process] = {}
        self._crossing = Crossing(self._send)
        self._herald = Herald(self._tell)
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
            self._crossing.close()
            for number, process in self._workers.items():
                process.kill()
                process.wait()
                process.close()
                self._crossing.gone(number)
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
        chores = (self._herald, *self._chores)
        times += [chore.due for chore in chores if chore.due is not None]
        if self._crossing.stuck or self._stuck_channels():
            times.append(time.monotonic() + RETRY)
        return max(min(times) - time.monotonic(), 0.0) if times else None

    def _stuck_channels(self) -> list[Channel]:
        channels = (process.channel for process in self._workers.values())
        return [channel for channel in channels if channel.is_stuck]

    def _wake(self) -> None:
        now = time.monotonic()
        if self._saves is not None and self._saves.full and not self._warned:
            self._warned = True
            self._reporter.warn(words.WATCHES_USED_UP)
        if self._saves is not None:
            self._take(self._saves, now)
        for chore in (self._herald, *self._chores):
            chore.take(now)
        for channel in self._stuck_channels():
            channel.go_on()
        if self._crossing.stuck:
            self._crossing.go_on()
        if any(wake <= now for wake in self._wakes):
            self._wakes = [wake for wake in self._wakes if wake > now]
            if self._state.phase is Phase.WAITING:  # else it is about a leaver, not a start
                self._begun = now
            self._handle(Due())

    def _take(self, saves: Saves, now: float) -> None:
        saved = saves.take(now, LastStart.of(self._state))
        if text := words.not_loaded_again(saved.same, saved.unused):
            self._reporter.debug(text)
        if saved.changed:
            self._begun = saves.seen
            self._handle(Changed(reasons=saved.changed))

    def _handle(self, event: Event) -> None:
        before = self._state.phase
        self._state, actions = lifecycle.step(self._state, event, time.monotonic())
        if self._state.phase is Phase.STOPPING is not before:
            self._stopping()
        for action in actions:
            self._do(action)
        if self._state.phase is Phase.STOPPING:
            self._crossing.close()
            self._doors.close()  # refused at once is better than not answered and reset in the end

    def _do(self, action: Action) -> None:
        match action:
            case Spawn():
                self._start(action.worker, action.failure)
            case Start(worker=number):
                self._workers[number].channel.send(wire.Start())
            case Give(worker=number):
                self._give(number)
            case Retire(worker=number):
                self._retire(number)
            case Kill(worker=number):
                if number in self._workers:
                    self._workers[number].kill()
            case WakeAt(time=moment):
                self._wakes.append(moment)
            case Announce():
                self._herald.announce(action, self._begun, time.monotonic())
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
        process.channel.never_wait(lambda: None)  # a worker that hangs must not hang us
        if self._saves is not None:
            self._saves.forget()
        data = failure.to_json() if failure is not None else None
        process.channel.send(self._service.job.replaced(failure=data))
        reader = partial(self._read, number)
        self._selector.register(process.channel, selectors.EVENT_READ, reader)

    def _give(self, number: int) -> None:
        has_room = self._workers[number].channel.has_room
        self._doors.give(number, partial(self._send, number), has_room)
        self._crossing.towards(number)

    def _retire(self, number: int) -> None:
        timeout, stopping = self._service.stop_timeout, self._state.phase is Phase.STOPPING
        retire = wire.Retire(grace=GRACE, timeout=timeout, hand_over=not stopping)
        self._crossing.leaves(number)
        self._doors.leaves(number)
        self._herald.retired(number)
        self._workers[number].channel.send(retire)

    def _send(self, number: int, message: wire.Message, descriptors: tuple[int, ...]) -> bool:
        process = self._workers.get(number)
        return process is not None and process.channel.send(message, descriptors)

    def _read(self, number: int) -> None:
        """What a worker says; at the end of file it is about to exit."""
        channel = self._workers[number].channel
        try:
            messages = channel.read()
        except ValueError:  # nothing of ours: the app has written into the channel
            self._workers[number].kill()
            messages = None
        if messages is None:
            self._selector.unregister(channel)
            return
        for received in messages:
            self._hear(number, received)

    def _hear(self, number: int, received: Received) -> None:
        message = received.message
        match message:
            case wire.Ready():
                self._docs = message.docs
                self._handle(Ready(worker=number))
            case wire.Failed():
                failure = Failure.from_json(message.failure)
                self._handle(Failed(worker=number, failure=failure))
            case wire.Imported():
                self._handle(Imported(worker=number))
            case wire.Used() if self._saves is not None and number == self._state.spawned:
                self._saves.learn(message)
            case wire.Handed():
                self._crossing.arrived(number, message, received.descriptors)
            case wire.Taken():
                self._crossing.taken(number)
            case wire.Released():
                self._herald.released(number)
            case wire.Drained() if message.cut_requests:
                self._reporter.cut(message.cut_requests)
            case _:
                self._heard(number, message)

    def _reap(self) -> None:
        for number, process in list(self._workers.items()):
            code = process.reap()
            if code is None:
                continue
            while process.channel in self._selector.get_map() and process.channel.is_readable():
                self._read(number)
            if process.channel in self._selector.get_map():
                self._selector.unregister(process.channel)
            del self._workers[number]
            process.close()
            self._crossing.gone(number)
            self._doors.gone(number)
            self._herald.released(number)
            if not self._state.is_leaving(number):
                self._begun = time.monotonic()
            self._handle(Exited(worker=number, failure=death_of(code)))

    def _tell(self, announce: Announce, begun: float) -> None:
        took = time.monotonic() - begun
        moment = Moment(took=took, serving_since=self._serving_since, docs=self._docs)
        if announce.news in (News.READY, News.RELOADED):
            self._serving_since = time.time()
        self._reporter.news(announce, moment)
