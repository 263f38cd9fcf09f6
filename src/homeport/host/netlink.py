"""Asking the kernel for a whole table by netlink, with the standard library only.

Sources: netlink(7), and the kernel's Documentation/userspace-api/netlink/intro.rst for dumps,
their end and the flag that says that the table changed meanwhile.
"""

import errno
import itertools
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator

Dump = Callable[[int, int, bytes], list[bytes]]
"""(protocol, message type, body of the request) -> the payloads of the answers: see `dump`."""

_HEADER = struct.Struct("=IHHII")  # length with this header, type, flags, sequence, sender
_ATTRIBUTE = struct.Struct("=HH")  # length with this header, type
_ERROR_CODE = struct.Struct("=i")

_ERROR, _DONE, _OVERRUN = 2, 3, 4
_REQUEST, _WHOLE_TABLE = 0x1, 0x300
_INTERRUPTED = 0x10
_ATTRIBUTE_TYPE = 0x3FFF  # without the two flag bits

_TRIES = 5
_SECONDS = 5.0  # the kernel answers within the call; a system that only resembles it may not
_RECEIVE = 256 * 1024  # the kernel sends at most 32 KiB at once, unless one message is larger
_BUFFER = 4 * 1024 * 1024

_sequence = itertools.count(1)


class Interrupted(OSError):
    """The table changed while it was being sent."""


def _dump_once(protocol: int, message_type: int, body: bytes) -> list[bytes]:
    sequence = next(_sequence)
    length = _HEADER.size + len(body)
    request = _HEADER.pack(length, message_type, _REQUEST | _WHOLE_TABLE, sequence, 0) + body
    payloads: list[bytes] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as sock:
        sock.settimeout(_SECONDS)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.sendto(request, (0, 0))
        while True:
            data, _, flags, sender = sock.recvmsg(_RECEIVE)
            if sender[0] != 0:  # another process, not the kernel
                continue
            if flags & socket.MSG_TRUNC or not data:
                raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
            if collect(data, sequence, payloads):
                return payloads


def dump(protocol: int, message_type: int, body: bytes, once: Dump = _dump_once) -> list[bytes]:
    """The payload of every entry of a table.

    `protocol` is one of `socket.NETLINK_*` or its number. OSError with the errno of the kernel
    when it refuses (EPERM) or does not know the question (ENOENT, EPROTONOSUPPORT). A table that
    changed while it was being sent is asked for again (`once`), a few times.
    """
    for _ in range(_TRIES - 1):
        try:
            return once(protocol, message_type, body)
        except Interrupted:
            continue
    return once(protocol, message_type, body)


def collect(data: bytes, sequence: int, payloads: list[bytes]) -> bool:
    """Add the entries in one datagram to `payloads`; True when it ends the table.

    Only answers to the request with that `sequence` number count. OSError as in `dump`.
    """
    for kind, flags, number, payload in _messages(data):
        if number != sequence:
            continue
        if flags & _INTERRUPTED:
            raise Interrupted(errno.EINTR, "the table changed while it was being read")
        if kind == _OVERRUN:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        if kind in (_ERROR, _DONE):
            _raise_error(payload)
            return True
        payloads.append(payload)
    return False


def _messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Type, flags, sequence number and payload; OSError (EBADMSG) for what is no message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
        yield kind, flags, sequence, data[at + _HEADER.size : at + length]
        at += length + 3 & ~3


def _raise_error(payload: bytes) -> None:
    """An error, and the end of a table too, begin with a negated errno, or with 0."""
    if len(payload) >= _ERROR_CODE.size and (code := -_ERROR_CODE.unpack_from(payload)[0]) > 0:
        raise OSError(code, os.strerror(code))


def attributes(data: bytes, at: int = 0) -> dict[int, bytes]:
    """The attributes that begin at offset `at`, by type; the last one of a type counts.

    What comes after a length that cannot be right is left out.
    """
    found: dict[int, bytes] = {}
    end = len(data)
    while at + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if not 4 <= length <= end - at:
            break
        found[kind & _ATTRIBUTE_TYPE] = data[at + 4 : at + length]
        at += length + 3 & ~3
    return found


def number(value: bytes | None) -> int | None:
    """An unsigned attribute of 1, 2, 4 or 8 bytes; None when it is missing or another size."""
    if value is None or len(value) not in (1, 2, 4, 8):
        return None
    return int.from_bytes(value, sys.byteorder)


def text(value: bytes | None) -> str:
    """A string attribute without its closing NUL; "" when it is missing."""
    return os.fsdecode((value or b"").partition(b"\0")[0])
