"""Which address to share: the one that was named, or the one that can only be meant.

Without a name only Wi-Fi and Ethernet count, and of them those with the default route first. Never
guessed: VPNs, containers, the inside of WSL, IPv6 (often reachable from everywhere). Two that are
equally good are a question, not a coin to toss.
"""

import ipaddress
from dataclasses import dataclass
from enum import Enum

from homeport.core import share_refusals
from homeport.core.address import (
    WILDCARD,
    Interface,
    InterfaceKind,
    ip_version,
    is_ip,
    is_link_local,
    is_loopback,
    is_mapped,
    network_of,
)

_USUAL = (InterfaceKind.WIFI, InterfaceKind.ETHERNET)


class Caution(Enum):
    """What has to be said about a choice; the sentences are in `core/share_words`."""

    GLOBAL_IPV6 = "global-ipv6"
    PUBLIC_IPV4 = "public-ipv4"
    VPN = "vpn"
    CONTAINERS = "containers"
    WSL = "wsl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One address of one interface. `network` is its prefix, `192.168.1.0/24`."""

    interface: str
    kind: InterfaceKind
    ip: str
    network: str
    cautions: tuple[Caution, ...] = ()


def choose(on: str | None, interfaces: tuple[Interface, ...], listening: tuple[str, ...]) -> Choice:
    """The address to share. `on` is an interface or an IP, `listening` what the server has open.

    Raises UsageError when the request cannot be meant or answered, BindError when there is nothing
    to bind.
    """
    wild = next((ip for ip in listening if ip in WILDCARD and ip_version(ip) == 4), None)
    if wild is not None and (on is None or not _is_v6(on)):
        raise share_refusals.already_open_to_all(_candidates(interfaces))
    if on is None:
        found = _obvious(interfaces)
        if not found:
            raise share_refusals.nothing_to_share(interfaces)
    elif is_ip(on):
        found = (_by_ip(on, interfaces),)
    else:
        found = _by_name(on, interfaces)
    if len(found) > 1:
        raise share_refusals.several(found)
    choice = found[0]
    if choice.ip in listening or (_is_v6(choice.ip) and "::" in listening):
        raise share_refusals.already_open(choice)
    return choice


def _obvious(interfaces: tuple[Interface, ...]) -> tuple[Choice, ...]:
    usable = [each for each in interfaces if each.kind in _USUAL and each.up and each.running]
    with_address = [each for each in usable if _v4(each)]
    routed = [each for each in with_address if 4 in each.gateways]
    return tuple(choice for each in routed or with_address for choice in _v4(each))


def _candidates(interfaces: tuple[Interface, ...]) -> tuple[Choice, ...]:
    """Whoever is behind these can reach a server that is open on every network."""
    live = [each for each in interfaces if each.up and each.running]
    return tuple(
        choice for each in live if each.kind is not InterfaceKind.LOOPBACK for choice in _v4(each)
    )


def _by_name(name: str, interfaces: tuple[Interface, ...]) -> tuple[Choice, ...]:
    interface = next((each for each in interfaces if each.name == name), None)
    if interface is None:
        raise share_refusals.no_such_place(name, interfaces)
    if interface.kind is InterfaceKind.LOOPBACK:
        raise share_refusals.not_a_network(name)
    found = _v4(interface)
    if not (interface.up and interface.running and found):
        raise share_refusals.nothing_on(interface)
    return found


def _by_ip(text: str, interfaces: tuple[Interface, ...]) -> Choice:
    if text in WILDCARD or is_loopback(text):
        raise share_refusals.not_a_network(text)
    if is_link_local(text) or is_mapped(text):
        raise share_refusals.unusable(text)
    ip = str(ipaddress.ip_address(text))
    for interface in interfaces:
        for own, address in zip(interface.ips, interface.addresses, strict=True):
            if own == ip:
                if interface.kind is InterfaceKind.LOOPBACK:
                    raise share_refusals.not_a_network(text)
                if not (interface.up and interface.running):
                    raise share_refusals.nothing_on(interface)
                return _choice(interface, ip, address)
    raise share_refusals.no_such_place(text, interfaces)


def _v4(interface: Interface) -> tuple[Choice, ...]:
    return tuple(
        _choice(interface, ip, address)
        for ip, address in zip(interface.ips, interface.addresses, strict=True)
        if ip_version(ip) == 4 and not is_link_local(ip) and not is_loopback(ip)
    )


def _choice(interface: Interface, ip: str, address: str) -> Choice:
    cautions = {
        InterfaceKind.VPN: Caution.VPN,
        InterfaceKind.CONTAINER: Caution.CONTAINERS,
        InterfaceKind.WSL: Caution.WSL,
    }
    found = [cautions[interface.kind]] if interface.kind in cautions else []
    if ipaddress.ip_address(ip).is_global:
        found.append(Caution.GLOBAL_IPV6 if _is_v6(ip) else Caution.PUBLIC_IPV4)
    return Choice(
        interface=interface.name,
        kind=interface.kind,
        ip=ip,
        network=network_of(address),
        cautions=tuple(found),
    )


def _is_v6(text: str) -> bool:
    return is_ip(text) and ip_version(text) == 6
