"""Starting a server again in its own process: the listeners stay open, so nobody is refused.

Asked over the control socket the server stops as always; then, instead of ending, the process runs
its own command line again (execve(2)): a new interpreter, the settings read anew, the same pid,
terminal, folder and environment. Connections that come meanwhile wait in the listeners' queues, and
its name stays taken: who looks for it waits too.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from homeport.core.address import Address
from homeport.engine.background_log import BackgroundLog
from homeport.engine.binding import listening
from homeport.engine.place import Place
from homeport.engine.registration import KeptName
from homeport.engine.signals import ENDING

VARIABLE = "_HOMEPORT_RENEWED"
"""What the new image is told, with the pid, so that no child takes it for its own."""


class Kept(NamedTuple):
    """From before. `log` is that of a background server."""

    sockets: Mapping[Address, socket.socket]
    log: BackgroundLog | None
    name: KeptName | None


class Renewal:
    """The wish to start again, and what is carried over."""

    def __init__(self, sockets: Sequence[socket.socket], log: BackgroundLog | None):
        self._sockets = sockets
        self._log = log
        self._kept: list[int] = []
        self._name: KeptName | None = None

    def ask(self) -> None:
        """From now on the listeners outlive the server. OSError."""
        if not self._kept:
            self._kept = [os.dup(sock.fileno()) for sock in self._sockets]

    def leave(self, place: Place) -> None:
        """The server has ended: it gives its place up, unless it comes back."""
        if self.is_asked:
            self._name = place.keep_name()
        else:
            place.close()

    @property
    def is_asked(self) -> bool:
        """Whether the end is to be a new beginning."""
        return bool(self._kept)

    def go(self) -> NoReturn:
        """Become the new one. OSError when there is no interpreter any more."""
        log = (*self._log.descriptors, self._log.path) if self._log is not None else None
        name = self._name.descriptors if self._name is not None else ()
        for descriptor in (*self._kept, *name, *(log or ())[:2]):
            os.set_inheritable(descriptor, True)
        told = {"pid": os.getpid(), "sockets": self._kept, "log": log, "name": self._name}
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # the new image would be deaf
        environment = {**os.environ, VARIABLE: json.dumps(told)}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def kept(environment: MutableMapping[str, str] = os.environ) -> Kept | None:
    """What this process has from before, if it was renewed. Children hear nothing of it."""
    text = environment.pop(VARIABLE, None)
    if text is None:
        return None
    with suppress(ValueError, KeyError, TypeError, OSError):
        told = json.loads(text)
        if told["pid"] == os.getpid():
            sockets = listening(told["sockets"])
            return Kept(sockets, _kept_log(told["log"]), _kept_name(told.get("name")))
    return None


def _kept_log(told: list[Any] | None) -> BackgroundLog | None:
    if told is None:
        return None
    pipe, keeper, path = told
    for descriptor in (pipe, keeper):
        os.set_inheritable(descriptor, False)
    return BackgroundLog(pipe, socket.socket(fileno=keeper), path)


def _kept_name(told: list[Any] | None) -> KeptName | None:
    if told is None:
        return None
    name, instance, descriptors = told
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return KeptName(name, instance, tuple(descriptors))
