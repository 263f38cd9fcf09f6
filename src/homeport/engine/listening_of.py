"""Whether a program that `homeport up` started listens on its port, and what answers there."""

import socket
import time
from contextlib import suppress
from typing import NamedTuple

from homeport import host
from homeport.core.facts import Listener
from homeport.core.lookup import own_url, read_url

PATIENCE = 5.0
"""Seconds for an answer to a request."""
CHUNK = 65536


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
    """Whether an HTTP request gets any answer. It may take twice `PATIENCE`."""
    place = read_url(url)
    assert place is not None
    ip = place.url.partition("://")[2].rpartition(":")[0].strip("[]")
    head = f"GET / HTTP/1.1\r\nHost: localhost:{place.port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((ip, place.port), timeout=PATIENCE) as sock:
            sock.sendall(head.encode())
            is_http = sock.recv(5, socket.MSG_WAITALL) == b"HTTP/"
            _hear_out(sock, time.monotonic() + PATIENCE)
            return is_http
    except OSError:
        return False


def _hear_out(sock: socket.socket, until: float) -> None:
    """Some programs print a traceback when a client leaves before the end of its answer."""
    with suppress(OSError):
        while time.monotonic() < until and sock.recv(CHUNK):
            pass
