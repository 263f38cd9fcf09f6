"""The network interfaces of our own network namespace, by netlink.

/sys/class/net may show those of another namespace (a container with the host's /sys); netlink
never does. Sources: rtnetlink(7), the kernel's include/uapi/linux/{if_link,if_addr,rtnetlink}.h
and Documentation/networking/operstates.rst.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from homeport.core.address import Interface, is_link_local
from homeport.core.plain import plain
from homeport.host import netlink
from homeport.host.link_kinds import Link, kind_of

_ROUTE = 0  # NETLINK_ROUTE
_GET_LINK, _GET_ADDRESS, _GET_ROUTE = 18, 22, 26

_LINK = struct.Struct("=BxHiII")  # family, hardware type, index, flags, change mask
_LINK_NAME, _LINK_MASTER, _LINK_STATE, _LINK_INFO = 3, 10, 16, 18
_INFO_KIND = 1
_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000
_STATE_UNKNOWN, _STATE_UP = 0, 6  # loopback and tunnels never say more than "unknown"

_ADDRESS = struct.Struct("=BBBBi")  # family, prefix length, flags, scope, index
_ADDRESS_ADDRESS, _ADDRESS_LOCAL, _ADDRESS_FLAGS = 1, 2, 8
_DUPLICATE = 0x08  # IFA_F_DADFAILED: another device has it, so it is not used

# family, length of destination and source, type of service, table, protocol, scope, type, flags
_ROUTE_ENTRY = struct.Struct("=BBBBBBBBI")
_ROUTE_DEVICE, _ROUTE_GATEWAY, _ROUTE_METRIC, _ROUTE_PATHS, _ROUTE_TABLE = 4, 5, 6, 9, 15
_ROUTE_TARGET = 1
_ROUTE_NEXT_HOPS = {5, 9, 18, 30}  # RTA_GATEWAY, RTA_MULTIPATH, RTA_VIA, RTA_NH_ID
_MAIN_TABLE, _UNICAST = 254, 1
_PATH = struct.Struct("=HBBi")  # length, flags, hops, index

_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}
_VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Place(NamedTuple):
    """An address (`ip/prefix-length`) of the interface with that index."""

    number: int
    address: str


class Gateway(NamedTuple):
    """A default route of an IP version leads through the interface with that index."""

    number: int
    version: int


class Route(NamedTuple):
    """Packets for `network` leave by the interface with that index, straight or by a router.

    0: they leave by none of them, or by several.
    """

    number: int
    network: str
    straight: bool


class NextHop(NamedTuple):
    """A default route leads to the router `ip`, through the interface with that index.

    Of several the one with the lowest `metric` is taken.
    """

    number: int
    ip: str
    metric: int


def interfaces(
    dump: netlink.Dump = netlink.dump, folder: Path = Path("/")
) -> tuple[Interface, ...]:
    """All interfaces in the order of their index, but for the ports of a bridge.

    `folder` holds the few files of /sys and /proc that tell Wi-Fi and WSL. OSError when the system
    does not answer such questions.
    """
    links = map(parse_link, dump(_ROUTE, _GET_LINK, bytes(_LINK.size)))
    places = map(parse_address, dump(_ROUTE, _GET_ADDRESS, bytes(_ADDRESS.size)))
    routes = dump(_ROUTE, _GET_ROUTE, bytes(_ROUTE_ENTRY.size))
    return assemble(
        [link for link in links if link],
        [place for place in places if place],
        {gateway for payload in routes for gateway in parse_route(payload)},
        [route for route in map(parse_network_route, routes) if route],
        folder,
    )


def assemble(
    links: Iterable[Link],
    places: Iterable[Place],
    gateways: Iterable[Gateway],
    routes: Sequence[Route],
    folder: Path,
) -> tuple[Interface, ...]:
    """The interfaces from their parts.

    What comes in by a port of a bridge is for the bridge, also when the kernel gave the port a
    link-local address before it became one.
    """
    links, gateways = sorted(links), set(gateways)
    addresses: dict[int, list[str]] = {}
    for place in places:
        addresses.setdefault(place.number, []).append(place.address)
    return tuple(
        Interface(
            name=link.name,
            kind=kind_of(link, links, folder),
            up=link.up,
            running=link.running,
            addresses=tuple(addresses.get(link.number, ())),
            gateways=tuple(v for v in (4, 6) if Gateway(link.number, v) in gateways),
            detours=_detours(link.number, addresses.get(link.number, ()), routes),
        )
        for link in links
        if not link.master or not all(map(_is_link_local, addresses.get(link.number, ())))
    )


def _detours(number: int, addresses: Sequence[str], routes: Sequence[Route]) -> tuple[str, ...]:
    """The longest prefix counts (RFC 1812 section 5.2.4.3), so only what is more specific."""
    networks = [ipaddress.ip_interface(address).network for address in addresses]
    found = []
    for route in routes:
        if route.straight and route.number == number:
            continue
        part = ipaddress.ip_network(route.network)
        if any(_is_part(part, network) for network in networks):
            found.append(route.network)
    return tuple(dict.fromkeys(found))


def _is_part(part: Network, whole: Network) -> bool:
    same = part.version == whole.version and part.prefixlen > whole.prefixlen
    return same and part.subnet_of(whole)  # type: ignore[arg-type]


def parse_link(payload: bytes) -> Link | None:
    """An answer to RTM_GETLINK, or None when it is not one."""
    if len(payload) < _LINK.size:
        return None
    _, hardware, index, flags, _ = _LINK.unpack_from(payload)
    told = netlink.attributes(payload, _LINK.size)
    state = netlink.number(told.get(_LINK_STATE))
    info = netlink.attributes(told.get(_LINK_INFO, b""))
    name = plain(netlink.text(told.get(_LINK_NAME)))
    if not name:
        return None
    up = bool(flags & _UP)
    has_link = bool(flags & _LOWER_UP) and state in (None, _STATE_UNKNOWN, _STATE_UP)
    return Link(
        number=index,
        name=name,
        up=up,
        running=up and has_link,
        loopback=bool(flags & _LOOPBACK),
        hardware=hardware,
        kind=netlink.text(info.get(_INFO_KIND)),
        master=netlink.number(told.get(_LINK_MASTER)) or 0,
    )


def parse_address(payload: bytes) -> Place | None:
    """An answer to RTM_GETADDR, or None when it is not one or not an address in use."""
    if len(payload) < _ADDRESS.size:
        return None
    family, length, flags, _, index = _ADDRESS.unpack_from(payload)
    told = netlink.attributes(payload, _ADDRESS.size)
    flags |= netlink.number(told.get(_ADDRESS_FLAGS)) or 0
    # Of a point-to-point link, ADDRESS is the other end.
    packed = told.get(_ADDRESS_LOCAL) or told.get(_ADDRESS_ADDRESS) or b""
    size = _SIZES.get(family)
    if flags & _DUPLICATE or size is None or len(packed) != size or length > size * 8:
        return None
    return Place(number=index, address=f"{socket.inet_ntop(family, packed)}/{length}")


def parse_route(payload: bytes) -> list[Gateway]:
    """What an answer to RTM_GETROUTE says about default routes of the main table; often nothing."""
    if len(payload) < _ROUTE_ENTRY.size:
        return []
    family, length, source, _, table, _, _, kind, _ = _ROUTE_ENTRY.unpack_from(payload)
    if length or source or kind != _UNICAST or family not in _VERSIONS:
        return []
    told = netlink.attributes(payload, _ROUTE_ENTRY.size)
    if (netlink.number(told.get(_ROUTE_TABLE)) or table) != _MAIN_TABLE:
        return []
    devices = _path_devices(told.get(_ROUTE_PATHS, b""))
    if device := netlink.number(told.get(_ROUTE_DEVICE)):
        devices.append(device)
    return [Gateway(number=index, version=_VERSIONS[family]) for index in devices]


def parse_next_hop(payload: bytes) -> NextHop | None:
    """The router of a default route of the main table; None for all else.

    Of a route with several paths none is the router.
    """
    gateways = parse_route(payload)
    if len(gateways) != 1:
        return None
    told = netlink.attributes(payload, _ROUTE_ENTRY.size)
    packed = told.get(_ROUTE_GATEWAY, b"")
    if len(packed) not in _SIZES.values():
        return None
    metric = netlink.number(told.get(_ROUTE_METRIC)) or 0
    return NextHop(gateways[0].number, str(ipaddress.ip_address(packed)), metric)


def parse_network_route(payload: bytes) -> Route | None:
    """A route of the main table to a part of the world, or None when it is not one."""
    if len(payload) < _ROUTE_ENTRY.size:
        return None
    family, length, source, _, table, _, _, kind, _ = _ROUTE_ENTRY.unpack_from(payload)
    told = netlink.attributes(payload, _ROUTE_ENTRY.size)
    size = _SIZES.get(family)
    packed = told.get(_ROUTE_TARGET, b"")
    if not length or source or size is None or len(packed) != size or length > size * 8:
        return None
    if (netlink.number(told.get(_ROUTE_TABLE)) or table) != _MAIN_TABLE:
        return None
    straight = kind == _UNICAST and told.keys().isdisjoint(_ROUTE_NEXT_HOPS)
    ip = socket.inet_ntop(family, packed)
    return Route(netlink.number(told.get(_ROUTE_DEVICE)) or 0, f"{ip}/{length}", straight)


def _is_link_local(address: str) -> bool:
    return is_link_local(address.partition("/")[0])


def _path_devices(data: bytes) -> list[int]:
    """The interfaces of a route with several paths."""
    found, at = [], 0
    while at + _PATH.size <= len(data):
        length, _, _, index = _PATH.unpack_from(data, at)
        if length < _PATH.size:
            break
        found.append(index)
        at += length + 3 & ~3
    return found
