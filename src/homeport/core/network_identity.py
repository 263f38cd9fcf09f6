"""Whether this is still the network that was shared with.

A private prefix such as 192.168.1.0/24 is in use in every second home, so prefix and gateway
address alone say little; the gateway's hardware address tells two such networks apart. Whoever is
in doubt says so, and the share ends.
"""

from dataclasses import dataclass, replace
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkIdentity:
    """What can be seen of a network. `prefix` is `192.168.1.0/24`; None: not known (yet).

    `gateway_mac` is written with colons, in any case.
    """

    interface: str
    prefix: str | None
    gateway: str | None = None
    gateway_mac: str | None = None


class Sameness(Enum):
    """How sure it is that two sightings are of one network."""

    SAME = "same"
    """The same gateway by its hardware address."""
    LIKELY = "likely"
    """Nothing speaks against it, but the gateway's hardware address was not seen both times."""
    UNKNOWN = "unknown"
    """There is too little to compare."""
    DIFFERENT = "different"


def compare(before: NetworkIdentity, now: NetworkIdentity) -> Sameness:
    """Judge two sightings of the network behind an interface."""
    mac_before, mac_now = _mac(before), _mac(now)
    pairs = (
        (before.interface, now.interface),
        (before.prefix, now.prefix),
        (before.gateway, now.gateway),
        (mac_before, mac_now),
    )
    if any(old and new and old != new for old, new in pairs):
        return Sameness.DIFFERENT
    if before == now and before.prefix is not None and before.gateway is None:
        return Sameness.LIKELY  # a network without a router, and nothing has changed
    if None in (before.prefix, now.prefix, before.gateway, now.gateway):
        return Sameness.UNKNOWN
    return Sameness.SAME if mac_before and mac_now else Sameness.LIKELY


def is_regained(before: NetworkIdentity, now: NetworkIdentity) -> bool:
    """Whether a network that was out of sight is back: here only the best evidence will do."""
    sameness = compare(before, now)
    if before.gateway_mac is None and before.gateway is not None:
        return sameness is Sameness.LIKELY
    return sameness is Sameness.SAME


def learned(before: NetworkIdentity, now: NetworkIdentity) -> NetworkIdentity:
    """`before`, with a hardware address that was not known then. What was known is never lost."""
    return replace(before, gateway_mac=before.gateway_mac or now.gateway_mac)


def _mac(identity: NetworkIdentity) -> str | None:
    return identity.gateway_mac.lower() if identity.gateway_mac else None
