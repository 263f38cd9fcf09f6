"""The `.local` name of a share: announced, withdrawn, and what comes of it told."""

import selectors
from collections.abc import Callable

from homeport.core.share_actions import AnnounceName
from homeport.engine.mdns import Announcement, News


class Announcer:
    """At most one name at a time. An `Input` of the supervisor that brings no events."""

    def __init__(self, tell: Callable[[News], None]) -> None:
        self._tell = tell
        self._selector = selectors.DefaultSelector()
        self._current: Announcement | None = None

    def fileno(self) -> int:
        """For selectors."""
        return self._selector.fileno()

    def announce(self, wanted: AnnounceName, instance: str) -> None:
        """Announce it on the interface of its place only."""
        self.withdraw()
        address = wanted.place.address
        self._current = Announcement.start(
            name=wanted.name,
            ip=address.ip,
            port=address.port,
            tls=wanted.tls,
            instance=instance,
        )
        self._selector.register(self._current, selectors.EVENT_READ, self._current)

    def withdraw(self) -> None:
        """Say goodbye; the process that does it ends by itself."""
        if self._current is not None:
            self._current.stop()
            self._current = None

    def read(self) -> list[object]:
        """What the processes tell; of one that was told to stop nothing is news."""
        for key, _ in self._selector.select(0):
            announcement = key.data
            news = announcement.read()
            if news is None:
                self._selector.unregister(key.fd)
                if announcement is self._current:
                    self._current = None
            elif announcement is self._current:
                for each in news:
                    self._tell(each)
        return []

    def close(self) -> None:
        """Withdraw, and wait a moment until it is done."""
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()
