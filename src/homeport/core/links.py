"""From what is bound to the links a client can open, each with who can use it."""

from dataclasses import dataclass, replace

from homeport.core import words
from homeport.core.address import (
    LOOPBACK,
    WILDCARD,
    Address,
    Interface,
    InterfaceKind,
    ip_version,
    is_link_local,
    is_loopback,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A URL that works, in words who can use it, and the interface it leads through.

    `in_browsers`: only there, for other programs may not be able to look its name up.
    """

    url: str
    audience: str
    interface: str | None = None
    in_browsers: bool = False


def links(
    ips: tuple[str, ...],
    port: int,
    interfaces: tuple[Interface, ...],
    scheme: str = "http",
    name: str | None = None,
) -> tuple[Link, ...]:
    """The links to print for listeners on `ips`, the best one first; never a wildcard.

    `interfaces` may be empty when only loopback addresses are bound. `name` is the server's.
    """
    found = [*_local_links(ips, port, name), *_network_links(ips, port, interfaces)]
    linked = {link.url for link in found}
    for ip in ips:
        url = Address(ip=ip, port=port).url()
        if ip not in WILDCARD and url not in linked:
            found.append(Link(url=url, audience=_audience_elsewhere(ip, interfaces)))
    return tuple(replace(link, url=link.url.replace("http", scheme, 1)) for link in found)


def _audience_elsewhere(ip: str, interfaces: tuple[Interface, ...]) -> str:
    """Of an address that no running network interface has: an extra one of the loopback, say."""
    for interface in interfaces:
        if ip in interface.ips and interface.kind is InterfaceKind.LOOPBACK:
            return words.THIS_COMPUTER
    return words.WHOEVER


def needs_interfaces(ips: tuple[str, ...]) -> bool:
    """Whether `links` needs to know this computer's interfaces."""
    return not all(is_loopback(ip) for ip in ips)


def _local_links(ips: tuple[str, ...], port: int, own: str | None) -> list[Link]:
    """`own` is a name; browsers know themselves where `*.localhost` is (RFC 6761 section 6.3)."""
    local = [
        loopback
        for loopback, wildcard in zip(LOOPBACK, WILDCARD, strict=True)
        if loopback in ips or wildcard in ips
    ]
    local += [ip for ip in ips if is_loopback(ip) and ip not in LOOPBACK]
    addresses = [Address(ip=ip, port=port) for ip in local]
    if set(LOOPBACK) <= set(local):
        name = Link(url=f"http://localhost:{port}", audience=words.THIS_COMPUTER)
        same = [Link(url=a.url(), audience=words.same_by_family(a.version)) for a in addresses]
        by_name = f"http://{own}.localhost:{port}"
        apart = Link(url=by_name, audience=words.BY_NAME, in_browsers=True)
        return [name, *([apart] if own else []), *same]
    return [Link(url=a.url(), audience=words.THIS_COMPUTER) for a in addresses]


def _network_links(
    ips: tuple[str, ...], port: int, interfaces: tuple[Interface, ...]
) -> list[Link]:
    found: list[Link] = []
    for interface in interfaces:
        if interface.kind is InterfaceKind.LOOPBACK or not interface.up:
            continue
        for address, ip in zip(interface.addresses, interface.ips, strict=True):
            wildcard = WILDCARD[0] if ip_version(ip) == 4 else WILDCARD[1]
            if ip in ips or (wildcard in ips and not is_link_local(ip)):
                found.append(
                    Link(
                        url=Address(ip=ip, port=port).url(),
                        audience=words.devices_on(interface, address),
                        interface=interface.name,
                    )
                )
    return found
