"""A running server among the others: in the registry, and answering on its control socket."""

from collections.abc import Mapping
from typing import Any

from homeport.core.entry import Entry
from homeport.core.events import Event, News
from homeport.engine.control import Control, Handler
from homeport.engine.new_entry import new_entry
from homeport.engine.outside import Input
from homeport.engine.registration import KeptName, Registration, register
from homeport.engine.reporting import Opened
from homeport.engine.runtime_folder import runtime_folder
from homeport.host.me import network_id


def entry_of(name: str, opened: Opened) -> Entry:
    """What this process will write into the registry."""
    addresses = tuple(str(address) for address in opened.addresses)
    return new_entry(
        name, urls=opened.urls, addresses=addresses, project=opened.project, app=opened.app
    )


def appear(
    wanted: Entry, environment: Mapping[str, str], replacing: str | None = None
) -> "Presence":
    """Register a server; `replacing` is the instance that may be put out of its place.

    Raises NameTakenError, HomeportError for an unsafe folder, OSError where the system refuses;
    then nothing is left behind.
    """
    folder = runtime_folder(environment, make=True)
    try:
        registration = register(folder, wanted, replacing)
    except BaseException:
        folder.close()
        raise
    try:
        return Presence(registration)
    except BaseException:
        registration.close()
        raise


class Presence:
    """A `Place` that is there; others add their own words to its `handlers`."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self._is_closed = False
        self._listens = True
        self.control = Control(registration.socket, {"who": self._who, "facts": self._facts})

    @property
    def entry(self) -> Entry:
        """As it is written down now."""
        return self.registration.entry

    @property
    def handlers(self) -> dict[str, Handler]:
        """Word → what answers it."""
        return self.control.handlers

    def begin(self, *, alone: bool, signals: Input) -> None:
        """It is alone."""

    def hear(self, news: News) -> None:
        """Nothing changes hands; a server that is stopping does not listen any more."""
        self._listens = self._listens and news is not News.STOPPING

    def fileno(self) -> int:
        """For selectors."""
        return self.control.fileno()

    def read(self) -> list[Event]:
        """Answer who asks."""
        return self.control.read()

    def close(self) -> None:
        """Answer nobody any more and leave the registry. May be called again."""
        if not self._is_closed:
            self._is_closed = True
            self.control.close()
            self.registration.close()

    def keep_name(self) -> KeptName | None:
        """Answer nobody any more; the name stays ours. None after `close`."""
        if self._is_closed:
            return None
        self._is_closed = True
        self.control.close()
        return self.registration.keep()

    def _who(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**self._now().to_json(), "network": network_id()}

    def _now(self) -> Entry:
        return self.entry if self._listens else self.entry.not_listening()

    def _facts(self, request: dict[str, Any]) -> dict[str, Any]:
        entry = self._now()
        return {
            "urls": entry.urls,
            "addresses": entry.addresses,
            "since": entry.started,
            "app": entry.app,
        }
