"""What a request must look like before anybody reads it, and the words for one that does not.

Stricter than the parser (llhttp): where two readers of the same bytes could understand different
requests, there is no request (RFC 9112, sections 3.2, 6.1, 6.3 and 11.2). Here are only values; the
bytes are counted and read in engine/serving.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from homeport.core.plain import plain
from homeport.core.record import Record

MOST_HEAD_BYTES = 32 * 1024
"""Request line and header lines together; also what may come between two pieces of a body."""
MOST_HEADERS = 100
"""Header lines of a request; trailers after its body again as many."""
MOST_FRAMING_BYTES = 16 * 1024
"""Chunk extensions, padded chunk sizes and trailers, beyond what chunks of that size need."""

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case."""

_FOUND = 100
_DELICATE = frozenset({b"transfer-encoding", b"upgrade", b"http2-settings"})
_HOST = re.compile(rb"[\x21-\x7e]+")


class WireRule(Enum):
    """Why a request, or a whole connection, was refused below ASGI; `code` is for logs."""

    NO_HOST = ("no-host", 400, "there is no Host line; a request needs exactly one")
    TWO_HOSTS = ("two-hosts", 400, "there is more than one Host line")
    HOST_BYTES = ("host-bytes", 400, "the Host line has a space or bytes that no host name has")
    FRAMING = ("framing", 400, "the length of the body is said twice")
    LENGTH = ("length", 400, "the Content-Length is no number of bytes")
    TRANSFER = ("transfer-encoding", 400, "the only Transfer-Encoding understood here is chunked")
    CHUNK = ("chunk", 400, "the body is not what chunked encoding looks like")
    PADDING = ("padding", 400, "there are too many bytes around the chunks of the body")
    TARGET = ("target", 400, "the request target must be a path that starts with /")
    METHOD = ("method", 400, "this method is not served here")
    VERSION = ("version", 400, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    HTTP2 = ("http2", 400, "HTTP/2 without TLS is not spoken here; turn the upgrade off")
    UPGRADE = ("upgrade", 400, "the only upgrade here is to a WebSocket")
    WEBSOCKET = ("websocket", 400, "a WebSocket begins with a GET of its own, without a body")
    FOLDED = ("folded", 400, "a header line goes on in the next line")
    GRAMMAR = ("grammar", 400, "this is not HTTP")
    HEAD_BYTES = ("head-bytes", 431, f"the request's head is longer than {MOST_HEAD_BYTES} bytes")
    HEADERS = ("headers", 431, f"there are more than {MOST_HEADERS} header lines")
    SLOW_HEAD = ("slow-head", 408, "the request's head did not arrive in time")
    SLOW_BODY = ("slow-body", 408, "the request's body stopped arriving")
    NOT_TLS = ("not-tls", 400, "this port speaks https; put https:// in front of the address")
    PEER_FULL = ("peer-full", 0, "it has too many connections open; more are closed at once")
    DOOR_FULL = ("door-full", 0, "too many connections are open; more are closed at once")

    def __init__(self, code: str, status: int, words: str) -> None:
        self.code = code
        self.status = status
        self.words = words


class Fault(Record):
    """A rule that was broken; `found` is what was there instead, for the owner's eyes only."""

    rule: WireRule
    found: str = ""

    @property
    def answer(self) -> str:
        """The text for whoever sent it: nothing of what was sent is in it."""
        return f"Refused: {self.rule.words}.\n"

    def line(self, peer: str) -> str:
        """The line for the terminal."""
        found = f" (found: {self.found})" if self.found else ""
        return f"Refused a request from {plain(peer)}: {self.rule.words}{found}."


def fault(rule: WireRule, found: bytes = b"") -> Fault:
    """`found` as one harmless line of at most 100 characters."""
    text = plain(found[: 4 * _FOUND].decode("ascii", "backslashreplace"))
    return Fault(rule=rule, found=text if len(text) <= _FOUND else text[: _FOUND - 1] + "…")


def is_plain(method: bytes, version: str, target: bytes, headers: Headers) -> bool:
    """Whether nothing about this head needs a closer look: True for nearly all, and cheap."""
    fields = dict(headers)
    return (
        len(fields) == len(headers) <= MOST_HEADERS
        and version == "1.1"
        and target[:1] == b"/"
        and method not in (b"CONNECT", b"TRACE")
        and _HOST.fullmatch(fields.get(b"host", b"")) is not None
        and _DELICATE.isdisjoint(fields)
    )


def fault_in_head(method: bytes, version: str, target: bytes, headers: Headers) -> Fault | None:
    """The first rule that a complete head breaks."""
    if len(headers) > MOST_HEADERS:
        return fault(WireRule.HEADERS, b"%d" % len(headers))
    if version not in ("1.0", "1.1"):
        return fault(WireRule.VERSION, version.encode())
    if method in (b"CONNECT", b"TRACE"):
        return fault(WireRule.METHOD, method)
    if target[:1] != b"/" and (method, target) != (b"OPTIONS", b"*"):
        return fault(WireRule.TARGET, target.partition(b"?")[0])
    return (
        _fault_in_host(headers)
        or _fault_in_framing(version, headers)
        or _fault_in_upgrade(method, version, headers)
    )


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _tokens(values: Iterable[bytes]) -> set[bytes]:
    return {token.strip().lower() for value in values for token in value.split(b",")}


def _fault_in_host(headers: Headers) -> Fault | None:
    hosts = _values(headers, b"host")
    if len(hosts) > 1:
        return fault(WireRule.TWO_HOSTS, b", ".join(hosts))
    if not hosts or not hosts[0]:
        return fault(WireRule.NO_HOST)
    return None if _HOST.fullmatch(hosts[0]) else fault(WireRule.HOST_BYTES, hosts[0])


def _fault_in_framing(version: str, headers: Headers) -> Fault | None:
    lengths = _values(headers, b"content-length")
    encodings = _values(headers, b"transfer-encoding")
    if len(lengths) + len(encodings) > 1:
        return fault(WireRule.FRAMING, b", ".join(lengths + encodings))
    if encodings and (encodings[0].lower() != b"chunked" or version == "1.0"):
        return fault(WireRule.TRANSFER, encodings[0])
    return None


def _fault_in_upgrade(method: bytes, version: str, headers: Headers) -> Fault | None:
    upgrades = _values(headers, b"upgrade")
    asked = b", ".join(upgrades).lower()
    if _values(headers, b"http2-settings") or _tokens(upgrades) & {b"h2c", b"h2"}:
        return fault(WireRule.HTTP2, asked)
    connections = _values(headers, b"connection")
    if not upgrades or b"upgrade" not in _tokens(connections):
        return None
    if asked != b"websocket" or len(connections) > 1:
        return fault(WireRule.UPGRADE, asked)
    has_body = _values(headers, b"transfer-encoding") or any(
        length.strip(b"0") for length in _values(headers, b"content-length")
    )
    if method != b"GET" or version != "1.1" or has_body:
        return fault(WireRule.WEBSOCKET, method)
    return None


def head_bytes(target: bytes, headers: Headers) -> int:
    """The length of a head as it is on the wire, give or take spaces around its values."""
    line = len("GET  HTTP/1.1\r\n\r\n")
    return line + len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


_PARSER_SAYS = (
    ("can't be present with", WireRule.FRAMING),
    ("duplicate content-length", WireRule.FRAMING),
    ("content-length", WireRule.LENGTH),
    ("transfer-encoding", WireRule.TRANSFER),
    ("pri/upgrade", WireRule.HTTP2),
    ("http version", WireRule.VERSION),
    ("whitespace after header value", WireRule.FOLDED),
    ("chunk", WireRule.CHUNK),
    (" url", WireRule.TARGET),
    ("method", WireRule.METHOD),
)


def fault_of_parser(reason: str) -> Fault:
    """What llhttp's reason for an error amounts to."""
    for part, rule in _PARSER_SAYS:
        if part in reason.lower():
            return fault(rule, reason.encode("ascii", "replace"))
    return fault(WireRule.GRAMMAR, reason.encode("ascii", "replace"))
