"""VPNs that run, one of which may be why a phone in the same Wi-Fi gets no answer."""

from collections.abc import Iterable

from homeport.core.address import Interface, InterfaceKind


def vpns(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """The running VPN interfaces that have an address."""
    return tuple(
        each
        for each in interfaces
        if each.kind is InterfaceKind.VPN and each.running and each.addresses
    )
