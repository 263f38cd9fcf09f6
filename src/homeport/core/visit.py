"""One request as the guard sees it: plain facts, taken from the socket and the headers."""

from enum import Enum

from homeport.core.record import Record

TOKEN_HEADER = "X-Homeport-Token"
"""In which programs send their pass."""


class PassKind(Enum):
    """What a visitor shows to be let in."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    WRONG = "wrong"
    CODE = "one-time code"
    """In the query of the pairing path; whether it is any good is found out by using it."""
    CODE_USED = "used one-time code"


class Via(Enum):
    """How a pass came."""

    NONE = "none"
    COOKIE = "cookie"
    HEADER = "header"
    QUERY = "query"


class Visit(Record):
    """Header values are as sent, one per line that was sent: none at all is an empty tuple.

    `peer` and `arrived_at` are the two ends of the connection (IP addresses), None on a socket that
    has none (a Unix socket). `preflight`: it asks for the leave of CORS
    (Access-Control-Request-Method). `h2c`: it asks for HTTP/2 without TLS. `two_lengths`: it has
    both Content-Length and Transfer-Encoding.
    """

    method: str
    hosts: tuple[bytes, ...]
    peer: str | None = None
    arrived_at: str | None = None
    path: str = "/"
    origins: tuple[bytes, ...] = ()
    sites: tuple[bytes, ...] = ()
    modes: tuple[bytes, ...] = ()
    dests: tuple[bytes, ...] = ()
    websocket: bool = False
    preflight: bool = False
    h2c: bool = False
    two_lengths: bool = False
    pass_: PassKind = PassKind.NONE
    via: Via = Via.NONE
