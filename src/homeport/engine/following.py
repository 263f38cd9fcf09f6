"""A reporter whose news others hear as well."""

from collections.abc import Callable

from homeport.core.events import Announce
from homeport.core.progress import Progress, after
from homeport.engine.reporting import Moment, Opened, Reporter

Follower = Callable[[Announce, Moment], None]


class Following:
    """Passes everything on; the followers hear the news after the reporter, `first` before it."""

    def __init__(
        self, inner: Reporter, *followers: Follower, first: Follower | None = None
    ) -> None:
        self.opened: Callable[[Opened], None] = inner.opened
        self.cut, self.debug, self.warn = inner.cut, inner.debug, inner.warn
        self.refused, self.reached = inner.refused, inner.reached
        self.share, self.local_name, self.guide = inner.share, inner.local_name, inner.guide
        self._inner = inner
        self._followers = followers
        self._first = first

    def news(self, announce: Announce, moment: Moment) -> None:
        """One thing that happened."""
        if self._first is not None:
            self._first(announce, moment)
        self._inner.news(announce, moment)
        for follower in self._followers:
            follower(announce, moment)


class Diary:
    """A follower that knows how far the server is."""

    def __init__(self) -> None:
        self.progress = Progress()

    def hear(self, announce: Announce, moment: Moment) -> None:
        """Go on from there."""
        self.progress = after(self.progress, announce, moment.took)
