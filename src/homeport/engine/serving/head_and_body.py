"""One write for the head of an answer and the first part of its body.

uvicorn writes them one after the other, and uvloop hands each to the kernel at once: two system
calls, two packets, two wake-ups of the client. Keeping the head back until the body comes, or
until the loop's next round at the latest, saves a tenth of the time of a small answer.
"""

import asyncio
from collections.abc import Callable
from typing import Any

_HEAD = b"HTTP/1."


def _nothing() -> None:
    pass


class HeadAndBody:
    """Stands for the transport of one connection, for what uvicorn's HTTP protocol needs of it."""

    __slots__ = (
        "_call_soon",
        "_head",
        "_transport",
        "_write",
        "get_extra_info",
        "is_closing",
        "last_head",
        "pause_reading",
        "resume_reading",
        "set_protocol",
    )

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._call_soon: Callable[..., Any] = loop.call_soon
        self._head: bytes | None = None
        self.last_head = b""
        self._write = transport.write
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol

    def write(self, data: bytes) -> None:
        """Keep a head back; write anything else together with the head before it."""
        head = self._head
        if head is not None:
            self._head = None
            self._write(head + data)
        elif data.startswith(_HEAD):
            self._head = self.last_head = data
            self._call_soon(self._flush)
        else:
            self._write(data)

    def _flush(self) -> None:
        head, self._head = self._head, None
        if head is not None:
            self._write(head)

    def close(self) -> None:
        """Write what is kept back, then close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close and lose what is not written."""
        self._head = None
        self._transport.abort()

    @property
    def is_flushed(self) -> bool:
        """Whether the kernel has all that was written."""
        return self._head is None and not self._transport.get_write_buffer_size()

    def stop_reading(self) -> None:
        """For good: uvicorn's flow control cannot start it again."""
        self._transport.pause_reading()
        self.pause_reading = self.resume_reading = _nothing

    @property
    def has_stopped_reading(self) -> bool:
        """Whether that was called."""
        return self.pause_reading is _nothing

    def read_again(self) -> None:
        """After `stop_reading`."""
        self.pause_reading = self._transport.pause_reading
        self.resume_reading = self._transport.resume_reading
        self.resume_reading()

    def unwrapped(self) -> asyncio.Transport:
        """The real transport, for another protocol; nothing is kept back any more."""
        self._flush()
        return self._transport
