"""One server takes the place of another of its name: `homeport --restart`.

    the new one                                   the old one
    asks for the listening sockets     ->         gives copies of them, and goes on
    starts its app; should that fail, nothing has changed
    is ready: accepts from them too
    asks it to leave                   ->         stops accepting, finishes, ends
    registers under the name
    waits a moment for its end, so that nobody who hears "ready" meets the old app

The sockets are open all the time, so no connection is refused.
"""

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping

from homeport.core import registry_words, server_words
from homeport.core.address import Address
from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NameTakenError, NothingThereError
from homeport.core.events import Event, News
from homeport.engine.binding import listening
from homeport.engine.control import Handler
from homeport.engine.control_client import ask, ask_for_files
from homeport.engine.namesake import to_replace
from homeport.engine.outside import Input
from homeport.engine.pinned import Pinned
from homeport.engine.presence import Presence, appear
from homeport.engine.registration import KeptName

GONE_WITHIN = 1.0
"""Seconds that the news of the new one is kept back while the old one finishes requests."""
ALONE_WITHIN = 15.0
"""The same for an app of which only one may be alive."""
PAUSE = 0.02
"""Seconds that a question waits at most meanwhile."""
_TRIES = 5


def inherited(entry: Entry) -> dict[Address, socket.socket]:
    """Copies of the listening sockets of a running server, by what they listen on.

    They are the caller's to close. Raises HomeportError when it does not give them.
    """
    try:
        _, files = ask_for_files(entry, {"ask": "listeners"})
    except HomeportError as error:
        if error.code == "unknown-word":
            port = min(entry.ports, default=None)
            raise server_words.cannot_hand_over(entry.name, port) from None
        raise
    return listening(files)


class Leaving:
    """A server that was asked to leave: its end can be waited for."""

    def __init__(self, entry: Entry) -> None:
        """Raises HomeportError when it does not answer; NothingThereError: it has left."""
        self._process = Pinned(entry)
        try:
            request = {"ask": "stop", "instance": entry.instance, "replaced": True}
            ask(entry, request, GONE_WITHIN)
        except BaseException:
            self._process.close()
            raise

    def is_gone(self, until: float) -> bool:
        """Whether it has ended, or does so before `until` (monotonic)."""
        return self._process.is_gone(until)

    def close(self) -> None:
        """Wait no more."""
        self._process.close()


class Heir:
    """A `Place` that another server has. `wanted` is the entry to be."""

    def __init__(
        self, wanted: Entry, environment: Mapping[str, str], warn: Callable[[str], None]
    ) -> None:
        self.handlers: dict[str, Handler] = {}
        self._wanted = wanted
        self._environment = environment
        self._warn = warn
        self._waits = True
        self._presence: Presence | None = None
        self._selector = selectors.DefaultSelector()
        self._orders: list[Event] = []
        self._always_readable: int | None = None

    def begin(self, *, alone: bool, signals: Input) -> None:
        """The other one answers, unless this app must be alone."""
        if alone:
            self._succeed(ALONE_WITHIN, signals)

    def hear(self, news: News) -> None:
        """The place changes hands when the app is ready."""
        if news is News.READY and self._waits:
            self._succeed(GONE_WITHIN)

    def _succeed(self, patience: float, signals: Input | None = None) -> None:
        """Let whoever has the name leave, take it, and wait so many seconds for its end."""
        self._waits = False
        leaving: list[Leaving] = []
        try:
            self._presence = self._take_the_name(leaving)
        except HomeportError as error:
            self._warn(registry_words.not_registered(error.message, error.next_steps))
        except OSError as error:
            self._warn(registry_words.not_registered(error.strerror or str(error)))
        else:
            self._presence.handlers.update(self.handlers)
            self._selector.register(self._presence, selectors.EVENT_READ)
        for each in leaving:
            self._wait(each, time.monotonic() + patience, signals)
            each.close()

    def _wait(self, other: Leaving, until: float, signals: Input | None) -> None:
        """For its end. Who asks us meanwhile is answered; an order ends the waiting."""
        while not other.is_gone(min(until, time.monotonic() + PAUSE)) and not self._orders:
            if time.monotonic() >= until:
                return
            if self._presence is not None:
                self._obey_later(self._presence.read())
            if signals is not None:
                self._obey_later([*(signals.read() or ())])

    def _obey_later(self, orders: list[Event]) -> None:
        if orders and self._always_readable is None:
            self._always_readable, other_end = os.pipe()
            os.close(other_end)
            self._selector.register(self._always_readable, selectors.EVENT_READ)
        self._orders += orders

    def _take_the_name(self, leaving: list[Leaving]) -> Presence:
        """Several may want it at the same time: the last one gets it."""
        for _ in range(_TRIES):
            old = self._who_has_it()
            if old is not None:
                leaving += self._let_go(old)
            with contextlib.suppress(NameTakenError):  # another one was quicker: on to that one
                return appear(self._wanted, self._environment, old.instance if old else None)
        return appear(self._wanted, self._environment)

    def _who_has_it(self) -> Entry | None:
        """Not always the one that gave its sockets: that may have ended, or be replaced."""
        return to_replace(self._wanted.name, self._wanted.project, self._environment)

    def _let_go(self, old: Entry) -> list[Leaving]:
        try:
            return [Leaving(old)]
        except NothingThereError:
            return []
        except HomeportError:
            self._warn(server_words.still_there(old.name, old.pid))
            return []

    def fileno(self) -> int:
        """For selectors."""
        return self._selector.fileno()

    def read(self) -> list[Event]:
        """Answer who asks."""
        orders, self._orders = self._orders, []
        if self._always_readable is not None:
            self._selector.unregister(self._always_readable)
            os.close(self._always_readable)
            self._always_readable = None
        return [*orders, *(self._presence.read() if self._presence is not None else [])]

    def keep_name(self) -> KeptName | None:
        """None while the other one has it."""
        return self._presence.keep_name() if self._presence is not None else None

    def close(self) -> None:
        """Leave the registry; or say that nothing has changed there."""
        if self._presence is not None:
            self._presence.close()
        if self._waits:
            self._waits = False
            with contextlib.suppress(HomeportError, OSError):
                if old := self._who_has_it():
                    self._warn(server_words.goes_on(old.name, "".join(old.urls[:1])))
