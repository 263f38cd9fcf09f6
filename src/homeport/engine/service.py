"""What a supervisor keeps running."""

from dataclasses import dataclass

from homeport.core import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What to serve. `descriptors` are the open listeners; `started` is a monotonic time.

    `restarts` is False when the one worker cannot be replaced.
    """

    job: wire.Job
    descriptors: tuple[int, ...]
    stop_timeout: float
    started: float
    restarts: bool
