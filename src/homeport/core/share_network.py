"""What a change of this computer's network means for a share."""

from dataclasses import dataclass
from enum import Enum

from homeport.core.address import Interface, ip_version, is_link_local, network_of
from homeport.core.network_identity import NetworkIdentity, Sameness, compare, is_regained
from homeport.core.share import EndReason, Share


class Look(Enum):
    """How the shared address looks now."""

    HERE = "here"
    MOVED = "moved"
    LOST = "lost"
    """Out of sight, may come back in a moment."""
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`ip` is the new address of MOVED, `reason` how a share ends that is LOST or OVER."""

    look: Look
    ip: str = ""
    reason: EndReason = EndReason.ADDRESS_GONE


def sight(
    share: Share,
    interfaces: tuple[Interface, ...],
    identity: NetworkIdentity | None,
    *,
    seeking: bool,
) -> Sight:
    """Judge what is there now. `seeking`: the network was out of sight, so it has to prove more."""
    interface = next((each for each in interfaces if each.name == share.place.interface), None)
    if interface is None:
        return Sight(look=Look.OVER, reason=EndReason.INTERFACE_GONE)
    if not interface.up:
        return Sight(look=Look.OVER, reason=EndReason.INTERFACE_DOWN)
    if not interface.running:
        return Sight(look=Look.LOST, reason=EndReason.INTERFACE_DOWN)
    if identity is None or _is_makeshift(identity):
        return Sight(look=Look.LOST)
    sameness = compare(share.identity, identity)
    if sameness is Sameness.DIFFERENT:
        return Sight(look=Look.OVER, reason=EndReason.OTHER_NETWORK)
    if sameness is Sameness.UNKNOWN or (seeking and not is_regained(share.identity, identity)):
        return Sight(look=Look.LOST, reason=EndReason.NETWORK_UNSURE)
    if share.place.ip in interface.ips:
        return Sight(look=Look.HERE)
    others = _usable(share, interface)
    return Sight(look=Look.MOVED, ip=others[0]) if others else Sight(look=Look.LOST)


def _is_makeshift(identity: NetworkIdentity) -> bool:
    """169.254.0.0/16: what a computer takes while it waits for a real address (RFC 3927)."""
    return identity.prefix is not None and is_link_local(identity.prefix.partition("/")[0])


def _usable(share: Share, interface: Interface) -> list[str]:
    version = ip_version(share.place.ip)
    return [
        ip
        for ip, address in zip(interface.ips, interface.addresses, strict=True)
        if ip_version(ip) == version and network_of(address) == share.place.network
    ]
