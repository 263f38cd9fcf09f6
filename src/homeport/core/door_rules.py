"""Who may knock at a door, and which names mean it."""

import ipaddress
from functools import lru_cache

from homeport.core.authority import url_host
from homeport.core.door import DoorKind, Policy

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
