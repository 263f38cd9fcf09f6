"""A program that `homeport up` runs, in the registry: found by name like a homeport server.

It cannot prove itself; `up` holds its entry and answers for it. At every question it looks in the
kernel's table whether the port is in the hands of that very program.
"""

from collections.abc import Callable, Mapping
from typing import Any

from homeport.core import order_words, up_refusals
from homeport.core.entry import Entry
from homeport.core.progress import Progress
from homeport.engine.control import Control
from homeport.engine.listening_of import Held
from homeport.engine.registration import Registration, register
from homeport.engine.runtime_folder import runtime_folder
from homeport.host.me import network_id


class CommandEntry:
    """In the registry until `close`. `look`: what it listens on now; `stop`: it is to end."""

    def __init__(
        self,
        wanted: Entry,
        environment: Mapping[str, str],
        look: Callable[[], Held | None],
        stop: Callable[[], float],
    ) -> None:
        """Raises HomeportError, OSError as `register`."""
        folder = runtime_folder(environment, make=True)
        try:
            self._registration: Registration = register(folder, _at(wanted, look()))
        except BaseException:
            folder.close()
            raise
        self._look, self._stop = look, stop
        self.control = Control(
            self._registration.socket,
            {"who": self._who, "facts": self._facts, "state": self._state, "stop": self._end},
            unknown=lambda word, known: up_refusals.only_a_command(self.entry.name, word),
        )

    @property
    def entry(self) -> Entry:
        """As it is written down."""
        return self._registration.entry

    def close(self) -> None:
        """Leave the registry."""
        self.control.close()
        self._registration.close()

    def _now(self) -> Entry:
        return _at(self.entry, self._look())

    def _who(self, request: dict[str, Any]) -> Mapping[str, Any]:
        return {**self._now().to_json(), "network": network_id()}

    def _facts(self, request: dict[str, Any]) -> Mapping[str, Any]:
        now = self._now()
        return {
            "urls": now.urls,
            "addresses": now.addresses,
            "since": now.started,
            "app": now.app,
        }

    def _state(self, request: dict[str, Any]) -> Mapping[str, Any]:
        """Whether it listens, more is not known; in the fields of a server (engine/orders)."""
        phase = "serving" if self._now().addresses else "starting"
        return {
            "instance": self.entry.instance,
            **Progress(phase=phase).to_json(),
            "background": False,
            "log": None,
            "shared_until": None,
        }

    def _end(self, request: dict[str, Any]) -> Mapping[str, Any]:
        if request.get("instance") != self.entry.instance:
            raise order_words.other_instance(self.entry.name)
        return {"within": self._stop()}


def _at(entry: Entry, held: Held | None) -> Entry:
    if held is None:
        return entry.not_listening()
    return entry._replace(urls=(held.url,), addresses=held.addresses)
