"""What a server is to those who come to its doors."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from homeport.core.address import is_loopback
from homeport.core.door import DoorKind, Policy
from homeport.core.opened_door import OpenedDoor

if TYPE_CHECKING:  # made only where TLS is asked for
    from homeport.core.certificates import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What was asked for about visitors: the settings of those names, checked.

    `certificate_files`: a certificate and its key; without them `tls` makes one.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    strict_origins: bool = False
    tls: bool = False
    certificate_files: tuple[str, str] | None = None

    @property
    def scheme(self) -> str:
        """Of the links."""
        return "https" if self.tls or self.certificate_files else "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`ips` are the addresses it was started on, all on `port`; `name` and `instance` its own.

    `leaf`: its certificate, where it was started with TLS.
    """

    ips: tuple[str, ...]
    port: int
    name: str
    instance: str
    entrance: Entrance = Entrance()
    leaf: "Leaf | None" = None

    def with_any_host(self) -> "Front":
        """In a container: by what name the world outside knows it cannot be seen from here."""
        return replace(self, entrance=replace(self.entrance, hosts=(*self.entrance.hosts, "*")))

    def doors(self) -> tuple[OpenedDoor, ...]:
        """Those it has from the start, in the order of `ips`."""
        return tuple(self._door(number, ip) for number, ip in enumerate(self.ips))

    def is_at_home(self, number: int) -> bool:
        """Whether only programs of this computer come to this door."""
        return number < len(self.ips) and is_loopback(self.ips[number])

    def _door(self, number: int, ip: str) -> OpenedDoor:
        policy = Policy(
            kind=DoorKind.LOOPBACK if is_loopback(ip) else DoorKind.OPEN,
            ip=ip,
            port=self.port,
            tls=self.leaf is not None,
            name=self.name,
            hosts=self.entrance.hosts,
            origins=self.entrance.origins,
            strict_origins=self.entrance.strict_origins,
        )
        door = OpenedDoor(number=number, policy=policy, instance=self.instance)
        return door if self.leaf is None else door.with_leaf(self.leaf)
