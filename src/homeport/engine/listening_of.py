"""Whether a program that `homeport up` started listens on its port, and what answers there."""

import time
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from homeport import host
from homeport.core.address import Address
from homeport.core.facts import Listener
from homeport.core.lookup import own_url
from homeport.host.one_request import answer

PATIENCE = 5.0
"""Seconds for an answer to a request."""
_HTTP = b"HTTP/"


class Held(NamedTuple):
    """Addresses (`ip:port`) that a program listens on, and the URL that leads to it from here."""

    addresses: tuple[str, ...]
    url: str


def held_by(keeper: int, port: int) -> Held | None:
    """What the program below that process listens on, on that port; None: nothing.

    OSError where the system does not show its sockets.
    """
    found = [each for each in host.listeners(port) if is_of(each, keeper)]
    addresses = tuple(dict.fromkeys(text for each in found for text in _addresses(each)))
    place = own_url(addresses, ())
    return Held(addresses, place.url) if place is not None else None


def other_ports(keeper: int) -> tuple[int, ...]:
    """All ports that the program listens on, whatever it was told. OSError as `held_by`."""
    found = {each.address.port for each in host.listeners() if is_of(each, keeper)}
    return tuple(sorted(found))


def is_of(listener: Listener, keeper: int) -> bool:
    """Whether that process holds it, or one below it."""
    return any(
        keeper == holder.pid or any(each.pid == keeper for each in holder.ancestors)
        for holder in listener.holders
    )


def _addresses(listener: Listener) -> tuple[str, ...]:
    """A socket of both families is two addresses."""
    text = str(listener.address)
    both = listener.address.ip == "::" and listener.v6only is False
    return (f"0.0.0.0:{listener.address.port}", text) if both else (text,)


def answers(url: str) -> bool:
    """Whether an HTTP request gets any answer. It may take `PATIENCE`."""
    parts = urlsplit(url)
    address = Address(ip=parts.hostname or "", port=parts.port or 0)
    request = f"GET / HTTP/1.1\r\nHost: localhost:{address.port}\r\nConnection: close\r\n\r\n"
    until = time.monotonic() + PATIENCE
    begins = b""
    # Some programs print a traceback when a client leaves before the end of its answer.
    with suppress(OSError):
        for more in answer(address, request, until, tls=parts.scheme == "https"):
            begins = (begins + more)[: len(_HTTP)]
    return begins == _HTTP
