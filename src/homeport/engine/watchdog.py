"""Signs of life for a service manager: WATCHDOG=1 of sd_notify(3).

One is sent when the worker that serves has answered a ping in its event loop, so it says that the
supervisor's loop turns and the app's too. A worker that hangs is asked once and not again; nothing
is sent then, nor while no worker serves, and the manager does what its unit says.
"""

from collections.abc import Callable

from homeport.core.wire import Message, Ping, Pong
from homeport.engine.sd_notify import Notify

Heard = Callable[[int, Message], None]
Ask = Callable[[Message], frozenset[int]]
"""Sends a message to the workers that serve; which they are."""


class Watchdog:
    """A `Chore`. A ping at half the interval, looked after at a quarter."""

    def __init__(
        self, interval: float, notify: Notify, ask: Ask, serving: Callable[[], frozenset[int]]
    ) -> None:
        """`interval` is in seconds: the manager's patience."""
        self._tick = interval / 4
        self._notify = notify
        self._ask = ask
        self._serving = serving
        self._number = 0
        self._asked: frozenset[int] = frozenset()
        self._ticks = 1
        self.due: float | None = 0.0

    def take(self, now: float) -> None:
        """Ask, unless whoever was asked still has to answer."""
        if self.due is None or self.due > now:
            return
        self.due = now + self._tick
        self._ticks += 1
        serving = self._serving()
        if self._asked & serving:
            return
        if self._asked or self._ticks >= 2:  # the one we have asked has left: ask its successor
            self._number += 1
            self._ticks = 0
            self._asked = self._ask(Ping(number=self._number)) if serving else frozenset()

    def hearing(self, heard: Heard) -> Heard:
        """What workers say, with their answers to us taken out."""

        def hear(worker: int, message: Message) -> None:
            if not isinstance(message, Pong):
                heard(worker, message)
            elif message.number == self._number and worker in self._asked:
                self._asked = frozenset()
                self._notify("WATCHDOG=1")

        return hear
