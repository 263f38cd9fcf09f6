"""Request headers → what the guard judges by, and what the app is not to see.

Names are lower case in ASGI. Most of them mean nothing here: those are remembered, so that an
ordinary request costs one look into a set per header.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeport.core.door_rules import unmapped
from homeport.core.visit import TOKEN_HEADER, PassKind, Via, Visit

Scope = dict[str, Any]
Header = tuple[bytes, bytes]

TOKEN = TOKEN_HEADER.lower().encode()
COOKIE = b"cookie"
CHUNKED = b"transfer-encoding"
_JUDGED = frozenset(
    {
        *(b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest"),
        *(b"upgrade", b"http2-settings", b"access-control-request-method"),
        *(CHUNKED, TOKEN),
    }
)
_FORWARDED = frozenset({b"forwarded", b"x-real-ip"})
_MOST_NAMES = 512  # that are remembered


def is_forwarded(name: bytes) -> bool:
    """Whether a header claims to know who really asks: any client may send such a thing."""
    return name in _FORWARDED or name.startswith(b"x-forwarded-")


class Sieve:
    """Takes the headers that matter out of a request's.

    `cookies`: they matter too, because ours may be among them.
    """

    def __init__(self, *, cookies: bool) -> None:
        self._cookies = cookies
        self.boring: set[bytes] = set()

    def relevant(self, headers: Iterable[Sequence[bytes]]) -> tuple[Header, ...]:
        """Those that matter, in their order, with lower-case names."""
        boring = self.boring
        rest = [(bytes(p[0]).lower(), bytes(p[1])) for p in headers if p[0] not in boring]
        kept = tuple([pair for pair in rest if self._matters(pair[0])])
        if len(kept) < len(rest) and len(boring) < _MOST_NAMES:
            boring |= {name for name, _ in rest if not self._matters(name)}
        return kept

    def without_ours(
        self, headers: Iterable[Header], cookie: bytes, *, forwarded: bool
    ) -> list[Header]:
        """The headers for the app: no token and cookie of ours, no `forwarded` if so wished."""
        kept = []
        for pair in headers:
            name, value = pair
            if name not in self.boring:
                name = bytes(name).lower()
                if name == TOKEN or (forwarded and is_forwarded(name)):
                    continue
                if name == COOKIE and cookie and cookie in value:
                    parts = value.split(b";")
                    rest = b";".join(part for part in parts if not _is_cookie(part, cookie))
                    if not rest.strip():
                        continue
                    pair = (name, rest.strip())
            kept.append(pair)
        return kept

    def _matters(self, name: bytes) -> bool:
        return name in _JUDGED or is_forwarded(name) or (self._cookies and name == COOKIE)


def asked_path(scope: Mapping[str, Any]) -> str:
    """The path as it was asked for: servers put the root path before it (ASGI, root_path)."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def visit_of(scope: Scope, relevant: tuple[Header, ...], shows: tuple[PassKind, Via]) -> Visit:
    """The request as facts; `relevant` are its headers from a `Sieve`."""
    values: dict[bytes, tuple[bytes, ...]] = {}
    for name, value in relevant:
        values[name] = (*values.get(name, ()), value)
    websocket = scope["type"] == "websocket"
    upgrades = b",".join(values.get(b"upgrade", ())).lower()
    return Visit(
        method="GET" if websocket else scope["method"],
        hosts=values.get(b"host", ()),
        peer=end_of(scope, "client"),
        arrived_at=end_of(scope, "server"),
        path=scope["path"],
        origins=values.get(b"origin", ()),
        sites=values.get(b"sec-fetch-site", ()),
        modes=values.get(b"sec-fetch-mode", ()),
        dests=values.get(b"sec-fetch-dest", ()),
        websocket=websocket,
        preflight=b"access-control-request-method" in values,
        h2c=b"http2-settings" in values or b"h2c" in map(bytes.strip, upgrades.split(b",")),
        two_lengths=CHUNKED in values and _has_length(scope),
        pass_=shows[0],
        via=shows[1],
    )


def end_of(scope: Scope, which: str) -> str | None:
    """The IP address of one end of the connection; None on a Unix socket, which has none."""
    end = scope.get(which)
    return str(end[0]) if end and end[0] else None


def _has_length(scope: Scope) -> bool:
    return any(bytes(name).lower() == b"content-length" for name, _ in scope["headers"])


def trusted(peer: str | None, networks: Iterable[str]) -> bool:
    """Whether this peer is a proxy whose forwarded headers are believed."""
    address = unmapped(peer or "")
    if address is None:
        return False
    return any(address in ipaddress.ip_network(each, strict=False) for each in networks)


def cookie_value(relevant: tuple[Header, ...], name: bytes) -> str | None:
    """The first cookie of that name; None when there is none."""
    for header, value in relevant:
        if header == COOKIE:
            for each in value.split(b";"):
                key, equals, content = each.strip().partition(b"=")
                if equals and key == name:
                    return content.decode("latin-1")
    return None


def _is_cookie(text: bytes, name: bytes) -> bool:
    return text.strip().partition(b"=")[0] == name
