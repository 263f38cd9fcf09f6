"""Who can reach a server: for each audience the least of a chain, with the reason for each link.

Linux and macOS take a packet for any of their own addresses by any interface (the weak host model,
RFC 1122 section 3.3.4.2). So "it listens only on the address of another interface" is no reason for
a NO: a neighbour who sends packets for that address through this computer gets in, and containers
do so without being told, when their network has it for a gateway. Windows does not since 2008; it
is treated the same here. Loopback addresses are an exception of the kernel's, unless route_localnet
is on.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from homeport.core.address import LOOPBACK, Interface, InterfaceKind, is_loopback, network_of
from homeport.core.audience import (
    Audience,
    AudienceKind,
    Finding,
    Reach,
    Reason,
    ReasonCode,
    Verdict,
)
from homeport.core.facts import Facts, Listener, System
from homeport.core.reach_links import ANYWHERE, Scene, is_scoped, reason, sources, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way in: an address, and the links to it. Ways of a lower tier are named first."""

    ip: str
    tier: int
    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> Verdict:
        return min(link.verdict for link in self.reasons)


def reach(listeners: Sequence[Listener], facts: Facts) -> Reach:
    """Who can reach `listeners`: one server on one port, some of `facts.listeners`.

    The others on that port may take some addresses. ValueError without a listener, or for two
    ports. Not known here, so not counted: relays on this computer (ssh -R, socat, a container's
    published port, a tunnel) that pass connections on, and eBPF programs.
    """
    ports = {listener.address.port for listener in listeners}
    if len(ports) != 1:
        raise ValueError("a server has listeners, all on one port")
    [port] = ports
    ours = tuple(listeners)
    on_port = tuple(one for one in facts.listeners if one.address.port == port)
    scene = Scene(
        ours=ours,
        on_port=on_port + tuple(one for one in ours if one not in on_port),
        facts=facts,
    )
    here = tuple(_from_here(scene))
    outside = [one for one in facts.interfaces if one.kind is not InterfaceKind.LOOPBACK]
    findings = [
        _finding(Audience(kind=kind), here, scene)
        for kind in (AudienceKind.SELF, AudienceKind.USERS)
    ]
    for interface in outside:
        if interface.addresses:
            ways = tuple(_from_network(scene, interface))
            findings.append(_finding(_audience(interface), ways, scene))
    beyond = tuple(_from_beyond(scene, outside))
    findings.append(_finding(Audience(kind=AudienceKind.INTERNET), beyond, scene))
    return Reach(port=port, listeners=ours, findings=tuple(findings))


def _audience(interface: Interface) -> Audience:
    ips = [one for one in interface.addresses if not is_scoped(one.partition("/")[0])]
    kind = AudienceKind.VPN if interface.kind is InterfaceKind.VPN else AudienceKind.NETWORK
    return Audience(
        kind=AudienceKind.CONTAINERS if _is_behind_us(interface) else kind,
        interface=interface.name,
        networks=tuple(dict.fromkeys(map(network_of, ips or interface.addresses))),
        medium=interface.kind,
    )


def _is_behind_us(interface: Interface) -> bool:
    """A bridge of containers; one that leads to a router is a network like any other."""
    return interface.kind is InterfaceKind.CONTAINER and not interface.gateways


def _finding(audience: Audience, ways: Sequence[_Way], scene: Scene) -> Finding:
    """The best way in decides; its links are the reasons."""
    if not ways:
        reasons: tuple[Reason, ...] = (scene.elsewhere(),)
        return Finding(audience=audience, verdict=Verdict.NO, reasons=reasons)
    best = max(ways, key=_rank)
    if best.verdict is Verdict.NO:
        return Finding(audience=audience, verdict=Verdict.NO, reasons=best.reasons)
    ips = [way.ip for way in ways if (way.verdict, way.tier) == (best.verdict, best.tier)]
    return Finding(
        audience=audience,
        verdict=best.verdict,
        reasons=best.reasons,
        addresses=tuple(dict.fromkeys(ips)),
    )


def _rank(way: _Way) -> tuple[int, int, int]:
    """Of several ways that lead nowhere, the one where it listens tells more."""
    listens = way.reasons[0].verdict if way.verdict is Verdict.NO else 0
    return way.verdict, listens, -way.tier


# From this computer


def _from_here(scene: Scene) -> Iterator[_Way]:
    """By each loopback address, then by each own address."""
    interfaces = scene.facts.interfaces
    loopbacks = [one for one in interfaces if one.kind is InterfaceKind.LOOPBACK]
    listened = [one.address.ip for one in scene.ours if one.address.is_loopback]
    ips = [ip for one in loopbacks for ip in one.ips] or list(LOOPBACK)
    down = [one for one in loopbacks if not one.up]
    for ip in dict.fromkeys([*ips, *listened]):
        yield _way_here(scene, ip, scene.loopback, 1 if is_scoped(ip) else 0, down)
    for interface in interfaces:
        if interface not in loopbacks:
            for ip in interface.ips:
                tier = 2 if is_scoped(ip) else 1
                device, doubt = _device_here(scene, interface, ip)
                yield _way_here(scene, ip, device, tier, down, doubt)
    for ip in _gone(scene):
        found = (reason(ReasonCode.ADDRESS_GONE, about=ip),)
        yield _way_here(scene, ip, scene.loopback, 3, down, found)


def _way_here(
    scene: Scene,
    ip: str,
    device: str,
    tier: int,
    down: Sequence[Interface],
    more: tuple[Reason, ...] = (),
) -> _Way:
    links = [scene.listening(ip, device), *more]
    links += [reason(ReasonCode.INTERFACE_DOWN, Verdict.NO, one.name) for one in down]
    return _Way(ip=ip, tier=tier, reasons=(*links, *scene.filtering_here(ip)))


def _device_here(scene: Scene, interface: Interface, ip: str) -> tuple[str, tuple[Reason, ...]]:
    """By which device a connection from here to `ip` comes in: the one that has it, if it is up.

    What a device-bound socket gets of a connection to the address of one that is down is not sure.
    """
    doubt = _doubt(scene, interface, ip)
    devices = (interface.name, scene.loopback)
    verdicts = [scene.listening(ip, device).verdict for device in devices]
    if interface.up or verdicts[0] == verdicts[1]:
        return devices[0], doubt
    best = devices[verdicts.index(max(verdicts))]
    return best, doubt or (reason(ReasonCode.INTERFACE_DOWN, about=interface.name),)


def _doubt(scene: Scene, interface: Interface, ip: str) -> tuple[Reason, ...]:
    """Linux answers on the IPv4 addresses of an interface that is down (measured), not on IPv6.

    Without a link an IPv6 address may still be tentative (RFC 4862 section 5.4).
    """
    sure = version_of(ip) == 4 and scene.facts.system is System.LINUX
    if not interface.up and not sure:
        return (reason(ReasonCode.INTERFACE_DOWN, about=interface.name),)
    if not interface.running and version_of(ip) == 6:
        return (reason(ReasonCode.NO_LINK, about=interface.name),)
    return ()


def _gone(scene: Scene) -> list[str]:
    """What it listens on and no interface has: the network changed, or there is a local route."""
    return [
        one.address.ip
        for one in scene.ours
        if not one.address.is_wildcard
        and not one.address.is_loopback
        and one.address.ip.partition("%")[0] not in scene.own
    ]


# From a network


def _from_network(scene: Scene, interface: Interface) -> Iterator[_Way]:
    """By the addresses of its own interface, by those of others, by loopback."""
    for ip in interface.ips:
        if is_loopback(ip):
            continue
        links = (scene.listening(ip, interface.name), *_presence(interface))
        if min(link.verdict for link in links) is not Verdict.NO:
            links += (scene.filtering(interface, ip, sources(interface, ip)),)
            links += scene.answers(interface, ip)
        yield _Way(ip=ip, tier=1 if is_scoped(ip) else 0, reasons=links)
    if _presence(interface):
        return
    for ip, why in _sideways(scene, interface):
        links = (scene.listening(ip, interface.name), why)
        if min(link.verdict for link in links) is not Verdict.NO:
            links += (scene.filtering(interface, ip, sources(interface, ip)),)
            links += scene.answers(interface, ip)
            yield _Way(ip=ip, tier=2, reasons=links)


def _presence(interface: Interface) -> tuple[Reason, ...]:
    """A NO when there is no network; nothing when there is."""
    if not interface.up:
        return (reason(ReasonCode.INTERFACE_DOWN, Verdict.NO, interface.name),)
    if not interface.running:
        return (reason(ReasonCode.NO_LINK, Verdict.NO, interface.name),)
    return ()


def _sideways(scene: Scene, interface: Interface) -> Iterator[tuple[str, Reason]]:
    """Addresses that are not of `interface`, with what a packet for them needs to come in by it."""
    for other in scene.facts.interfaces:
        if other.name == interface.name:
            continue
        for ip in other.ips:
            if is_scoped(ip) or is_loopback(ip):
                continue
            yield ip, reason(ReasonCode.OTHER_INTERFACE, about=ip)
    for ip in _gone(scene):
        yield ip, reason(ReasonCode.ADDRESS_GONE, about=ip)
    if interface.name in scene.facts.firewall.route_localnet:
        specific = [one.address.ip for one in scene.ours if one.address.is_loopback]
        for ip in dict.fromkeys(["127.0.0.1", *specific]):
            if version_of(ip) == 4:
                yield ip, reason(ReasonCode.ROUTE_LOCALNET, about=interface.name)


# From beyond a router


def _from_beyond(scene: Scene, outside: Iterable[Interface]) -> Iterator[_Way]:
    """By every network that is there, for every address, from anywhere."""
    there = [one for one in outside if one.addresses and not _is_behind_us(one)]
    present = [one for one in there if not _presence(one)]
    for interface in present:
        direct = [(ip, None) for ip in interface.ips if not is_scoped(ip)]
        for ip, why in [*direct, *_sideways(scene, interface)]:
            links = (scene.listening(ip, interface.name), *([why] if why else []))
            if links[0].verdict is Verdict.NO:
                continue
            links += (scene.filtering(interface, ip, ANYWHERE[version_of(ip)]),)
            yield _Way(ip=ip, tier=1 if why else 0, reasons=(*links, _router(scene, ip)))
    if not present and any(not one.address.is_loopback for one in scene.ours):
        yield _Way(ip="", tier=0, reasons=(reason(ReasonCode.NO_NETWORK, Verdict.NO),))


def _router(scene: Scene, ip: str) -> Reason:
    """What a router would have to do; none can be asked from here."""
    gateways = {version for one in scene.facts.interfaces if one.up for version in one.gateways}
    if version_of(ip) not in gateways:
        return reason(ReasonCode.NO_DEFAULT_ROUTE, about=f"IPv{version_of(ip)}")
    public = ipaddress.ip_address(ip).is_global
    return reason(ReasonCode.ROUTER_GLOBAL if public else ReasonCode.ROUTER_PRIVATE, about=ip)
