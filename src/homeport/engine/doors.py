"""The doors of a server, and which workers keep them: the supervisor's side."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homeport.core.mirror import Mirror
from homeport.core.opened_door import OpenedDoor
from homeport.core.wire import Message
from homeport.core.wire_doors import Certify, Change, Cut, Passes, Serve, Shut

if TYPE_CHECKING:  # made only where TLS is asked for
    from homeport.core.certificates import Leaf

Send = Callable[[Message, tuple[int, ...]], bool]
"""To one worker; False when it is gone."""


class Doors:
    """Open doors; each worker that serves has a copy of every one of them."""

    def __init__(self, doors: Iterable[tuple[OpenedDoor, socket.socket]]) -> None:
        self._open = {door.number: (door, sock) for door, sock in doors}
        self._serving: dict[int, Send] = {}
        self._leaving: dict[int, Send] = {}
        self._passes = Passes(mirror=Mirror().to_json())

    def give(self, worker: int, send: Send) -> None:
        """The worker is ready: it keeps them too from now on."""
        doors = [door for door, _ in self._open.values()]
        descriptors = tuple(sock.fileno() for _, sock in self._open.values())
        facts = tuple(door.to_json() for door in doors)
        send(self._passes, ())
        send(Serve(descriptors=len(descriptors), doors=facts), descriptors)
        self._serving[worker] = send

    def leaves(self, worker: int) -> None:
        """The worker was told to: it opens no more, but has to close what is shut."""
        if worker in self._serving:
            self._leaving[worker] = self._serving.pop(worker)

    def gone(self, worker: int) -> None:
        """The worker is dead."""
        self._serving.pop(worker, None)
        self._leaving.pop(worker, None)

    def open(self, door: OpenedDoor, sock: socket.socket) -> None:
        """One more; `sock` listens, and is ours to close."""
        self._open[door.number] = door, sock
        for send in self._serving.values():
            send(Serve(descriptors=1, doors=(door.to_json(),)), (sock.fileno(),))

    def shut(self, number: int) -> None:
        """Nobody comes in by it any more, and who is in is put out."""
        _, sock = self._open.pop(number)
        sock.close()
        self._to_all(Shut(door=number))

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
        """Put one device out."""
        self._to_all(Cut(door=number, device=device))

    def pass_on(self, passes: Passes) -> None:
        """The passes that count from now on."""
        self._passes = passes
        self._to_all(passes)

    def _to_all(self, message: Message) -> None:
        for send in [*self._serving.values(), *self._leaving.values()]:
            send(message, ())

    def answer(self, worker: int, message: Message) -> None:
        """To the worker that has asked, if it is still there."""
        send = self._serving.get(worker) or self._leaving.get(worker)
        if send is not None:
            send(message, ())

    def close(self) -> None:
        """At the end: give the ports back."""
        for _, sock in self._open.values():
            sock.close()
