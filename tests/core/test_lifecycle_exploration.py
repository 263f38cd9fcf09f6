"""Thousands of random lives: what must hold whatever happens, and in whatever order."""

import random
from dataclasses import dataclass, field

import pytest

from homeport.core.events import (
    Action,
    Announce,
    Begin,
    Changed,
    Due,
    Event,
    Exited,
    Failed,
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
from homeport.core.state import Phase
from tests.core.lifecycle_story import BROKEN, DIED, NO_SUCH_NAME, OVERTIME, Story, ends


@dataclass
class Process:
    """A worker as the outside sees it: what it said, what it was told."""

    page: bool
    imported: bool = False
    started: bool = False
    ready: bool = False
    failed: bool = False
    holds: bool = False
    retired: bool = False
    killed: bool = False

    @property
    def leaving(self) -> bool:
        return self.failed or self.retired or self.killed


@dataclass
class World:
    """The supervisor's surroundings: keeps the books and checks them after every event.

    `single`: of the app only one may be alive.
    """

    story: Story
    single: bool = False
    alive: dict[int, Process] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    wakes: list[float] = field(default_factory=list)
    spawned: int = 0
    finished: int = 0
    stopping: bool = False

    def tell(self, event: Event) -> None:
        before = self.holder()
        upcoming = self.upcoming()
        self._note(event)
        actions = self.story.tell(event)
        for place, action in enumerate(actions):
            self._do(action, actions[:place])
        self._check(event, actions)
        refused = isinstance(event, Failed | Exited) and event.worker == upcoming
        if refused and before is not None and not self.alive[before].page:
            assert [type(a) for a in actions if not isinstance(a, WakeAt)] == [Announce]
            assert self.holder() == before, "a worker that fails changes nothing for clients"

    def holder(self) -> int | None:
        holders = [n for n, p in self.alive.items() if p.holds and not p.retired and not p.killed]
        assert len(holders) <= 1, "two workers hold the listeners for good"
        return holders[0] if holders else None

    def upcoming(self) -> int | None:
        starting = [n for n, p in self.alive.items() if not p.holds and not p.leaving]
        assert len(starting) <= 1, "two workers are being started"
        return starting[0] if starting else None

    def _note(self, event: Event) -> None:
        if isinstance(event, StopAsked):
            self.stopping = True
        if isinstance(event, Due):
            self.wakes = [wake for wake in self.wakes if wake > self.story.now]
        if isinstance(event, Imported) and event.worker in self.alive:
            self.alive[event.worker].imported = True
        if isinstance(event, Ready | Failed | Exited) and event.worker in self.alive:
            process = self.alive[event.worker]
            process.ready |= isinstance(event, Ready)
            process.failed |= isinstance(event, Failed)
            if isinstance(event, Exited):
                del self.alive[event.worker]
                self.gone.append(event.worker)

    def _do(self, action: Action, earlier: list[Action]) -> None:
        assert self.finished == 0, "nothing is done after the end"
        match action:
            case Spawn(worker=number, failure=failure):
                assert number == self.spawned + 1, "numbers are never used twice"
                assert not self.stopping
                self.spawned = number
                self.alive[number] = Process(page=failure is not None)
            case Start(worker=number):
                assert self.alive[number].imported, "it was not asked for"
                assert not self.alive[number].started, "twice"
                assert not self.alive[number].leaving
                others = [p for n, p in self.alive.items() if n != number and not p.page]
                assert not others, "two apps are alive"
                self.alive[number].started = True
            case Give(worker=number):
                assert self.alive[number].ready, "only a worker that said ready gets listeners"
                assert not self.alive[number].leaving
                self.alive[number].holds = True
            case Retire(worker=number):
                assert number == next(n for n, p in self.alive.items() if p.holds and not p.retired)
                given = any(isinstance(a, Give) and a.worker != number for a in earlier)
                upcoming = self.upcoming()
                room = upcoming is not None and self.alive[upcoming].imported
                stopping = self.story.state.phase is Phase.STOPPING
                assert given or stopping or (self.single and room), "nobody accepts"
                self.alive[number].retired = True
            case Kill(worker=number):
                self.alive[number].killed = True
            case WakeAt(time=moment):
                assert moment > self.story.now
                self.wakes.append(moment)
            case Announce(news=told, still_serving=still):
                holder = self.holder()
                serves = holder is not None and not self.alive[holder].page
                assert told is not News.FAILED or still is serves
            case _:
                self.finished += 1
                assert action is ends([action])[0]

    def _check(self, event: Event, actions: list[Action]) -> None:
        state, now = self.story.state, self.story.now
        assert all(state.knows(number) for number in self.alive), "a worker was lost"
        assert not any(state.knows(number) for number in self.gone), "a dead worker is expected"
        holder, upcoming = self.holder(), self.upcoming()
        assert (state.current.number if state.current else None) == holder
        assert (state.upcoming.number if state.upcoming else None) == upcoming
        assert (state.phase is Phase.STOPPED) is (self.finished == 1)
        if state.phase is Phase.STOPPED:
            assert not self.alive, "everyone has left before the end"
        if state.phase is Phase.SERVING:
            assert holder is not None
            assert upcoming is None
        if state.phase in (Phase.STARTING, Phase.RELOADING):
            assert upcoming is not None
            assert (holder is not None) is (state.phase is Phase.RELOADING)
        if state.phase is Phase.WAITING:
            assert self.wakes or now >= state.restart_at, "it would sleep for ever"
        for process in self.alive.values():
            if process.leaving and not process.killed:
                assert any(wake <= now + OVERTIME for wake in self.wakes), "it may hang for ever"
        if upcoming is not None and self.alive[upcoming].imported:
            assert self.alive[upcoming].started or len(self.alive) > 1, "it waits for nobody"
        if isinstance(event, Due) and not self.stopping and state.phase is Phase.WAITING:
            assert state.restart_at > now


def legal_events(world: World, dice: random.Random) -> list[Event]:
    """What could happen next; the more often an event is listed the likelier it is."""
    failure = dice.choice((BROKEN, BROKEN, DIED, NO_SUCH_NAME))
    events: list[Event] = [Changed(reasons=("main.py",))]
    for number, process in world.alive.items():
        events.append(Exited(worker=number, failure=failure))
        if world.single and not process.page and not process.imported and not process.failed:
            events += [Imported(worker=number)] * 4 + [Failed(worker=number, failure=failure)]
        elif world.single and not process.page and not process.started:
            continue
        elif not process.ready and not process.failed:
            events += [Ready(worker=number)] * 3 + [Failed(worker=number, failure=failure)] * 2
    if any(wake <= world.story.now for wake in world.wakes):
        events += [Due()] * 4
    if world.gone:
        late = dice.choice(world.gone)
        events.append(
            dice.choice(
                (Imported(worker=late), Ready(worker=late), Failed(worker=late, failure=failure))
            )
            if dice.random() < 0.5
            else Exited(worker=late, failure=failure)
        )
    if dice.random() < 0.05:
        events.append(StopAsked(reason="q"))
    return events


def live(seed: int) -> World:
    """One life, from the start to the end."""
    dice = random.Random(seed)
    world = World(Story(reload=dice.random() < 0.8), single=dice.random() < 0.5)
    world.tell(Begin())
    for _ in range(dice.randrange(60)):
        world.story.now += dice.choice((0, 0, 0.05, 0.2, 1, 3, 15, 40))
        world.tell(dice.choice(legal_events(world, dice)))
    world.tell(StopAsked(reason="q"))
    world.story.now += dice.choice((0.05, 1))
    world.tell(StopAsked(reason="q"))
    while world.alive:
        world.tell(Exited(worker=dice.choice(list(world.alive)), failure=DIED))
    world.tell(dice.choice((Due(), Changed(reasons=("main.py",)), StopAsked(reason="q"))))
    return world


@pytest.mark.parametrize("block", range(10))
def test_every_life_keeps_the_promises_and_ends_once(block: int) -> None:
    for seed in range(block * 400, (block + 1) * 400):
        try:
            world = live(seed)
        except AssertionError as error:
            raise AssertionError(f"life {seed}: {error}") from error
        assert world.story.state.phase is Phase.STOPPED
        assert world.finished == 1
