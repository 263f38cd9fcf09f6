"""What a supervisor keeps running."""

from dataclasses import dataclass

from homeport.core import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to serve. `started` is a monotonic time.

    `restarts` is False when the one worker cannot be replaced; `waits_for_fix` False when a first
    start that fails is the end.
    """

    job: wire.Job
    stop_timeout: float
    started: float
    restarts: bool
    waits_for_fix: bool = True
