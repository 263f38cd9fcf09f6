"""The old server's side of `homeport --restart`: see engine/taking_over."""

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from homeport.core.events import Event, StopAsked
from homeport.engine.control import Handler, WithDescriptors

if TYPE_CHECKING:
    from homeport.engine.place import Place


class HandingOver:
    """An `Input` of the supervisor: brings the wish that it leaves."""

    def __init__(
        self, listeners: list[socket.socket], place: "Place", warn: Callable[[str], None]
    ) -> None:
        self._listeners = listeners
        self._place = place
        self._warn = warn
        self._wish, self._wished = os.pipe()
        os.set_blocking(self._wish, False)
        self._end, self._life = os.pipe()  # closed with the process, however that ends

    @property
    def handlers(self) -> dict[str, Handler]:
        """What can be asked over the control socket."""
        return {"listeners": self._give, "leave": self._leave}

    def fileno(self) -> int:
        """For selectors."""
        return self._wish

    def read(self) -> list[Event]:
        """The wish."""
        os.read(self._wish, 64)
        if self._place.is_stopping:  # to be asked twice would mean: at once
            return []
        from homeport.core.server_words import REPLACED

        self._warn(REPLACED)
        return [StopAsked(reason="replaced")]

    def close(self) -> None:
        """Only once nothing of the server is left."""
        for fd in (self._wish, self._wished, self._end, self._life):
            os.close(fd)

    def _give(self, request: dict[str, Any]) -> WithDescriptors:
        return WithDescriptors({}, tuple(sock.fileno() for sock in self._listeners))

    def _leave(self, request: dict[str, Any]) -> WithDescriptors:
        os.write(self._wished, b".")
        return WithDescriptors({"leaving": True}, (self._end,))
