"""What each system says to a second socket on a port, as tables and small rules.

Linux was measured (research B1), macOS and Windows follow their source and documentation
(research B4, B5) and were not run.
"""

import ipaddress
from dataclasses import dataclass
from enum import Enum
from typing import Self

from homeport.core.address import WILDCARD, ip_version


class Coexistence(Enum):
    """What happens to the second socket."""

    ALLOWED = "allowed"
    IN_USE = "in-use"
    ACCESS_DENIED = "access-denied"
    UNDEFINED = "undefined"
    """Allowed, and the system does not say which of the two gets a connection (Windows)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """SO_REUSEADDR, SO_REUSEPORT and (Windows) SO_EXCLUSIVEADDRUSE, as set before the bind."""

    reuse_address: bool = False
    reuse_port: bool = False
    exclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The addresses a socket takes: one `ip`, or (None) all of the IP `versions`."""

    ip: str | None
    versions: frozenset[int]

    @classmethod
    def of(cls, ip: str, v6only: bool) -> Self:
        """From what was bound. `::ffff:a.b.c.d` is the IPv4 address; a zone is left out."""
        plain = plain_ip(ip)
        if plain not in WILDCARD:
            return cls(ip=plain, versions=frozenset({ip_version(plain)}))
        dual = plain == "::" and not v6only
        return cls(ip=None, versions=frozenset({4, 6}) if dual else frozenset({ip_version(plain)}))

    def meets(self, other: "Places") -> bool:
        """Whether some address is in both."""
        same = self.ip is None or other.ip is None or self.ip == other.ip
        return same and not self.versions.isdisjoint(other.versions)


def plain_ip(ip: str) -> str:
    """Without a zone, in its short form, and IPv4 when it is an IPv4-mapped address."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)


def zone_of(ip: str) -> str | None:
    """The interface in `fe80::1%eth0`."""
    return ip.partition("%")[2] or None


_CELLS = {
    ".": Coexistence.ALLOWED,
    "?": Coexistence.UNDEFINED,
    "u": Coexistence.IN_USE,
    "a": Coexistence.ACCESS_DENIED,
}
# A row is the first socket (how it was opened, on a wildcard or on a specific address), a pair of
# columns the second one: default, SO_REUSEADDR, SO_EXCLUSIVEADDRUSE, each wildcard then specific.
_SAME_USER = {
    ("default", True): "u. a. u.",
    ("default", False): ".u .a uu",
    ("reuse", True): "u. ?? u.",
    ("reuse", False): ".u ?? uu",
    ("exclusive", True): "ua aa ua",
    ("exclusive", False): ".u .a uu",
}
_OTHER_USER = _SAME_USER | {
    ("default", True): "ua aa ua",
    ("reuse", True): "ua ?? ua",
}
_COLUMNS = ("default", "reuse", "exclusive")


def _manner(options: Options) -> str:
    if options.exclusive:
        return "exclusive"
    return "reuse" if options.reuse_address else "default"


def on_windows(
    first: Options, here: Places, second: Options, there: Places, same_user: bool
) -> Coexistence:
    """For sockets whose places meet; a dual-stack wildcard is checked on both stacks.

    Source: Microsoft, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE", Server 2003 and later. The
    bind that "?" stands for succeeds; that page calls what follows indeterminate.
    """
    row = (_SAME_USER if same_user else _OTHER_USER)[_manner(first), here.ip is None]
    pair = row.split()[_COLUMNS.index(_manner(second))]
    return _CELLS[pair[0 if there.ip is None else 1]]
