"""The service manager that has started us, if one has: what it said, and what we do for it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homeport.core import inherited, notifications
from homeport.core.events import Changed, Event
from homeport.engine.doors import Doors
from homeport.engine.following import Follower
from homeport.engine.reporting import Opened
from homeport.engine.sd_notify import Notify, Notifying, has_terminal, microseconds, notifier
from homeport.engine.watchdog import Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceManager:
    """`told` are its variables. `notify` None: it wants to hear nothing."""

    told: Mapping[str, str]
    notify: Notify | None = None

    @classmethod
    def of(cls, told: Mapping[str, str]) -> "ServiceManager":
        """From its variables, which have been taken out of the environment."""
        return cls(told=told, notify=notifier(told.get("NOTIFY_SOCKET")))

    def followers(self, opened: Opened) -> list[Follower]:
        """Who tells it the news; nobody when it wants to hear nothing."""
        return [Notifying(opened.urls, self.notify).hear] if self.notify is not None else []

    def watchdog(self, doors: Doors) -> Watchdog | None:
        """When signs of life are wanted."""
        interval = inherited.watchdog(self.told, os.getpid())
        if interval is None or self.notify is None:
            return None
        return Watchdog(interval, self.notify, doors.ask, doors.serving)

    def hangup(self, *, restarts: bool) -> Callable[[], list[Event]] | None:
        """What SIGHUP means: a reload; None where it means the end of a terminal.

        `restarts`: a worker can be replaced.
        """
        notify = self.notify
        if notify is None or has_terminal():
            return None

        def reload() -> list[Event]:
            if restarts:
                return [Changed(reasons=("SIGHUP",))]
            for text in notifications.no_reload(microseconds()):
                notify(text)
            return []

        return reload
