"""The place of a server among the others of this user."""

from typing import Protocol

from homeport.core.events import Event, News
from homeport.engine.control import Handler
from homeport.engine.outside import Input
from homeport.engine.registration import KeptName


class Place(Protocol):
    """An `Input` of the supervisor: it is there already, or waits for another to leave."""

    @property
    def handlers(self) -> dict[str, Handler]:
        """What can be asked over the control socket: word → what answers it."""

    def begin(self, *, alone: bool, signals: Input) -> None:
        """The app is about to be started.

        `alone`: no other version of the app may be alive then. `signals` end the wait for that.
        """

    def hear(self, news: News) -> None:
        """What happens to the server, before anybody is told."""

    def fileno(self) -> int:
        """For selectors."""

    def read(self) -> list[Event]:
        """Answer who asks."""

    def keep_name(self) -> KeptName | None:
        """As `close`, but nobody else may have it; None when it is not ours."""

    def close(self) -> None:
        """Leave it. May be called again."""
