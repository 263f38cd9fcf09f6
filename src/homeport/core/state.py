"""Where a server is in its life: the state that `core/lifecycle` steps from one to the next."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.errors import ExitCode


class Phase(Enum):
    """Where a server is in its life."""

    NEW = "new"
    STARTING = "starting"
    SERVING = "serving"
    RELOADING = "reloading"
    WAITING = "waiting"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process by its number; `page` means it shows a failure instead of the app.

    `waits`: it has imported the app and begins its startup when no other app is alive.
    """

    number: int
    page: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the table needs to know. Times are monotonic seconds.

    `overtime` is how long a worker that was told to leave may take before it is killed; it bounds
    itself, so this is for one that hangs. `restarts` is False for an app object: there is one
    worker and there can be no other. `replaces`: another server answers until this one is ready, so
    a start that fails is the end of it. `served` means the app has answered at least once.
    """

    reload: bool
    overtime: float
    restarts: bool = True
    replaces: bool = False
    phase: Phase = Phase.NEW
    current: Worker | None = None
    upcoming: Worker | None = None
    leaving: tuple[tuple[int, float], ...] = ()
    spawned: int = 0
    served: bool = False
    reasons: tuple[str, ...] = ()
    current_since: float = 0.0
    crashes: int = 0
    restart_at: float = 0.0
    stop_asked_at: float | None = None
    exit_code: ExitCode = ExitCode.OK

    def is_leaving(self, number: int) -> bool:
        """Whether the worker was told to leave, or killed, and has not ended yet."""
        return any(number == leaver for leaver, _ in self.leaving)

    def knows(self, number: int) -> bool:
        """Whether the worker still matters."""
        workers = (self.current, self.upcoming)
        return self.is_leaving(number) or any(w and w.number == number for w in workers)
