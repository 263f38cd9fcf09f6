"""What other programs may ask of a running server about its life; answered over its control socket.

A request that changes something carries the `instance` it is meant for: the name may be another
server's by the time it arrives.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from homeport.core import order_words
from homeport.core.events import Changed, StopAsked
from homeport.engine.control import Handler, Told
from homeport.engine.following import Diary
from homeport.engine.renewal import Renewal

RELOAD, RESTART, STOP = ("homeport " + word for word in ("reload", "restart", "stop"))
"""The reasons, as the server's own face tells them."""
REPLACED = "replaced"


class Orders:
    """The words `state`, `reload`, `restart`, `stop` and `listeners`.

    `log` is its log file when it runs in the background; `renewal` None: it cannot start again by
    itself, and `is_managed`: because a service manager does that. `within`: the seconds after which
    a stop must have come to its end.
    """

    def __init__(
        self,
        *,
        name: str,
        instance: str,
        diary: Diary,
        sockets: Sequence[socket.socket],
        restarts: bool,
        log: str | None,
        renewal: Renewal | None,
        is_managed: bool = False,
        within: float,
        shared_until: Callable[[], float | None],
        warn: Callable[[str], None],
    ) -> None:
        self._name = name
        self._instance = instance
        self._diary = diary
        self._sockets = sockets
        self._restarts = restarts
        self._log = log
        self._renewal = renewal
        self._is_managed = is_managed
        self._within = within
        self._shared_until = shared_until
        self._warn = warn

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
            "instance": self._instance,
            **self._diary.progress.to_json(),
            "background": self._log is not None,
            "log": self._log or None,
            "shared_until": self._shared_until(),
        }

    def _reload(self, request: dict[str, Any]) -> Told:
        """Settled when `settled` of `state` has come to `ticket`."""
        self._check(request)
        if not self._restarts:
            raise order_words.cannot_reload(self._name)
        if self._is_stopping:
            raise order_words.stopping(self._name)
        ticket = self._diary.progress.asked + 1
        return Told({"ticket": ticket}, Changed(reasons=(RELOAD,)))

    def _restart(self, request: dict[str, Any]) -> Told:
        self._check(request)
        if self._renewal is None:
            raise order_words.cannot_restart(self._name, is_managed=self._is_managed)
        if self._is_stopping:
            raise order_words.stopping(self._name)
        self._renewal.ask()
        return Told({"within": self._within}, StopAsked(reason=RESTART))

    def _stop(self, request: dict[str, Any]) -> Told:
        """`replaced`: by a server that has the listeners too."""
        self._check(request)
        answer = {"within": self._within}
        if request.get("replaced") is not True:
            return Told(answer, StopAsked(reason=STOP))
        if self._is_stopping:  # to be asked twice would mean: at once
            return Told(answer)
        from homeport.core.server_words import REPLACED as SAID

        self._warn(SAID)
        return Told(answer, StopAsked(reason=REPLACED))

    def _listeners(self, request: dict[str, Any]) -> Told:
        """Copies of them, for a server that is to take this place."""
        if self._is_stopping:  # they are closed
            raise order_words.stopping(self._name)
        return Told({}, descriptors=tuple(sock.fileno() for sock in self._sockets))

    @property
    def _is_stopping(self) -> bool:
        return self._diary.progress.phase == "stopping"

    def _check(self, request: dict[str, Any]) -> None:
        if request.get("instance") != self._instance:
            raise order_words.other_instance(self._name)
