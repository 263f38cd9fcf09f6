"""WebSocket connections; imported on the first upgrade only."""

import asyncio
import logging
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from homeport.core.wire_rules import WireRule, fault
from homeport.engine.access_log import AccessLog
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.quiet import QUIET
from homeport.engine.serving.turning_away import answer_to, end_with

GOING_AWAY = 1001
"""The close code of an endpoint that goes away (RFC 6455, section 7.4.1)."""


class _HandshakeLog:
    """uvicorn's logger with the handshake lines going to our access log."""

    def __init__(self, logger: logging.Logger, log: AccessLog | None) -> None:
        self._logger = logger
        self._log = log

    def info(self, form: str, client: str, path: str, status: int | None = None) -> None:
        """`client`, `path`, and the status when the handshake was not accepted."""
        if self._log is not None:
            accepted = 101 if "accepted" in form else 403
            self._log.info(form, client, "WS", path, "1.1", status or accepted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)


class WebSocketConnection(WebSocketsSansIOProtocol):
    """One WebSocket."""

    log: AccessLog | None = None
    _lingers: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = cast(logging.Logger, _HandshakeLog(self.logger, self.log))
        self.doorway = cast(Doorway, kwargs.get("server_state") or args[1])
        self.app = self.doorway.app

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It goes on from an HTTP connection, which was counted at its door."""
        super().connection_made(transport)
        if self.doorway.door.tls is not None and self.scheme == "ws":
            self.app = self.doorway.plain

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        if self._lingers is not None:
            self._lingers.cancel()
        self.doorway.leaves(self.client)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's, which leaves a handshake open that its library cannot read."""
        super().data_received(data)
        if not self.handshake_initiated and self._lingers is None:
            found = fault(WireRule.WEBSOCKET)
            self.doorway.tell(found, self.client)
            self._lingers = end_with(self.transport, answer_to(found, self.default_headers))

    def tick(self, now: float) -> None:
        """A WebSocket may be silent for as long as it likes."""

    def leave(self) -> None:
        """The door is shut: say so to both sides. What the app says about its end is no news."""
        self.logger = QUIET
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
            self.conn.send_close(GOING_AWAY)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        else:
            self.shutdown()


def websocket_class(log: AccessLog | None) -> type[WebSocketConnection]:
    """The class for connections that log to `log`."""
    return type("WebSocketConnection", (WebSocketConnection,), {"log": log})
