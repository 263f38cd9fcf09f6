"""Which device the keys `y` and `n` are about: one question at a time, the one that is shown.

Others that ask meanwhile wait their turn. A key that comes right after a question was shown was
meant for the one before (a double press, a device that just gave up), so it does not count.
"""

from dataclasses import dataclass, replace

from homeport.core.devices import Device, Devices
from homeport.core.share_actions import News, Tell

PAUSE = 1.0
"""Seconds a question is shown before a key answers it: nobody compares a number faster."""
_ANSWERED = (News.ASKS_NO_MORE, News.LET_IN, News.DENIED, News.REVOKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorbell:
    """Who waits for an answer, the one that is shown first; `since` is monotonic."""

    waiting: Devices = ()
    since: float = 0.0

    @property
    def shown(self) -> Device | None:
        """The one that is asked about."""
        return self.waiting[0] if self.waiting else None

    def heard(self, tell: Tell, now: float) -> "Doorbell":
        """After a piece of news."""
        if tell.news is News.ENDED:
            return Doorbell()
        if tell.device is None:
            return self
        if tell.news is News.ASKS:
            since = self.since if self.waiting else now
            return replace(self, waiting=(*self.waiting, tell.device), since=since)
        return self.without(tell.device.id, now) if tell.news in _ANSWERED else self

    def without(self, device: str, now: float) -> "Doorbell":
        """It has its answer, or asks no more."""
        left = tuple(each for each in self.waiting if each.id != device)
        is_new = left[:1] != self.waiting[:1]
        return Doorbell(waiting=left, since=now if is_new else self.since)

    def meant(self, now: float) -> Device | None:
        """The one that a key is about now."""
        return self.shown if now - self.since >= PAUSE else None
