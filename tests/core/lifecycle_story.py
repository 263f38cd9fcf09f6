"""A server's life told by hand: events go in, actions come out, time passes when told to."""

from collections.abc import Sequence

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
from homeport.core.failure import Failure, FailureKind
from homeport.core.lifecycle import step
from homeport.core.state import State

OVERTIME = 12.0
BROKEN = Failure(kind=FailureKind.IMPORT, summary="main.py does not import.")
BROKEN_AGAIN = Failure(kind=FailureKind.STARTUP, summary="The app does not start.")
NO_SUCH_NAME = Failure(kind=FailureKind.ATTRIBUTE_MISSING, summary="main has no ap.")
DIED = Failure(kind=FailureKind.DIED, summary="The worker died.")


class Story:
    """One server. Every verb returns what the server does about it."""

    def __init__(
        self, *, reload: bool = True, restarts: bool = True, replaces: bool = False
    ) -> None:
        self.state = State(reload=reload, overtime=OVERTIME, restarts=restarts, replaces=replaces)
        self.now = 1000.0

    def tell(self, event: Event) -> list[Action]:
        self.state, actions = step(self.state, event, self.now)
        return actions

    def begin(self) -> list[Action]:
        return self.tell(Begin())

    def save(self, *files: str) -> list[Action]:
        return self.tell(Changed(reasons=files or ("main.py",)))

    def imported(self, worker: int) -> list[Action]:
        """Only an app that says so waits here: `--single-lifespan`."""
        return self.tell(Imported(worker=worker))

    def ready(self, worker: int) -> list[Action]:
        return self.tell(Ready(worker=worker))

    def fails(self, worker: int, failure: Failure = BROKEN) -> list[Action]:
        return self.tell(Failed(worker=worker, failure=failure))

    def exits(self, worker: int, failure: Failure = DIED) -> list[Action]:
        return self.tell(Exited(worker=worker, failure=failure))

    def stop(self) -> list[Action]:
        return self.tell(StopAsked(reason="SIGINT"))

    def due(self) -> list[Action]:
        return self.tell(Due())

    def after(self, seconds: float) -> "Story":
        """The same story, later."""
        self.now += seconds
        return self

    def serving(self) -> "Story":
        """Told up to where worker 1 serves."""
        self.begin()
        self.ready(1)
        return self

    def explaining(self) -> "Story":
        """Told up to where worker 2 shows why the first start failed."""
        self.begin()
        self.fails(1)
        self.exits(1)
        self.ready(2)
        return self


def spawns(actions: Sequence[Action]) -> list[Spawn]:
    return [action for action in actions if isinstance(action, Spawn)]


def starts(actions: Sequence[Action]) -> list[Start]:
    return [action for action in actions if isinstance(action, Start)]


def gives(actions: Sequence[Action]) -> list[Give]:
    return [action for action in actions if isinstance(action, Give)]


def retires(actions: Sequence[Action]) -> list[Retire]:
    return [action for action in actions if isinstance(action, Retire)]


def kills(actions: Sequence[Action]) -> list[Kill]:
    return [action for action in actions if isinstance(action, Kill)]


def wakes(actions: Sequence[Action]) -> list[float]:
    return [action.time for action in actions if isinstance(action, WakeAt)]


def ends(actions: Sequence[Action]) -> list[Finish]:
    return [action for action in actions if isinstance(action, Finish)]


def news(actions: Sequence[Action]) -> list[News]:
    return [action.news for action in actions if isinstance(action, Announce)]


def told(actions: Sequence[Action], wanted: News) -> Announce:
    """The one announcement of this kind."""
    (found,) = [a for a in actions if isinstance(a, Announce) and a.news is wanted]
    return found
