"""WebSocket connections; imported on the first upgrade only."""

import logging
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from homeport.engine.access_log import AccessLog


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = cast(logging.Logger, _HandshakeLog(self.logger, self.log))


def websocket_class(log: AccessLog | None) -> type[WebSocketConnection]:
    """The class for connections that log to `log`."""
    return type("WebSocketConnection", (WebSocketConnection,), {"log": log})
