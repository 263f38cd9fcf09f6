"""What a worker saw, told in batches that stay small whatever comes."""

from collections.abc import Callable
from typing import Any

from homeport.core.wire_doors import Visited
from homeport.engine.channel import Channel
from homeport.engine.guarding.visits import MOST_PEERS, MOST_REFUSALS, Visits


class Clock:
    """An event loop's timers, which a test runs."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], object]] = []

    def call_later(self, delay: float, callback: Any, *args: Any) -> object:
        self.timers.append(lambda: callback(*args))
        return None

    def run(self) -> None:
        timers, self.timers = self.timers, []
        for timer in timers:
            timer()


class Scene:
    """Visits, and what the supervisor hears of them."""

    def __init__(self) -> None:
        ours, theirs = Channel.pair()
        self.supervisor, self.worker, self.clock = Channel(theirs), ours, Clock()
        self.visits = Visits(self.worker, self.clock)

    def told(self) -> dict[int, dict[str, dict[str, Any]]]:
        """By door and peer."""
        self.clock.run()
        found = {}
        while self.supervisor.is_readable():
            for message, _ in self.supervisor.read() or []:
                assert isinstance(message, Visited)
                found[message.door] = {peer["ip"]: peer for peer in message.peers}
        return found

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.close()
        self.worker.close()


def test_what_one_peer_did_is_one_record() -> None:
    with Scene() as scene:
        for _ in range(3):
            scene.visits.arrived(7, "10.0.0.2")
            scene.visits.refused(7, "10.0.0.2", "R2", "foreign-host", "line")
        scene.visits.arrived(7, "10.0.0.2", "no shared cipher")
        scene.visits.let_in(7, "10.0.0.2", "d1", "Browser")
        scene.visits.let_in(7, "10.0.0.2", None, "Browser")
        scene.visits.forwarded(7, "10.0.0.2")
        assert len(scene.clock.timers) == 1
        assert scene.told() == {
            7: {
                "10.0.0.2": {
                    "ip": "10.0.0.2",
                    "agent": "Browser",
                    "connections": 3,
                    "requests": {"d1": 1, "": 1},
                    "refused": [["R2", "foreign-host", "line", 3]],
                    "forwarded": True,
                    "tls": {"no shared cipher": 1},
                }
            }
        }
        assert scene.told() == {}


def test_doors_are_told_apart_and_a_new_batch_begins_after_each() -> None:
    with Scene() as scene:
        scene.visits.arrived(1, "10.0.0.2")
        scene.visits.arrived(2, "10.0.0.2")
        assert [*scene.told()] == [1, 2]
        scene.visits.arrived(1, "10.0.0.3")
        assert [*scene.told()[1]] == ["10.0.0.3"]


def test_of_a_crowd_the_first_are_told_one_by_one() -> None:
    with Scene() as scene:
        for number in range(1000):
            scene.visits.arrived(1, f"10.0.{number // 250}.{number % 250}")
        told = scene.told()[1]
        assert len(told) == MOST_PEERS + 1
        assert told[""]["connections"] == 1000 - MOST_PEERS


def test_of_many_different_refusals_the_first_are_told() -> None:
    with Scene() as scene:
        for number in range(1000):
            scene.visits.refused(1, "10.0.0.2", "R2", "foreign-host", f"{number}.example")
        scene.visits.refused(1, "10.0.0.2", "R2", "foreign-host", "0.example")
        refused = scene.told()[1]["10.0.0.2"]["refused"]
        assert len(refused) == MOST_REFUSALS
        assert refused[0] == ["R2", "foreign-host", "0.example", 2]
