"""What other programs may ask of a running server about its life; answered over its control socket.

A request that changes something carries the `instance` it is meant for: the name may be another
server's by the time it arrives.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.core import order_words, server_words
from homeport.core.events import Changed, StopAsked
from homeport.engine.control import Handler, Told
from homeport.engine.following import Diary
from homeport.engine.renewal import Renewal

RELOAD, RESTART, STOP = ("homeport " + word for word in ("reload", "restart", "stop"))
"""The reasons, as the server's own face tells them."""
REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The words `state`, `reload`, `restart`, `stop` and `listeners`.

    `log` is its log file when it runs in the background; `renewal` None: it cannot start again by
    itself. `within`: the seconds after which a stop must have come to its end.
    """

    name: str
    instance: str
    diary: Diary
    sockets: Sequence[socket.socket]
    restarts: bool
    log: str | None
    renewal: Renewal | None
    within: float
    shared_until: Callable[[], float | None]
    warn: Callable[[str], None]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """For the control socket."""
        return {
            "state": self._state,
            "reload": self._reload,
            "restart": self._restart,
            "stop": self._stop,
            "listeners": self._listeners,
        }

    def _state(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "instance": self.instance,
            **self.diary.progress.to_json(),
            "background": self.log is not None,
            "log": self.log or None,
            "shared_until": self.shared_until(),
        }

    def _reload(self, request: dict[str, Any]) -> Told:
        """Settled when `settled` of `state` has come to `ticket`."""
        self._check(request)
        if not self.restarts:
            raise order_words.cannot_reload(self.name)
        if self._is_stopping:
            raise order_words.stopping(self.name)
        ticket = self.diary.progress.asked + 1
        return Told({"ticket": ticket}, Changed(reasons=(RELOAD,)))

    def _restart(self, request: dict[str, Any]) -> Told:
        self._check(request)
        if self.renewal is None:
            raise order_words.cannot_restart(self.name)
        if self._is_stopping:
            raise order_words.stopping(self.name)
        self.renewal.ask()
        return Told({"within": self.within}, StopAsked(reason=RESTART))

    def _stop(self, request: dict[str, Any]) -> Told:
        """`replaced`: by a server that has the listeners too."""
        self._check(request)
        answer = {"within": self.within}
        if request.get("replaced") is not True:
            return Told(answer, StopAsked(reason=STOP))
        if self._is_stopping:  # to be asked twice would mean: at once
            return Told(answer)
        self.warn(server_words.REPLACED)
        return Told(answer, StopAsked(reason=REPLACED))

    def _listeners(self, request: dict[str, Any]) -> Told:
        """Copies of them, for a server that is to take this place."""
        return Told({}, descriptors=tuple(sock.fileno() for sock in self.sockets))

    @property
    def _is_stopping(self) -> bool:
        return self.diary.progress.phase == "stopping"

    def _check(self, request: dict[str, Any]) -> None:
        if request.get("instance") != self.instance:
            raise order_words.other_instance(self.name)
