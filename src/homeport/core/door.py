"""A door: one listener of ours, whose it is meant to be, and under which names."""

import ipaddress
from dataclasses import asdict, dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Self

from homeport.core.authority import url_host


class DoorKind(Enum):
    """Why the listener is there."""

    LOOPBACK = "loopback"
    OPEN = "open"
    """Asked for by `--host`: 0.0.0.0, ::, an address."""
    SHARED = "shared"
    """Opened by `homeport share`, for a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one door lets in.

    `name` is the server's: `<name>.localhost`, on a SHARED door `<name>.local`. `hosts` are more
    names, lower case, with or without a port; `*` accepts any well-formed one, but not on a SHARED
    door. `origins` are serialised (RFC 6454), or `null`. On a SHARED door `network` is the prefix
    of the interface, `pairing` asks every device for a pass, and `until` is when it ends, in
    seconds since 1970. ValueError when a SHARED door has no address or no
    network to be for.
    """

    kind: DoorKind
    ip: str
    port: int
    tls: bool = False
    name: str | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    strict_origins: bool = False
    network: str | None = None
    pairing: bool = False
    until: float | None = None

    def __post_init__(self) -> None:
        if self.kind is DoorKind.SHARED and self.network is None:
            raise ValueError(f"a shared door is for one network; that of {self.ip} is not given")
        if self.kind is DoorKind.SHARED:
            url_host(self.ip)
            _network(self.network or "")

    @property
    def scheme(self) -> str:
        """Of its URLs."""
        return "https" if self.tls else "http"

    @property
    def trusts_loopback_pages(self) -> bool:
        """Whether a page of any server of this computer may use it; CORS is the app's business."""
        return self.kind is not DoorKind.SHARED and not self.strict_origins

    def to_json(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes and `from_json` reads."""
        return asdict(self) | {"kind": self.kind.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave, also after JSON. KeyError, TypeError, ValueError for the rest."""
        lists = {key: tuple(data[key]) for key in ("hosts", "origins")}
        return cls(**(data | lists | {"kind": DoorKind(data["kind"])}))


IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=256)
def unmapped(ip: str) -> IPAddress | None:
    """An address, out of its IPv6 clothes (`::ffff:a.b.c.d`); None for what is no address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=16)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def admits(policy: Policy, peer: str | None) -> bool:
    """R0: may this peer knock at all. None is a socket without addresses: files guard that one."""
    if peer is None or policy.kind is DoorKind.OPEN:
        return True
    address = unmapped(peer)
    if address is None:
        return False
    if policy.kind is DoorKind.LOOPBACK:
        return address.is_loopback
    # Only link-local peers have a zone, and no share is ever on such an address.
    zoned = getattr(address, "scope_id", None) is not None
    return not zoned and address in _network(policy.network or "")


@lru_cache(maxsize=64)
def own_names(policy: Policy, arrived_at: str | None) -> frozenset[str]:
    """The hosts that mean this door, as they stand in a URL; ports are another matter.

    `arrived_at` is the address of ours that the connection came to.
    """
    if policy.kind is DoorKind.SHARED:
        return _with_name({url_host(policy.ip)}, policy.name, ".local")
    names = {"localhost", "127.0.0.1", "[::1]"}
    address = unmapped(policy.ip if policy.kind is DoorKind.LOOPBACK else arrived_at or "")
    if address is not None and not address.is_unspecified:
        names.add(url_host(str(address)))
    return _with_name(names, policy.name, ".localhost")


def _with_name(names: set[str], name: str | None, end: str) -> frozenset[str]:
    return frozenset(names | ({name.lower() + end} if name else set()))
