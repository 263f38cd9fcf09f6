"""Where a server is that a program knows by name: the order of looking, and which URL is meant.

    an explicit URL  →  HOMEPORT_URL_<NAME>  →  the registry

The first two were said by a person or a script and are taken as they are. What comes from the
registry is proven; docs/adr/0015 says by what.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

VARIABLE = "HOMEPORT_URL_"
"""Begins the environment variables that name a server's URL."""
_SCHEMES = {"http": 80, "https": 443}
_V4, _V6 = "127.0.0.1", "::1"
_ALL = {"0.0.0.0": _V4, "::": _V6}


class Source(Enum):
    """Who said where the server is."""

    GIVEN = "given"
    ENVIRONMENT = "environment"
    REGISTRY = "registry"


class Found(NamedTuple):
    """A server and where it is.

    `url` is what to connect to, without a slash at its end; `port` is in it. `source` REGISTRY: the
    server runs, and `url` is proven to be its own; then `urls` are all links to it (the best first
    for people), `instance` is new at every start, `project` is its folder, `app` what is served,
    `since` when it was started, in seconds since 1970. Otherwise nothing was asked: `urls` is just
    `url`, the other facts are None.
    """

    name: str
    url: str
    port: int
    source: Source
    urls: tuple[str, ...]
    instance: str | None = None
    project: str | None = None
    app: str | None = None
    since: float | None = None

    def to_json(self) -> dict[str, object]:
        """For `homeport url --json`."""
        return {**self._asdict(), "source": self.source.value}


class Place(NamedTuple):
    """A URL that was written somewhere, and its port."""

    url: str
    port: int


def variable_of(name: str) -> str:
    """`shop-api` and `branch.shop-api`: HOMEPORT_URL_SHOP_API and HOMEPORT_URL_BRANCH_SHOP_API."""
    return VARIABLE + name.strip().upper().replace("-", "_").replace(".", "_")


def said_in(environment: Mapping[str, str], name: str) -> str | None:
    """What the environment says of this server; an empty variable says nothing."""
    return environment.get(variable_of(name)) or None


def read_url(text: str) -> Place | None:
    """An http or https URL with a host, as it was written but for slashes at its end; else None.

    RFC 3986 section 3. A user, a query and a fragment have no place in the address of a server.
    """
    text = text.strip()
    scheme, _, rest = text.partition("://")
    authority, _, _ = rest.partition("/")
    clean = all("!" <= character <= "~" and character not in '@?#\\"<>' for character in text)
    if scheme.lower() not in _SCHEMES or not clean:
        return None
    host, port = _host_and_port(authority)
    if not host or port is None:
        return None
    return Place(url=text.rstrip("/"), port=port or _SCHEMES[scheme.lower()])


def _host_and_port(authority: str) -> tuple[str, int | None]:
    """Port 0: none is written. None: what is written is no port."""
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        if not closed or ":" not in host or not (rest == "" or rest.startswith(":")):
            return "", None
        port = rest[1:]
    else:
        host, _, port = authority.partition(":")
    if not port:
        return host, 0
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        return host, None
    return host, int(port)


def own_url(addresses: Iterable[str], urls: Iterable[str]) -> Place | None:
    """The URL of an address that the server itself listens on; None when it listens on none.

    Never a name: `localhost` can be answered by somebody else on the other loopback address, and
    Debian does not resolve `shop.localhost`. 127.0.0.1 before ::1 before all others; 0.0.0.0 has
    127.0.0.1 (docs/adr/0003: with V6ONLY, so :: has only ::1). The scheme is that of `urls`.
    """
    scheme = "https" if next(iter(urls), "").startswith("https:") else "http"
    ends = []
    for address in addresses:
        host, _, port = address.rpartition(":")
        ip = host.strip("[]")
        if port.isdecimal():
            ends.append((_ALL.get(ip, ip), int(port)))
    ends.sort(key=lambda end: (end[0] != _V4, end[0] != _V6))
    for ip, number in ends:
        host = f"[{ip}]" if ":" in ip else ip
        return Place(url=f"{scheme}://{host}:{number}", port=number)
    return None
