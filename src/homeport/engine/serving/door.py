"""A door: one listening socket with what holds for those who come through it."""

import ssl
from collections.abc import Callable
from typing import Any, NamedTuple

from homeport.core.wire_rules import Fault
from homeport.engine.serving.limits import LOOPBACK_LIMITS, Limits


class Arrival(NamedTuple):
    """Somebody has connected. `ip` is unmapped: `::ffff:10.0.0.1` is told as `10.0.0.1`.

    `tls_error` is set in a second arrival of the same peer when its TLS handshake has failed:
    OpenSSL's reason such as `TLSV1_ALERT_UNKNOWN_CA`, or `timeout`, or `closed`.
    """

    ip: str
    port: int
    tls_error: str | None = None


class Door(NamedTuple):
    """What is agreed about one listener; it stays the same over reloads.

    `number`: its identity; connections that are handed over name it.
    `app`: the ASGI app behind it, ready to be called; None: the server's app itself.
    `admits`: by the peer's IP; False: closed at once, without a word.
    `arrived`: told of every connection before anything is decided.
    `refused`: told why a request was refused, and by which peer's IP; None: a warning is logged.
    `tls`: speak https. `plain`, with it: the ASGI app for plain http on the same port; None: a
    sentence that says to use https.
    """

    number: int
    app: Any = None
    limits: Limits = LOOPBACK_LIMITS
    admits: Callable[[str], bool] | None = None
    arrived: Callable[[Arrival], None] | None = None
    tls: ssl.SSLContext | None = None
    plain: Any = None
    refused: Callable[[Fault, str], None] | None = None


def unmapped(ip: str) -> str:
    """An IPv4 address that came in IPv6 clothes, as itself (RFC 4291 section 2.5.5.2)."""
    return ip[7:] if ip.startswith("::ffff:") and "." in ip else ip
