"""Whether a VPN has the way out, which is why a phone in the same Wi-Fi may get no answer."""

from collections.abc import Iterable

from homeport.core.address import Interface, InterfaceKind


def vpns_with_the_default_route(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """The running VPN interfaces that a default route of the main table leads through.

    Not those that divert by rules or by two halves of the world (`wg-quick`, OpenVPN's `def1`):
    for these see `vpns`.
    """
    return tuple(each for each in vpns(interfaces) if each.gateways)


def vpns(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """The running VPN interfaces that have an address."""
    return tuple(
        each
        for each in interfaces
        if each.kind is InterfaceKind.VPN and each.running and each.addresses
    )
