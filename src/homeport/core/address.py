"""Addresses and interfaces, and the one grammar for both.

`str()` of an `Address` gives back what `Address.parse` reads: `127.0.0.1:8000`, `[::1]:8000`
(RFC 3986 section 3.2.2 for the brackets).
"""

import ipaddress
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Self

LOOPBACK = ("127.0.0.1", "::1")
WILDCARD = ("0.0.0.0", "::")


class InterfaceKind(Enum):
    """What a network interface is, as far as this computer tells."""

    LOOPBACK = "loopback"
    WIFI = "Wi-Fi"
    ETHERNET = "Ethernet"
    VPN = "VPN"
    CONTAINER = "containers"
    WSL = "WSL"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface: its addresses are `ip/prefix-length` strings without a zone.

    `up` is switched on; `running` has a link too (a cable, an access point, the other end).
    `gateways` are the IP versions whose default route leads through it. `detours` are parts of its
    networks that a more specific route leads elsewhere.
    """

    name: str
    kind: InterfaceKind
    up: bool
    addresses: tuple[str, ...]
    running: bool = True
    gateways: tuple[int, ...] = ()
    detours: tuple[str, ...] = ()

    @property
    def ips(self) -> tuple[str, ...]:
        """The addresses without their prefix length."""
        return tuple(address.partition("/")[0] for address in self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An IP address (an IPv6 zone stays inside it) and a TCP port."""

    ip: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `127.0.0.1:80` or `[::1]:80`; ValueError for anything else."""
        host, colon, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        ip = host[1:-1] if bracketed else host
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError(f"{text!r} is not an address with a port")
        if (ipaddress.ip_address(ip).version == 6) is not bracketed:
            raise ValueError(f"{text!r}: brackets are for IPv6, and IPv6 needs them")
        return cls(ip=ip, port=int(port))

    @property
    def version(self) -> Literal[4, 6]:
        """The IP version."""
        return ip_version(self.ip)

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can be meant."""
        return is_loopback(self.ip)

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every address of its family; never a link."""
        return self.ip in WILDCARD

    def url(self, scheme: str = "http") -> str:
        """The link to it."""
        return f"{scheme}://{self}"

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


def ip_version(ip: str) -> Literal[4, 6]:
    """4 or 6; ValueError when `ip` is no IP address."""
    return ipaddress.ip_address(ip).version


def is_ip(text: str) -> bool:
    """Whether `text` is an IP address as `ipaddress` reads it (no short or octal forms)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(ip: str) -> bool:
    """127.0.0.0/8 and ::1. An IPv4-mapped address counts as its IPv4 half on every Python."""
    address = ipaddress.ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_link_local(ip: str) -> bool:
    """fe80::/10 and 169.254.0.0/16: usable only with a zone, so never printed as a link."""
    return ipaddress.ip_address(ip).is_link_local


def is_mapped(ip: str) -> bool:
    """::ffff:a.b.c.d: an IPv4 address in IPv6 clothes (RFC 4291 section 2.5.5.2)."""
    return getattr(ipaddress.ip_address(ip), "ipv4_mapped", None) is not None


def network_of(address: str) -> str:
    """`192.168.1.20/24` → `192.168.1.0/24`."""
    return str(ipaddress.ip_interface(address).network)
