"""Telling the service manager how it stands: sd_notify(3), by ourselves.

One datagram for each message, to the socket that NOTIFY_SOCKET names. It never waits and never
fails: a manager that does not listen is no reason to stop serving.
"""

import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from homeport.core import notifications
from homeport.core.events import Announce
from homeport.engine.reporting import Moment

Notify = Callable[[str], None]


def notifier(address: str | None) -> Notify | None:
    """What sends messages there; None when there is no such place that we know how to reach.

    A path, or `@name` in Linux's abstract namespace (unix(7)).
    """
    if not address or address[0] not in "/@" or len(address) < 2:
        return None
    place = "\0" + address[1:] if address[0] == "@" else address
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setblocking(False)

    def notify(text: str) -> None:
        with suppress(OSError):
            sock.sendto(text.encode(errors="replace"), place)

    return notify


def microseconds() -> int:
    """CLOCK_MONOTONIC, as the manager reads it."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def has_terminal() -> bool:
    """Whether a terminal controls this process: then SIGHUP means that it was closed."""
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


class Notifying:
    """A follower of the news that tells the service manager."""

    def __init__(self, urls: Sequence[str], notify: Notify) -> None:
        """`urls` are for the status."""
        self._urls = urls
        self._notify = notify
        self._ready = False

    def hear(self, announce: Announce, moment: Moment) -> None:
        """One thing that happened."""
        said = notifications.notification(
            announce, self._urls, os.getpid(), microseconds(), ready=self._ready
        )
        self._ready = said.ready
        if said.text:
            self._notify(said.text)
