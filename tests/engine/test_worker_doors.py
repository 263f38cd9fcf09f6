"""The doors of a worker: what it is told of one, also when that comes before the door is open."""

import asyncio
import socket
from typing import Any, cast

from homeport.core.door import DoorKind, Policy
from homeport.core.opened_door import OpenedDoor
from homeport.core.wire_doors import Change, Cut, Visited
from homeport.engine.channel import Channel
from homeport.engine.serving.door import Door
from homeport.engine.worker_doors import WorkerDoors

POLICY = Policy(kind=DoorKind.SHARED, ip="10.0.0.1", port=80, network="10.0.0.0/24", until=1.0)
NAMED = Policy(
    kind=DoorKind.SHARED, ip="10.0.0.1", port=80, network="10.0.0.0/24", until=1.0, name="shop"
)


class Serving:
    """A `Server` that only keeps what it is asked for."""

    def __init__(self) -> None:
        self.doors: dict[int, Door] = {}
        self.cuts: list[tuple[int, set[tuple[str, int]]]] = []

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Never called."""

    async def accept_on(self, sock: socket.socket, door: Door) -> None:
        sock.close()
        self.doors[door.number] = door

    async def shut(self, number: int) -> None:
        del self.doors[number]

    def cut(self, number: int, clients: set[tuple[str, int]]) -> None:
        self.cuts.append((number, clients))

    def clients(self, number: int) -> set[tuple[str, int]]:
        return {("10.0.0.2", 3000)}


class Scene:
    """The doors of a worker and the supervisor's end of its channel; in a running loop."""

    def __init__(self) -> None:
        worker, theirs = Channel.pair()
        self.ends = worker, Channel(theirs)
        self.serving = Serving()
        self.doors = WorkerDoors(cast(Any, self.serving), worker, ())

    async def open(self, number: int, policy: Policy = POLICY) -> Any:
        """The keeper of a door that was opened."""
        facts = OpenedDoor(number=number, policy=policy, instance="i").to_json()
        await self.doors.open(socket.socket(), facts)
        return self.serving.doors[number].app

    def visited(self, keeper: Any, device: str | None, port: int) -> None:
        """A request was let in."""
        keeper._told.visited(device, {"client": ("10.0.0.2", port), "headers": []})

    def heard(self) -> list[Visited]:
        self.doors.tell()
        return [cast(Visited, message) for message, _ in self.ends[1].read() or []]

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        for end in self.ends:
            end.close()


def test_what_is_changed_before_the_door_is_open_counts_too() -> None:
    async def story() -> None:
        with Scene() as scene:
            scene.doors.hear(Change(door=3, policy=NAMED.to_json()))
            assert (await scene.open(3)).policy == NAMED
            assert (await scene.open(4)).policy == POLICY
            scene.doors.hear(Change(door=4, policy=NAMED.to_json()))
            assert scene.serving.doors[4].app.policy == NAMED

    asyncio.run(story())


def test_a_device_is_cut_by_the_connections_it_came_by() -> None:
    async def story() -> None:
        with Scene() as scene:
            keeper = await scene.open(3)
            for device, port in (("d1", 1000), ("d2", 2000), ("d1", 3000), (None, 4000)):
                scene.visited(keeper, device, port)
            scene.doors.hear(Cut(door=3, device="d1"))
            assert scene.serving.cuts == [(3, {("10.0.0.2", 1000), ("10.0.0.2", 3000)})]

    asyncio.run(story())


def test_connections_that_ended_long_ago_are_forgotten() -> None:
    async def story() -> None:
        with Scene() as scene:
            keeper = await scene.open(3)
            for port in range(1, 5001):
                scene.visited(keeper, "d1", port)
            assert len(scene.doors._devices) <= 2048
            assert ("10.0.0.2", 3000) in scene.doors._devices

    asyncio.run(story())


def test_who_is_not_of_that_network_is_not_admitted_and_counted() -> None:
    async def story() -> None:
        with Scene() as scene:
            await scene.open(3)
            admits = scene.serving.doors[3].admits
            assert admits is not None
            assert [admits(ip) for ip in ("10.0.0.2", "10.0.1.2", "127.0.0.1")] == [
                True,
                False,
                False,
            ]
            (visited,) = scene.heard()
            assert {peer["ip"]: peer["refused"][0][0] for peer in visited.peers} == {
                "10.0.1.2": "R0",
                "127.0.0.1": "R0",
            }

    asyncio.run(story())
