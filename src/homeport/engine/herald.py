"""When news is told: a new version only after the old one reads no new request any more.

Both accept for a moment. Whoever hears "reloaded" and then asks has a right to the new code, on
whatever connection; so that waits until the old worker has let go.
"""

from collections.abc import Callable

from homeport.core.events import Announce, News

PATIENCE = 1.0
"""Seconds that an old worker whose loop hangs can keep the news back."""


class Herald:
    """Tells news in order. `tell` gets the news and when it began; all times are monotonic."""

    def __init__(self, tell: Callable[[Announce, float], None]) -> None:
        self._tell = tell
        self._reading: set[int] = set()
        self._untold: tuple[Announce, float] | None = None
        self.due: float | None = None

    def retired(self, worker: int) -> None:
        """The worker was told to leave."""
        self._reading.add(worker)

    def released(self, worker: int) -> None:
        """The worker reads nothing new any more, or is gone."""
        self._reading.discard(worker)
        if not self._reading:
            self._say()

    def announce(self, announce: Announce, began: float, now: float) -> None:
        """Tell it, after what is still untold; or keep it for a moment."""
        self._say()
        self._untold = (announce, began)
        if self._reading and announce.news in (News.READY, News.RELOADED):
            self.due = now + PATIENCE
        else:
            self._say()

    def take(self, now: float) -> None:
        """Tell what was kept back for long enough."""
        if self.due is not None and self.due <= now:
            self._say()

    def _say(self) -> None:
        untold, self._untold, self.due = self._untold, None, None
        if untold is not None:
            self._tell(*untold)
