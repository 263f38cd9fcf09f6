"""A door: one listener of ours, and what it lets in. What that means is in `core/door_rules`."""

import ipaddress
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Self


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
            ipaddress.ip_address(self.ip)
            ipaddress.ip_network(self.network or "", strict=False)

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
