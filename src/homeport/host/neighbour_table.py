"""The neighbour table and the gateways, by netlink; read, never asked for by a packet.

Sources: rtnetlink(7), arp(7), the kernel's include/uapi/linux/{neighbour,rtnetlink}.h.
"""

import socket
import struct
from collections.abc import Iterable
from typing import NamedTuple

from homeport.core.neighbours import Gateway, Neighbour, NeighbourState
from homeport.host import netlink
from homeport.host.rtnetlink import NextHop, parse_link, parse_next_hop

_ROUTE = 0  # NETLINK_ROUTE
_GET_LINK, _GET_ROUTE, _GET_NEIGHBOUR = 18, 26, 30
_LINK_SIZE, _ROUTE_SIZE = 16, 12

_ENTRY = struct.Struct("=BxxxiHBB")  # family, index, state, flags, type
_IP, _MAC = 1, 2
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}
_MAC_SIZE = 6
_UNICAST = 1  # the others are our own, broadcast and multicast

_STATES = {
    0x01: NeighbourState.INCOMPLETE,
    0x02: NeighbourState.REACHABLE,
    0x04: NeighbourState.STALE,
    0x08: NeighbourState.STALE,  # DELAY: will be asked soon
    0x10: NeighbourState.STALE,  # PROBE: is being asked again
    0x20: NeighbourState.FAILED,
    0x80: NeighbourState.PERMANENT,
}


class Entry(NamedTuple):
    """A row of the table, with the index of its interface."""

    number: int
    ip: str
    mac: str | None
    state: NeighbourState


def neighbours(dump: netlink.Dump = netlink.dump) -> tuple[Neighbour, ...]:
    """Who is in the table; see `homeport.host.neighbours`."""
    names = _names(dump)
    entries = map(parse_neighbour, dump(_ROUTE, _GET_NEIGHBOUR, bytes(_ENTRY.size)))
    return tuple(
        Neighbour(ip=each.ip, mac=each.mac, interface=names[each.number], state=each.state)
        for each in entries
        if each and each.number in names
    )


def gateway(interface: str, version: int, dump: netlink.Dump = netlink.dump) -> Gateway | None:
    """The gateway of an interface; see `homeport.host.gateway`."""
    numbers = {name: number for number, name in _names(dump).items()}
    payloads = dump(_ROUTE, _GET_ROUTE, bytes(_ROUTE_SIZE))
    hop = first_hop(
        (hop for hop in map(parse_next_hop, payloads) if hop), numbers.get(interface), version
    )
    if hop is None:
        return None
    macs = {(each.interface, each.ip): each.mac for each in neighbours(dump)}
    return Gateway(ip=hop.ip, mac=macs.get((interface, hop.ip)))


def first_hop(hops: Iterable[NextHop], number: int | None, version: int) -> NextHop | None:
    """The hop of the interface with that index that the kernel prefers: the lowest metric."""
    found = [hop for hop in hops if hop.number == number and (":" in hop.ip) == (version == 6)]
    return min(found, key=lambda hop: hop.metric, default=None)


def parse_neighbour(payload: bytes) -> Entry | None:
    """An answer to RTM_GETNEIGH, or None when it is not one or about no single device."""
    if len(payload) < _ENTRY.size:
        return None
    family, index, state, _, kind = _ENTRY.unpack_from(payload)
    told = netlink.attributes(payload, _ENTRY.size)
    packed = told.get(_IP, b"")
    if kind != _UNICAST or len(packed) != _SIZES.get(family) or state not in _STATES:
        return None
    return Entry(index, socket.inet_ntop(family, packed), _mac(told.get(_MAC)), _STATES[state])


def _mac(value: bytes | None) -> str | None:
    return value.hex(":") if value is not None and len(value) == _MAC_SIZE else None


def _names(dump: netlink.Dump) -> dict[int, str]:
    links = map(parse_link, dump(_ROUTE, _GET_LINK, bytes(_LINK_SIZE)))
    return {link.number: link.name for link in links if link}
