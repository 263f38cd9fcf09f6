"""Everything the doctor looks at: what the server says of itself, and what this computer shows."""

import time
from dataclasses import fields
from typing import Any

from homeport import host
from homeport.core.address import (
    WILDCARD,
    Address,
    Interface,
    InterfaceKind,
    ip_version,
    is_link_local,
    is_loopback,
    network_of,
)
from homeport.core.audience import Reason
from homeport.core.doctor import DeviceSeen, Ended, Examined, OwnVisit, Share, Spot
from homeport.core.entry import Entry
from homeport.core.evidence import Evidence, PeerSeen
from homeport.core.facts import Facts, Listener
from homeport.core.firewall import Firewall
from homeport.core.firewall_opening import how_to_look, opening
from homeport.core.neighbours import Neighbour
from homeport.core.packet_filter import Visitor
from homeport.core.reach_links import Scene, sources
from homeport.core.turned_away import TurnedAway
from homeport.engine.own_visit import visit
from homeport.host.firewall import firewall

_USUAL = (InterfaceKind.WIFI, InterfaceKind.ETHERNET)


def examine(entry: Entry, answer: dict[str, Any]) -> Examined:
    """Look at all of it. `answer` is what the server says to `evidence`.

    Takes up to two seconds for each address that does not answer.
    """
    interfaces = host.interfaces()
    own = [ip for each in interfaces for ip in each.ips]
    share = _share(answer)
    since = share.since if share is not None else 0.0
    evidence = Evidence(peers=tuple(_peer(each) for each in answer["peers"]))
    peers = tuple(each for each in evidence.from_elsewhere(own) if each.last >= since)
    away = [TurnedAway(**_known(TurnedAway, each)) for each in answer["turned_away"]]
    addresses = [Address.parse(text) for text in entry.addresses]
    ended = answer["ended"]
    return Examined(
        time=time.time(),
        name=entry.name,
        port=share.port if share is not None else addresses[0].port,
        ips=tuple(each.ip for each in addresses),
        share=share,
        ended=Ended(**ended) if ended is not None else None,
        spots=_spots(entry, addresses, share, interfaces),
        interfaces=interfaces,
        runs_in=host.runs_in(),
        peers=peers,
        turned_away=tuple(one for one in away if one.last >= since and one.peer not in own),
        devices=tuple(_device(each) for each in answer["devices"]),
    )


def _share(answer: dict[str, Any]) -> Share | None:
    found = answer["share"]
    if found is None:
        return None
    more = {key: answer[key] for key in ("since", "moved_from")}
    more |= {"kind": InterfaceKind(found["kind"]), "local_name": answer["name"]}
    return Share(**_known(Share, found | more))


def _peer(facts: dict[str, Any]) -> PeerSeen:
    counts = {key: tuple(facts[key].items()) for key in ("refused", "tls_failures")}
    return PeerSeen(**_known(PeerSeen, facts | counts))


def _known(kind: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """What a later homeport may add to its answers is left out."""
    return {field.name: facts[field.name] for field in fields(kind)}


def _device(facts: dict[str, Any]) -> DeviceSeen:
    return DeviceSeen(**_known(DeviceSeen, facts))


def _spots(
    entry: Entry,
    addresses: list[Address],
    share: Share | None,
    interfaces: tuple[Interface, ...],
) -> tuple[Spot, ...]:
    """What is shared; else what the server was started on, as the addresses of each network."""
    seen = firewall(interfaces)
    if share is not None:
        there = _of(share.ip, interfaces)
        place = (share.ip, share.interface, share.kind, share.network)
        spot = _spot(place, share.port, share.tls, there, interfaces, seen, share.until)
        return (spot,)
    tls = any(url.startswith("https:") for url in entry.urls)
    spots = []
    for address in addresses:
        for ip in _ips(address, interfaces):
            there = _of(ip, interfaces)
            kind = there.kind if there is not None else InterfaceKind.OTHER
            place = (ip, there.name if there is not None else "", kind, _network(ip, there))
            spots.append(_spot(place, address.port, tls, there, interfaces, seen))
    usual = [spot for spot in spots if spot.kind in _USUAL]
    return tuple(usual or spots)


def _ips(address: Address, interfaces: tuple[Interface, ...]) -> list[str]:
    """The addresses that a device could try; of a wildcard those that are there now."""
    if address.ip not in WILDCARD:
        return [] if address.is_loopback else [address.ip]
    return [
        ip
        for each in interfaces
        if each.up and each.running
        for ip in each.ips
        if ip_version(ip) == address.version and not is_loopback(ip) and not is_link_local(ip)
    ]


def _of(ip: str, interfaces: tuple[Interface, ...]) -> Interface | None:
    return next((each for each in interfaces if ip in each.ips), None)


def _network(ip: str, interface: Interface | None) -> str:
    if interface is None:
        return ip
    address = interface.addresses[interface.ips.index(ip)]
    return network_of(address)


def _spot(
    place: tuple[str, str, InterfaceKind, str],
    port: int,
    tls: bool,
    there: Interface | None,
    interfaces: tuple[Interface, ...],
    seen: Firewall,
    until: float | None = None,
) -> Spot:
    ip, name, kind, network = place
    address = Address(ip=ip, port=port)
    reasons = _reasons(address, network, there, interfaces, seen)
    visitor = Visitor(interface=name, sources=(network,), destination=ip, port=port)
    own = [each for one in interfaces for each in one.ips]
    seconds = None if until is None else until - time.time()
    return Spot(
        ip=ip,
        port=port,
        tls=tls,
        name=name,
        kind=kind,
        network=network,
        interface=there,
        own_visit=visit(address, tls=tls) if there is not None else OwnVisit(error="gone"),
        firewall=reasons,
        opening=opening(reasons[0], visitor, seen, seconds=seconds, own=own),
        look=how_to_look(seen),
        neighbours=_neighbours(name),
    )


def _reasons(
    address: Address,
    network: str,
    there: Interface | None,
    interfaces: tuple[Interface, ...],
    seen: Firewall,
) -> tuple[Reason, ...]:
    """As `core/reach` judges them, for this address only."""
    ours = Listener(address=address, v6only=None, user=None)
    facts = Facts(
        time=time.time(),
        system=host.system(),
        user=host.user(),
        listeners=(ours,),
        interfaces=interfaces,
        firewall=seen,
    )
    scene = Scene(ours=(ours,), on_port=(ours,), facts=facts)
    interface = there or Interface(name="", kind=InterfaceKind.OTHER, up=False, addresses=())
    found = scene.filtering(
        interface, address.ip, (network,) if there else sources(interface, address.ip)
    )
    return (found, *scene.answers(interface, address.ip))


def _neighbours(name: str) -> tuple[Neighbour, ...] | None:
    """Those on that interface that are not its router."""
    try:
        found = [each for each in host.neighbours() if each.interface == name]
    except OSError:
        return None
    routers = [host.gateway(name, version) for version in (4, 6)] if found else []
    ips = {one.ip for one in routers if one is not None}
    macs = {one.mac for one in routers if one is not None and one.mac is not None}
    return tuple(each for each in found if each.ip not in ips and each.mac not in macs)
