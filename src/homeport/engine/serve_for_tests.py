"""A server inside a with-block: one worker, no supervisor, nothing told, nothing loaded again.

The worker is the one of every server and hears the same messages (core/wire); it is a process, or a
thread for an app object. What a supervisor would do for it, a thread here does: it gives it the
listeners when it is ready, answers on the control socket if there is one, and sees it end.
"""

import selectors
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from homeport.core import client_words, wire
from homeport.core.failure import Failure
from homeport.engine.deaths import death_of
from homeport.engine.doors import Doors
from homeport.engine.front import Front
from homeport.engine.outside import Process
from homeport.engine.presence import Presence, appear
from homeport.engine.start import Serving, front_of, open_for

_WORKER = 1
_GRACE = 0.0
"""Seconds that event streams and WebSockets are given at the end: a test has had its time."""
_TO_END = 2.0
"""Seconds a worker has beyond all its own bounds; and to be gone after it has hung up."""
_PAUSE = 0.001


class InABlock:
    """A server that runs until `stop`."""

    def __init__(self, front: Front, worker: Process, doors: Doors, presence: Presence | None):
        self.front = front
        self._worker = worker
        self._doors = doors
        self._presence = presence
        self._failure: Failure | None = None
        self._is_told = threading.Event()  # ready, or ended
        self._is_ready = self._is_asked_to_end = self._is_killed = False
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._keep, name="homeport", daemon=True)

    @property
    def name(self) -> str | None:
        """What it is called in the registry; None: it is not in it."""
        return self._presence.entry.name if self._presence else None

    def start(self, job: wire.Job, within: float) -> None:
        """Come back when it serves. AppFailedError, AppNotFoundError; it has ended then."""
        self._worker.channel.send(job)
        self._thread.start()
        try:
            self._is_told.wait(within)
            if self._is_ready:
                return
        except BaseException:
            self._end_now()
            raise
        self._end_now()
        if self._failure is not None:
            raise client_words.app_failed(self._failure)
        raise client_words.not_started(within)

    def stop(self, timeout: float) -> None:
        """Let requests finish for `timeout` seconds, run the app's shutdown, and end.

        Raises AppFailedError when the app's process had died before, NotStoppedError when its
        thread goes on; everything else has ended then.
        """
        self._is_asked_to_end = True
        with suppress(OSError):  # it has ended
            self._ours.sendall(wire.encode(wire.Retire(grace=_GRACE, timeout=timeout)))
        patience = 2 * timeout + _TO_END
        try:
            self._thread.join(patience)
        finally:
            self._end_now()
        if self._worker.reap() is None:
            raise client_words.not_ended(patience)
        if self._failure is not None:
            raise client_words.died(self._failure)

    def _end_now(self) -> None:
        if self._thread.is_alive():
            self._is_killed = True
            self._worker.kill()
            self._thread.join(2 * _TO_END)
        self._ours.close()

    def _keep(self) -> None:
        """What the thread does."""
        with ExitStack() as cleanup, selectors.DefaultSelector() as selector:
            cleanup.callback(self._is_told.set)
            cleanup.callback(self._theirs.close)
            cleanup.callback(self._doors.close)
            cleanup.callback(self._worker.close)
            if self._presence is not None:
                cleanup.callback(self._presence.close)
                selector.register(self._presence.control, selectors.EVENT_READ)
            selector.register(self._worker.channel, selectors.EVENT_READ)
            selector.register(self._theirs, selectors.EVENT_READ)
            while self._goes_on({key.fileobj for key, _ in selector.select()}):
                pass
            self._see_it_end()

    def _goes_on(self, readable: set[Any]) -> bool:
        """False when the worker has hung up."""
        if self._presence is not None and self._presence.control in readable:
            self._presence.control.read()
        if self._theirs in readable and (order := self._theirs.recv(65536)):
            self._doors.leaves(_WORKER)
            self._worker.channel.send(wire.decode(order.rstrip(b"\n")))
        if self._worker.channel in readable:
            messages = self._worker.channel.read()
            if messages is None:
                return False
            for received in messages:
                self._hear(received.message)
        return True

    def _hear(self, message: wire.Message) -> None:
        match message:
            case wire.Ready():
                self._doors.give(_WORKER, self._send, self._worker.channel.has_room)
                self._is_ready = True
                self._is_told.set()
            case wire.Failed():
                self._failure = Failure.from_json(message.failure)
            case _:  # for a supervisor
                pass

    def _send(self, message: wire.Message, descriptors: tuple[int, ...]) -> bool:
        return self._worker.channel.send(message, descriptors)

    def _see_it_end(self) -> None:
        deadline = time.monotonic() + _TO_END
        while (code := self._worker.reap()) is None and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if code is None:
            self._worker.kill()
            self._worker.wait()
        elif not (self._failure or self._is_killed or (code == 0 and self._is_asked_to_end)):
            self._failure = death_of(code)


def open_in_a_block(
    serving: Serving, app: Any, name: str | None, environment: Mapping[str, str]
) -> InABlock:
    """Everything is open, and nothing is started yet.

    `app` None: it is imported by a process. `name`: register it under that. Raises UsageError,
    BindError, and what `presence.appear` raises.
    """
    listeners, opened = open_for(serving)
    with ExitStack() as undo:
        undo.callback(listeners.close)
        presence = None
        if name is not None:
            presence = appear(name, opened, environment)
            undo.callback(presence.close)
            opened = replace(opened, name=presence.entry.name, instance=presence.entry.instance)
        front, _ = front_of(serving, opened)
        doors = Doors(zip(front.doors(), listeners.sockets, strict=True))
        server = InABlock(front, _worker(app), doors, presence)
        undo.pop_all()
    return server


def _worker(app: Any) -> Process:
    if app is None:
        from homeport.engine.spawn import spawn_worker

        return _Process(spawn_worker())
    from homeport.engine.guest import GuestThread

    return GuestThread(app)


class _Process:
    """A worker process that can be asked for its end more than once."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._exit_code: int | None = None
        self.channel = process.channel

    def kill(self) -> None:
        """End it now; nothing when it has ended."""
        with self._lock:
            if self._exit_code is None:
                self._process.kill()

    def reap(self) -> int | None:
        """Its exit code once it has ended."""
        with self._lock:
            if self._exit_code is None:
                try:
                    self._exit_code = self._process.reap()
                except ChildProcessError:  # the app or a test waits for every child there is
                    self._exit_code = 0
            return self._exit_code

    def wait(self) -> None:
        """Until it has ended."""
        while self.reap() is None:
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Let go of it."""
        self._process.close()
