"""The doors of a server, and which workers keep them: the supervisor's side."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.core.mirror import Mirror
from homeport.core.opened_door import OpenedDoor
from homeport.core.wire import Message
from homeport.core.wire_doors import Certify, Change, Cut, Passes, Serve, Shut

if TYPE_CHECKING:  # made only where TLS is asked for
    from homeport.core.certificates import Leaf

Send = Callable[[Message, tuple[int, ...]], bool]
"""To one worker; False when it is gone."""

SHUT_WITHIN = 0.1
"""Seconds that workers have to close a listener; then the kernel is told, whatever they do."""
PASSES_WITHIN = 0.05
"""Seconds that passes may be late when nobody waits for them, or a worker does not read."""


class _Closing(NamedTuple):
    """A listener that is shut. Ours is the last copy once the workers have closed theirs."""

    sock: socket.socket
    address: tuple[str, int]
    due: float


class Doors:
    """Open doors; each worker that serves has a copy of every one of them. A `Chore`."""

    def __init__(self, doors: Iterable[tuple[OpenedDoor, socket.socket]]) -> None:
        self._open = {door.number: (door, sock) for door, sock in doors}
        self._serving: dict[int, Send] = {}
        self._leaving: dict[int, Send] = {}
        self._has_room: dict[int, Callable[[], bool]] = {}
        self._mirror = Mirror()
        self._behind: dict[int, list[Message]] = {}  # older passes, and what must not come first
        self._passes_due: float | None = None
        self._closing: list[_Closing] = []

    def give(self, worker: int, send: Send, has_room: Callable[[], bool]) -> None:
        """The worker is ready: it keeps them too from now on.

        `has_room`: whether passes can be sent to it without waiting until it reads.
        """
        doors = [door for door, _ in self._open.values()]
        descriptors = tuple(sock.fileno() for _, sock in self._open.values())
        facts = tuple(door.to_json() for door in doors)
        send(self._passes(), ())
        send(Serve(descriptors=len(descriptors), doors=facts), descriptors)
        self._serving[worker] = send
        self._has_room[worker] = has_room

    def leaves(self, worker: int) -> None:
        """The worker was told to: it opens no more, but has to close what is shut."""
        if worker in self._serving:
            self._leaving[worker] = self._serving.pop(worker)

    def gone(self, worker: int) -> None:
        """The worker is dead."""
        self._serving.pop(worker, None)
        self._leaving.pop(worker, None)
        self._has_room.pop(worker, None)
        self._behind.pop(worker, None)

    def serving(self) -> frozenset[int]:
        """The workers that keep them."""
        return frozenset(self._serving)

    def ask(self, message: Message) -> frozenset[int]:
        """To the workers that keep them; which they are. One that is behind is not waited for."""
        asked = frozenset(each for each in self._serving if self._has_room[each]())
        for worker in asked:
            self._serving[worker](message, ())
        return asked

    def open(self, door: OpenedDoor, sock: socket.socket) -> None:
        """One more; `sock` listens, and is ours to close."""
        self._open[door.number] = door, sock
        for send in self._serving.values():
            send(Serve(descriptors=1, doors=(door.to_json(),)), (sock.fileno(),))

    def shut(self, number: int) -> None:
        """Nobody comes in by it any more, and who is in is put out.

        A worker that is stuck in the app closes nothing, so in the end the kernel is told. Not at
        once: a worker that is about to close its listener would find it broken.
        """
        door, sock = self._open.pop(number)
        self._to_all(Shut(door=number))
        address = (door.policy.ip, door.policy.port)
        self._closing.append(_Closing(sock, address, time.monotonic() + SHUT_WITHIN))

    def take_back(self, ip: str, port: int) -> socket.socket | None:
        """The listener of a door that was shut a moment ago: workers may have that address yet."""
        for closing in self._closing:
            if closing.address == (ip, port):
                self._closing.remove(closing)
                return closing.sock
        return None

    def change(self, number: int, **what: Any) -> None:
        """Another policy for an open door: the fields of `Policy` that change."""
        door, sock = self._open[number]
        door = replace(door, policy=replace(door.policy, **what))
        self._open[number] = door, sock
        self._to_all(Change(door=number, policy=door.policy.to_json()))

    def certify(self, number: int, leaf: "Leaf") -> None:
        """Another certificate for an open door; who is in notices nothing."""
        door, sock = self._open[number]
        door = door.with_leaf(leaf)
        self._open[number] = door, sock
        self._to_all(Certify(opened=door.to_json()))

    def cut(self, number: int, device: str) -> None:
        """Put one device out; with the passes of before it would come in again."""
        for worker in [*self._serving, *self._leaving]:
            self._after_passes(worker, Cut(door=number, device=device))

    def pass_on(self, mirror: Mirror, *, at_once: bool = True) -> None:
        """What counts from now on. Not at once: together with the changes of the next moment."""
        self._mirror = mirror
        for worker in [*self._serving, *self._leaving]:
            self._behind.setdefault(worker, [])
        if at_once:
            self._send_passes(time.monotonic())
        elif self._passes_due is None:
            self._passes_due = time.monotonic() + PASSES_WITHIN

    def _send_passes(self, now: float) -> None:
        workers, passes = self._serving | self._leaving, self._passes()
        for worker in [each for each in self._behind if self._has_room[each]()]:
            for message in (passes, *self._behind.pop(worker)):
                workers[worker](message, ())
        self._passes_due = now + PASSES_WITHIN if self._behind else None

    def _passes(self) -> Passes:
        """Made when it is sent: in a flood of guesses most of them never are."""
        return Passes(mirror=self._mirror.to_json())

    @property
    def due(self) -> float | None:
        """When there is something to do."""
        times = [closing.due for closing in self._closing]
        if self._passes_due is not None:
            times.append(self._passes_due)
        return min(times, default=None)

    def take(self, now: float) -> None:
        """Do it."""
        if self._passes_due is not None and self._passes_due <= now:
            self._send_passes(now)
        for closing in [each for each in self._closing if each.due <= now]:
            self._closing.remove(closing)
            _stop_listening(closing.sock)

    def _to_all(self, message: Message) -> None:
        for send in [*self._serving.values(), *self._leaving.values()]:
            send(message, ())

    def answer(self, worker: int, message: Message) -> None:
        """To the worker that has asked, if it is still there."""
        self._after_passes(worker, message)

    def _after_passes(self, worker: int, message: Message) -> None:
        send = self._serving.get(worker) or self._leaving.get(worker)
        if worker in self._behind:
            self._behind[worker].append(message)
        elif send is not None:
            send(message, ())

    def close(self) -> None:
        """Give the ports back, as far as they are ours. May be called again."""
        for _, sock in self._open.values():
            sock.close()
        for closing in self._closing:
            _stop_listening(closing.sock)


def _stop_listening(sock: socket.socket) -> None:
    """For all copies of it, in whatever process: Linux refuses connections from now on."""
    with contextlib.suppress(OSError):  # macOS does not know that of a listener
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
