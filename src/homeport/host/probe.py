"""Asking a server on this computer for its name, by HTTP and only when the user wants it.

A question may be logged by the server, or may make it do something: so it goes to loopback
addresses only, never to ports whose usual servers take it badly, and it is two small requests
without redirects. The answer was written by others: it is read up to a limit, within one deadline
for all of it, and made fit to be printed.
"""

import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass

from homeport.core.address import Address
from homeport.core.plain import plain
from homeport.core.well_known import NEVER_PROBED, NO_WEB_SERVERS
from homeport.host.one_request import answer

_LARGEST = 64 * 1024  # bytes of an answer that are read
_LONGEST = 80  # characters of a name

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_SERVER = re.compile(rb"\nserver:[ \t]*([^\r\n]*)", re.IGNORECASE)
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*([0-9]{1,9})[ \t\r]*\n", re.IGNORECASE)
_TITLE = re.compile(r'"info"\s*:\s*\{\s*"title"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What it said: the status of `HEAD /`, its Server header, the title in its /openapi.json.

    All are None when it did not answer in time, or not in HTTP/1.
    """

    status: int | None = None
    server: str | None = None
    title: str | None = None


def check_program(program: str | None) -> None:
    """ValueError for programs that speak something else and take a web request badly."""
    if program in NO_WEB_SERVERS:
        raise ValueError(f"{program} is no web server, and takes a web request badly")


def probe(address: Address, timeout: float = 0.3) -> Probe:
    """Ask the server at `address`; `timeout` is for everything together, in seconds.

    ValueError when `address` is not a loopback address or its port must not be asked
    (`NEVER_PROBED`). No other error: silence is an empty `Probe`.
    """
    if not address.is_loopback:
        raise ValueError(f"{address} is not a loopback address: it is not asked")
    if address.port in NEVER_PROBED:
        raise ValueError(f"what usually has port {address.port} takes a web request badly")
    deadline = time.monotonic() + timeout
    head = _answer(address, "HEAD", "/", deadline)
    status = _STATUS.match(head)
    if status is None:
        return Probe()
    server = _SERVER.search(_HEAD_END.split(head)[0])
    return Probe(
        status=int(status[1]),
        server=_shown(server[1].decode("utf-8", "replace")) if server else None,
        title=_title(_answer(address, "GET", "/openapi.json", deadline)),
    )


def _answer(address: Address, method: str, path: str, deadline: float) -> bytes:
    """What comes back until the answer is complete, the deadline or the limit."""
    request = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost:{address.port}\r\n"
        "User-Agent: homeport\r\nAccept: application/json, */*\r\nConnection: close\r\n\r\n"
    )
    data = b""
    with suppress(OSError):  # refused, reset, or too late: what has come so far may still tell
        for more in answer(address, request, deadline):
            data += more
            if len(data) >= _LARGEST or _complete(data, method):
                break
    return data


def _complete(data: bytes, method: str) -> bool:
    head = _HEAD_END.search(data)
    if head is None:
        return False
    length = _LENGTH.search(data[: head.end()])
    return method == "HEAD" or (length is not None and len(data) >= head.end() + int(length[1]))


def _title(data: bytes) -> str | None:
    """The title of an OpenAPI document, also of one that is not read to its end."""
    status = _STATUS.match(data)
    if status is None or status[1] != b"200":
        return None
    match = _TITLE.search(data.decode("utf-8", "replace"))
    if match is None:
        return None
    try:
        return _shown(json.loads(match[1], strict=False))
    except ValueError:
        return None


def _shown(text: str) -> str | None:
    return plain(text).strip()[:_LONGEST] or None
