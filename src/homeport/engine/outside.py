"""What the supervisor is handed of the outside world, so that tests can hand it something else."""

from collections.abc import Iterable
from typing import Protocol

from homeport.core.events import Event
from homeport.engine.channel import Channel


class Process(Protocol):
    """A worker process, or what stands for one."""

    channel: Channel

    def kill(self) -> None:
        """End it now."""

    def reap(self) -> int | None:
        """Its exit code once it has ended."""

    def wait(self) -> None:
        """Until it has ended."""

    def close(self) -> None:
        """Let go of it."""


class Input(Protocol):
    """A source of events besides the workers: keys, signals."""

    def fileno(self) -> int:
        """For selectors."""

    def read(self) -> Iterable[Event] | None:
        """What has happened since the last call; None when nothing will come any more."""


class Chore(Protocol):
    """Something to do at certain times."""

    @property
    def due(self) -> float | None:
        """When it is to be done next (monotonic); None: not now."""

    def take(self, now: float) -> None:
        """Do it if it is due."""
