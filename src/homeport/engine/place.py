"""The place of a server among the others of this user."""

from collections.abc import Callable
from typing import Protocol

from homeport.core.events import Announce, Event, News
from homeport.engine.control import Handler
from homeport.engine.reporting import Moment, Opened, Reporter


class Place(Protocol):
    """An `Input` of the supervisor: it is there already, or waits for another to leave."""

    is_stopping: bool

    @property
    def handlers(self) -> dict[str, Handler]:
        """What can be asked over the control socket: word → what answers it."""

    def begin(self, *, alone: bool) -> bool:
        """The app is about to be started; whether another server answers until it is ready.

        `alone`: no other version of the app may be alive then.
        """

    def hear(self, news: News) -> None:
        """What happens to the server, before anybody is told."""

    def fileno(self) -> int:
        """For selectors."""

    def read(self) -> list[Event]:
        """Answer who asks."""

    def close(self) -> None:
        """Leave it. May be called again."""


class TellingThePlace:
    """A reporter that tells news to the place first."""

    def __init__(self, inner: Reporter, place: Place) -> None:
        self.opened: Callable[[Opened], None] = inner.opened
        self.cut = inner.cut
        self.debug = inner.debug
        self.warn = inner.warn
        self.refused, self.reached = inner.refused, inner.reached
        self.share, self.local_name = inner.share, inner.local_name
        self.guide = inner.guide
        self._inner = inner
        self._place = place

    def news(self, announce: Announce, moment: Moment) -> None:
        """Passed on."""
        self._place.hear(announce.news)
        self._inner.news(announce, moment)
