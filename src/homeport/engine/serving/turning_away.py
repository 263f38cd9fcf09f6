"""The end of a connection that was refused, so that the reason arrives.

Closing while bytes of the other side are unread makes the kernel send a reset, which may overtake
the answer (RFC 9112, section 9.6). So after the answer our half is closed, the rest is read and
thrown away, and the connection ends with the other side's half, or a little later by itself.
"""

import asyncio
from http import HTTPStatus
from typing import Protocol

from homeport.core.wire_rules import Fault

LINGER = 2.0
"""Seconds until the other side has to have closed."""
_MOST_UNREAD = 4 * 1024 * 1024


class _Ends(Protocol):
    def connection_lost(self, exc: Exception | None) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...


class Unheard(asyncio.Protocol):
    """Stands in for a connection to which nobody listens any more; it still learns of its end."""

    def __init__(self, transport: asyncio.Transport, connection: _Ends) -> None:
        self._transport = transport
        self._connection = connection
        self._unread = 0

    def data_received(self, data: bytes) -> None:
        """Throw it away; but not for ever."""
        self._unread += len(data)
        if self._unread > _MOST_UNREAD:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._connection.resume_writing()


class Nobody(asyncio.Protocol):
    """For a connection that was never let in."""


def turn_away(transport: asyncio.Transport) -> None:
    """Close at once, without a word."""
    transport.set_protocol(Nobody())
    transport.abort()


def answer_to(fault: Fault, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The whole response; `headers` are those that every answer has."""
    status, body = HTTPStatus(fault.rule.status), fault.answer.encode()
    fields = [
        *(pair for pair in headers if pair[0] != b"connection"),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"connection", b"close"),
    ]
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in fields]
    return b"\r\n".join([*lines, b"", body])


def end_with(transport: asyncio.Transport, answer: bytes) -> asyncio.TimerHandle | None:
    """Write a last answer; the connection ends when the other side has read it, or soon.

    What is returned has to be cancelled when the connection is lost.
    """
    if transport.is_closing():
        return None
    transport.write(answer)
    if transport.can_write_eof():
        transport.write_eof()
    else:  # TLS has no half of a connection
        transport.close()
    return asyncio.get_running_loop().call_later(LINGER, transport.abort)
