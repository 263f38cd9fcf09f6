"""What a supervisor keeps running."""

from dataclasses import dataclass

from homeport.core import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to serve. `started` is a monotonic time.

    `restarts` is False when the one worker cannot be replaced. `replaces`: another server answers
    until this one is ready.
    """

    job: wire.Job
    stop_timeout: float
    started: float
    restarts: bool
    replaces: bool = False
