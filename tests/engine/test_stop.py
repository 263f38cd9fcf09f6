"""Who gets which signal, in a made-up world where processes change between two looks."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from homeport.core.errors import NotStoppedError
from homeport.core.facts import Listener
from homeport.core.occupants import occupants
from homeport.core.stopping import StopPlan
from homeport.engine.stop import Handle, Outside, PidHandle, Stopping
from tests.core.people import holder, listener


class World:
    """Processes that hold a port and do with a signal what they like."""

    def __init__(self, *held: Listener) -> None:
        self.held = list(held)
        self.alive = {each.pid for listener in held for each in listener.holders}
        self.signals: list[tuple[int, int]] = []
        self.open_handles = 0
        self.deaf: set[int] = set()
        self.ends_with: dict[int, tuple[int, ...]] = {}
        self.forbidden: set[int] = set()

    def plan(self) -> StopPlan:
        (occupant,) = occupants(self.held)
        return StopPlan(occupant=occupant, also=(), is_own_project=True)

    @property
    def outside(self) -> Outside:
        return Outside(look=self.look, open=self.open, patience=0.0)

    def look(self) -> tuple[Listener, ...]:
        left = (
            replace(each, holders=tuple(h for h in each.holders if h.pid in self.alive))
            for each in self.held
        )
        return tuple(each for each in left if each.holders)

    def open(self, pid: int) -> Handle:
        if pid not in self.alive:
            raise ProcessLookupError
        self.open_handles += 1
        return FakeHandle(pid, self)

    def end(self, pid: int) -> None:
        self.alive.discard(pid)
        for other in self.ends_with.get(pid, ()):
            self.end(other)


class FakeHandle:
    def __init__(self, pid: int, world: World) -> None:
        self.pid = pid
        self._world = world

    def signal(self, number: int) -> None:
        if self.pid in self._world.forbidden:
            raise PermissionError
        if self.pid not in self._world.alive:
            raise ProcessLookupError
        self._world.signals.append((self.pid, number))
        if number == signal.SIGKILL or self.pid not in self._world.deaf:
            self._world.end(self.pid)

    def ended(self, until: float) -> bool:
        return self.pid not in self._world.alive

    def close(self) -> None:
        self._world.open_handles -= 1


def reloading() -> World:
    return World(listener("127.0.0.1:8000", holder(7, 3), holder(9, 7, 3), inode=1))


def test_the_supervisor_is_asked_and_takes_its_worker_along() -> None:
    world = reloading()
    world.ends_with = {7: (9,)}
    with Stopping(world.plan(), world.outside) as stopping:
        assert stopping.terminate().holding == ()
    assert world.signals == [(7, signal.SIGTERM)]
    assert world.open_handles == 0


def test_a_worker_that_outlives_its_supervisor_is_asked_too() -> None:
    world = reloading()
    with Stopping(world.plan(), world.outside) as stopping:
        assert stopping.terminate().holding == ()
    assert world.signals == [(7, signal.SIGTERM), (9, signal.SIGTERM)]


def test_one_that_does_not_go_is_asked_once_and_killed_only_on_demand() -> None:
    world = reloading()
    world.ends_with, world.deaf = {7: (9,)}, {7}
    with Stopping(world.plan(), world.outside) as stopping:
        left = stopping.terminate()
        assert left.holding == (7,)
        assert world.signals == [(7, signal.SIGTERM), (9, signal.SIGTERM)]
        assert stopping.kill(left.holding).holding == ()
    assert world.signals[2:] == [(7, signal.SIGKILL)]


def later(held: Listener, **fields: object) -> Listener:
    (one,) = held.holders
    return replace(held, holders=(replace(one, **fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        lambda held: later(held, started=9999.0),  # the pid is somebody else's now
        lambda held: later(held, started=None, command="another"),
        lambda held: replace(held, inode=2),  # it closed the socket and opened a new one
        lambda held: replace(held, holders=()),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_signal_for_what_is_not_the_same_any_more(
    change: Callable[[Listener], Listener], when: str
) -> None:
    world = World(listener("127.0.0.1:8000", holder(7), inode=1))
    plan = world.plan()
    if when == "before":
        world.held = [change(world.held[0])]
        with pytest.raises(NotStoppedError, match="no signal was sent"):
            Stopping(plan, world.outside)
    else:
        with Stopping(plan, world.outside) as stopping:
            world.held = [change(world.held[0])]
            assert stopping.terminate().holding == ()
    assert world.signals == []
    assert world.open_handles == 0


def test_start_times_that_differ_by_the_clock_are_the_same() -> None:
    world = World(listener("127.0.0.1:8000", holder(7), inode=1))
    plan = world.plan()
    world.held = [later(world.held[0], started=1000.0 + 7 + 1)]
    with Stopping(plan, world.outside) as stopping:
        stopping.terminate()
    assert world.signals == [(7, signal.SIGTERM)]


def test_one_that_ended_meanwhile_is_no_error() -> None:
    world = reloading()
    plan = world.plan()
    world.end(7)
    with Stopping(plan, world.outside) as stopping:
        assert stopping.terminate().holding == ()
    assert world.signals == [(9, signal.SIGTERM)]


def test_what_gave_the_port_back_and_finishes_is_said_to_be_alive() -> None:
    world = World(listener("127.0.0.1:8000", holder(7), inode=1))
    world.deaf = {7}
    with Stopping(world.plan(), world.outside) as stopping:
        world.held = []
        left = stopping.terminate()
    assert (left.holding, left.alive) == ((), (7,))


def test_a_signal_that_is_not_permitted_is_a_refusal() -> None:
    world = World(listener("127.0.0.1:8000", holder(7), inode=1))
    world.forbidden = {7}
    with (
        Stopping(world.plan(), world.outside) as stopping,
        pytest.raises(NotStoppedError, match="does not let you"),
    ):
        stopping.terminate()


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_handle_signals_its_process_and_knows_when_it_ended(
    sleeper: "subprocess.Popen[bytes]",
) -> None:
    handle = PidHandle(sleeper.pid)
    assert not handle.ended(time.monotonic())
    handle.signal(signal.SIGTERM)
    assert handle.ended(time.monotonic() + 10)
    sleeper.wait()
    with pytest.raises(ProcessLookupError):
        handle.signal(signal.SIGTERM)
    handle.close()
    with pytest.raises(ProcessLookupError):
        PidHandle(sleeper.pid)
