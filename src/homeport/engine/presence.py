"""A running server among the others: in the registry, and answering on its control socket."""

import os
import time
from collections.abc import Mapping
from typing import Any

from homeport.core.entry import Entry
from homeport.engine.control import Control
from homeport.engine.registration import Registration, register
from homeport.engine.reporting import Opened
from homeport.engine.runtime_folder import runtime_folder
from homeport.host.me import boot_id, network_id, start_ticks

INSTANCE_BYTES = 16


def appear(name: str, opened: Opened, environment: Mapping[str, str]) -> "Presence":
    """Register the server under `name` or the next free one like it.

    Raises HomeportError for an unsafe folder, OSError where the system refuses; then nothing is
    left behind.
    """
    wanted = Entry(
        name=name,
        instance=os.urandom(INSTANCE_BYTES).hex(),
        urls=tuple(link.url for link in opened.links),
        addresses=tuple(str(address) for address in opened.addresses),
        pid=os.getpid(),
        started=time.time(),
        start_ticks=start_ticks(),
        boot=boot_id(),
        project=opened.project,
        app=opened.app,
        socket="",
    )
    folder = runtime_folder(environment, make=True)
    try:
        registration = register(folder, wanted)
    except BaseException:
        folder.close()
        raise
    try:
        return Presence(registration)
    except BaseException:
        registration.close()
        raise


class Presence:
    """`control` is an input of the supervisor; others add their own words to its `handlers`."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self._is_closed = False
        self.control = Control(registration.socket, {"who": self._who, "facts": self._facts})

    @property
    def entry(self) -> Entry:
        """As it is written down now."""
        return self.registration.entry

    def close(self) -> None:
        """Answer nobody any more and leave the registry. May be called again."""
        if not self._is_closed:
            self._is_closed = True
            self.control.close()
            self.registration.close()

    def _who(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**self.entry.to_json(), "network": network_id()}

    def _facts(self, request: dict[str, Any]) -> dict[str, Any]:
        entry = self.entry
        return {
            "urls": entry.urls,
            "addresses": entry.addresses,
            "since": entry.started,
            "app": entry.app,
        }
