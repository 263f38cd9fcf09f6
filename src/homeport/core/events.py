"""What happens to a server (events) and what it does about it (actions); see `core/lifecycle`."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.errors import ExitCode
from homeport.core.failure import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """The listeners are open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The code is to be loaded again. `reasons` are file names, or how else it was asked for."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The worker has imported the app, and waits with its startup for `Start`."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker has started the app."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The worker could not start the app and is about to leave."""

    worker: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The worker's process is gone; `failure` says how, should it not have been told to."""

    worker: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """By a key, a signal or a caller."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A time given with `WakeAt` has come."""


Event = Begin | Changed | Imported | Ready | Failed | Exited | StopAsked | Due


class News(Enum):
    """What a person or a program is told; the value is the `event` of docs/json.md."""

    READY = "ready"
    RELOADING = "reloading"
    RELOADED = "reloaded"
    FAILED = "failed"
    CRASHED = "crashed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """Start a worker; with `failure` it serves the page that shows it."""

    worker: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Let the worker that waits run its startup: no other app of ours is alive."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """Hand the listeners over."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Tell it to stop accepting, finish and leave."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """End the process now."""

    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """Send `Due` at this monotonic time (seconds)."""

    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Tell people and programs. Fields beside `news` are set where they mean something.

    `pause` is the time until the next start after a crash, in seconds.
    """

    news: News
    reasons: tuple[str, ...] = ()
    failure: Failure | None = None
    still_serving: bool = False
    pause: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """End the program."""

    exit_code: ExitCode


Action = Spawn | Start | Give | Retire | Kill | WakeAt | Announce | Finish
