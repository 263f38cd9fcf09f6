"""One HTTP connection: with our access log, a lazy WebSocket side, and a gentle end."""

import asyncio
import logging
import select
from typing import Any, cast

from uvicorn.config import Config

from homeport.engine.access_log import AccessLog
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.head_and_body import HeadAndBody
from homeport.engine.serving.quiet import QUIET
from homeport.engine.serving.strict import StrictHttp
from homeport.engine.serving.turning_away import turn_away

CLOSE = (b"connection", b"close")
"""In the default headers of a draining server: uvicorn closes after an answer that has it."""


class HttpConnection(StrictHttp):
    """One HTTP/1.1 connection.

    Little is overridden on the way of an ordinary request: that costs throughput.
    """

    log: AccessLog | None = None
    """Set on a subclass per server."""
    adopted = False
    """Set on a connection that another worker has accepted."""
    entered = False
    """Whether it counts at its door."""

    def __init__(
        self,
        config: Config,
        server_state: Doorway,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = server_state.app
        self.access_log = self.log is not None
        self.access_logger = cast(logging.Logger, self.log)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(cast(asyncio.Transport, HeadAndBody(transport, self.loop)))
        doorway = self.doorway
        if not self.entered and not doorway.enters(self.client, known=self.adopted):
            self.connections.discard(self)
            turn_away(transport)
            return
        self.entered = True
        if doorway.door.tls is not None and self.scheme == "http":
            self.app = doorway.plain
        if self.kept:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _should_upgrade_to_ws(self) -> bool:
        return True

    def handle_websocket_upgrade(self) -> None:
        """Import the WebSocket side on the first use: most apps never need it."""
        if self.config.ws_protocol_class is None:
            from homeport.engine.serving.websocket import websocket_class

            self.config.ws_protocol_class = websocket_class(self.log)
        self.ws_protocol_class = self.config.ws_protocol_class
        self.transport = cast(HeadAndBody, self.transport).unwrapped()
        super().handle_websocket_upgrade()

    # The gentle end. `cycle` is the newest request of this connection.

    @property
    def answering(self) -> bool:
        """Whether a request is under way, from its first byte to the end of its answer."""
        unanswered = self.cycle is not None and not self.cycle.response_complete
        return unanswered or self.receiving

    @property
    def is_between_requests(self) -> bool:
        """Whether the parser has seen the end of a request, and nothing of the next one."""
        if self.cycle is None:
            return self.scope is None
        return self.cycle.scope is self.scope and not self.cycle.more_body

    @property
    def may_rest(self) -> bool:
        """Whether it could be closed now: nothing is under way, and nothing has arrived."""
        return not self.answering and not self._has_unread()

    @property
    def can_go(self) -> bool:
        """Whether another process could go on with it: not with TLS, whose state is in ours."""
        return self.scheme == "http" and self.doorway.door.tls is None

    @property
    def was_used(self) -> bool:
        """Whether a request was ever answered on it."""
        return self.kept or self.cycle is not None

    @property
    def is_event_stream(self) -> bool:
        """Whether the answer is a server-sent stream: it would never end by itself."""
        head = cast(HeadAndBody, self.transport).last_head
        started = self.cycle is not None and self.cycle.response_started
        return started and self.answering and b"text/event-stream" in head.lower()

    def drain(self) -> None:
        """Finish: at once when nothing is under way and nothing has arrived.

        Requests whose headers arrive from now on get `CLOSE` by the server's default headers. A
        connection that was never used was opened for a request that is about to come: it is left
        open for that one.
        """
        if self.receiving or not self.was_used:
            return
        cycle = self.cycle  # the newest: the pipelined ones before it stay open
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
            if not cycle.response_started and CLOSE not in cycle.default_headers:
                cycle.default_headers = [*cycle.default_headers, CLOSE]
        elif not self._has_unread():
            self.transport.close()

    def _has_unread(self) -> bool:
        """Whether the kernel holds bytes that we have not seen yet."""
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def cut(self) -> bool:
        """End now; True when that cut an answer short. The app sees a disconnect."""
        was_answering = self.answering or not cast(HeadAndBody, self.transport).is_flushed
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.logger = QUIET
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
        return was_answering

    def leave(self) -> None:
        """The door is shut: what is under way ends, and the rest is closed."""
        self.cut()
