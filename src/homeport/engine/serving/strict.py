"""The strict check of what arrives, below ASGI: refused here, no app has seen anything of it.

An ordinary request costs one look at its complete head (`core/wire_rules.is_plain`), and where the
one just before it at the door had the very same headers only a comparison. Bytes are
counted only where the parser has been given part of a head, or a chunked body: what it keeps to
itself until a line is complete would otherwise have no end.
"""

import asyncio
from enum import Enum
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from homeport.core.wire_rules import (
    MOST_FRAMING_BYTES,
    MOST_HEAD_BYTES,
    MOST_HEADERS,
    Fault,
    WireRule,
    fault,
    fault_in_head,
    fault_of_parser,
    head_bytes,
    is_plain,
)
from homeport.engine.serving.doorway import Doorway
from homeport.engine.serving.head_and_body import HeadAndBody
from homeport.engine.serving.quiet import QUIET
from homeport.engine.serving.turning_away import Unheard, answer_to, end_with

_FREE_PER_CHUNK, _FREE_PER_BYTE = 24, 3
"""Framing that is not counted: `1\\r\\na\\r\\n` is fine for ever (as in Go, CVE-2023-39326)."""


class _Refused(Exception):
    """Ends the parsing from inside a callback."""


class Waiting(Enum):
    """What a connection is waiting for from its client; the app's time is never counted."""

    NOTHING = 0
    FIRST_BYTE = 1
    HEAD = 2
    BODY = 3


class _LastWord:
    """Stands in uvicorn's pipeline behind the answers that come first."""

    def __init__(self, connection: "StrictHttp", fault: Fault) -> None:
        self._connection = connection
        self._fault = fault

    async def run_asgi(self, app: object) -> None:
        self._connection._say(self._fault)


class StrictHttp(HttpToolsProtocol):
    """uvicorn's protocol, which understands fewer things and waits for none of them for ever."""

    refused = False
    """Whether a fault was found: nothing more is read."""
    kept = False
    """Set on a connection that another worker has answered on."""
    _fault: Fault | None = None
    _careful = False  # parts are counted: a head is incomplete, or a chunked body
    _chunked = False
    _head_seen = 0  # bytes of an incomplete head
    _framing = 0  # bytes around the chunks beyond what is free
    _reads = 0
    _waiting: tuple[Waiting, object] = (Waiting.NOTHING, None)
    _since = 0.0
    _lingers: asyncio.TimerHandle | None = None

    @property
    def doorway(self) -> Doorway:
        """Where it came in."""
        return cast(Doorway, self.server_state)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._reads += 1
        try:
            if self._careful or len(data) > MOST_HEAD_BYTES:
                self._feed_counted(data)
            else:
                self.parser.feed_data(data)
                cycle = self.cycle
                if cycle is None or cycle.scope is not self.scope or self._chunked:
                    self._careful = True
                    if not self._chunked:
                        self._head_seen = self._least_head(len(data))
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError as error:
            self.refuse(self._fault or fault_of_parser(str(error)))
        except _Refused:
            self.refuse(self._fault or fault(WireRule.GRAMMAR))

    def _least_head(self, read: int) -> int:
        """What is known to belong to the head that has just begun, after the first `read` bytes.

        Behind the end of another request only what the parser has told of it.
        """
        if self.cycle is None:
            return read
        return head_bytes(self.url, self.headers) if self.scope is not self.cycle.scope else 0

    def _feed_counted(self, data: bytes) -> None:
        scope, cycle, chunked = self.scope, self.cycle, self._chunked
        was_head = cycle is None or cycle.scope is not scope
        self._careful = True
        self._body, self._chunks = 0, 0
        self.parser.feed_data(data)
        if self.cycle is None or self.cycle.scope is not self.scope:  # a head is incomplete
            continues = was_head and self.scope is scope
            self._head_seen = (
                self._head_seen + len(data) if continues else self._least_head(len(data))
            )
            if self._head_seen > MOST_HEAD_BYTES:
                self._break(fault(WireRule.HEAD_BYTES))
            if len(self.headers or ()) > MOST_HEADERS:
                self._break(fault(WireRule.HEADERS))
            return
        if self._chunked and chunked and self.cycle is cycle:
            free = _FREE_PER_BYTE * self._body + _FREE_PER_CHUNK * self._chunks
            self._framing = max(0, self._framing + len(data) - free)
            if self._framing > MOST_FRAMING_BYTES:
                self._break(fault(WireRule.PADDING))
            if len(self.headers) > MOST_HEADERS:  # trailers
                self._break(fault(WireRule.HEADERS))
        self._careful = self._chunked
        self._head_seen = 0

    def _break(self, fault: Fault) -> None:
        self._fault = fault
        raise _Refused

    def on_headers_complete(self) -> None:
        """A head is complete: look at it, then as uvicorn."""
        parser, url, headers = self.parser, self.url, self.headers
        method, version = parser.get_method(), parser.get_http_version()
        plain = not self._careful and self._is_plain(method, version, url, headers)
        if not plain:
            self._look_closely(method, version, url, headers)
        super().on_headers_complete()
        if not plain and any(name == b"transfer-encoding" for name, _ in headers):
            self._chunked, self._framing = True, 0
            self.headers = []  # trailers come here, and not to the app after the fact

    def _is_plain(
        self, method: bytes, version: str, url: bytes, headers: list[tuple[bytes, bytes]]
    ) -> bool:
        usual = self.server_state.usual  # type: ignore[attr-defined]
        for known in usual:
            if known[1] == headers and known[0] == method:
                headers[:] = known[1]  # the very same objects: the guard sees that at once
                return version == "1.1" and url[:1] == b"/"
        if not is_plain(method, version, url, headers):
            return False
        usual.appendleft((method, headers.copy()))
        return True

    def _look_closely(
        self, method: bytes, version: str, url: bytes, headers: list[tuple[bytes, bytes]]
    ) -> None:
        if found := fault_in_head(method, version, url, headers):
            self._break(found)
        if head_bytes(url, headers) > MOST_HEAD_BYTES:
            self._break(fault(WireRule.HEAD_BYTES))

    def on_chunk_header(self) -> None:
        """A chunk begins."""
        self._chunks += 1

    _body = _chunks = 0

    def on_body(self, body: bytes) -> None:
        """Part of a body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """As uvicorn's, which forgets this where the answer was complete before the request."""
        self._chunked = False
        if not (self.parser.should_upgrade() and self._should_upgrade()):
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def _upgrade(self) -> None:
        """The parser has stopped at a request to go on in another protocol."""
        unanswered = self.cycle is not None and not self.cycle.response_complete
        if self._should_upgrade() and not unanswered:
            self.handle_websocket_upgrade()
        else:
            self.refuse(fault(WireRule.WEBSOCKET if unanswered else WireRule.UPGRADE))

    # Refusing.

    def refuse(self, fault: Fault) -> None:
        """Answer what was asked before it, then say why, then end."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self.doorway.tell(fault, self.client)
        self._unset_keepalive_if_required()
        transport = cast(HeadAndBody, self.transport)
        transport.set_protocol(Unheard(cast(asyncio.Transport, transport), self))
        self.flow.resume_reading()
        cycle = self.cycle
        if cycle is None:
            self._say(fault)
        elif cycle.response_complete and cycle.scope is self.scope:
            self.transport.close()  # its answer was given already
        elif cycle.response_complete:
            self._say(fault)
        elif cycle.scope is not self.scope:
            self.pipeline.appendleft(cast(Any, (_LastWord(self, fault), None)))
        elif self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline[0] = cast(Any, (_LastWord(self, fault), None))
        else:
            self._give_up(fault)

    def _give_up(self, fault: Fault) -> None:
        """The body of the request that the app is busy with will never be complete."""
        cycle = self.cycle
        begun = cycle.response_started
        cycle.logger = QUIET
        cycle.disconnected = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        self.flow.resume_writing()
        if begun:
            self.transport.close()
        else:
            self._say(fault)

    def _say(self, fault: Fault) -> None:
        answer = answer_to(fault, self.server_state.default_headers)
        self._lingers = end_with(cast(HeadAndBody, self.transport).unwrapped(), answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        if self._lingers is not None:
            self._lingers.cancel()
        self._unset_keepalive_if_required()
        self.doorway.leaves(self.client)
        super().connection_lost(exc)

    # Deadlines.

    @property
    def receiving(self) -> bool:
        """Whether a request's headers have begun to arrive and are not complete."""
        if self.refused or self.scope is None:
            return False
        return self.cycle is None or self.cycle.scope is not self.scope

    def _waits_for(self) -> tuple[Waiting, object]:
        """What for, and something that is another one as soon as that has come on."""
        cycle = self.cycle
        if self.refused or cast(HeadAndBody, self.transport).has_stopped_reading:
            return Waiting.NOTHING, None
        if self.receiving:
            return Waiting.HEAD, self.scope
        if cycle is None:
            unused = self.timeout_keep_alive_task is None
            return (Waiting.FIRST_BYTE if unused else Waiting.NOTHING), None
        if cycle.more_body:
            theirs = cycle.response_complete or not (
                cycle.response_started or cycle.waiting_for_100_continue or self.flow.read_paused
            )
            return (Waiting.BODY if theirs else Waiting.NOTHING), self._reads
        if cycle.response_complete and self.timeout_keep_alive_task is None:
            return Waiting.HEAD, cycle  # empty lines came, which stop uvicorn's timer
        return Waiting.NOTHING, None

    def tick(self, now: float) -> None:
        """Called about once a second with the loop's time: end what has waited too long."""
        (kind, what), (old_kind, old_what) = self._waits_for(), self._waiting
        same = what == old_what if kind is Waiting.BODY else what is old_what
        if kind is not old_kind or not same:
            self._waiting, self._since = (kind, what), now
            return
        waited, limits = now - self._since, self.doorway.door.limits
        if kind is Waiting.FIRST_BYTE and waited >= limits.first_byte:
            self.transport.close()
        elif kind is Waiting.HEAD and waited >= limits.head:
            if self.receiving:
                self.refuse(fault(WireRule.SLOW_HEAD))
            else:
                self.transport.close()
        elif kind is Waiting.BODY and waited >= limits.body_idle:
            self.refuse(fault(WireRule.SLOW_BODY))
